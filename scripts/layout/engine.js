/**
 * Linear memory as data: every structure that the runtime, generated code and TypeScript all address. From it scripts/layout.js makes
 * assembly/shared/layout.ts and the tables of docs/engine-abi.md, where the words for who writes and how are explained.
 *
 * A row: name, type, who writes, how, meaning. Fields lie one after the other, each as its type wants to be aligned; `{ at }` begins further up.
 * A type: u8, u32, i32, u64, i64, `ptr` (a u32, a linear-memory address), `type[n]`, or a number of bytes.
 * @typedef {[name: string, type: string | number, writer: string, order: string, meaning: string, place?: { at: number }]} Row
 */

const TLB_BITS = 10;
const TLB_ENTRIES = 1 << TLB_BITS;
const TLB_ENTRY_SIZE_BITS = 4;
const TLB_ENTRY_SIZE = 1 << TLB_ENTRY_SIZE_BITS;
const TLB_TABLES = 8 * 3;
const JUMP_CACHE_BITS = 14;
const JUMP_CACHE_PAGES = 4096;
const JUMP_CACHE_USED = (4 << JUMP_CACHE_BITS) + JUMP_CACHE_PAGES / 8;
const JUMP_CACHE_SIZE = JUMP_CACHE_USED + 8;
const VICTIMS = 8;
const SAVED_MAX = 128;

