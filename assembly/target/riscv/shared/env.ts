// Made by scripts/layout.js: RISC-V's part of env, from its start on.
// All offsets are bytes. Plain constants, compiled by both asc and tsc.

// ---- RISC-V: TB flags (ENV_TB_FLAGS), all that a translation depends on; ENV_CS_BASE is 0
/** bits 2:0, mmu index of data accesses (MPRV respected) */
export const TBF_MMU_IDX = 0x07;
/** bits 4:3, privilege (mmu index of fetches follows from it: M -> MMU_M, S -> MMU_S, U -> MMU_U) */
export const TBF_PRIV_SHIFT = 3;
/** bits 6:5, mstatus.FS: 0 off, 1 initial, 2 clean, 3 dirty */
export const TBF_FS_SHIFT = 5;
/** executing with XLEN = 32 */
export const TBF_XL32 = 0x80;
/** frm holds a reserved value: dynamic rounding is illegal */
export const TBF_FRM_INVALID = 0x100;
/** bits 10:9, PMM of data accesses: 0 none, 2 the upper 7 bits of an address are ignored, 3 the upper 16 */
export const TBF_MASK_SHIFT = 9;
/** such an address is a virtual one: it is sign-extended */
export const TBF_MASK_SIGNED = 0x800;
/** an indirect call must go to a landing pad */
export const TBF_LPE = 0x1000;
/** the first instruction must be one */
export const TBF_ELP = 0x2000;
/** there is a shadow stack */
export const TBF_SSE = 0x4000;

