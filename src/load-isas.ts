/** The instruction sets of this build, as their code is translated: all that a codegen worker needs. Each is loaded when a machine has it. */
import type { Isa } from './target/target.js';

const LOADERS: Readonly<Record<string, () => Promise<Isa>>> = {
  riscv: async () => (await import('./target/riscv/index.js')).riscvIsa,
  ppc: async () => (await import('./target/ppc/index.js')).ppcIsa,
};
/** The default board's. */
export const DEFAULT_ISA = 'riscv';

/** @throws RangeError if this build has none of that name */
export async function loadIsa(name: string): Promise<Isa> {
  if (!Object.hasOwn(LOADERS, name)) throw new RangeError(`no target '${name}'`);
  return LOADERS[name]();
}
