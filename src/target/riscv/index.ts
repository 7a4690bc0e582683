import type { Target } from '../translator.js';
import type { CpuConfig } from './config.js';
import { RiscvFrontend } from './translate.js';

export const riscvTarget: Target = {
  name: 'riscv',
  createFrontend: (config) => new RiscvFrontend(config as CpuConfig),
};