// prettier-ignore
export const STRUCTS = [
  {
    prefix: 'ENGINE', owner: 'engine', title: 'Engine record',
    about: 'What all vCPUs of a machine share. Its address is what runtimeInit gives, and runtimeAttach takes.',
    size: 'ENGINE_SIZE', align: 16,
    rows: [
      ['LOCK',           'u32', 'thread', 'atomic',  'the lock: 0 free, 1 held, 2 held and wanted'],
      ['INSTANCES',      'u32', 'thread', 'atomic',  'instances of the runtime that work on it; changes only while no vCPU runs'],
      ['INSIDE',         'u32', 'thread', 'lock',    'vCPUs and hosts between engineEnter and engineLeave: TBs stay where they are'],
      ['FLUSH_PENDING',  'u32', 'thread', 'publish', '1: all TBs are to go as soon as nobody is inside'],
      ['GENERATION',     'u32', 'thread', 'lock',    'goes up with each flush: a TB pointer from before is dead. Does not change while anybody is inside'],
      ['ARENA_START',    'ptr', 'thread', 'lock',    'first byte of TBs, tci code, page descriptors and tables of generated code; below it, permanent blocks (envs, tables)'],
      ['ARENA_NEXT',     'ptr', 'thread', 'lock',    'where the next of them goes'],
      ['ARENA_TOP',      'ptr', 'thread', 'lock',    'behind their room: permanent blocks that were made later, from the last made on'],
      ['TB_HASH',        'ptr', 'init',   'init',    'the hash table of TBs: first TB of each bucket; its cells change under the lock'],
      ['TB_HASH_SHIFT',  'u32', 'init',   'init',    '32 less the bits of a bucket\'s number'],
      ['PAGE_HASH',      'ptr', 'init',   'init',    'the hash table of pages with code: first descriptor of each bucket; its cells change under the lock'],
      ['FIRST_CPU',      'ptr', 'thread', 'publish', 'the vCPU that was made last; the others by ENV_NEXT_CPU'],
      ['PHYSMAP',        'ptr', 'host',   'publish', 'the physical map in use'],
      ['PHYSMAP_SPARE',  'ptr', 'host',   'own',     'another one, in which the host writes the next'],
      ['HOT_MASK',       'u32', 'host',   'hint',    'the low bits of TB_EXEC_COUNT that are zero when the host hears of the TB'],
      ['JOIN_MASK',      'u32', 'host',   'hint',    'those of TB_ENTERED'],
      ['TBS',            'u32', 'thread', 'lock',    'valid TBs'],
      ['INVALIDATED',    'u32', 'thread', 'lock',    'TBs that were invalidated, since the engine was made'],
      ['BREAKPOINTS',    'u32', 'thread', 'lock',    'breakpoints; 0: nobody looks for one'],
      ['WATCHPOINTS',    'u32', 'thread', 'lock',    'watchpoints; 0: nobody looks for one'],
      ['POINTS',         'ptr', 'init',   'init',    'records of breakpoints, BREAKPOINTS_MAX of them, and of watchpoints behind them'],
      ['DIRTY_MAP',      'ptr', 'host',   'publish', 'a byte for each page that is watched: 1: it was written; 0: none is. Bytes change under the lock'],
      ['DIRTY_FIRST',    'u32', 'host',   'own',     'number of the first of them: linear-memory address >> PAGE_BITS'],
      ['DIRTY_PAGES',    'u32', 'host',   'own',     'how many there are'],
      ['DIRTY_LIST',     'ptr', 'host',   'own',     'numbers of those that were written, in that order; it grows under the lock'],
      ['DIRTY_COUNT',    'u32', 'thread', 'lock',    'how many these are'],
      ['ABSENT',         'u32', 'host',   'own',     '1: of some guest memory the host has to bring the bytes before they are looked at (fetchPage)'],
    ],
  },
  {
    prefix: 'ENV', owner: 'vCPU', title: 'CPU env, common part',
    about: 'Offsets from the env pointer, which generated code and helpers get as their first argument.',
    rows: [
      ['BUDGET',            'i32', 'vcpu',   'own',     'guest instructions left in this slice (QEMU\'s icount_decr); the exec loop returns when it goes below zero'],
      ['EXIT_REQUEST',      'u32', 'thread', 'atomic',  'EXIT_REQUESTED asks running code to come to the dispatcher at the next TB or loop header. Above every budget: one comparison tests both'],
      ['FAULT',             'u32', 'vcpu',   'own',     '1: a helper or slow path raised an exception; running code restores the state as before its instruction and returns at once'],
      ['EXCEPTION_INDEX',   'i32', 'vcpu',   'own',     'the exception to deliver when ENV_FAULT is set: the target\'s number, or EXCP_*. -1: none'],
      ['INTERRUPT_REQUEST', 'u32', 'thread', 'atomic',  'CPU_INTERRUPT_* bits'],
      ['HALTED',            'u32', 'vcpu',   'own',     '1 while it waits for an interrupt. Directly behind ENV_INTERRUPT_REQUEST: one load tests both'],
      ['MMU_IDX',           'i32', 'vcpu',   'own',     'mmu index of data accesses right now (kept by the target)'],
      ['CPU_INDEX',         'u32', 'init',   'init',    'its number in the machine'],
      ['TB_FLAGS',          'u32', 'vcpu',   'own',     'everything that a translation depends on beside pc, right now (kept by the target)'],
      ['CS_BASE',           'u32', 'vcpu',   'own',     'more of it, for targets whose flags are not enough (QEMU\'s name: x86 has a segment\'s base here). Directly behind ENV_TB_FLAGS: one load has both'],
      ['INSN_COUNT',        'u64', 'vcpu',   'own',     'guest instructions since the vCPU was made, as of the slice\'s start (cpuInsnCount)'],
      ['MMIO_VALUE',        'u64', 'vcpu',   'own',     'data of the imports mmioRead and mmioWrite'],
      ['JUMP_CACHE',        'ptr', 'vcpu',   'own',     'the jump cache of pcs of the lower half: the current address space\'s own'],
      ['INSTANCE',          'u32', 'init',   'init',    'the instance that made the vCPU, and runs it'],
      ['ICOUNT',            'u32', 'init',   'init',    '1 in icount mode: the budget is exact, and tested at every TB'],
      ['CFLAGS',            'u32', 'host',   'own',     'cflags of TBs to look up: CF_*'],
      ['PC',                'u64', 'vcpu',   'own',     'pc; the first TCG global of every target'],
      ['LAST_TB',           'ptr', 'vcpu',   'own',     'the TB that tci is in; 0 in generated code. What a store to code, and a device in icount mode, go by'],
      ['SLICE',             'i32', 'vcpu',   'own',     'ENV_BUDGET at the slice\'s start: instructions so far are ENV_INSN_COUNT + ENV_SLICE - ENV_BUDGET'],
      ['RETURN_REQUEST',    'u32', 'thread', 'atomic',  'RETURN_* bits make cpuExec return; ENV_EXIT_REQUEST is set after it (alone, that only makes the dispatcher look at interrupts)'],
      ['CODE_HOST',         'ptr', 'vcpu',   'own',     'code at ENV_PC, for the import translate'],
      ['CODE_PHYS',         'u64', 'vcpu',   'own',     'its guest-physical address'],
      ['CODE_CFLAGS',       'u32', 'vcpu',   'own',     'cflags of the TB to make'],
      ['NEXT_CPU',          'ptr', 'init',   'init',    'the vCPU that was made before it; 0: none'],
      ['TELL',              'u32', 'host',   'own',     'TELL_* bits: what the host wants to hear of'],
      ['JUMP_CACHE_HIGH',   'ptr', 'init',   'init',    'the jump cache of pcs of the upper half, where kernels live: one for all address spaces'],
      ['SPACES',            'ptr', 'init',   'init',    'the records of the address spaces that it remembers'],
      ['SPACE',             'ptr', 'vcpu',   'own',     'the current one'],
      ['SPACE_CLOCK',       'u32', 'vcpu',   'own',     'how often one was entered'],
      ['CONTENDED',         'u32', 'host',   'own',     '1 while another vCPU waits for this one\'s slice to end: it gives way where the guest says that it waits (cpuYield)'],
      ['WATCHPOINT_HIT',    'ptr', 'vcpu',   'own',     'the watchpoint that raised EXCP_DEBUG; 0: none. The host takes it'],
      ['SCORES',            'ptr', 'init',   'init',    'SCORES_MAX cells (u64) of what plugins count; 0: there are no plugins, and its TBs are as they are'],
      ['BEGUN',             'u64', 'vcpu',   'own',     'pc + 1 of an instruction that began, and is to be run again in a TB of its own (EXCP_INTERRUPT); 0: there is none'],
      ['LOCATOR',           'i32', 'vcpu',   'own',     'after TB_EXIT_INSIDE: LOCATOR_* bits. ENV_PC is the TB\'s, and ENV_BUDGET has paid for all of it, until the dispatcher has seen to it'],
      ['ACTIVITY',          'u32', 'vcpu',   'hint',    'in the first vCPU: what the machine\'s thread does, if it is profiled (src/accel/tcg/profile.ts)', { at: 0xf8 }],
      ['TARGET_BASE',  0x1000 - 0x100, 'vcpu', 'own',   'the target\'s part, laid out by the target', { at: 0x100 }],
      ['FRAME',       'u64[1024]', 'vcpu',   'own',     'temps of tci that are not globals'],
      ['TARGET_MORE', 0x1000, 'vcpu', 'own',           'the target\'s, too: what its part has no room for'],
      ['TLB', TLB_TABLES * TLB_ENTRIES * TLB_ENTRY_SIZE, 'vcpu', 'lock+', 'tables of TLB entries: (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE. Others set TLB_NOTDIRTY', { at: 0x4000 }],
      ['TLB_VICTIMS', TLB_TABLES * VICTIMS * TLB_ENTRY_SIZE, 'vcpu', 'lock+', 'VICTIM_ENTRIES entries behind each table'],
      ['TLB_DIRTY',         'u32', 'vcpu',   'lock+',   'a bit for each table that was filled since its flush'],
      ['TLB_ROTOR',         'u32', 'vcpu',   'own',     'next victim to replace'],
      ['TLB_LARGE',    'u64[16]', 'vcpu',    'own',     'by mmu index: first and last address of the range that encloses all its large pages (first > last: none)'],
      ['TLB_FLUSHES',       'u32', 'vcpu',   'own',     'full and partial flushes'],
      ['TLB_PRIVATE',      'u64[384]', 'vcpu', 'own',   'a bit for each entry of a table: its page belongs to the current address space only'],
      ['TLB_VICTIMS_PRIVATE', 'u8[24]', 'vcpu', 'own',  'the same of its victims'],
      ['TLB_FILLED',     'u32[24]', 'vcpu',  'lock+',   'by table: a bit for each 32 entries, in which one was filled since its flush'],
    ],
    size: 'ENV_SIZE', sizeIs: 0x70000,
    constants: [
      ['ENV_FRAME_SLOTS', 1024, 'of ENV_FRAME'],
      ['SCORES_MAX', 0x8_0000, 'of a vCPU: 4 MiB'],
      ['EDGE_MAP_SIZE', 0x1_0000, 'counters (u8) of an edge map, which lies in ENV_SCORES'],
      ['EDGE_PREVIOUS', 0x1_0000, 'behind them, u32: half the location of the block before'],
      ['EDGE_MAP_CELLS', 0x2001, 'cells that it takes'],
      ['EXIT_REQUESTED', 0x7fff_ffff, 'what ENV_EXIT_REQUEST is written as: above every budget, so that one comparison of the two (as i32) tests both'],
    ],
  },
  {
    prefix: 'TLB_ENTRY', owner: 'vCPU', title: 'TLB entry',
    about: 'TLB_ENTRY_TAG is a page-aligned virtual address | TLB_* flags, any of which makes the TLB check fail. All ones: empty.',
    size: 'TLB_ENTRY_SIZE',
    rows: [
      ['TAG',       'u64', 'vcpu', 'lock+', 'of a write table also others: by compare-and-swap, to set TLB_NOTDIRTY'],
      ['ADDEND',    'i32', 'vcpu', 'own',   'linear-memory address less virtual address'],
      ['PHYS_PAGE', 'u32', 'vcpu', 'lock+', 'physical page number (phys >> PAGE_BITS): 44 bits of physical addresses'],
    ],
  },
  {
    prefix: 'POINT', owner: 'engine', title: 'Break- or watchpoint',
    about: 'Of a debugger. The first ones of a table are in use.',
    size: 'POINT_SIZE',
    rows: [
      ['FIRST', 'u64', 'thread', 'lock', 'virtual address: pc, or the first byte'],
      ['LAST',  'u64', 'thread', 'lock', 'the last byte'],
      ['CPU',   'ptr', 'thread', 'lock', 'the vCPU that it is for; 0: all'],
      ['FLAGS', 'u32', 'thread', 'lock', 'BP_*'],
    ],
    constants: [
      ['BREAKPOINTS_MAX', 2048, 'breakpoints at once: room for two of each hart of the largest board, and for a debugger'],
      ['WATCHPOINTS_MAX', 2048, 'watchpoints at once'],
    ],
  },
  {
    prefix: 'SPACE', owner: 'vCPU', title: 'Address space',
    about: 'What is put aside of an address space that is not the current one, and its jump cache of the lower half.',
    size: 'SPACE_SIZE',
    rows: [
      ['KEY',        'u64', 'vcpu', 'own',   'which space, the target\'s own (RISC-V: satp); NO_KEY: none'],
      ['ID',         'u32', 'vcpu', 'own',   'by what the guest flushes it (RISC-V: ASID)'],
      ['STAMP',      'u32', 'vcpu', 'own',   'ENV_SPACE_CLOCK when it was last entered'],
      ['USED',       'u32', 'vcpu', 'own',   'whether there may be anything in its jump cache'],
      ['SAVED',      'u32', 'vcpu', 'own',   'entries put aside'],
      ['SAVED_HIGH', 'u32', 'vcpu', 'own',   'whether one of them is for the upper half of addresses'],
      ['ENTRIES', SAVED_MAX * 24, 'vcpu', 'own', 'SAVED_MAX of them: u32 offset from env, u32 table, the entry', { at: 32 }],
      ['CACHE', JUMP_CACHE_SIZE, 'vcpu', 'lock+', 'its jump cache'],
    ],
    constants: [
      ['SPACES', 8, 'address spaces that a vCPU remembers'],
      ['SAVED_MAX', SAVED_MAX, 'TLB entries of a space that are put aside at most; what is more must be walked for again'],
      ['SAVED_SIZE', 24, 'bytes of one'],
      ['SAVED_ENTRY', 8, 'where in it the entry is'],
    ],
  },
  {
    prefix: 'TB', owner: 'engine', title: 'TB record',
    about: 'A TranslationBlock; its tci code and insn table follow. It stays readable, also when it is invalid, until all go.',
    size: 'TB_RECORD_SIZE', align: 8,
    rows: [
      ['SIZE',           'u32', 'init',    'init',    'guest bytes'],
      ['PHYS_PAGE0',     'u32', 'init',    'init',    'phys >> PAGE_BITS of the first byte'],
      ['PHYS_PAGE1',     'u32', 'init',    'init',    'of the second page, or NO_PAGE'],
      ['HOST0',          'ptr', 'init',    'init',    'the first guest byte'],
      ['HOST1',          'ptr', 'init',    'init',    'the second page\'s start; 0: none'],
      ['ENTERED',        'u32', 'thread',  'hint',    'how often the dispatcher entered its generated code, one of ENTRY_SAMPLE times counted'],
      ['HASH_NEXT',      'ptr', 'thread',  'lock',    'next TB of the bucket'],
      ['PAGE_NEXT0',     'ptr', 'thread',  'lock',    'next TB of the first page (tagged: TB | which of its pages)'],
      ['PAGE_NEXT1',     'ptr', 'thread',  'lock',    'of the second'],
      ['JMP_LIST',       'ptr', 'thread',  'lock',    'first of the TBs that are linked to this one (tagged: TB | n of its goto_tb)'],
      ['JMP_NEXT0',      'ptr', 'thread',  'lock',    'the next in the list of what TB_JMP0 leads to'],
      ['JMP_NEXT1',      'ptr', 'thread',  'lock',    'of what TB_JMP1 leads to'],
      ['REGION',         'u32', 'codegen', 'publish', 'by what code generation knows it; 0: it is in no region'],
      ['INDIRECT_NEXT',  'u32', 'thread',  'hint',    'which slot of TB_INDIRECT is overwritten next'],
      ['RESUMED',        'u32', 'thread',  'hint',    'how often tci went on in it for generated code (TB_EXIT_INSIDE), since TB_RESUMED_SINCE'],
      ['INSN_TABLE',     'ptr', 'init',    'init',    'TB_ICOUNT pairs of u16: first tci word of the instruction, its pc less TB_PC'],
      ['RESUMED_SINCE',  'u64', 'thread',  'hint',    'instruction count of all vCPUs'],
      ['ROUNDS',         'u32', 'codegen', 'hint',    'if it begins a short ring of TBs, how often tci went round each time (from 1 on), as seen when it first became part of a region; 0: not known'],
      ['STATE',          'u32', 'thread',  'atomic',  'TB_STATE_* bits; TB_STATE_VALID goes away under the lock'],
      ['INDIRECT',   'ptr[8]', 'thread',   'hint',    'TBs that followed this one through goto_ptr in tci; from the first slot on, 0: no more'],
      ['PC',             'u64', 'init',    'init',    'virtual pc'],
      ['FLAGS',          'u32', 'init',    'init',    'ENV_TB_FLAGS that it was made for'],
      ['CS_BASE',        'u32', 'init',    'init',    'ENV_CS_BASE that it was made for. Directly behind TB_FLAGS'],
      ['CFLAGS',         'u32', 'init',    'init',    'CF_*'],
      ['ICOUNT',         'u32', 'init',    'init',    'guest instructions'],
      ['FUNC',           'u32', 'codegen', 'publish', 'index of generated code in the function tables of all instances; 0: none. Who calls it loads TB_ENTRY after it'],
      ['ENTRY',          'u32', 'codegen', 'publish', 'entry number to pass to that function'],
      ['EXEC_COUNT',     'u32', 'thread',  'hint',    'executions in tci, modulo 2^32'],
      ['JMP0',           'ptr', 'thread',  'publish', 'the TB that goto_tb 0 goes on to; 0: not linked'],
      ['JMP1',           'ptr', 'thread',  'publish', 'that of goto_tb 1'],
    ],
    constants: [
      ['NO_PAGE', 0xffff_ffff, 'TB_PHYS_PAGE1 of a TB that lies in one page'],
      ['TB_INDIRECT_SLOTS', 8, 'slots of TB_INDIRECT'],
      ['ENTRY_SAMPLE', 61, "of so many entries of generated code one is counted: a prime, so that no loop's pattern hides from it"],
    ],
  },
  {
    prefix: 'TABLE', owner: 'engine', title: 'Table of generated code',
    about: 'Generated code holds no address of a TB, so that it is the same in every process: it finds them in a table, one a module, whose address it imports. A region\'s part of it.',
    rows: [
      ['TBS',  'ptr',  'codegen', 'init', 'pointers of its TBs, one after the other'],
    ],
  },
  {
    prefix: 'DESC', owner: 'engine', title: 'Descriptor of a page with code',
    about: 'In lists that begin in the cells of ENGINE_PAGE_HASH.',
    size: 'DESC_SIZE', align: 8,
    rows: [
      ['PAGE',  'u32', 'init',   'init', 'physical page number'],
      ['FIRST', 'ptr', 'thread', 'lock', 'its first TB (tagged)'],
      ['NEXT',  'ptr', 'init',   'init', 'next descriptor of the bucket'],
      ['KEY',   'u64', 'thread', 'lock', 'of its contents when its TBs of earlier runs were asked for; 0: they were not'],
    ],
  },
  {
    prefix: 'PHYSMAP', owner: 'engine', title: 'Physical map',
    about: 'What the runtime may touch without asking TypeScript: at most PHYSMAP_MAX records, sorted by base. The map in use never changes: the host writes another one.',
    rows: [
      ['COUNT',   'u32',   'host', 'init', 'records'],
      ['RECORDS', 'u64[3]', 'host', 'init', 'the first record', { at: 16 }],
    ],
    constants: [['PHYSMAP_MAX', 64, 'records at most']],
  },
  {
    prefix: 'PHYSMAP', owner: 'engine', title: 'Record of the physical map',
    about: 'RAM or ROM at consecutive guest-physical addresses, and in linear memory.',
    size: 'PHYSMAP_RECORD_SIZE', align: 8,
    rows: [
      ['BASE',   'u64', 'host', 'init', 'guest-physical address'],
      ['LENGTH', 'u64', 'host', 'init', 'bytes'],
      ['HOST',   'ptr', 'host', 'init', 'the first byte'],
      ['FLAGS',  'u32', 'host', 'init', 'PHYSMAP_RAM or PHYSMAP_ROM'],
    ],
  },
];

