// Made by scripts/layout.js: the layout of everything that generated code, the AssemblyScript runtime and TypeScript all address in the one shared wasm linear memory. Who writes what, and how, is in docs/engine-abi.md.
// All offsets are bytes. Plain constants, compiled by both asc and tsc.

// ---- TLBs
/** of an index into a table */
export const TLB_BITS = 10;
/** of a table; there is one for each mmu index and kind of access */
export const TLB_ENTRIES = 1024;
/** bytes */
export const TLB_TABLE_SIZE = 16384;
/** loads */
export const TLB_KIND_READ = 0;
/** stores */
export const TLB_KIND_WRITE = 1;
/** fetches */
export const TLB_KIND_CODE = 2;
/** kinds of access */
export const TLB_KINDS = 3;
/** mmu indexes */
export const TLB_MMU_INDEXES = 8;
/** of the victim table behind each table */
export const VICTIM_ENTRIES = 8;

// ---- The TLB check. The entry of an address is at table + (address >> (PAGE_BITS - TLB_ENTRY_SIZE_BITS) & TLB_INDEX_MASK), by its low 32 bits. The access may use it as it is if address + bytes - 1, & -PAGE_SIZE, is the tag: all of it lies in the page, and no flag is set (QEMU's way). If it must be aligned: address & (-PAGE_SIZE | bytes - 1); to 4 bytes: address + bytes - 4, & (-PAGE_SIZE | 3). PAGE_BITS is the target's
/** of TLB_ENTRY_SIZE */
export const TLB_ENTRY_SIZE_BITS = 4;
/** of the offset */
export const TLB_INDEX_MASK = 16368;

// ---- TLB_ENTRY_TAG: flags below the page, which has 12 bits or more
/** empty */
export const TLB_INVALID = 0x800;
/** of a write table: the page holds code, which the slow path invalidates, or is clean, which it notes */
export const TLB_NOTDIRTY = 0x400;
/** a device is there, or ROM that is stored to */
export const TLB_MMIO = 0x200;
/** a watchpoint is in the page: every load and store is compared with it */
export const TLB_WATCHPOINT = 0x100;
/** protection finer than a page (PMP): the target is asked at every access */
export const TLB_FORCE_SLOW = 0x80;

// ---- Jump caches: cells with a TB pointer, by pc
/** 4096 entries were too few: two of the 300 jump targets of a shell's loop shared a cell so often that 7% of its jumps missed */
export const JUMP_CACHE_BITS = 14;
/** cells */
export const JUMP_CACHE_ENTRIES = 16384;
/** behind the cells, a bit for each page number modulo this: whether a TB with code there may be in the cache */
export const JUMP_CACHE_PAGES = 4096;
/** behind these, u32: a bit for each 32nd part of the cells, in which one was set since they were cleared */
export const JUMP_CACHE_USED = 0x10200;
/** bytes of cells and bits */
export const JUMP_CACHE_SIZE = 0x10208;

// ---- TB_STATE
/** it may be run */
export const TB_STATE_VALID = 0x01;
/** it was valid */
export const TB_STATE_INVALID = 0x02;
/** handed to code generation */
export const TB_STATE_QUEUED = 0x04;
/** generated code must not leave in the middle (TB_EXIT_INSIDE): its memory accesses call the slow path */
export const TB_STATE_CALLS = 0x08;
/** a goto_ptr led here in tci */
export const TB_STATE_INDIRECT = 0x10;

// ---- TB_CFLAGS: what a translation depends on beside the guest
/** at most so many instructions; 0: the default maximum */
export const CF_COUNT_MASK = 0x1ff;
/** the host wants control after it */
export const CF_SINGLE_STEP = 0x200;
/** no links */
export const CF_NO_GOTO_TB = 0x400;
/** no look into the jump cache */
export const CF_NO_GOTO_PTR = 0x800;
/** icount mode */
export const CF_ICOUNT = 0x1000;
/** no interrupt is taken before it */
export const CF_NOIRQ = 0x2000;
/** its instruction began in another TB: of what plugins add, only what comes after accesses */
export const CF_MEMI_ONLY = 0x8000;
/** it is right at any virtual address that its page is mapped at, and found at all of them */
export const CF_PCREL = 0x4000;

