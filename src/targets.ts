/** The instruction sets of this build, as their code is translated: all that a codegen worker needs. Boards and CPUs are in architectures.ts. */
import type { Target, TargetFrontend } from './target/translator.js';
import { ppcTarget } from './target/ppc/index.js';
import { riscvTarget } from './target/riscv/index.js';

const TARGETS: readonly Target[] = [riscvTarget, ppcTarget];

/** `config` is the target's own. */
export function createFrontend(name: string, config: unknown): TargetFrontend {
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined) throw new RangeError(`no target '${name}'`);
  return target.createFrontend(config);
}
