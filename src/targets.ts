/** The targets of this build, all at once, for users of the library. A new one is a line here, and one in each of load-isas.ts, load-targets.ts and runtimes.ts. */
import { ppcTarget } from './hw/ppc/index.js';
import { riscvTarget } from './hw/riscv/index.js';
import type { Target } from './target/target.js';

export const TARGETS: readonly Target[] = [riscvTarget, ppcTarget];