// ---- Exits: what generated code and tci return. A TB pointer, which is a multiple of 8, | one of these
/** left through goto_tb 0 of that TB (the dispatcher may link); without a TB: look up ENV_PC */
export const TB_EXIT_IDX0 = 0;
/** through goto_tb 1 */
export const TB_EXIT_IDX1 = 1;
/** from generated code: in the middle of that TB, where ENV_LOCATOR says, with env as before that instruction but for pc and budget */
export const TB_EXIT_INSIDE = 2;
/** without a TB: the budget is gone, or someone asks for the dispatcher. ENV_PC is right, nothing is to be linked */
export const TB_EXIT_REQUESTED = 3;
/** from tci: go on with this TB, which has generated code */
export const TB_EXIT_RUN = 4;
/** of the pointer's low bits */
export const TB_EXIT_MASK = 7;

// ---- ENV_LOCATOR: where in a TB generated code left. Bits 0 to 15: the instruction's offset from the TB's pc
/** the instructions of the TB that have not run, that one included: 15 bits */
export const LOCATOR_REFUND_SHIFT = 16;
/** a memory access needs the slow path, or an operation its helper: tci does the instruction, and goes on inside of the TB (tciResume). Else it has faulted */
export const LOCATOR_RESUME = -2147483648;

// ---- ENV_EXCEPTION_INDEX: what no target has. QEMU's cpu-common.h, but for EXCP_SEMIHOST
/** the dispatcher runs the instruction again, in a TB of its own */
export const EXCP_INTERRUPT = 0x10000;
/** a break- or watchpoint at ENV_PC: the instruction there has done nothing */
export const EXCP_DEBUG = 0x10002;
/** a semihosting call at ENV_PC */
export const EXCP_SEMIHOST = 0x10006;

// ---- ENV_INTERRUPT_REQUEST: QEMU's, and what another thread asks for
/** an interrupt is pending and enabled */
export const CPU_INTERRUPT_HARD = 0x02;
/** flush the TLB */
export const CPU_INTERRUPT_TLB = 0x10000;
/** look at the interrupt lines */
export const CPU_INTERRUPT_LINES = 0x20000;

// ---- POINT_FLAGS (QEMU's)
/** stops at loads */
export const BP_MEM_READ = 0x01;
/** stops at stores */
export const BP_MEM_WRITE = 0x02;
/** stops at both */
export const BP_MEM_ACCESS = 0x03;
/** of a debugger: the machine stops */
export const BP_GDB = 0x10;
/** of the guest: its own exception */
export const BP_CPU = 0x20;

// ---- Why cpuExec returns
/** the slice is used up */
export const EXEC_BUDGET = 0;
/** it waits for an interrupt */
export const EXEC_HALTED = 1;
/** somebody asked for it (cpuRequestExit), or all TBs are to go and another thread is inside */
export const EXEC_REQUEST = 2;
/** EXCP_DEBUG, or the end of a single step */
export const EXEC_DEBUG = 3;
/** the translator could not make the TB */
export const EXEC_TRANSLATE_FAILED = 4;
/** EXCP_SEMIHOST: TypeScript serves the call and moves ENV_PC */
export const EXEC_SEMIHOST = 5;
/** cpuYield: another vCPU's turn */
export const EXEC_YIELD = 6;

// ---- ENV_RETURN_REQUEST. What the guest does comes before what the host asks for, or the order of turns would depend on the host
/** EXEC_REQUEST */
export const RETURN_REQUESTED = 1;
/** EXEC_YIELD */
export const RETURN_YIELD = 2;

// ---- ENV_TELL: what the host wants to hear of. 0: nobody is called
/** of every trap, in the target's terms (`-d int`) */
export const TELL_TRAPS = 1;
/** of every TLB miss (`-d mmu`) */
export const TELL_FILLS = 2;
/** of every trap, and where it leads (plugins) */
export const TELL_DISCONTINUITIES = 4;

// ---- Kinds of discontinuities (QEMU's qemu_plugin_discon_type)
/** an interrupt was taken */
export const DISCON_INTERRUPT = 1;
/** an exception was taken */
export const DISCON_EXCEPTION = 2;
/** the host served a call */
export const DISCON_HOSTCALL = 4;

