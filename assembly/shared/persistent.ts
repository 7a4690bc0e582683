// A TB as it is kept from one process to the next: this head, the guest's bytes, tci code, insn table; all of it is a multiple of 8. Compiled by both asc and tsc: plain constants only.

/** u64: pc; of a page's TB its place in the page. */
export const RECORD_PC = 0;
/** u64: TB_FLAGS, TB_CS_BASE. */
export const RECORD_FLAGS = 8;
/** u32: bytes of the record. */
export const RECORD_BYTES = 16;
/** u32: guest bytes. */
export const RECORD_SIZE = 20;
/** u32: guest instructions. */
export const RECORD_ICOUNT = 24;
/** u32: bytes of tci code. */
export const RECORD_CODE = 28;
/** u32 each, of an image's: TB_PHYS_PAGE0, TB_PHYS_PAGE1. */
export const RECORD_PAGE0 = 32;
export const RECORD_PAGE1 = 36;
/** u64, of a page's: DESC_KEY. */
export const RECORD_KEY = 32;
/** u64: TB_STATE_CALLS. */
export const RECORD_STATE = 40;
/** Bytes of the head. */
export const RECORD_HEAD = 48;
