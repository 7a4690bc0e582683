/** The targets of this build. A new one is a line here, and one in isas.ts. */
import { riscvTarget } from './hw/riscv/index.js';
import type { Target } from './target/target.js';

export const TARGETS: readonly Target[] = [riscvTarget];