/** Numbers that fields hold, and sizes. A row: name, value, meaning. */
// prettier-ignore
export const CONSTANTS = [
  {
    title: 'TLBs', rows: [
      ['TLB_BITS', TLB_BITS, 'of an index into a table'],
      ['TLB_ENTRIES', TLB_ENTRIES, 'of a table; there is one for each mmu index and kind of access'],
      ['TLB_TABLE_SIZE', TLB_ENTRIES * TLB_ENTRY_SIZE, 'bytes'],
      ['TLB_KIND_READ', 0, 'loads'],
      ['TLB_KIND_WRITE', 1, 'stores'],
      ['TLB_KIND_CODE', 2, 'fetches'],
      ['TLB_KINDS', 3, 'kinds of access'],
      ['TLB_MMU_INDEXES', 8, 'mmu indexes'],
      ['VICTIM_ENTRIES', VICTIMS, 'of the victim table behind each table'],
    ],
  },
  {
    title: 'The TLB check. The entry of an address is at table + (address >> (PAGE_BITS - TLB_ENTRY_SIZE_BITS) & TLB_INDEX_MASK), by its low 32 bits. The access may use it as '
      + 'it is if address + bytes - 1, & -PAGE_SIZE, is the tag: all of it lies in the page, and no flag is set (QEMU\'s way). If it must be aligned: address & (-PAGE_SIZE | bytes - 1); to 4 bytes: address + bytes - 4, & (-PAGE_SIZE | 3). '
      + 'PAGE_BITS is the target\'s',
    rows: [
      ['TLB_ENTRY_SIZE_BITS', TLB_ENTRY_SIZE_BITS, 'of TLB_ENTRY_SIZE'],
      ['TLB_INDEX_MASK', (TLB_ENTRIES - 1) * TLB_ENTRY_SIZE, 'of the offset'],
    ],
  },
  {
    title: 'TLB_ENTRY_TAG: flags below the page, which has 12 bits or more', hex: true, rows: [
      ['TLB_INVALID', 0x800, 'empty'],
      ['TLB_NOTDIRTY', 0x400, 'of a write table: the page holds code, which the slow path invalidates, or is clean, which it notes'],
      ['TLB_MMIO', 0x200, 'a device is there, or ROM that is stored to'],
      ['TLB_WATCHPOINT', 0x100, 'a watchpoint is in the page: every load and store is compared with it'],
      ['TLB_FORCE_SLOW', 0x080, 'protection finer than a page (PMP): the target is asked at every access'],
    ],
  },
  {
    title: 'Jump caches: cells with a TB pointer, by pc', rows: [
      ['JUMP_CACHE_BITS', JUMP_CACHE_BITS, '4096 entries were too few: two of the 300 jump targets of a shell\'s loop shared a cell so often that 7% of its jumps missed'],
      ['JUMP_CACHE_ENTRIES', 1 << JUMP_CACHE_BITS, 'cells'],
      ['JUMP_CACHE_PAGES', JUMP_CACHE_PAGES, 'behind the cells, a bit for each page number modulo this: whether a TB with code there may be in the cache'],
      ['JUMP_CACHE_USED', JUMP_CACHE_USED, 'behind these, u32: a bit for each 32nd part of the cells, in which one was set since they were cleared'],
      ['JUMP_CACHE_SIZE', JUMP_CACHE_SIZE, 'bytes of cells and bits'],
    ],
  },
  {
    title: 'TB_STATE', hex: true, rows: [
      ['TB_STATE_VALID', 1, 'it may be run'],
      ['TB_STATE_INVALID', 2, 'it was valid'],
      ['TB_STATE_QUEUED', 4, 'handed to code generation'],
      ['TB_STATE_CALLS', 8, 'generated code must not leave in the middle (TB_EXIT_INSIDE): its memory accesses call the slow path'],
      ['TB_STATE_INDIRECT', 16, 'a goto_ptr led here in tci'],
    ],
  },
  {
    title: 'TB_CFLAGS: what a translation depends on beside the guest', hex: true, rows: [
      ['CF_COUNT_MASK', 0x1ff, 'at most so many instructions; 0: the default maximum'],
      ['CF_SINGLE_STEP', 0x200, 'the host wants control after it'],
      ['CF_NO_GOTO_TB', 0x400, 'no links'],
      ['CF_NO_GOTO_PTR', 0x800, 'no look into the jump cache'],
      ['CF_ICOUNT', 0x1000, 'icount mode'],
      ['CF_NOIRQ', 0x2000, 'no interrupt is taken before it'],
      ['CF_MEMI_ONLY', 0x8000, 'its instruction began in another TB: of what plugins add, only what comes after accesses'],
      ['CF_PCREL', 0x4000, 'it is right at any virtual address that its page is mapped at, and found at all of them'],
    ],
  },
  {
    title: 'Exits: what generated code and tci return. A TB pointer, which is a multiple of 8, | one of these', rows: [
      ['TB_EXIT_IDX0', 0, 'left through goto_tb 0 of that TB (the dispatcher may link); without a TB: look up ENV_PC'],
      ['TB_EXIT_IDX1', 1, 'through goto_tb 1'],
      ['TB_EXIT_INSIDE', 2, 'from generated code: in the middle of that TB, where ENV_LOCATOR says, with env as before that instruction but for pc and budget'],
      ['TB_EXIT_REQUESTED', 3, 'without a TB: the budget is gone, or someone asks for the dispatcher. ENV_PC is right, nothing is to be linked'],
      ['TB_EXIT_RUN', 4, 'from tci: go on with this TB, which has generated code'],
      ['TB_EXIT_MASK', 7, 'of the pointer\'s low bits'],
    ],
  },
  {
    title: 'ENV_LOCATOR: where in a TB generated code left. Bits 0 to 15: the instruction\'s offset from the TB\'s pc', rows: [
      ['LOCATOR_REFUND_SHIFT', 16, 'the instructions of the TB that have not run, that one included: 15 bits'],
      ['LOCATOR_RESUME', -0x80000000, 'a memory access needs the slow path, or an operation its helper: tci does the instruction, and goes on inside of the TB (tciResume). Else it has faulted'],
    ],
  },
  {
    title: 'ENV_EXCEPTION_INDEX: what no target has. QEMU\'s cpu-common.h, but for EXCP_SEMIHOST', hex: true, rows: [
      ['EXCP_INTERRUPT', 0x10000, 'the dispatcher runs the instruction again, in a TB of its own'],
      ['EXCP_DEBUG', 0x10002, 'a break- or watchpoint at ENV_PC: the instruction there has done nothing'],
      ['EXCP_SEMIHOST', 0x10006, 'a semihosting call at ENV_PC'],
    ],
  },
  {
    title: 'ENV_INTERRUPT_REQUEST: QEMU\'s, and what another thread asks for', hex: true, rows: [
      ['CPU_INTERRUPT_HARD', 0x0002, 'an interrupt is pending and enabled'],
      ['CPU_INTERRUPT_TLB', 0x1_0000, 'flush the TLB'],
      ['CPU_INTERRUPT_LINES', 0x2_0000, 'look at the interrupt lines'],
    ],
  },
  {
    title: 'POINT_FLAGS (QEMU\'s)', hex: true, rows: [
      ['BP_MEM_READ', 0x01, 'stops at loads'],
      ['BP_MEM_WRITE', 0x02, 'stops at stores'],
      ['BP_MEM_ACCESS', 0x03, 'stops at both'],
      ['BP_GDB', 0x10, 'of a debugger: the machine stops'],
      ['BP_CPU', 0x20, 'of the guest: its own exception'],
    ],
  },
  {
    title: 'Why cpuExec returns', rows: [
      ['EXEC_BUDGET', 0, 'the slice is used up'],
      ['EXEC_HALTED', 1, 'it waits for an interrupt'],
      ['EXEC_REQUEST', 2, 'somebody asked for it (cpuRequestExit), or all TBs are to go and another thread is inside'],
      ['EXEC_DEBUG', 3, 'EXCP_DEBUG, or the end of a single step'],
      ['EXEC_TRANSLATE_FAILED', 4, 'the translator could not make the TB'],
      ['EXEC_SEMIHOST', 5, 'EXCP_SEMIHOST: TypeScript serves the call and moves ENV_PC'],
      ['EXEC_YIELD', 6, 'cpuYield: another vCPU\'s turn'],
    ],
  },
  {
    title: 'ENV_RETURN_REQUEST. What the guest does comes before what the host asks for, or the order of turns would depend on the host', rows: [
      ['RETURN_REQUESTED', 1, 'EXEC_REQUEST'],
      ['RETURN_YIELD', 2, 'EXEC_YIELD'],
    ],
  },
  {
    title: 'ENV_TELL: what the host wants to hear of. 0: nobody is called', rows: [
      ['TELL_TRAPS', 1, 'of every trap, in the target\'s terms (`-d int`)'],
      ['TELL_FILLS', 2, 'of every TLB miss (`-d mmu`)'],
      ['TELL_DISCONTINUITIES', 4, 'of every trap, and where it leads (plugins)'],
    ],
  },
  {
    title: 'Kinds of discontinuities (QEMU\'s qemu_plugin_discon_type)', rows: [
      ['DISCON_INTERRUPT', 1, 'an interrupt was taken'],
      ['DISCON_EXCEPTION', 2, 'an exception was taken'],
      ['DISCON_HOSTCALL', 4, 'the host served a call'],
    ],
  },
  {
    title: 'PHYSMAP_FLAGS', rows: [
      ['PHYSMAP_RAM', 1, 'read and written directly'],
      ['PHYSMAP_ROM', 2, 'read directly; writes go to the host (ROM device) or are ignored there'],
    ],
  },
  {
    title: 'MemOp (QEMU\'s) and MemOpIdx, which is memop << MEMOPIDX_SHIFT | mmu index', rows: [
      ['MO_8', 0, '1 byte'],
      ['MO_16', 1, '2 bytes'],
      ['MO_32', 2, '4 bytes'],
      ['MO_64', 3, '8 bytes'],
      ['MO_SIZE', 3, 'mask of these'],
      ['MO_SIGN', 4, 'sign-extended'],
      ['MO_BSWAP', 8, 'big-endian'],
      ['MO_ALIGN', 16, 'must be naturally aligned, or the target\'s alignment fault'],
      ['MO_ALIGN_4', 32, '4 and 8 bytes: must be at a multiple of 4, or the same'],
      ['MEMOPIDX_SHIFT', 4, 'bits of the mmu index'],
    ],
  },
  {
    title: 'Atomic read-modify-writes (atomicRmw): what memory becomes', rows: [
      ['ATOMIC_XCHG', 0, 'the operand'],
      ['ATOMIC_ADD', 1, 'the sum'],
      ['ATOMIC_AND', 2, 'bits of both'],
      ['ATOMIC_OR', 3, 'bits of either'],
      ['ATOMIC_XOR', 4, 'bits of one'],
      ['ATOMIC_SMIN', 5, 'the lesser, signed'],
      ['ATOMIC_SMAX', 6, 'the greater, signed'],
      ['ATOMIC_UMIN', 7, 'the lesser, unsigned'],
      ['ATOMIC_UMAX', 8, 'the greater, unsigned'],
    ],
  },
];
