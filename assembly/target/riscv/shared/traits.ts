// What the engine and generated code are compiled for, of RISC-V. Plain constants only (compiled by asc and tsc).

/** Instructions are multiples of so many bytes, and begin at such (a power of two): the C extension's two, whether a hart has it or not. */
export const CODE_ALIGN_BITS = 1;
/** Bytes of the longest: one that is longer than such a piece may go on in the next page. */
export const MAX_INSN_SIZE = 4;
/** Virtual addresses; those from the middle up are a kernel's. RV32 has no such half: its addresses are 64-bit ones that end at 4 GiB. */
export const ADDRESS_BITS = 64;
/** Of addresses within a page, the smallest there is: 12 or more. */
export const PAGE_BITS = 12;
/** IR has addresses of code as the pc plus so much: a TB is right wherever its page is mapped (CF_PCREL). */
export const PC_RELATIVE = true;
/** What a translation depends on has a second word, ENV_CS_BASE. */
export const CS_BASE = false;
/** A result is tiny if it is below the smallest normal number before it is rounded, or only after (IEEE 754-2019 clause 7.5). */
export const TINY_BEFORE_ROUNDING = false;
/** Traps of overflow and underflow get a result with another exponent. */
export const TRAPS_RANGE = false;
