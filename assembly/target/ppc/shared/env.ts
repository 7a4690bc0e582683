// Made by scripts/layout.js: PowerPC's part of env, from its start on.
// All offsets are bytes. Plain constants, compiled by both asc and tsc.

// ---- CPU env, PowerPC's part. From ENV_TARGET_BASE on; the software-loaded TLBs are in ENV_TARGET_MORE. What is written by `init` is what the CPU is; the rest is in snapshots.
/** u64[32] */
export const PPC_GPR = 0x100;
/** u64[32]: binary64, whatever was loaded */
export const PPC_FPR = 0x200;
/** u64[8]: LT, GT and EQ of each field, as the difference that they are the signs of (assembly/target/ppc/cr.ts) */
export const PPC_CR = 0x300;
/** u64[8]: SO of each field */
export const PPC_CR_SO = 0x340;
/** u64 */
export const PPC_LR = 0x380;
/** u64 */
export const PPC_CTR = 0x388;
/** u64: XER[SO] */
export const PPC_SO = 0x390;
/** u64: XER[OV] */
export const PPC_OV = 0x398;
/** u64: XER[CA] */
export const PPC_CA = 0x3a0;
/** u64: the rest of XER */
export const PPC_XER = 0x3a8;
/** i64: address of the reservation, -1: none */
export const PPC_RESERVE = 0x3b0;
/** u64: what lwarx saw there */
export const PPC_RESERVE_VALUE = 0x3b8;
/** u64: FPOP_* */
export const PPC_FP_OP = 0x3c0;
/** u64: its operands */
export const PPC_FP_A = 0x3c8;
/** u64 */
export const PPC_FP_B = 0x3d0;
/** u64 */
export const PPC_FP_C = 0x3d8;
/** u64: 1: FPCC is to come from a comparison of the next two, made after it */
export const PPC_FP_COMPARED = 0x3e0;
/** u64 */
export const PPC_FP_X = 0x3e8;
/** u64 */
export const PPC_FP_Y = 0x3f0;
/** u32 */
export const PPC_FPSCR = 0x3f8;
/** u32 */
export const PPC_MSR = 0x480;
/** u32: what the exception in flight puts into SRR1 beside MSR; of a DSI and alignment exception, DSISR */
export const PPC_ERROR_CODE = 0x484;
/** u32: its DAR */
export const PPC_FAULT_ADDR = 0x488;
/** u32: MSR at reset */
export const PPC_RESET_MSR = 0x48c;
/** u64: pc at reset */
export const PPC_RESET_VECTOR = 0x490;
/** u32 */
export const PPC_SRR0 = 0x498;
/** u32 */
export const PPC_SRR1 = 0x49c;
/** u64: 0, or the conversion (FPOP_CTIW...) of the next one that FR and FI are to come from */
export const PPC_FP_CONVERTED = 0x4a0;
/** u64 */
export const PPC_FP_V = 0x4a8;
/** u32[16] */
export const PPC_SR = 0x4c0;
/** u32: the bits of MSR that there are */
export const PPC_MSR_MASK = 0x500;
/** u32: FEATURE_* */
export const PPC_FEATURES = 0x504;
/** u32: sets of each software-loaded TLB, a power of two */
export const PPC_TLB_SETS = 0x508;
/** u32: PENDING_*: what waits to be taken, beside what the lines ask for */
export const PPC_PENDING = 0x50c;
/** u32: LINE_*: levels of the inputs, as their devices drive them */
export const PPC_LINES = 0x510;
/** u32: 1: some translations are no longer right, and go with the next context synchronization */
export const PPC_STALE = 0x514;
/** u64: time base less the machine's ticks */
export const PPC_TIME_OFFSET = 0x518;
/** u64: the machine's ticks at which the decrementer is 0 */
export const PPC_DEC_ZERO = 0x520;
/** u32: 1: the decrementer has not passed through zero since then */
export const PPC_DEC_ARMED = 0x528;
/** u32: SRR1_MCP, SRR1_TEA: of the machine check that is pending */
export const PPC_BUS_CAUSE = 0x52c;
/** u64[4]: those of r0 to r3 and their copies for table searches that are not in use */
export const PPC_TGPR = 0x530;
/** u32[8] */
export const PPC_SPRG = 0x550;
/** u32[16]: upper and lower halves of eight */
export const PPC_IBAT = 0x570;
/** u32[16] */
export const PPC_DBAT = 0x5b0;
/** u32 */
export const PPC_DSISR = 0x5f0;
/** u32 */
export const PPC_DAR = 0x5f4;
/** u32 */
export const PPC_SDR1 = 0x5f8;
/** u32 */
export const PPC_EAR = 0x5fc;
/** u32 */
export const PPC_HID0 = 0x604;
/** u32 */
export const PPC_HID1 = 0x608;
/** u32 */
export const PPC_HID2 = 0x60c;
/** u32 */
export const PPC_IABR = 0x610;
/** u32 */
export const PPC_DABR = 0x614;
/** u32 */
export const PPC_DMISS = 0x618;
/** u32 */
export const PPC_DCMP = 0x61c;
/** u32 */
export const PPC_HASH1 = 0x620;
/** u32 */
export const PPC_HASH2 = 0x624;
/** u32 */
export const PPC_IMISS = 0x628;
/** u32 */
export const PPC_ICMP = 0x62c;
/** u32 */
export const PPC_RPA = 0x630;
/** u32[3] */
export const PPC_THRM = 0x634;
/** u32 */
export const PPC_L2CR = 0x640;
/** u32 */
export const PPC_ICTC = 0x644;
/** u32 */
export const PPC_MMCR0 = 0x648;
/** u32 */
export const PPC_MMCR1 = 0x64c;
/** u32 */
export const PPC_MMCR2 = 0x650;
/** u32[4]: PMC1 to PMC4 as they were when PMU_BASE was set */
export const PPC_PMC = 0x654;
/** u32 */
export const PPC_SIA = 0x664;
/** u32 */
export const PPC_SDA = 0x668;
/** u32[20]: SPRs that are nothing but a cell: src/target/ppc/sprs.ts says which */
export const PPC_PLAIN = 0x66c;
/** u32: 1: the performance monitor has asked for its interrupt since MMCR0 was written */
export const PPC_PMU_SIGNALED = 0x6bc;
/** 0x00 bytes: where what a snapshot has of these ends */
export const PPC_STATE_END = 0x6c0;
/** u32 */
export const PPC_PVR = 0x6c0;
/** u32: page of data that caches take, as dcbz found it (cached.ts): address, CACHED_VALID, mmu index; 0: none */
export const PPC_CACHED = 0x6c4;
/** u32: 1: a mode may be in which a counter counts */
export const PPC_PMU_ACTIVE = 0x6c8;
/** u32: a bit for each counter that counts now, from PMC1 at bit 0 */
export const PPC_PMU_COUNTING = 0x6cc;
/** u32: those whose becoming negative does something, and WATCHED_* */
export const PPC_PMU_WATCHED = 0x6d0;
/** u64[4]: by counter, its event's number of occurrences to which its cell belongs */
export const PPC_PMU_BASE = 0x6d8;
/** u64: transitions of the time base bit when they were last looked at */
export const PPC_PMU_TRANSITIONS = 0x6f8;
/** u64: changes of MSR[PR] while PMU_ACTIVE */
export const PPC_PMU_SWITCHES = 0x700;
/** 0x00 bytes: where its part below ENV_FRAME ends */
export const PPC_END = 0xe00;
/** 0xc00 bytes: software-loaded TLBs: instructions', then data's; sets of two ways (SOFT_*) */
export const PPC_TLB = 0x3000;
/** 0x00 bytes */
export const PPC_TLB_END = 0x3c00;
