// The layout of everything that generated code, the AssemblyScript runtime and TypeScript all address in the one shared
// wasm linear memory. Compiled by both asc and tsc, so: plain constants only, no imports. All offsets are bytes.

export const PAGE_BITS = 12;
export const PAGE_SIZE = 0x1000;

// ---- Engine record: what all vCPUs of a machine share; offsets from the address that runtimeInit gives -----------------------
/** u32: 0 free, 1 held, 2 held and wanted. */
export const ENGINE_LOCK = 0x00;
/** u32: instances of the runtime that work on it. */
export const ENGINE_INSTANCES = 0x04;
/** u32: vCPUs and hosts between engineEnter and engineLeave: TBs stay where they are. */
export const ENGINE_INSIDE = 0x08;
/** u32: 1: all TBs are to go as soon as nobody is inside. */
export const ENGINE_FLUSH_PENDING = 0x0c;
/** u32: goes up with each flush: a TB pointer from before is dead. */
export const ENGINE_GENERATION = 0x10;
/** u32 each: the arena. TBs and page descriptors from START to NEXT, permanent blocks from TOP on. */
export const ENGINE_ARENA_START = 0x14;
export const ENGINE_ARENA_NEXT = 0x18;
export const ENGINE_ARENA_TOP = 0x1c;
/** u32: pointer to the hash table of TBs. */
export const ENGINE_TB_HASH = 0x20;
/** u32: pointer to the hash table of pages with code. */
export const ENGINE_PAGE_HASH = 0x24;
/** u32: the vCPU that was made last; the others by ENV_NEXT_CPU. */
export const ENGINE_FIRST_CPU = 0x28;
/** u32: pointer to the physical map (see PHYSMAP_*). */
export const ENGINE_PHYSMAP = 0x2c;
/** u32: pointer to another one, in which the host writes the next. */
export const ENGINE_PHYSMAP_SPARE = 0x30;
/** u32: the low bits of TB_EXEC_COUNT that are zero when the host hears of the TB. */
export const ENGINE_HOT_MASK = 0x34;
/** u32 each: valid TBs, and how many were invalidated. */
export const ENGINE_TBS = 0x38;
export const ENGINE_INVALIDATED = 0x3c;
export const ENGINE_SIZE = 0x40;

