/** The instruction sets of this build, with their boards and CPUs. A new one is a line here and one in targets.ts. */
import type { Architecture } from './hw/core/architecture.js';
import { riscvArchitecture } from './hw/riscv/index.js';

export const ARCHITECTURES: readonly Architecture[] = [riscvArchitecture];
