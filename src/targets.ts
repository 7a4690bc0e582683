/** The targets: a frontend from a plain configuration, so that a worker can make its own. */
import type { TargetFrontend } from './target/translator.js';
import type { CpuConfig } from './target/riscv/config.js';
import { RiscvFrontend } from './target/riscv/translate.js';

/** `config` is the target's own: for riscv a CpuConfig. */
export function createFrontend(target: string, config: unknown): TargetFrontend {
  switch (target) {
    case 'riscv':
      return new RiscvFrontend(config as CpuConfig);
    default:
      throw new RangeError(`no target '${target}'`);
  }
}