// ---- CPU env, common part: offsets from the env pointer of a vCPU -----------------------------------------------------
/** i32: guest instructions left in this slice (QEMU's icount_decr); the exec loop returns when it goes below zero. */
export const ENV_BUDGET = 0x00;
/** u32: non-zero asks running code to return to the dispatcher at the next TB boundary or loop header. */
export const ENV_EXIT_REQUEST = 0x04;
/** What a request is written as: above every budget, so that one comparison of the two (as i32) tests both. */
export const EXIT_REQUESTED = 0x7fff_ffff;
/** u32: set to 1 by a helper or slow path that raised an exception; running code restores state and returns at once. */
export const ENV_FAULT = 0x08;
/** i32: the exception to deliver when ENV_FAULT is set (target numbering, or EXCP_* below). -1: none. */
export const ENV_EXCEPTION_INDEX = 0x0c;
/** u32: CPU_INTERRUPT_* bits. */
export const ENV_INTERRUPT_REQUEST = 0x10;
/** u32: 1 while the CPU waits for an interrupt (WFI). */
export const ENV_HALTED = 0x14;
/** u32: mmu index of data accesses right now (kept by the target). */
export const ENV_MMU_IDX = 0x18;
/** u32: TB flags right now: everything that a translation depends on beside pc (kept by the target). */
export const ENV_TB_FLAGS = 0x1c;
/** u64: guest instructions executed by this vCPU since reset (updated when the exec loop returns; see cpuInsnCount). */
export const ENV_INSN_COUNT = 0x20;
/** u64: the value cell of the MMIO imports (data to write; data read). */
export const ENV_MMIO_VALUE = 0x28;
/** u32: index of this vCPU in its machine. */
export const ENV_CPU_INDEX = 0x30;
/** u32: pointer to the jump cache of virtual pcs below 2^63 (JUMP_CACHE_ENTRIES entries of u32 TB pointers), the current address space's own. */
export const ENV_JUMP_CACHE = 0x34;
/** u32: 1 in icount mode: budget is exact and checked at every TB. */
export const ENV_ICOUNT = 0x3c;
/** u32: cflags for TB lookups (CF_*; 0 normally; CF_SINGLE_STEP | 1 when stepping). */
export const ENV_CFLAGS = 0x40;
/** u32: the instance that made the vCPU, and runs it. */
export const ENV_INSTANCE = 0x44;
/** u64: pc of the vCPU. The first TCG global of every target. */
export const ENV_PC = 0x50;
/** u32: the TB that tci is in; 0 in generated code. What a store to code, and a device in icount mode, go by. */
export const ENV_LAST_TB = 0x58;
/** i32: what ENV_BUDGET was at the slice's start, so that instructions run so far = ENV_INSN_COUNT + ENV_SLICE - ENV_BUDGET. */
export const ENV_SLICE = 0x5c;
/** u32: RETURN_* bits make cpuExec return; set ENV_EXIT_REQUEST after it (alone, that only makes the dispatcher look at interrupts). */
export const ENV_RETURN_REQUEST = 0x60;
/** u32: linear-memory address of the code at ENV_PC; with the two fields below the dispatcher's order to the host's `translate`. */
export const ENV_CODE_HOST = 0x64;
/** u64: guest-physical address of the code at ENV_PC. */
export const ENV_CODE_PHYS = 0x68;
/** u32: cflags of the TB to make (ENV_CFLAGS, or those of a TB of one instruction). */
export const ENV_CODE_CFLAGS = 0x70;
/** u32: next vCPU of the runtime (0: last). */
export const ENV_NEXT_CPU = 0x74;
/** u32: 1 when the host wants to hear of every trap (`-d int`). */
export const ENV_LOG_TRAPS = 0x78;
/** u32: pointer to the jump cache of virtual pcs from 2^63 on, where kernels live: one for all address spaces. */
export const ENV_JUMP_CACHE_HIGH = 0x7c;
/** u32 each, private to address-space.ts: the first space, the current one, a count of entries to spaces. */
export const ENV_SPACES = 0x80;
export const ENV_SPACE = 0x84;
export const ENV_SPACE_CLOCK = 0x88;
/** u32: 1 while another vCPU waits for this one's slice to end: it gives way where the guest says that it waits (cpuYield). */
export const ENV_CONTENDED = 0x8c;
/** u32, in the first vCPU: what the machine's thread does, if it is profiled (src/accel/tcg/profile.ts). */
export const ENV_ACTIVITY = 0xf8;
// The pc of an instruction whose slow path or helper faults is not kept here: backends restore it at the fault exit.

/** Target part: 0x100..0x1000, laid out by the target. */
export const ENV_TARGET_BASE = 0x100;

/** TCI frame: temps that are not globals live at ENV_FRAME + 8 * n. */
export const ENV_FRAME = 0x1000;
export const ENV_FRAME_SLOTS = 1024;

// ---- SoftMMU: TLBs inside env, at fixed offsets so that the fast path is one load offset -----------------------------
/** Entries a table; a table per (mmu index, access kind). Entry: u64 tag, i32 addend, u32 flags/pad: 16 bytes. */
export const TLB_BITS = 10;
export const TLB_ENTRIES = 1024;
export const TLB_ENTRY_SIZE = 16;
export const TLB_ENTRY_TAG = 0;
export const TLB_ENTRY_ADDEND = 8;
/** u32: physical page number (phys >> 12), enough for 44-bit physical addresses. */
export const TLB_ENTRY_PHYS_PAGE = 12;
export const TLB_TABLE_SIZE = 0x4000; // TLB_ENTRIES * TLB_ENTRY_SIZE
export const TLB_KIND_READ = 0;
export const TLB_KIND_WRITE = 1;
export const TLB_KIND_CODE = 2;
export const TLB_KINDS = 3;
export const TLB_MMU_INDEXES = 8;
/** Table of (mmuIdx, kind) = env + ENV_TLB + (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE. */
export const ENV_TLB = 0x4000;
/** Victim TLB and other private room of cputlb, to ENV_SIZE. */
export const ENV_TLB_PRIVATE = 0x64000; // ENV_TLB + 8 * 3 * 0x4000
export const ENV_SIZE = 0x70000;

