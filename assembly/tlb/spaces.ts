// The records of the address spaces that a vCPU remembers: what is put aside of each, and its jump cache of the lower half. In the arena, at ENV_SPACES.
import { JUMP_CACHE_SIZE } from '../shared/layout';

export const SPACES: usize = 8;
/** TLB entries of a space that are put aside; what is more must be walked for again. */
export const SAVED_MAX: u32 = 128;
export const NO_KEY: u64 = u64.MAX_VALUE;

/** u64: which space; NO_KEY: none. The target's own (RISC-V: satp). */
export const SPACE_KEY = 0;
/** u32: by what the guest flushes it (RISC-V: ASID). */
export const SPACE_ID = 8;
/** u32: ENV_SPACE_CLOCK when it was last entered. */
export const SPACE_STAMP = 12;
/** u32: whether there may be anything in its jump cache. */
export const SPACE_USED = 16;
/** u32: entries put aside. */
export const SPACE_SAVED = 20;
/** u32: whether one of them is for the upper half of addresses. */
export const SPACE_SAVED_HIGH = 24;
/** Entries put aside: u32 offset from env, u32 table, the entry. */
export const SPACE_ENTRIES = 32;
export const SAVED_SIZE = 24;
export const SAVED_ENTRY = 8;
export const SPACE_CACHE: usize = SPACE_ENTRIES + SAVED_MAX * SAVED_SIZE;
export const SPACE_SIZE: usize = SPACE_CACHE + JUMP_CACHE_SIZE;
