import * as runtime from '../../../assembly/target/ppc/shared/traits.js';
import { MMU_USER, TBF_LE } from '../../../assembly/target/ppc/shared/ppc.js';
import type { Isa } from '../target.js';
import type { PpcConfig } from './config.js';
import { GLOBALS } from './context.js';
import { Decoder } from './decoder.js';
import { listInsn } from './disas.js';
import { HELPERS } from './helpers.js';
import { PpcFrontend } from './translate.js';

export const ppcIsa: Isa = {
  name: 'ppc',
  traits: {
    codeAlignBits: runtime.CODE_ALIGN_BITS,
    maxInsnSize: runtime.MAX_INSN_SIZE,
    addressBits: runtime.ADDRESS_BITS,
    pageBits: runtime.PAGE_BITS,
    pcRelative: runtime.PC_RELATIVE,
    untranslated: (1 << 0) | (1 << MMU_USER),
    csBase: runtime.CS_BASE,
    division: 'guarded',
    endianness: 'big',
    singles: 'zero-extended',
  },
  globals: GLOBALS,
  helpers: HELPERS,
  createFrontend: (config) => new PpcFrontend(config as PpcConfig),
  createDisassembler() {
    const decoder = new Decoder();
    return (bytes, pc, tbFlags) => listInsn(decoder, bytes, pc, (tbFlags & TBF_LE) !== 0);
  },
};