// ---- PHYSMAP_FLAGS
/** read and written directly */
export const PHYSMAP_RAM = 1;
/** read directly; writes go to the host (ROM device) or are ignored there */
export const PHYSMAP_ROM = 2;

// ---- MemOp (QEMU's) and MemOpIdx, which is memop << MEMOPIDX_SHIFT | mmu index
/** 1 byte */
export const MO_8 = 0;
/** 2 bytes */
export const MO_16 = 1;
/** 4 bytes */
export const MO_32 = 2;
/** 8 bytes */
export const MO_64 = 3;
/** mask of these */
export const MO_SIZE = 3;
/** sign-extended */
export const MO_SIGN = 4;
/** big-endian */
export const MO_BSWAP = 8;
/** must be naturally aligned, or the target's alignment fault */
export const MO_ALIGN = 16;
/** 4 and 8 bytes: must be at a multiple of 4, or the same */
export const MO_ALIGN_4 = 32;
/** bits of the mmu index */
export const MEMOPIDX_SHIFT = 4;

// ---- Atomic read-modify-writes (atomicRmw): what memory becomes
/** the operand */
export const ATOMIC_XCHG = 0;
/** the sum */
export const ATOMIC_ADD = 1;
/** bits of both */
export const ATOMIC_AND = 2;
/** bits of either */
export const ATOMIC_OR = 3;
/** bits of one */
export const ATOMIC_XOR = 4;
/** the lesser, signed */
export const ATOMIC_SMIN = 5;
/** the greater, signed */
export const ATOMIC_SMAX = 6;
/** the lesser, unsigned */
export const ATOMIC_UMIN = 7;
/** the greater, unsigned */
export const ATOMIC_UMAX = 8;

// ---- Engine record. What all vCPUs of a machine share. Its address is what runtimeInit gives, and runtimeAttach takes.
/** u32: the lock: 0 free, 1 held, 2 held and wanted */
export const ENGINE_LOCK = 0x00;
/** u32: instances of the runtime that work on it; changes only while no vCPU runs */
export const ENGINE_INSTANCES = 0x04;
/** u32: vCPUs and hosts between engineEnter and engineLeave: TBs stay where they are */
export const ENGINE_INSIDE = 0x08;
/** u32: 1: all TBs are to go as soon as nobody is inside */
export const ENGINE_FLUSH_PENDING = 0x0c;
/** u32: goes up with each flush: a TB pointer from before is dead. Does not change while anybody is inside */
export const ENGINE_GENERATION = 0x10;
/** u32: first byte of TBs, tci code, page descriptors and tables of generated code; below it, permanent blocks (envs, tables) */
export const ENGINE_ARENA_START = 0x14;
/** u32: where the next of them goes */
export const ENGINE_ARENA_NEXT = 0x18;
/** u32: behind their room: permanent blocks that were made later, from the last made on */
export const ENGINE_ARENA_TOP = 0x1c;
/** u32: the hash table of TBs: first TB of each bucket; its cells change under the lock */
export const ENGINE_TB_HASH = 0x20;
/** u32: 32 less the bits of a bucket's number */
export const ENGINE_TB_HASH_SHIFT = 0x24;
/** u32: the hash table of pages with code: first descriptor of each bucket; its cells change under the lock */
export const ENGINE_PAGE_HASH = 0x28;
/** u32: the vCPU that was made last; the others by ENV_NEXT_CPU */
export const ENGINE_FIRST_CPU = 0x2c;
/** u32: the physical map in use */
export const ENGINE_PHYSMAP = 0x30;
/** u32: another one, in which the host writes the next */
export const ENGINE_PHYSMAP_SPARE = 0x34;
/** u32: the low bits of TB_EXEC_COUNT that are zero when the host hears of the TB */
export const ENGINE_HOT_MASK = 0x38;
/** u32: those of TB_ENTERED */
export const ENGINE_JOIN_MASK = 0x3c;
/** u32: valid TBs */
export const ENGINE_TBS = 0x40;
/** u32: TBs that were invalidated, since the engine was made */
export const ENGINE_INVALIDATED = 0x44;
/** u32: breakpoints; 0: nobody looks for one */
export const ENGINE_BREAKPOINTS = 0x48;
/** u32: watchpoints; 0: nobody looks for one */
export const ENGINE_WATCHPOINTS = 0x4c;
/** u32: records of breakpoints, BREAKPOINTS_MAX of them, and of watchpoints behind them */
export const ENGINE_POINTS = 0x50;
/** u32: a byte for each page that is watched: 1: it was written; 0: none is. Bytes change under the lock */
export const ENGINE_DIRTY_MAP = 0x54;
/** u32: number of the first of them: linear-memory address >> PAGE_BITS */
export const ENGINE_DIRTY_FIRST = 0x58;
/** u32: how many there are */
export const ENGINE_DIRTY_PAGES = 0x5c;
/** u32: numbers of those that were written, in that order; it grows under the lock */
export const ENGINE_DIRTY_LIST = 0x60;
/** u32: how many these are */
export const ENGINE_DIRTY_COUNT = 0x64;
/** u32: 1: of some guest memory the host has to bring the bytes before they are looked at (fetchPage) */
export const ENGINE_ABSENT = 0x68;
/** bytes of all */
export const ENGINE_SIZE = 0x70;