// ---- CPU env, RISC-V's part. From ENV_TARGET_BASE on. A snapshot ends at RV_END.
/** u64[32]: x0 to x31; x0 is never written */
export const RV_X = 0x100;
/** u64[32]: f0 to f31, NaN-boxed */
export const RV_F = 0x200;
/** i64: address of the reservation; -1: none. Others take it away between two turns */
export const RV_LOAD_RES = 0x300;
/** u64: what LR saw there */
export const RV_LOAD_VAL = 0x308;
/** i32: privilege: 0 U, 1 S, 3 M */
export const RV_PRIV = 0x310;
/** u32: 32 or 64 */
export const RV_XLEN = 0x314;
/** u32: frm */
export const RV_FRM = 0x318;
/** u32: accrued exceptions: NX 1, UF 2, OF 4, DZ 8, NV 16 */
export const RV_FFLAGS = 0x31c;
/** u64: RV32: mstatush in the upper half */
export const RV_MSTATUS = 0x320;
/** u64 */
export const RV_MISA = 0x328;
/** u64 */
export const RV_MIE = 0x330;
/** u64: the union of RV_EXT_IRQ and RV_SOFT_MIP */
export const RV_MIP = 0x338;
/** u64 */
export const RV_MIDELEG = 0x340;
/** u64 */
export const RV_MEDELEG = 0x348;
/** u64 */
export const RV_MTVEC = 0x350;
/** u64 */
export const RV_MSCRATCH = 0x358;
/** u64 */
export const RV_MEPC = 0x360;
/** u64 */
export const RV_MCAUSE = 0x368;
/** u64 */
export const RV_MTVAL = 0x370;
/** u64 */
export const RV_MCOUNTEREN = 0x378;
/** u64 */
export const RV_STVEC = 0x380;
/** u64 */
export const RV_SSCRATCH = 0x388;
/** u64 */
export const RV_SEPC = 0x390;
/** u64 */
export const RV_SCAUSE = 0x398;
/** u64 */
export const RV_STVAL = 0x3a0;
/** u64 */
export const RV_SCOUNTEREN = 0x3a8;
/** u64 */
export const RV_SATP = 0x3b0;
/** u64 */
export const RV_STIMECMP = 0x3b8;
/** u64 */
export const RV_MENVCFG = 0x3c0;
/** u64 */
export const RV_SENVCFG = 0x3c8;
/** u64 */
export const RV_MHARTID = 0x3d0;
/** u64: tval of the exception in flight */
export const RV_BADADDR = 0x3d8;
/** u64: the instruction word of an illegal instruction */
export const RV_BINS = 0x3e0;
/** u64: table of Zcmt */
export const RV_JVT = 0x3e8;
/** u64 */
export const RV_MCOUNTINHIBIT = 0x3f0;
/** i64: added to the count of instructions */
export const RV_MINSTRET_OFFSET = 0x3f8;
/** i64 */
export const RV_MCYCLE_OFFSET = 0x400;
/** u64[32]: 0 mcyclecfg, 2 minstretcfg, from 3 on mhpmevent3 to 31 */
export const RV_MHPMEVENT = 0x408;
/** u64[32] */
export const RV_MHPMCOUNTER = 0x508;
/** u8[16] */
export const RV_PMPCFG = 0x608;
/** u64[16] */
export const RV_PMPADDR = 0x618;
/** u64: mip bits that hardware lines drive (MSIP, MTIP, MEIP, SEIP) */
export const RV_EXT_IRQ = 0x698;
/** i32: 0 none, 1 sv32, 8 sv39, 9 sv48, 10 sv57 */
export const RV_MAX_SATP_MODE = 0x6a0;
/** u64: pc after reset */
export const RV_RESET_VEC = 0x6a8;
/** u32: bit 0: some mode masks pointers; bit 1: some has landing pads or a shadow stack */
export const RV_MASKING = 0x6b0;
/** u64 */
export const RV_MVENDORID = 0x6b8;
/** u64 */
export const RV_MARCHID = 0x6c0;
/** u64 */
export const RV_MIMPID = 0x6c8;
/** u64: mip bits that software wrote (SEIP, STIP, SSIP) */
export const RV_SOFT_MIP = 0x6d0;
/** u32: minor version of the privileged architecture: 10 to 13 */
export const RV_PRIV_VERSION = 0x6d8;
/** i32: PMP entries: 0 or 16 */
export const RV_PMP_COUNT = 0x6dc;
/** u64[16]: first byte that each PMP entry matches */
export const RV_PMP_FIRST = 0x6e0;
/** u64[16]: last byte; below RV_PMP_FIRST: matches nothing */
export const RV_PMP_LAST = 0x760;
/** u32: bit n: semihosting calls from privilege n are served */
export const RV_SEMIHOSTING = 0x7e0;
/** u64[2]: extension bits RVX_* */
export const RV_EXT = 0x7e8;
/** u64 */
export const RV_MSECCFG = 0x7f8;
/** u64 */
export const RV_MTVAL2 = 0x800;
/** u64[4] */
export const RV_MSTATEEN = 0x808;
/** u64[4] */
export const RV_SSTATEEN = 0x828;
/** u64 */
export const RV_MISELECT = 0x848;
/** u64 */
export const RV_SISELECT = 0x850;
/** u64 */
export const RV_MNSCRATCH = 0x858;
/** u64 */
export const RV_MNEPC = 0x860;
/** u64 */
export const RV_MNCAUSE = 0x868;
/** u64 */
export const RV_MNSTATUS = 0x870;
/** u64: where a resumable non-maskable interrupt goes */
export const RV_RNMI_IRQVEC = 0x878;
/** u64: and an exception in M-mode while they are masked */
export const RV_RNMI_EXCPVEC = 0x880;
/** u64 */
export const RV_MVIEN = 0x888;
/** u64: bits of interrupts that mvien gives to S-mode, but for those that mvip shares with mip */
export const RV_MVIP = 0x890;
/** u64: sie of the interrupts that mvien gives to S-mode */
export const RV_VSIE = 0x898;
/** u8[64]: priorities of major interrupts, M-mode's */
export const RV_MIPRIO = 0x8a0;
/** u8[64]: S-mode's */
export const RV_SIPRIO = 0x8e0;
/** u32: level of the line of resumable non-maskable interrupts */
export const RV_RNMI_PENDING = 0x920;
/** u32: counters that stand still in some mode */
export const RV_FILTERED = 0x924;
/** u32: counters whose overflow is an interrupt to come */
export const RV_OVERFLOWING = 0x928;
/** u32: 1: which interrupt is taken is for interrupt_order.ts to say */
export const RV_UNUSUAL = 0x92c;
/** u32: 1: the hart has an IMSIC */
export const RV_IMSIC = 0x930;
/** u64: the bits of mstatus that can be written, from RV_EXT and menvcfg */
export const RV_STATUS_WRITABLE = 0x938;
/** u64: the bits of mip that there are, from RV_EXT */
export const RV_INTERRUPTS = 0x940;
/** u64[2]: debug triggers */
export const RV_TDATA1 = 0x948;
/** u64[2] */
export const RV_TDATA2 = 0x958;
/** u32 */
export const RV_TSELECT = 0x968;
/** u64 */
export const RV_MCONTEXT = 0x970;
/** u64: where the shadow stack ends (Zicfiss) */
export const RV_SSP = 0x978;
/** u32: 1: a landing pad is expected (Zicfilp) */
export const RV_ELP = 0x980;
/** u32: 1: a trigger counts instructions; 2: this one wrote to one; the mode that it began in, from bit 8 on */
export const RV_COUNTING = 0x984;
/** 0x00 bytes: where the state ends */
export const RV_END = 0x988;
/** u64[12]: memory in which whole pages have the same rights: first and last page, rights (pmp.ts) */
export const RV_PMP_RANGES = 0xa00;
