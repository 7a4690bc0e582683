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
export const MSTATUS_SPELP: u64 = 1 << 23;
export const MSTATUS_SDT: u64 = 1 << 24;
export const MSTATUS_MPELP: u64 = 1 << 41;
/** RV32: in mstatush. */
export const MSTATUS_MDT: u64 = 1 << 42;
export const MSTATUS32_SD: u64 = 1 << 31;
export const MSTATUS64_UXL: u64 = 3 << 32;
export const MSTATUS64_SD: u64 = 1 << 63;
/** UXL and SXL say 64: the only value they take here. */
export const MSTATUS64_UXL64: u64 = 2 << 32;
export const MSTATUS64_SXL64: u64 = 2 << 34;

// mip, mie and their delegation
export const MIP_SSIP: u64 = 1 << 1;
export const MIP_MSIP: u64 = 1 << 3;
export const MIP_STIP: u64 = 1 << 5;
export const MIP_MTIP: u64 = 1 << 7;
export const MIP_SEIP: u64 = 1 << 9;
export const MIP_MEIP: u64 = 1 << 11;
export const MIP_LCOFIP: u64 = 1 << 13;
export const S_INTERRUPTS: u64 = MIP_SSIP | MIP_STIP | MIP_SEIP;
export const M_INTERRUPTS: u64 = MIP_MSIP | MIP_MTIP | MIP_MEIP;
/** Exceptions that can come from below M-mode: 0 to 9; an ecall from M-mode (11) cannot. */
export const DELEGABLE_EXCEPTIONS: u64 = 0x3ff;
/** 12, 13 and 15: there are none without paging. */
export const PAGE_FAULTS: u64 = 0xb000;
/** 18: with Zicfilp or Zicfiss. */
export const SOFTWARE_CHECK: u64 = 1 << 18;

// menvcfg, senvcfg
export const ENVCFG_FIOM: u64 = 1;
export const ENVCFG_LPE: u64 = 1 << 2;
export const ENVCFG_SSE: u64 = 1 << 3;
export const ENVCFG_CBIE: u64 = 3 << 4;
export const ENVCFG_CBCFE: u64 = 1 << 6;
export const ENVCFG_CBZE: u64 = 1 << 7;
/** CBIE = 2. */
export const ENVCFG_CBIE_RESERVED: u64 = 2 << 4;
/** Pointer masking: 0 off, 2 seven bits, 3 sixteen bits. RV64 only. */
export const ENVCFG_PMM_SHIFT: u64 = 32;
export const ENVCFG_PMM: u64 = 3 << 32;
export const ENVCFG_PMM_RESERVED: u64 = 1 << 32;
export const MENVCFG_DTE: u64 = 1 << 59;
export const MENVCFG_CDE: u64 = 1 << 60;
export const MENVCFG_ADUE: u64 = 1 << 61;
export const MENVCFG_PBMTE: u64 = 1 << 62;
export const MENVCFG_STCE: u64 = 1 << 63;

// mseccfg (its PMM is where menvcfg has it)
export const MSECCFG_MML: u64 = 1 << 0;
export const MSECCFG_MMWP: u64 = 1 << 1;
export const MSECCFG_RLB: u64 = 1 << 2;
export const MSECCFG_USEED: u64 = 1 << 8;
export const MSECCFG_SSEED: u64 = 1 << 9;
export const MSECCFG_MLPE: u64 = 1 << 10;

// mhpmevent (Sscofpmf), and but for OF mcyclecfg and minstretcfg (Smcntrpmf)
export const EVENT_OF: u64 = 1 << 63;
export const EVENT_MINH: u64 = 1 << 62;
export const EVENT_SINH: u64 = 1 << 61;
export const EVENT_UINH: u64 = 1 << 60;
/** Of modes that the hypervisor extension would bring. */
export const EVENT_VINH: u64 = 3 << 58;

// mnstatus
export const MNSTATUS_NMIE: u64 = 1 << 3;
export const MNSTATUS_MNPELP: u64 = 1 << 9;
export const MNSTATUS_MNPP: u64 = 3 << 11;

// mstateen
export const STATEEN_JVT: u64 = 1 << 2; // in sstateen0, too
export const STATEEN_SE: u64 = 1 << 63;
export const STATEEN_ENVCFG: u64 = 1 << 62;
export const STATEEN_CSRIND: u64 = 1 << 60;
export const STATEEN_AIA: u64 = 1 << 59;
export const STATEEN_IMSIC: u64 = 1 << 58;

// Bits of counters in mcounteren, scounteren and mcountinhibit
export const COUNTERS_BASE: u64 = 7;
/** hpmcounter3 to 18, as in QEMU's default CPU (pmu-mask); those above read zero. */
export const COUNTERS_HPM: u64 = 0x7fff8;
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
export const PTE64_N: u64 = 1 << 63;

// Access rights, in the bits of tlbSetPage's prot
export const PAGE_READ = 1;
export const PAGE_WRITE = 2;
export const PAGE_EXEC = 4;