// ---- CPU env, common part. Offsets from the env pointer, which generated code and helpers get as their first argument.
/** i32: guest instructions left in this slice (QEMU's icount_decr); the exec loop returns when it goes below zero */
export const ENV_BUDGET = 0x00;
/** u32: EXIT_REQUESTED asks running code to come to the dispatcher at the next TB or loop header. Above every budget: one comparison tests both */
export const ENV_EXIT_REQUEST = 0x04;
/** u32: 1: a helper or slow path raised an exception; running code restores the state as before its instruction and returns at once */
export const ENV_FAULT = 0x08;
/** i32: the exception to deliver when ENV_FAULT is set: the target's number, or EXCP_*. -1: none */
export const ENV_EXCEPTION_INDEX = 0x0c;
/** u32: CPU_INTERRUPT_* bits */
export const ENV_INTERRUPT_REQUEST = 0x10;
/** u32: 1 while it waits for an interrupt. Directly behind ENV_INTERRUPT_REQUEST: one load tests both */
export const ENV_HALTED = 0x14;
/** i32: mmu index of data accesses right now (kept by the target) */
export const ENV_MMU_IDX = 0x18;
/** u32: its number in the machine */
export const ENV_CPU_INDEX = 0x1c;
/** u32: everything that a translation depends on beside pc, right now (kept by the target) */
export const ENV_TB_FLAGS = 0x20;
/** u32: more of it, for targets whose flags are not enough (QEMU's name: x86 has a segment's base here). Directly behind ENV_TB_FLAGS: one load has both */
export const ENV_CS_BASE = 0x24;
/** u64: guest instructions since the vCPU was made, as of the slice's start (cpuInsnCount) */
export const ENV_INSN_COUNT = 0x28;
/** u64: data of the imports mmioRead and mmioWrite */
export const ENV_MMIO_VALUE = 0x30;
/** u32: the jump cache of pcs of the lower half: the current address space's own */
export const ENV_JUMP_CACHE = 0x38;
/** u32: the instance that made the vCPU, and runs it */
export const ENV_INSTANCE = 0x3c;
/** u32: 1 in icount mode: the budget is exact, and tested at every TB */
export const ENV_ICOUNT = 0x40;
/** u32: cflags of TBs to look up: CF_* */
export const ENV_CFLAGS = 0x44;
/** u64: pc; the first TCG global of every target */
export const ENV_PC = 0x48;
/** u32: the TB that tci is in; 0 in generated code. What a store to code, and a device in icount mode, go by */
export const ENV_LAST_TB = 0x50;
/** i32: ENV_BUDGET at the slice's start: instructions so far are ENV_INSN_COUNT + ENV_SLICE - ENV_BUDGET */
export const ENV_SLICE = 0x54;
/** u32: RETURN_* bits make cpuExec return; ENV_EXIT_REQUEST is set after it (alone, that only makes the dispatcher look at interrupts) */
export const ENV_RETURN_REQUEST = 0x58;
/** u32: code at ENV_PC, for the import translate */
export const ENV_CODE_HOST = 0x5c;
/** u64: its guest-physical address */
export const ENV_CODE_PHYS = 0x60;
/** u32: cflags of the TB to make */
export const ENV_CODE_CFLAGS = 0x68;
/** u32: the vCPU that was made before it; 0: none */
export const ENV_NEXT_CPU = 0x6c;
/** u32: TELL_* bits: what the host wants to hear of */
export const ENV_TELL = 0x70;
/** u32: the jump cache of pcs of the upper half, where kernels live: one for all address spaces */
export const ENV_JUMP_CACHE_HIGH = 0x74;
/** u32: the records of the address spaces that it remembers */
export const ENV_SPACES = 0x78;
/** u32: the current one */
export const ENV_SPACE = 0x7c;
/** u32: how often one was entered */
export const ENV_SPACE_CLOCK = 0x80;
/** u32: 1 while another vCPU waits for this one's slice to end: it gives way where the guest says that it waits (cpuYield) */
export const ENV_CONTENDED = 0x84;
/** u32: the watchpoint that raised EXCP_DEBUG; 0: none. The host takes it */
export const ENV_WATCHPOINT_HIT = 0x88;
/** u32: SCORES_MAX cells (u64) of what plugins count; 0: there are no plugins, and its TBs are as they are */
export const ENV_SCORES = 0x8c;
/** u64: pc + 1 of an instruction that began, and is to be run again in a TB of its own (EXCP_INTERRUPT); 0: there is none */
export const ENV_BEGUN = 0x90;
/** i32: after TB_EXIT_INSIDE: LOCATOR_* bits. ENV_PC is the TB's, and ENV_BUDGET has paid for all of it, until the dispatcher has seen to it */
export const ENV_LOCATOR = 0x98;
/** u32: in the first vCPU: what the machine's thread does, if it is profiled (src/accel/tcg/profile.ts) */
export const ENV_ACTIVITY = 0xf8;
/** 0xf00 bytes: the target's part, laid out by the target */
export const ENV_TARGET_BASE = 0x100;
/** u64[1024]: temps of tci that are not globals */
export const ENV_FRAME = 0x1000;
/** 0x1000 bytes: the target's, too: what its part has no room for */
export const ENV_TARGET_MORE = 0x3000;
/** 0x60000 bytes: tables of TLB entries: (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE. Others set TLB_NOTDIRTY */
export const ENV_TLB = 0x4000;
/** 0xc00 bytes: VICTIM_ENTRIES entries behind each table */
export const ENV_TLB_VICTIMS = 0x64000;
/** u32: a bit for each table that was filled since its flush */
export const ENV_TLB_DIRTY = 0x64c00;
/** u32: next victim to replace */
export const ENV_TLB_ROTOR = 0x64c04;
/** u64[16]: by mmu index: first and last address of the range that encloses all its large pages (first > last: none) */
export const ENV_TLB_LARGE = 0x64c08;
/** u32: full and partial flushes */
export const ENV_TLB_FLUSHES = 0x64c88;
/** u64[384]: a bit for each entry of a table: its page belongs to the current address space only */
export const ENV_TLB_PRIVATE = 0x64c90;
/** u8[24]: the same of its victims */
export const ENV_TLB_VICTIMS_PRIVATE = 0x65890;
/** u32[24]: by table: a bit for each 32 entries, in which one was filled since its flush */
export const ENV_TLB_FILLED = 0x658a8;
/** bytes of all */
export const ENV_SIZE = 0x70000;
/** of ENV_FRAME */
export const ENV_FRAME_SLOTS = 1024;
/** of a vCPU: 4 MiB */
export const SCORES_MAX = 0x80000;
/** counters (u8) of an edge map, which lies in ENV_SCORES */
export const EDGE_MAP_SIZE = 0x10000;
/** behind them, u32: half the location of the block before */
export const EDGE_PREVIOUS = 0x10000;
/** cells that it takes */
export const EDGE_MAP_CELLS = 8193;
/** what ENV_EXIT_REQUEST is written as: above every budget, so that one comparison of the two (as i32) tests both */
export const EXIT_REQUESTED = 0x7fffffff;

