/** The instruction sets of this build, as their code is translated: all that a codegen worker needs. targets.ts has them whole. */
import type { Isa } from './target/target.js';
import { ppcIsa } from './target/ppc/index.js';
import { riscvIsa } from './target/riscv/index.js';

export const ISAS: readonly Isa[] = [riscvIsa, ppcIsa];

/** @throws RangeError if this build has none of that name */
export function isaNamed(name: string): Isa {
  const isa = ISAS.find((each) => each.name === name);
  if (isa === undefined) throw new RangeError(`no target '${name}'`);
  return isa;
}
