// The toy's part of env, its special registers and its causes of traps (compiled by asc and tsc).

export const TOY_R = 0x100; // u64 r0..r15, zero-extended from 32 bits
export const TOY_SPECIAL = 0x180; // u64 special registers, by their numbers below
export const TOY_LINE = 0x1c0; // u32 level of the one interrupt line

export const STATUS = 0; // STATUS_*
export const EPC = 1; // where the trap happened
export const CAUSE = 2; // CAUSE_*
export const ADDRESS = 3; // of a fault
export const TABLE = 4; // physical address of the page table: 1024 entries of 32 bits, physical page | PTE_*
export const OLD_STATUS = 5; // before the trap
export const BASE = 6; // added to the addresses of loads and stores under STATUS_BASED
export const SPECIALS = 7;

export const STATUS_INTERRUPTS = 1;
export const STATUS_TRANSLATION = 2;
export const STATUS_BASED = 4;

export const PTE_VALID = 1;
export const PTE_WRITABLE = 2;

export const CAUSE_ILLEGAL = 1;
export const CAUSE_SYSCALL = 2;
export const CAUSE_DIVIDE = 3;
export const CAUSE_ALIGNMENT = 4;
export const CAUSE_PAGE = 5;
export const CAUSE_BUS = 6;
export const CAUSE_INTERRUPT = 7;

export const VECTORS = 0xfff0_0000;
export const VECTOR_SIZE = 0x100;

// mmu indexes; TB flags are STATUS_TRANSLATION, and behind them (ENV_CS_BASE) is the base that is in force
export const MMU_PHYSICAL = 0;
export const MMU_VIRTUAL = 1;
