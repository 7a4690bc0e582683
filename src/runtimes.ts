/** Engines of this build by the names of their files, the default board's first: for a page, which is not to load the targets to know them. */
export const [RUNTIME, ...MORE_RUNTIMES] = ['wemu', 'wemu-ppc'] as const;
export type Runtime = typeof RUNTIME | (typeof MORE_RUNTIMES)[number];

/** The boards of each, with their other names. */
export const BOARDS: Readonly<Record<Runtime, readonly string[]>> = {
  wemu: ['virt', 'spike', 'none'],
  'wemu-ppc': ['cpiom', '40p'],
};
