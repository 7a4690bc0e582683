// See assembly/target/riscv/shared/traits.ts.
export const CODE_ALIGN_BITS = 2;
export const MAX_INSN_SIZE = 4;
export const ADDRESS_BITS = 32;
export const PAGE_BITS = 13;
export const PC_RELATIVE = false;
export const CS_BASE = true;
export const TINY_BEFORE_ROUNDING = false;
export const TRAPS_RANGE = false;
