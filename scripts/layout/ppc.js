/**
 * PowerPC's part of a vCPU's env, as data (engine.js says what a row is). From it scripts/layout.js makes assembly/target/ppc/shared/env.ts, the typed
 * accessors of both languages (assembly/target/ppc/env.ts, src/target/ppc/env.ts), and its table in docs/engine-abi.md.
 *
 * Registers of 32 bits that generated code touches are held in 64, zero-extended. Names are those of the Programming Environments Manual for 32-bit
 * implementations (PEM) and of QEMU.
 */

/** Sets, ways and bytes an entry of the software-loaded TLBs, of which there are two. */
const TLB_SIZE = 2 * 64 * 2 * 12;

// prettier-ignore
export const STRUCTS = [
  {
    prefix: 'PPC', owner: 'vCPU', title: 'CPU env, PowerPC\'s part',
    about: 'From ENV_TARGET_BASE on; the software-loaded TLBs are in ENV_TARGET_MORE. What is written by `init` is what the CPU is; the rest is in snapshots.',
    start: 0x100,
    rows: [
      ['GPR',            'u64[32]', 'vcpu', 'own',    ''],
      ['FPR',            'u64[32]', 'vcpu', 'own',    'binary64, whatever was loaded'],
      ['CR',             'u64[8]',  'vcpu', 'own',    'LT, GT and EQ of each field, as the difference that they are the signs of (assembly/target/ppc/cr.ts)'],
      ['CR_SO',          'u64[8]',  'vcpu', 'own',    'SO of each field'],
      ['LR',             'u64',     'vcpu', 'own',    ''],
      ['CTR',            'u64',     'vcpu', 'own',    ''],
      ['SO',             'u64',     'vcpu', 'own',    'XER[SO]'],
      ['OV',             'u64',     'vcpu', 'own',    'XER[OV]'],
      ['CA',             'u64',     'vcpu', 'own',    'XER[CA]'],
      ['XER',            'u64',     'vcpu', 'own',    'the rest of XER'],
      ['RESERVE',        'i64',     'vcpu', 'own',    'address of the reservation, -1: none'],
      ['RESERVE_VALUE',  'u64',     'vcpu', 'own',    'what lwarx saw there'],
      ['FP_OP',          'u64',     'vcpu', 'own',    'FPOP_*'],
      ['FP_A',           'u64',     'vcpu', 'own',    'its operands'],
      ['FP_B',           'u64',     'vcpu', 'own',    ''],
      ['FP_C',           'u64',     'vcpu', 'own',    ''],
      ['FP_COMPARED',    'u64',     'vcpu', 'own',    '1: FPCC is to come from a comparison of the next two, made after it'],
      ['FP_X',           'u64',     'vcpu', 'own',    ''],
      ['FP_Y',           'u64',     'vcpu', 'own',    ''],
      ['FPSCR',          'u32',     'vcpu', 'own',    ''],
      ['MSR',            'u32',     'vcpu', 'own',    '', { at: 0x480 }],
      ['ERROR_CODE',     'u32',     'vcpu', 'own',    'what the exception in flight puts into SRR1 beside MSR; of a DSI and alignment exception, DSISR'],
      ['FAULT_ADDR',     'u32',     'vcpu', 'own',    'its DAR'],
      ['RESET_MSR',      'u32',     'init', 'init',   'MSR at reset'],
      ['RESET_VECTOR',   'u64',     'init', 'init',   'pc at reset'],
      ['SRR0',           'u32',     'vcpu', 'own',    ''],
      ['SRR1',           'u32',     'vcpu', 'own',    ''],
      ['FP_CONVERTED',   'u64',     'vcpu', 'own',    '0, or the conversion (FPOP_CTIW...) of the next one that FR and FI are to come from'],
      ['FP_V',           'u64',     'vcpu', 'own',    ''],
      ['SR',             'u32[16]', 'vcpu', 'own',    '', { at: 0x4c0 }],
      ['MSR_MASK',       'u32',     'init', 'init',   'the bits of MSR that there are'],
      ['FEATURES',       'u32',     'init', 'init',   'FEATURE_*'],
      ['TLB_SETS',       'u32',     'init', 'init',   'sets of each software-loaded TLB, a power of two'],
      ['PENDING',        'u32',     'thread', 'atomic', 'PENDING_*: what waits to be taken, beside what the lines ask for'],
      ['LINES',          'u32',     'thread', 'atomic', 'LINE_*: levels of the inputs, as their devices drive them'],
      ['STALE',          'u32',     'vcpu', 'own',    '1: some translations are no longer right, and go with the next context synchronization'],
      ['TIME_OFFSET',    'u64',     'vcpu', 'own',    'time base less the machine\'s ticks'],
      ['DEC_ZERO',       'u64',     'vcpu', 'own',    'the machine\'s ticks at which the decrementer is 0'],
      ['DEC_ARMED',      'u32',     'vcpu', 'own',    '1: the decrementer has not passed through zero since then'],
      ['BUS_CAUSE',      'u32',     'thread', 'atomic', 'SRR1_MCP, SRR1_TEA: of the machine check that is pending'],
      ['TGPR',           'u64[4]',  'vcpu', 'own',    'those of r0 to r3 and their copies for table searches that are not in use'],
      ['SPRG',           'u32[8]',  'vcpu', 'own',    ''],
      ['IBAT',           'u32[16]', 'vcpu', 'own',    'upper and lower halves of eight'],
      ['DBAT',           'u32[16]', 'vcpu', 'own',    ''],
      ['DSISR',          'u32',     'vcpu', 'own',    ''],
      ['DAR',            'u32',     'vcpu', 'own',    ''],
      ['SDR1',           'u32',     'vcpu', 'own',    ''],
      ['EAR',            'u32',     'vcpu', 'own',    ''],
      ['HID0',           'u32',     'vcpu', 'own',    '', { at: 0x604 }],
      ['HID1',           'u32',     'vcpu', 'own',    ''],
      ['HID2',           'u32',     'vcpu', 'own',    ''],
      ['IABR',           'u32',     'vcpu', 'own',    ''],
      ['DABR',           'u32',     'vcpu', 'own',    ''],
      ['DMISS',          'u32',     'vcpu', 'own',    ''],
      ['DCMP',           'u32',     'vcpu', 'own',    ''],
      ['HASH1',          'u32',     'vcpu', 'own',    ''],
      ['HASH2',          'u32',     'vcpu', 'own',    ''],
      ['IMISS',          'u32',     'vcpu', 'own',    ''],
      ['ICMP',           'u32',     'vcpu', 'own',    ''],
      ['RPA',            'u32',     'vcpu', 'own',    ''],
      ['THRM',           'u32[3]',  'vcpu', 'own',    ''],
      ['PLAIN',          'u32[32]', 'vcpu', 'own',    'SPRs that are nothing but a cell: src/target/ppc/sprs.ts says which'],
      ['STATE_END',      0,         'init', 'init',   'where what a snapshot has of these ends'],
      ['PVR',            'u32',     'init', 'init',   ''],
      ['CACHED',         'u32',     'vcpu', 'derived', 'page of data that caches take, as dcbz found it (cached.ts): address, CACHED_VALID, mmu index; 0: none'],
      ['END',            0,         'init', 'init',   'where its part below ENV_FRAME ends', { at: 0xe00 }],
      ['TLB',            TLB_SIZE,  'vcpu', 'own',    'software-loaded TLBs: instructions\', then data\'s; sets of two ways (SOFT_*)', { at: 0x3000 }],
      ['TLB_END',        0,         'init', 'init',   ''],
    ],
  },
];

export const CONSTANTS = [];
