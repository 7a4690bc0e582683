/** Engines of this build by the names of their files, the default board's first: for a page, which is not to load the targets to know them. */
export const [RUNTIME, ...MORE_RUNTIMES] = ['wemu', 'wemu-ppc'] as const;
