import * as runtime from '../../../assembly/target/riscv/shared/traits.js';
import { MMU_M } from '../../../assembly/target/riscv/shared/riscv.js';
import type { TargetTraits } from '../../tcg/target-traits.js';

export const TRAITS: TargetTraits = {
  codeAlignBits: runtime.CODE_ALIGN_BITS,
  maxInsnSize: runtime.MAX_INSN_SIZE,
  addressBits: runtime.ADDRESS_BITS,
  pageBits: runtime.PAGE_BITS,
  pcRelative: runtime.PC_RELATIVE,
  untranslated: 1 << MMU_M,
  csBase: runtime.CS_BASE,
  division: 'total',
  endianness: 'little',
  singles: 'boxed',
};
