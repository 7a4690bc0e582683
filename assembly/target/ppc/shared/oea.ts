// The operating environment: what only the supervisor's side knows. Plain constants only (compiled by asc and tsc).
// Sources: Programming Environments Manual for 32-Bit Implementations (PEM), chapters 2, 6 and 7; MPC603e, MPC604e and MPC750 user's manuals.

// ---- Features of a model (PPC_FEATURES)
export const FEATURE_HASH_WALK = 0x01; // the hardware searches the page table
export const FEATURE_SOFTWARE_TLB = 0x02; // misses are exceptions; tlbld and tlbli load the TLBs
export const FEATURE_SWLEN = 0x04; // HID2[SWLEN] chooses between these two
export const FEATURE_HIGH_BATS = 0x08; // eight BATs of each kind, if HID2[HBE] is set
export const FEATURE_IABR = 0x10; // instruction address breakpoint
export const FEATURE_IABR_TE = 0x20; // it says for which MSR[IR] it is
export const FEATURE_DABR = 0x40; // data address breakpoint
export const FEATURE_HID0_POWER = 0x80; // MSR[POW] counts while HID0 says doze, nap or sleep
export const FEATURE_BUS_ERROR = 0x100; // where nothing answers, the board asserts TEA: a machine check; else loads give 0, and stores go nowhere
export const FEATURE_TGPR = 0x200; // table searches have registers r0 to r3 of their own
export const FEATURE_POW = 0x400; // MSR[POW] stops the clocks until an interrupt

// Alignment exceptions. Processors of all models raise them for strings and multiples in little-endian mode, and for lwarx that is not word-aligned.
export const FEATURE_ALIGN_WORDS = 0x800; // floating-point loads and stores, lmw, stmw, stwcx. that are not word-aligned; dcbz in pages that are written through or not cached
export const FEATURE_ALIGN_LITTLE = 0x1000; // loads and stores of one register that are not aligned, in little-endian mode
export const FEATURE_ALIGN_CONTROL = 0x2000; // eciwx and ecowx that are not word-aligned
export const FEATURE_DCBZ_ENABLED = 0x4000; // dcbz while the data cache is off
export const FEATURE_DCBZ_UNLOCKED = 0x8000; // or locked
export const FEATURE_DAR_MULTIPLE = 0x10000; // DAR is the second word's, if it was lmw or stmw

export const FEATURE_ALTIVEC = 0x20000; // MSR[VEC], and an exception for vector instructions while it is clear; they themselves are not built
export const FEATURE_EAR = 0x40000; // eciwx and ecowx look at EAR[E], which QEMU's do not

export const FEATURE_PMU_VISIBLE = 0x80000; // the performance monitor shows in MMCR0 what it has frozen and triggered, and counts changes of MSR[PR]

/** EAR: external control is on. */
export const EAR_E = 0x80000000;

/** Of PPC_CACHED. */
export const CACHED_VALID = 0x800;

// HID0 (MPC603e user's manual, 2.1.2.1; MPC604e user's manual, 2.1.2.2; MPC750 user's manual, 2.1.2.2)
export const HID0_DCE = 0x4000; // the data cache is on
export const HID0_DLOCK = 0x1000; // and locked

/** Of PPC_PLAIN. */
export const PPC_PLAIN_CELLS = 20;

// ---- Inputs
export const LINE_INT = 1;
export const LINE_SMI = 2;

// ---- PPC_PENDING
export const PENDING_DECREMENTER = 1;
export const PENDING_MACHINE_CHECK = 2;
export const PENDING_SOFT_RESET = 4;
export const PENDING_PERFORMANCE = 8;

// ---- Exceptions, beside those of ppc.ts
export const EXC_PERFORMANCE = 0x0f;
export const EXC_FETCH_MISS = 0x10;
export const EXC_LOAD_MISS = 0x11;
export const EXC_STORE_MISS = 0x12;
export const EXC_IABR = 0x13;
export const EXC_SMI = 0x14;
export const EXC_THERMAL = 0x17;

