/** Engines of this build by the names of their files, the default board's first: for who is not to load the targets to know them. */
export const RUNTIMES = ['wemu', 'wemu-ppc'] as const;
export const [RUNTIME, ...MORE_RUNTIMES] = RUNTIMES;
export type Runtime = (typeof RUNTIMES)[number];

/** The boards of each, with their other names. */
export const BOARDS: Readonly<Record<Runtime, readonly string[]>> = {
  wemu: ['virt', 'spike', 'none'],
  'wemu-ppc': ['cpiom', '40p'],
};
