import type { Isa } from '../target.js';
import type { CpuConfig } from './config.js';
import { GLOBALS } from './context.js';
import { Decoder } from './decoder.js';
import { listInsn } from './disas.js';
import { HELPERS } from './helpers.js';
import { TRAITS } from './traits.js';
import { RiscvFrontend } from './translate.js';

export const riscvIsa: Isa = {
  name: 'riscv',
  traits: TRAITS,
  globals: GLOBALS,
  helpers: HELPERS,
  createFrontend: (config) => new RiscvFrontend(config as CpuConfig),
  createDisassembler(config) {
    const { xlen, extensions } = config as CpuConfig;
    const decoder = new Decoder(xlen, extensions);
    return (bytes, pc) => listInsn(decoder, bytes, pc);
  },
};