// ---- SRR1 after an exception (PEM, tables 6-6 and 6-11; MPC603e user's manual, tables 4-9 and 4-13)
export const SRR1_NO_PAGE = 0x40000000; // ISI: no translation
export const SRR1_NO_EXECUTE = 0x10000000; // ISI: no-execute or direct-store segment, or guarded page
export const SRR1_PROTECTED = 0x08000000; // ISI: protection
export const SRR1_MCP = 0x00080000; // machine check: the pin
export const SRR1_TEA = 0x00040000; // machine check: nothing answered on the bus
export const SRR1_KEY = 0x00080000; // table search: the protection key
export const SRR1_FETCH = 0x00040000; // table search: for a fetch
export const SRR1_WAY = 0x00020000; // table search: the way to replace
export const SRR1_STORE = 0x00010000; // table search: for a store

// ---- DSISR after a DSI (PEM, table 6-10)
export const DSISR_NO_PAGE = 0x40000000;
export const DSISR_PROTECTED = 0x08000000;
export const DSISR_DIRECT_STORE = 0x04000000;
export const DSISR_STORE = 0x02000000;
export const DSISR_DABR = 0x00400000;
export const DSISR_EXTERNAL_CONTROL = 0x00100000; // eciwx or ecowx without EAR[E]

// ---- HID2 of the 755 (MPC755 user's manual, 2.1.2.4)
export const HID2_SWLEN = 0x00080000;
export const HID2_HBE = 0x00040000;

// ---- Performance monitor. In brackets, what the MPC7400 user's manual calls it
export const PMU_COUNTERS = 4;
export const MMCR0_DIS = 0x80000000; // [FC] no counting
export const MMCR0_DP = 0x40000000; // [FCS] none in supervisor mode
export const MMCR0_DU = 0x20000000; // [FCP] none in user mode
export const MMCR0_DMS = 0x10000000; // [FCM1] none while MSR[PM] is set
export const MMCR0_DMR = 0x08000000; // [FCM0] none while it is clear
export const MMCR0_ENINT = 0x04000000; // [PMXE] the interrupt, which clears it
export const MMCR0_DISCOUNT = 0x02000000; // [FCECE] which stops counting
export const MMCR0_INTONBITTRANS = 0x00400000; // [TBEE] for a transition of the time base's bit
export const MMCR0_PMC1INTCONTROL = 0x00008000; // [PMC1CE] for PMC1 that is negative
export const MMCR0_PMCINTCONTROL = 0x00004000; // [PMCjCE] for another that is
export const MMCR0_PMCTRIGGER = 0x00002000; // [TRIGGER] the others wait for PMC1
export const MMCR2_SMCNTENABLE = 0x40000000; // counting waits for a pin

// Events that can be counted: the first by their numbers in the tables of all counters of all models.
export const EVENT_NOTHING = 0;
export const EVENT_CYCLES = 1;
export const EVENT_INSTRUCTIONS = 2;
export const EVENT_TRANSITIONS = 3;
export const EVENT_SWITCHES = 9; // changes of MSR[PR]; in PMC2 of the 7400 alone

// Of PPC_PMU_WATCHED, beside a bit for each counter
export const WATCHED_TRANSITION = 0x100; // the next one of the time base's bit
export const WATCHED_TIMED = 0x200; // there is something that time brings

// ---- Software-loaded TLBs (PPC_TLB)
export const TLB_WAYS = 2;
export const TLB_MAX_SETS = 64;
export const SOFT_PTE0 = 0; // u32: V, VSID and API, as in a PTE; 0: empty
export const SOFT_PTE1 = 4; // u32: the PTE's second word
export const SOFT_PAGE = 8; // u32: the effective address that it was loaded for, less the offset in its page
export const SOFT_ENTRY_SIZE = 12;

// ---- SPR numbers that have effects (mtspr) or are made when they are read (mfspr)
export const SPR_DEC = 22;
export const SPR_SDR1 = 25;
export const SPR_TBL_READ = 268;
export const SPR_TBU_READ = 269;
export const SPR_TBL = 284;
export const SPR_TBU = 285;
export const SPR_IBAT0U = 528;
export const SPR_DBAT3L = 543;
export const SPR_IBAT4U = 560;
export const SPR_DBAT7L = 575;
export const SPR_MMCR2 = 944;
export const SPR_MMCR0 = 952;
export const SPR_PMC1 = 953;
export const SPR_PMC2 = 954;
export const SPR_MMCR1 = 956;
export const SPR_PMC3 = 957;
export const SPR_HID0 = 1008;
export const SPR_IABR = 1010;
export const SPR_HID2 = 1011;
export const SPR_DABR = 1013;
export const SPR_THRM1 = 1020;
export const SPR_THRM3 = 1022;