// ---- TLB entry. TLB_ENTRY_TAG is a page-aligned virtual address | TLB_* flags, any of which makes the TLB check fail. All ones: empty.
/** u64: of a write table also others: by compare-and-swap, to set TLB_NOTDIRTY */
export const TLB_ENTRY_TAG = 0x00;
/** i32: linear-memory address less virtual address */
export const TLB_ENTRY_ADDEND = 0x08;
/** u32: physical page number (phys >> PAGE_BITS): 44 bits of physical addresses */
export const TLB_ENTRY_PHYS_PAGE = 0x0c;
/** bytes of all */
export const TLB_ENTRY_SIZE = 0x10;

// ---- Break- or watchpoint. Of a debugger. The first ones of a table are in use.
/** u64: virtual address: pc, or the first byte */
export const POINT_FIRST = 0x00;
/** u64: the last byte */
export const POINT_LAST = 0x08;
/** u32: the vCPU that it is for; 0: all */
export const POINT_CPU = 0x10;
/** u32: BP_* */
export const POINT_FLAGS = 0x14;
/** bytes of all */
export const POINT_SIZE = 0x18;
/** breakpoints at once: room for two of each hart of the largest board, and for a debugger */
export const BREAKPOINTS_MAX = 2048;
/** watchpoints at once */
export const WATCHPOINTS_MAX = 2048;

