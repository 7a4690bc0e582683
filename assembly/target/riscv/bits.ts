// Bit names of the privileged architecture (RISC-V Privileged Specification 1.12, chapters 3 and 4). Plain constants.

export const PRV_U = 0;
export const PRV_S = 1;
export const PRV_M = 3;

// mstatus
export const MSTATUS_SIE: u64 = 1 << 1;
export const MSTATUS_MIE: u64 = 1 << 3;
export const MSTATUS_SPIE: u64 = 1 << 5;
export const MSTATUS_MPIE: u64 = 1 << 7;
export const MSTATUS_SPP: u64 = 1 << 8;
export const MSTATUS_MPP_SHIFT = 11;
export const MSTATUS_MPP: u64 = 3 << 11;
export const MSTATUS_FS_SHIFT = 13;
export const MSTATUS_FS: u64 = 3 << 13;
export const MSTATUS_MPRV: u64 = 1 << 17;
export const MSTATUS_SUM: u64 = 1 << 18;
export const MSTATUS_MXR: u64 = 1 << 19;
export const MSTATUS_TVM: u64 = 1 << 20;
export const MSTATUS_TW: u64 = 1 << 21;
export const MSTATUS_TSR: u64 = 1 << 22;
export const MSTATUS32_SD: u64 = 1 << 31;
export const MSTATUS64_UXL: u64 = 3 << 32;
export const MSTATUS64_SXL: u64 = 3 << 34;
export const MSTATUS64_SD: u64 = 1 << 63;
/** UXL and SXL both say 64: the only value they take here. */
export const MSTATUS64_XL64: u64 = (2 << 32) | (2 << 34);

// mip, mie and their delegation
export const MIP_SSIP: u64 = 1 << 1;
export const MIP_MSIP: u64 = 1 << 3;
export const MIP_STIP: u64 = 1 << 5;
export const MIP_MTIP: u64 = 1 << 7;
export const MIP_SEIP: u64 = 1 << 9;
export const MIP_MEIP: u64 = 1 << 11;
export const MIP_LCOFIP: u64 = 1 << 13;
/** The virtual supervisor bits (2, 6, 10). QEMU's masks let them be written on a hart without H, where nothing drives them. */
export const MIP_VS: u64 = 0x444;
export const S_INTERRUPTS: u64 = MIP_SSIP | MIP_STIP | MIP_SEIP | MIP_LCOFIP;
export const DELEGABLE_INTERRUPTS: u64 = S_INTERRUPTS | MIP_VS;
export const ALL_INTERRUPTS: u64 = DELEGABLE_INTERRUPTS | MIP_MSIP | MIP_MTIP | MIP_MEIP;
/** What may be delegated: all but the reserved causes (bits 14, 16 to 19); 10 and 20 to 23 belong to H, and QEMU has them writable always. */
export const DELEGABLE_EXCEPTIONS: u64 = 0xf0bfff;

// menvcfg, senvcfg
export const ENVCFG_FIOM: u64 = 1;
export const ENVCFG_CBIE_SHIFT = 4;
export const ENVCFG_CBIE: u64 = 3 << 4;
export const ENVCFG_CBCFE: u64 = 1 << 6;
export const ENVCFG_CBZE: u64 = 1 << 7;
export const ENVCFG_U: u64 = ENVCFG_FIOM | ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE;
export const MENVCFG_ADUE: u64 = 1 << 61;
export const MENVCFG_PBMTE: u64 = 1 << 62;
export const MENVCFG_STCE: u64 = 1 << 63;

// Counters: cycle, time, instret and hpmcounter3 to 18 exist, as in QEMU's default CPU (pmu-mask 0x7fff8)
export const COUNTERS: u64 = 0x7ffff;
/** All but time. */
export const COUNTERS_INHIBITABLE: u64 = 0x7fffd;
export const COUNTER_TM: u32 = 1 << 1;

// satp.MODE
export const VM_BARE = 0;
export const VM_SV32 = 1;
export const VM_SV39 = 8;
export const VM_SV48 = 9;
export const VM_SV57 = 10;

// Page table entries
export const PTE_V: u64 = 1;
export const PTE_R: u64 = 2;
export const PTE_W: u64 = 4;
export const PTE_X: u64 = 8;
export const PTE_U: u64 = 16;
export const PTE_G: u64 = 32;
export const PTE_A: u64 = 64;
export const PTE_D: u64 = 128;
export const PTE_PPN_SHIFT = 10;
export const PTE64_PPN: u64 = 0x003ffffffffffc00;
export const PTE64_RESERVED: u64 = 0x1fc0000000000000;
export const PTE64_PBMT: u64 = 3 << 61;
export const PTE64_PBMT_SHIFT = 61;
export const PTE64_N: u64 = 1 << 63;

// Access rights, in the bits of tlbSetPage's prot
export const PAGE_READ = 1;
export const PAGE_WRITE = 2;
export const PAGE_EXEC = 4;