// Tag = page-aligned virtual address | flags. Any flag makes the inline comparison fail, so the slow path decides.
// The fast path compares  ((addr + (accessSize - 1)) & ~0xfff)  with the tag (QEMU's way: page crossing fails the test),
// or, when the MemOp demands alignment,  (addr & (~0xfff | (accessSize - 1)))  with the tag.
export const TLB_INVALID = 0x800;
export const TLB_NOTDIRTY = 0x400; // write table: page holds translated code (or is tracked): slow path invalidates
export const TLB_MMIO = 0x200;
export const TLB_FORCE_SLOW = 0x080; // protection finer than a page (PMP), ROM writes, ...

// ---- Jump cache ------------------------------------------------------------------------------------------------------
/** 4096 entries were too few: two of the 300 jump targets of a shell's loop shared a cell so often that 7% of its jumps missed. */
export const JUMP_CACHE_BITS = 14;
export const JUMP_CACHE_ENTRIES = 16384;
/** Behind the cells, a bit for each page number modulo this: whether a TB with code there may be in the cache. */
export const JUMP_CACHE_PAGES = 4096;
/** Bytes of cells and bits. */
export const JUMP_CACHE_SIZE = 0x10200;

// ---- TranslationBlock: a record in the shared memory -----------------------------------------------------------------
export const TB_PC = 0; // u64 virtual pc
export const TB_FLAGS = 8; // u32
export const TB_CFLAGS = 12; // u32
export const TB_SIZE = 16; // u32 guest bytes
export const TB_ICOUNT = 20; // u32 guest instructions
export const TB_PHYS_PAGE0 = 24; // u32 phys >> 12 of the first page
export const TB_PHYS_PAGE1 = 28; // u32 phys >> 12 of the second page, or NO_PAGE
export const TB_HOST0 = 32; // u32 linear-memory address of the first guest byte
export const TB_HOST1 = 36; // u32 linear-memory address of the second page's start (0: none)
export const TB_TCI = 40; // u32 pointer to tci code (0: not yet lowered)
export const TB_FUNC = 44; // u32 function table index of generated code (0: none)
export const TB_ENTRY = 48; // u32 entry number to pass to that function
export const TB_EXEC_COUNT = 52; // u32 executions in tci, modulo 2^32
export const TB_JMP0 = 56; // u32 chained TB for goto_tb 0 (0: not linked)
export const TB_JMP1 = 60; // u32 chained TB for goto_tb 1
export const TB_STATE = 64; // u32 TB_STATE_*
export const TB_HASH_NEXT = 68; // u32
export const TB_PAGE_NEXT0 = 72; // u32
export const TB_PAGE_NEXT1 = 76; // u32
export const TB_JMP_LIST = 80; // u32 head of the incoming-jump list (tagged pointer: tb | n)
export const TB_JMP_NEXT0 = 84; // u32
export const TB_JMP_NEXT1 = 88; // u32
export const TB_REGION = 92; // u32 id of the region (codegen) that holds it; 0: none
export const TB_INDIRECT_NEXT = 96; // u32 which slot of TB_INDIRECT is overwritten next
export const TB_RESUMED = 100; // u32 how often tci went on in it for generated code (TB_EXIT_RESUME), since TB_RESUMED_SINCE
/** u32: pointer to the insn table: TB_ICOUNT pairs of u16 (first tci word of the instruction, its pc offset from TB_PC). */
export const TB_INSN_TABLE = 104;
/** u32 each: TBs that followed this one through goto_ptr in tci (profile for regions; from the first slot on, 0: no more). */
export const TB_INDIRECT = 112;
export const TB_INDIRECT_SLOTS = 8;
export const TB_RESUMED_SINCE = 144; // u64 instruction count of all vCPUs
/** u32: if it begins a short ring of TBs, how often tci went round each time it came there (from 1 on), as seen when it first became part of a region; 0: not known. */
export const TB_ROUNDS = 108;
export const TB_RECORD_SIZE = 152;

/** TB_PHYS_PAGE1 of a TB that lies in one page. */
export const NO_PAGE = 0xffff_ffff;

export const TB_STATE_VALID = 1;
export const TB_STATE_INVALID = 2;
export const TB_STATE_QUEUED = 4; // handed to code generation
export const TB_STATE_CALLS = 8; // generated code must not leave in the middle (TB_EXIT_RESUME): its memory accesses call the slow path
export const TB_STATE_INDIRECT = 16; // a goto_ptr led here in tci