// ---- Address space. What is put aside of an address space that is not the current one, and its jump cache of the lower half.
/** u64: which space, the target's own (RISC-V: satp); NO_KEY: none */
export const SPACE_KEY = 0x00;
/** u32: by what the guest flushes it (RISC-V: ASID) */
export const SPACE_ID = 0x08;
/** u32: ENV_SPACE_CLOCK when it was last entered */
export const SPACE_STAMP = 0x0c;
/** u32: whether there may be anything in its jump cache */
export const SPACE_USED = 0x10;
/** u32: entries put aside */
export const SPACE_SAVED = 0x14;
/** u32: whether one of them is for the upper half of addresses */
export const SPACE_SAVED_HIGH = 0x18;
/** 0xc00 bytes: SAVED_MAX of them: u32 offset from env, u32 table, the entry */
export const SPACE_ENTRIES = 0x20;
/** 0x10208 bytes: its jump cache */
export const SPACE_CACHE = 0xc20;
/** bytes of all */
export const SPACE_SIZE = 0x10e28;
/** address spaces that a vCPU remembers */
export const SPACES = 8;
/** TLB entries of a space that are put aside at most; what is more must be walked for again */
export const SAVED_MAX = 128;
/** bytes of one */
export const SAVED_SIZE = 24;
/** where in it the entry is */
export const SAVED_ENTRY = 8;

