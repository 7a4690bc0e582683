// What the checks of a debug build tell TypeScript. Compiled by both asc and tsc: plain constants only.

// ---- Lockstep (assembly/lockstep.ts): a record in linear memory ------------------------------------------------------
/** u64 each: stretches of generated code that were compared, guest instructions in them, stretches that could not be. */
export const LOCKSTEP_STRETCHES = 0;
export const LOCKSTEP_INSNS = 8;
export const LOCKSTEP_SKIPPED = 16;
/** u64: pc at which the last stretch began. */
export const LOCKSTEP_PC = 24;
/** u32: the TB there; instructions that the stretch retired. */
export const LOCKSTEP_TB = 32;
export const LOCKSTEP_RAN = 36;
/** u32: what the first difference is about; its offset in env or host address; its bytes. */
export const LOCKSTEP_KIND = 40;
export const LOCKSTEP_AT = 44;
export const LOCKSTEP_WIDTH = 48;
/** u64 each: the value that generated code made, and tci. */
export const LOCKSTEP_GENERATED = 56;
export const LOCKSTEP_TCI = 64;
/** Behind it, env up to the end of the target's state, before the stretch and as generated code left it: LOCKSTEP_STATE bytes for each. */
export const LOCKSTEP_SIZE = 128;
export const LOCKSTEP_STATE = 0x1000;
/** Bytes for what a stretch stores, in each engine. */
export const LOCKSTEP_JOURNAL = 0x80000;
/** Guest instructions of a stretch, about. */
export const LOCKSTEP_BUDGET = 4096;

/** A field of env. */
export const LOCKSTEP_REGISTER = 1;
/** Guest memory. */
export const LOCKSTEP_MEMORY = 2;
/** tci faults where generated code went on. */
export const LOCKSTEP_FAULT = 3;
/** Both fault, tci after fewer instructions: the values are how many. */
export const LOCKSTEP_EARLY = 4;