export const CF_COUNT_MASK = 0x1ff; // low bits of cflags: at most this many insns (0: the default maximum)
export const CF_SINGLE_STEP = 0x200;
export const CF_NO_GOTO_TB = 0x400;
export const CF_NO_GOTO_PTR = 0x800;
export const CF_ICOUNT = 0x1000;

// What generated code and tci return: a TB pointer | n, n = 0, 1: left through goto_tb n of that TB (dispatcher may link); 0: look up env.pc.
export const TB_EXIT_IDX0 = 0;
export const TB_EXIT_IDX1 = 1;
/**
 * From generated code: TB | 2: a memory access needs the slow path. Env is as before the instruction at ENV_PC; that one and all after it
 * have been given back to the budget. tci goes on there, inside of the TB (tciResume).
 */
export const TB_EXIT_RESUME = 2;
/** The budget is gone, or someone asks for the dispatcher: env.pc is right, nothing is to be linked. */
export const TB_EXIT_REQUESTED = 3;
/** From tci: TB | 4: go on with this TB, which has generated code. */
export const TB_EXIT_RUN = 4;
/** TB pointers are multiples of 8. */
export const TB_EXIT_MASK = 7;

// Target-independent exception numbers (QEMU's cpu-common.h values)
export const EXCP_INTERRUPT = 0x10000;
// Of our own: a semihosting call at ENV_PC.
export const EXCP_SEMIHOST = 0x10006;

// ENV_INTERRUPT_REQUEST
export const CPU_INTERRUPT_HARD = 0x0002;
// Of our own: another thread asks the vCPU to flush its TLB, to look at its interrupt lines.
export const CPU_INTERRUPT_TLB = 0x1_0000;
export const CPU_INTERRUPT_LINES = 0x2_0000;

// Why cpuExec returned to TypeScript
export const EXEC_BUDGET = 0; // slice used up
export const EXEC_HALTED = 1; // WFI and no work
export const EXEC_REQUEST = 2; // ENV_EXIT_REQUEST was set (by a device, the main loop, ...)
export const EXEC_DEBUG = 3; // single step
export const EXEC_TRANSLATE_FAILED = 4; // code arena full after an eviction or a translator error: TypeScript decides
export const EXEC_SEMIHOST = 5; // EXCP_SEMIHOST: TypeScript serves the call and moves ENV_PC
export const EXEC_YIELD = 6; // cpuYield: another vCPU's turn

// ENV_RETURN_REQUEST. What the guest does comes before what the host asks for, or the order of turns would depend on the host.
export const RETURN_REQUESTED = 1; // EXEC_REQUEST
export const RETURN_YIELD = 2; // EXEC_YIELD

// ---- Physical map: what the runtime may touch without asking TypeScript ----------------------------------------------
// At the pointer: u32 count, pad to 16 bytes, then records sorted by base.
export const PHYSMAP_COUNT = 0;
export const PHYSMAP_RECORDS = 16;
export const PHYSMAP_BASE = 0; // u64 guest-physical base
export const PHYSMAP_LENGTH = 8; // u64 bytes
export const PHYSMAP_HOST = 16; // u32 linear-memory address of the first byte
export const PHYSMAP_FLAGS = 20; // u32: PHYSMAP_RAM / PHYSMAP_ROM
export const PHYSMAP_RECORD_SIZE = 24;
export const PHYSMAP_RAM = 1; // readable, writable directly
export const PHYSMAP_ROM = 2; // reads direct, writes go to MMIO (ROM device) or are ignored there
export const PHYSMAP_MAX = 64;

// ---- MemOp (QEMU's) and MemOpIdx -------------------------------------------------------------------------------------
export const MO_8 = 0;
export const MO_16 = 1;
export const MO_32 = 2;
export const MO_64 = 3;
export const MO_SIZE = 3;
export const MO_SIGN = 4;
export const MO_BSWAP = 8; // big-endian access
export const MO_ALIGN = 16; // must be naturally aligned, or the target's alignment fault
/** MemOpIdx = memop << 4 | mmuIdx. */
export const MEMOPIDX_SHIFT = 4;