// ---- TB record. A TranslationBlock; its tci code and insn table follow. It stays readable, also when it is invalid, until all go.
/** u32: guest bytes */
export const TB_SIZE = 0x00;
/** u32: phys >> PAGE_BITS of the first byte */
export const TB_PHYS_PAGE0 = 0x04;
/** u32: of the second page, or NO_PAGE */
export const TB_PHYS_PAGE1 = 0x08;
/** u32: the first guest byte */
export const TB_HOST0 = 0x0c;
/** u32: the second page's start; 0: none */
export const TB_HOST1 = 0x10;
/** u32: how often the dispatcher entered its generated code, one of ENTRY_SAMPLE times counted */
export const TB_ENTERED = 0x14;
/** u32: next TB of the bucket */
export const TB_HASH_NEXT = 0x18;
/** u32: next TB of the first page (tagged: TB | which of its pages) */
export const TB_PAGE_NEXT0 = 0x1c;
/** u32: of the second */
export const TB_PAGE_NEXT1 = 0x20;
/** u32: first of the TBs that are linked to this one (tagged: TB | n of its goto_tb) */
export const TB_JMP_LIST = 0x24;
/** u32: the next in the list of what TB_JMP0 leads to */
export const TB_JMP_NEXT0 = 0x28;
/** u32: of what TB_JMP1 leads to */
export const TB_JMP_NEXT1 = 0x2c;
/** u32: by what code generation knows it; 0: it is in no region */
export const TB_REGION = 0x30;
/** u32: which slot of TB_INDIRECT is overwritten next */
export const TB_INDIRECT_NEXT = 0x34;
/** u32: how often tci went on in it for generated code (TB_EXIT_INSIDE), since TB_RESUMED_SINCE */
export const TB_RESUMED = 0x38;
/** u32: TB_ICOUNT pairs of u16: first tci word of the instruction, its pc less TB_PC */
export const TB_INSN_TABLE = 0x3c;
/** u64: instruction count of all vCPUs */
export const TB_RESUMED_SINCE = 0x40;
/** u32: if it begins a short ring of TBs, how often tci went round each time (from 1 on), as seen when it first became part of a region; 0: not known */
export const TB_ROUNDS = 0x48;
/** u32: TB_STATE_* bits; TB_STATE_VALID goes away under the lock */
export const TB_STATE = 0x4c;
/** u32[8]: TBs that followed this one through goto_ptr in tci; from the first slot on, 0: no more */
export const TB_INDIRECT = 0x50;
/** u64: virtual pc */
export const TB_PC = 0x70;
/** u32: ENV_TB_FLAGS that it was made for */
export const TB_FLAGS = 0x78;
/** u32: ENV_CS_BASE that it was made for. Directly behind TB_FLAGS */
export const TB_CS_BASE = 0x7c;
/** u32: CF_* */
export const TB_CFLAGS = 0x80;
/** u32: guest instructions */
export const TB_ICOUNT = 0x84;
/** u32: index of generated code in the function tables of all instances; 0: none. Who calls it loads TB_ENTRY after it */
export const TB_FUNC = 0x88;
/** u32: entry number to pass to that function */
export const TB_ENTRY = 0x8c;
/** u32: executions in tci, modulo 2^32 */
export const TB_EXEC_COUNT = 0x90;
/** u32: the TB that goto_tb 0 goes on to; 0: not linked */
export const TB_JMP0 = 0x94;
/** u32: that of goto_tb 1 */
export const TB_JMP1 = 0x98;
/** bytes of all */
export const TB_RECORD_SIZE = 0xa0;
/** TB_PHYS_PAGE1 of a TB that lies in one page */
export const NO_PAGE = 0xffffffff;
/** slots of TB_INDIRECT */
export const TB_INDIRECT_SLOTS = 8;
/** of so many entries of generated code one is counted: a prime, so that no loop's pattern hides from it */
export const ENTRY_SAMPLE = 61;

// ---- Table of generated code. Generated code holds no address of a TB, so that it is the same in every process: it finds them in a table, one a module, whose address it imports. A region's part of it.
/** u32: pointers of its TBs, one after the other */
export const TABLE_TBS = 0x00;

// ---- Descriptor of a page with code. In lists that begin in the cells of ENGINE_PAGE_HASH.
/** u32: physical page number */
export const DESC_PAGE = 0x00;
/** u32: its first TB (tagged) */
export const DESC_FIRST = 0x04;
/** u32: next descriptor of the bucket */
export const DESC_NEXT = 0x08;
/** u64: of its contents when its TBs of earlier runs were asked for; 0: they were not */
export const DESC_KEY = 0x10;
/** bytes of all */
export const DESC_SIZE = 0x18;

// ---- Physical map. What the runtime may touch without asking TypeScript: at most PHYSMAP_MAX records, sorted by base. The map in use never changes: the host writes another one.
/** u32: records */
export const PHYSMAP_COUNT = 0x00;
/** u64[3]: the first record */
export const PHYSMAP_RECORDS = 0x10;
/** records at most */
export const PHYSMAP_MAX = 64;

// ---- Record of the physical map. RAM or ROM at consecutive guest-physical addresses, and in linear memory.
/** u64: guest-physical address */
export const PHYSMAP_BASE = 0x00;
/** u64: bytes */
export const PHYSMAP_LENGTH = 0x08;
/** u32: the first byte */
export const PHYSMAP_HOST = 0x10;
/** u32: PHYSMAP_RAM or PHYSMAP_ROM */
export const PHYSMAP_FLAGS = 0x14;
/** bytes of all */
export const PHYSMAP_RECORD_SIZE = 0x18;
