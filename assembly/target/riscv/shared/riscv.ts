// RISC-V part of the CPU env. Offsets from the env pointer. Plain constants only (compiled by asc and tsc).
// One layout for RV32 and RV64: registers are 64-bit; on RV32 they hold the 32-bit value sign-extended (as QEMU with MXL_RV32),
// pc is held zero-extended.

export const RV_X = 0x100; // u64 x0..x31 (x0 is never written)
export const RV_F = 0x200; // u64 f0..f31, NaN-boxed
export const RV_LOAD_RES = 0x300; // i64 reservation address (LR), -1: none
export const RV_LOAD_VAL = 0x308; // u64 value seen by LR
// CSR state
export const RV_PRIV = 0x310; // u32 current privilege: 0 U, 1 S, 3 M
export const RV_XLEN = 0x314; // u32 32 or 64 (MXL fixed for the CPU)
export const RV_FRM = 0x318; // u32 frm
export const RV_FFLAGS = 0x31c; // u32 accrued exceptions: NX 1, UF 2, OF 4, DZ 8, NV 16
export const RV_MSTATUS = 0x320; // u64 (RV32: mstatush in the upper half)
export const RV_MISA = 0x328; // u64
export const RV_MIE = 0x330; // u64
export const RV_MIP = 0x338; // u64
export const RV_MIDELEG = 0x340; // u64
export const RV_MEDELEG = 0x348; // u64
export const RV_MTVEC = 0x350;
export const RV_MSCRATCH = 0x358;
export const RV_MEPC = 0x360;
export const RV_MCAUSE = 0x368;
export const RV_MTVAL = 0x370;
export const RV_MCOUNTEREN = 0x378;
export const RV_STVEC = 0x380;
export const RV_SSCRATCH = 0x388;
export const RV_SEPC = 0x390;
export const RV_SCAUSE = 0x398;
export const RV_STVAL = 0x3a0;
export const RV_SCOUNTEREN = 0x3a8;
export const RV_SATP = 0x3b0;
export const RV_STIMECMP = 0x3b8;
export const RV_MENVCFG = 0x3c0;
export const RV_SENVCFG = 0x3c8;
export const RV_MHARTID = 0x3d0;
export const RV_BADADDR = 0x3d8; // u64 tval of the exception in flight
export const RV_BINS = 0x3e0; // u64 the instruction word of an illegal instruction
export const RV_EXT = 0x3e8; // u64 extension bits RVX_* below
export const RV_MCOUNTINHIBIT = 0x3f0;
export const RV_MINSTRET_OFFSET = 0x3f8; // i64 added to the insn counter
export const RV_MCYCLE_OFFSET = 0x400; // i64
export const RV_MHPMEVENT = 0x408; // u64 * 32 (index 3..31 used)
export const RV_MHPMCOUNTER = 0x508; // u64 * 32
export const RV_PMPCFG = 0x608; // u8 * 16
export const RV_PMPADDR = 0x618; // u64 * 16
export const RV_EXT_IRQ = 0x698; // u64: mip bits driven by hardware lines (MSIP, MTIP, MEIP, SEIP)
export const RV_MAX_SATP_MODE = 0x6a0; // u32: 0 none, 1 sv32, 8 sv39, 9 sv48, 10 sv57
export const RV_RESET_VEC = 0x6a8; // u64
export const RV_STIMECMP_ARMED = 0x6b0; // u32: private to the Sstc timer
export const RV_STATUS_WRITABLE = 0x6b4; // u32: the bits of mstatus that this hart has (derived from RV_EXT)
export const RV_MVENDORID = 0x6b8;
export const RV_MARCHID = 0x6c0;
export const RV_MIMPID = 0x6c8;
export const RV_SOFT_MIP = 0x6d0; // u64: mip bits that software wrote (SEIP, STIP, SSIP)
export const RV_PRIV_VERSION = 0x6d8; // u32 minor version of the privileged architecture: 10 to 13
export const RV_PMP_COUNT = 0x6dc; // u32 number of PMP entries in use (0 or 16)
export const RV_PMP_FIRST = 0x6e0; // u64 * 16: first byte that each PMP entry matches (derived from pmpcfg and pmpaddr)
export const RV_PMP_LAST = 0x760; // u64 * 16: last byte; below RV_PMP_FIRST: matches nothing
export const RV_SEMIHOSTING = 0x7e0; // u32: bit n: semihosting calls from privilege n are served
export const RV_END = 0x800;
// From here on nothing is state: a snapshot ends at RV_END.
export const RV_PMP_CACHE = 0x800; // u64 * 64: rights of whole pages (pmp.ts)

// mmu indexes
export const MMU_U = 0;
export const MMU_S = 1;
export const MMU_S_SUM = 2;
export const MMU_M = 3;

// TB flags (ENV_TB_FLAGS): what a translation depends on
export const TBF_MMU_IDX = 0x7; // bits 2:0, mmu index of data accesses (MPRV respected)
export const TBF_PRIV_SHIFT = 3; // bits 4:3, privilege (mmu index of fetches follows from it: M -> MMU_M, S -> MMU_S, U -> MMU_U)
export const TBF_FS_SHIFT = 5; // bits 6:5, mstatus.FS: 0 off, 1 initial, 2 clean, 3 dirty
export const TBF_XL32 = 0x80; // executing with XLEN = 32
export const TBF_FRM_INVALID = 0x100; // frm holds a reserved value: dynamic rounding is illegal

// Extension bits (RV_EXT). Bit numbers < 26 follow misa letters.
export const RVX_A = 0;
export const RVX_C = 2;
export const RVX_D = 3;
export const RVX_F = 5;
export const RVX_I = 8;
export const RVX_M = 12;
export const RVX_S = 18;
export const RVX_U = 20;
export const RVX_ZICSR = 26;
export const RVX_ZIFENCEI = 27;
export const RVX_ZBA = 28;
export const RVX_ZBB = 29;
export const RVX_ZBC = 30;
export const RVX_ZBS = 31;
export const RVX_ZBKB = 32;
export const RVX_ZICOND = 33;
export const RVX_ZICBOM = 34;
export const RVX_ZICBOZ = 35;
export const RVX_ZICBOP = 36;
export const RVX_ZAWRS = 37;
export const RVX_ZFH = 38;
export const RVX_ZFHMIN = 39;
export const RVX_ZFA = 40;
export const RVX_SVINVAL = 41;
export const RVX_SVNAPOT = 42;
export const RVX_SVPBMT = 43;
export const RVX_SSTC = 44;
export const RVX_SVADU = 45; // hardware A/D update (else Svade: fault)
export const RVX_ZICNTR = 46;
export const RVX_ZIHPM = 47;
export const RVX_ZBKX = 48;

// Exception causes (privileged spec, table of mcause values)
export const CAUSE_INST_MISALIGNED = 0;
export const CAUSE_INST_ACCESS = 1;
export const CAUSE_ILLEGAL_INST = 2;
export const CAUSE_BREAKPOINT = 3;
export const CAUSE_LOAD_MISALIGNED = 4;
export const CAUSE_LOAD_ACCESS = 5;
export const CAUSE_STORE_MISALIGNED = 6;
export const CAUSE_STORE_ACCESS = 7;
export const CAUSE_U_ECALL = 8;
export const CAUSE_S_ECALL = 9;
export const CAUSE_M_ECALL = 11;
export const CAUSE_INST_PAGE_FAULT = 12;
export const CAUSE_LOAD_PAGE_FAULT = 13;
export const CAUSE_STORE_PAGE_FAULT = 15;
