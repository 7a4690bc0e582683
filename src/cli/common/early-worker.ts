/** Bytes. What is larger most likely does more than to say something and to end: a worker that comes late costs a kernel of two seconds a tenth. */
const LARGE = 12 << 10;

/**
 * Whether the command line will need a codegen worker at once, told before the modules that understand it are loaded. A guess: without it the worker
 * starts when a guest has had hot code for a while, and one that nobody takes ends with the process. `sizeOf`: of a file, 0 if there is none.
 */
export function wantsCodegenWorker(argv: readonly string[], sizeOf: (path: string) => number): boolean {
  const runsLong = ['embedded', 'linux'].includes(argv[0]) || argv.some((arg, i) => sizeOf(imageOf(arg, argv[i + 1]) ?? '') >= LARGE);
  return runsLong && argv.every(acceleratorWantsWorker) && !argv.some((arg) => /^--?(h|help|version)$|^help$/.test(arg));
}

/** The file that is named by this argument, or by the next one. */
function imageOf(arg: string, next: string | undefined): string | undefined {
  const option = /^--?(?:kernel|bios|initrd)(?:=(.*))?$/.exec(arg);
  return option ? (option[1] ?? next) : undefined;
}

/** The same of an accelerator's options alone. */
export function acceleratorWantsWorker(accel: string): boolean {
  return !/\btci\b|thread=sync/.test(accel);
}
