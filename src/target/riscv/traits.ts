import * as runtime from '../../../assembly/target/riscv/shared/traits.js';
import type { TargetTraits } from '../../tcg/target-traits.js';

export const TRAITS: TargetTraits = {
  codeAlignBits: runtime.CODE_ALIGN_BITS,
  addressBits: runtime.ADDRESS_BITS,
  pageBits: runtime.PAGE_BITS,
  pcRelative: runtime.PC_RELATIVE,
  endianness: 'little',
  singles: 'boxed',
};
