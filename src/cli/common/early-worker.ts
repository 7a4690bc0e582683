/**
 * Whether the command line will need a codegen worker, told before the modules that understand it are loaded. A guess: without it the worker
 * starts with the machine, and one that nobody takes ends with the process.
 */
export function wantsCodegenWorker(argv: readonly string[]): boolean {
  const runsGuest = ['embedded', 'linux'].includes(argv[0]) || argv.some((arg) => /^--?(kernel|bios)(=|$)/.test(arg));
  return runsGuest && argv.every(acceleratorWantsWorker) && !argv.some((arg) => /^--?(h|help|version)$|^help$/.test(arg));
}

/** The same of an accelerator's options alone. */
export function acceleratorWantsWorker(accel: string): boolean {
  return !/\btci\b|thread=sync/.test(accel);
}
