// What PowerPC's runtime and TypeScript both know, beside the layout of env (env.ts). Plain constants only (compiled by asc and tsc). Names are those of the
// Programming Environments Manual for 32-bit implementations (PEM) and of QEMU.

// MSR (PEM, table 2-6)
export const MSR_VEC = 0x0200_0000;
export const MSR_POW = 0x0004_0000;
export const MSR_TGPR = 0x0002_0000;
export const MSR_ILE = 0x0001_0000;
export const MSR_EE = 0x8000;
export const MSR_PR = 0x4000;
export const MSR_FP = 0x2000;
export const MSR_ME = 0x1000;
export const MSR_FE0 = 0x0800;
export const MSR_SE = 0x0400;
export const MSR_BE = 0x0200;
export const MSR_FE1 = 0x0100;
export const MSR_IP = 0x0040;
export const MSR_IR = 0x0020;
export const MSR_DR = 0x0010;
export const MSR_PM = 0x0004;
export const MSR_RI = 0x0002;
export const MSR_LE = 0x0001;

// A field of CR, and which bit of the number that holds it (cr.ts) is LT
export const CR_LT = 8;
export const CR_GT = 4;
export const CR_EQ = 2;
export const CR_SO = 1;
export const CR_LT_BIT = 62;

// XER
export const XER_SO = 0x8000_0000;
export const XER_OV = 0x4000_0000;
export const XER_CA = 0x2000_0000;
/** Bits that read as zero whatever was written: where later architectures have OV32 and CA32. */
export const XER_ZERO = 0x000c_0000;
/** Length of lswx and stswx in bytes. */
export const XER_BYTES = 0x7f;

// mmu indexes: user mode, whether addresses are translated, and whether they are those of fetches: instructions have BATs and TLBs of their own
export const MMU_USER = 1;
export const MMU_TRANSLATED = 2;
export const MMU_CODE = 4;

// TB flags (ENV_TB_FLAGS)
export const TBF_MMU_IDX = 0x3; // of data accesses
export const TBF_PR = 0x4;
export const TBF_FP = 0x8; // floating point is available
export const TBF_LE = 0x10; // little-endian
export const TBF_SE = 0x20; // trace every instruction
export const TBF_BE = 0x40; // trace branches
export const TBF_IR = 0x80; // fetches are translated
export const TBF_FP_STRICT = 0x100; // FPSCR asks for exceptions, for a rounding mode other than to nearest, or for non-IEEE mode

// Exceptions: ENV_EXCEPTION_INDEX is the number of the vector (PEM, table 6-2, and the processors' manuals)
export const EXC_RESET = 0x01;
export const EXC_MACHINE_CHECK = 0x02;
export const EXC_DSI = 0x03;
export const EXC_ISI = 0x04;
export const EXC_EXTERNAL = 0x05;
export const EXC_ALIGNMENT = 0x06;
export const EXC_PROGRAM = 0x07;
export const EXC_FP_UNAVAILABLE = 0x08;
export const EXC_DECREMENTER = 0x09;
export const EXC_SYSTEM_CALL = 0x0c;
export const EXC_TRACE = 0x0d;
/** AltiVec unavailable: the only vector that is no multiple of 0x100 (0xf20). */
export const EXC_VECTOR_UNAVAILABLE = 0x20f;
export const VECTOR_UNAVAILABLE = 0xf20;
export const VECTOR_SHIFT = 8;

// SRR1 of a program exception
export const PROGRAM_FP = 0x0010_0000;
export const PROGRAM_ILLEGAL = 0x0008_0000;
export const PROGRAM_PRIVILEGED = 0x0004_0000;
export const PROGRAM_TRAP = 0x0002_0000;

// FPSCR (PEM, table 2-3)
export const FPSCR_FX = 0x8000_0000;
export const FPSCR_FEX = 0x4000_0000;
export const FPSCR_VX = 0x2000_0000;
export const FPSCR_OX = 0x1000_0000;
export const FPSCR_UX = 0x0800_0000;
export const FPSCR_ZX = 0x0400_0000;
export const FPSCR_XX = 0x0200_0000;
export const FPSCR_VXSNAN = 0x0100_0000;
export const FPSCR_VXISI = 0x0080_0000;
export const FPSCR_VXIDI = 0x0040_0000;
export const FPSCR_VXZDZ = 0x0020_0000;
export const FPSCR_VXIMZ = 0x0010_0000;
export const FPSCR_VXVC = 0x0008_0000;
export const FPSCR_FR = 0x0004_0000;
export const FPSCR_FI = 0x0002_0000;
export const FPSCR_FPRF = 0x0001_f000;
export const FPSCR_FPCC = 0x0000_f000;
export const FPSCR_FPRF_SHIFT = 12;
export const FPSCR_VXSOFT = 0x0000_0400;
export const FPSCR_VXSQRT = 0x0000_0200;
export const FPSCR_VXCVI = 0x0000_0100;
export const FPSCR_VE = 0x80;
export const FPSCR_OE = 0x40;
export const FPSCR_UE = 0x20;
export const FPSCR_ZE = 0x10;
export const FPSCR_XE = 0x08;
export const FPSCR_NI = 0x04;
export const FPSCR_RN = 0x03;
/** All that make VX. */
export const FPSCR_VX_ALL = 0x01f8_0700;
/** All that setting FX follows. */
export const FPSCR_STICKY = 0x1ff8_0700;
export const FPSCR_ENABLES = 0xf8;

// Floating-point operations: PPC_FP_OP. The bits above the operation say what is done with its result.
export const FPOP_NONE = 0; // FPSCR tells all
export const FPOP_ADD = 1;
export const FPOP_SUB = 2;
export const FPOP_MUL = 3; // a * c, as in the instruction
export const FPOP_DIV = 4;
export const FPOP_MADD = 5; // a * c + b
export const FPOP_MSUB = 6;
export const FPOP_NMADD = 7;
export const FPOP_NMSUB = 8;
export const FPOP_RSP = 9; // of b, as are all below
export const FPOP_CTIW = 10;
export const FPOP_CTIWZ = 11;
export const FPOP_RES = 12;
export const FPOP_RSQRTE = 13;
export const FPOP_OPERATION = 0xff;
/** Rounded to binary32. */
export const FPOP_SINGLE = 0x100;
