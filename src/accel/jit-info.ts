/** What the accelerator did, as one record: `info jit`, `--stats`, and the same as JSON for programs. Times are ms of host time, sizes bytes. */

/** tci: every TB is made for it. */
export interface TciInfo {
  readonly tbs: number;
  /** TBs of an earlier run, which are not counted in the rest (docs/snapshot-format.md). */
  readonly restored: number;
  /** Guest instructions and bytes translated. */
  readonly insns: number;
  readonly guestBytes: number;
  /** Bytecode made. */
  readonly bytes: number;
  /** Frontend (and optimiser, where there is no tier above), lowering, and making the record. */
  readonly translateMs: number;
  /** TBs that had to be made shorter for the bytecode's format. */
  readonly overflows: number;
}

/** Generated code. */
export interface WasmInfo {
  /** Code is made on a thread of its own: its times are that thread's, but for `requestMs` and `installMs`. */
  readonly background: boolean;
  /** The engine's optimising compiler at once, or its own tiers (docs/engines.md). */
  readonly compiler: 'optimising' | 'tiered';
  readonly regions: number;
  readonly joined: number;
  /** TBs and guest instructions in them; a TB may be in several. */
  readonly tbs: number;
  readonly insns: number;
  readonly modules: number;
  /** Wasm binary. */
  readonly bytes: number;
  /** Frontend and optimiser; IR to binaryen; binaryen's passes and binary; the engine's compiler. */
  readonly translateMs: number;
  readonly lowerMs: number;
  readonly emitMs: number;
  readonly compileMs: number;
  /** On the machine's thread: forming regions and asking for them; instances and table entries. */
  readonly requestMs: number;
  readonly installMs: number;
  /** Longest that the machine's thread was busy with requesting, installing and evicting at once (0 where code is not made in the background). */
  readonly longestPauseMs: number;
  /** Executions in tci that make a TB hot, now. */
  readonly threshold: number;
  readonly queue: {
    readonly waiting: number;
    readonly peak: number;
    /** Hot TBs sent back for want of room. */
    readonly turnedAway: number;
    /** Hot TBs left alone because their page's code keeps changing. */
    readonly cooling: number;
    /** Batches that are with the worker. */
    readonly inFlight: number;
  };
  readonly cache: {
    readonly modules: number;
    readonly functions: number;
    readonly bytes: number;
    readonly maxModules: number;
    readonly maxBytes: number;
    /** Modules dropped for want of room, and the longest that took. */
    readonly evictions: number;
    readonly longestEvictionMs: number;
    /** Regions dropped because the guest's code changed. */
    readonly invalidations: number;
    /** Regions that came when their code had changed already. */
    readonly stale: number;
  };
  /** Code of earlier runs; absent where none is kept. */
  readonly persistent?: PersistentCodeInfo;
  readonly errors: number;
  readonly lastError: string;
}

/** Generated code that is kept between runs. */
export interface PersistentCodeInfo {
  /** What was there at the start. */
  readonly modules: number;
  readonly regions: number;
  readonly bytes: number;
  /** TBs that were found in it, and those at the same pc with other code. */
  readonly hits: number;
  readonly misses: number;
  /** Regions installed from it. */
  readonly installed: number;
  /** Modules that are not what generated code looks like. */
  readonly rejected: number;
  /** Modules whose machine code was there, too. */
  readonly loaded: number;
  readonly compileMs: number;
  /** Modules of this run, to be kept. */
  readonly made: number;
}

/** Where the machine's thread was, by samples. */
export interface ProfileInfo {
  readonly samples: number;
  readonly intervalMs: number;
  /** Of all samples. */
  readonly shares: {
    readonly generated: number;
    readonly tci: number;
    readonly helpers: number;
    readonly mmio: number;
    readonly translation: number;
    readonly codegen: number;
    /** Devices, timers, the host's event loop, and idling. */
    readonly other: number;
  };
  /** Hottest first, shares of the samples in guest code. `name`: a symbol, or a range of pcs. */
  readonly functions: readonly { readonly name: string; readonly samples: number; readonly share: number }[];
}

/** What `check=on` has looked at. */
export interface CheckInfo {
  /** Runs of generated code that were done again in tci, guest instructions in them, and runs that could not be (devices, changes of what is mapped). */
  readonly stretches: number;
  readonly insns: number;
  readonly skipped: number;
  /** Looks at all TBs and TLB entries between slices, and TBs that were made again and compared. */
  readonly looks: number;
  readonly tbs: number;
  /** TLB entries that the page tables contradicted for long. */
  readonly contradicted: number;
}

export interface JitInfo {
  /** Goes up when a field of this record changes its meaning. */
  readonly version: 1;
  readonly accelerator: string;
  /** Since the accelerator was made. */
  readonly wallMs: number;
  /** Guest instructions executed, by all vCPUs. */
  readonly insns: number;
  readonly tb: {
    readonly count: number;
    readonly invalidated: number;
    /** The times that all were dropped, for want of room or on request. */
    readonly flushes: number;
    readonly arenaUsed: number;
    readonly arenaSize: number;
  };
  readonly tlbFlushes: number;
  readonly mmioReads: number;
  readonly mmioWrites: number;
  readonly tci: TciInfo;
  /** Absent where there is no tier above tci. */
  readonly wasm?: WasmInfo;
  /** Absent unless it was asked for. */
  readonly profile?: ProfileInfo;
  readonly check?: CheckInfo;
}

type Row = readonly [name: string, value: string | number];

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** The text of `info jit`. */
export function formatJitInfo(info: JitInfo): string {
  const { tb, tci, wasm, profile, check } = info;
  return [
    section(`Accelerator ${info.accelerator}`, [
      ['wall-clock time', ms(info.wallMs)],
      ['guest instructions', info.insns],
      ['TBs in the cache', tb.count],
      ['TB cache used', `${tb.arenaUsed} of ${tb.arenaSize} bytes`],
      ['TBs invalidated', tb.invalidated],
      ['TB flushes', tb.flushes],
      ['TLB flushes', info.tlbFlushes],
      ['MMIO reads, writes', `${info.mmioReads}, ${info.mmioWrites}`],
    ]),
    section('Tier 1: tci', [
      ...(tci.restored > 0 ? ([['TBs of an earlier run', `${tci.restored}`]] as const) : []),
      ['TBs translated', `${tci.tbs}, ${tci.insns} guest instructions, ${tci.guestBytes} bytes`],
      ['bytecode', `${tci.bytes} bytes`],
      ['time to translate', ms(tci.translateMs)],
    ]),
    wasm ? section('Tier 2: generated WebAssembly', wasmRows(wasm)) : '',
    check ? section('Checks', checkRows(check)) : '',
    profile ? profileText(profile) : '',
  ].join('');
}

function wasmRows(wasm: WasmInfo): Row[] {
  const { queue, cache } = wasm;
  const where = wasm.background ? ' (on a thread of its own)' : '';
  return [
    ['regions generated', `${wasm.regions} (${wasm.joined} of them of others), ${wasm.tbs} TBs, ${wasm.insns} guest instructions`],
    ['modules generated', `${wasm.modules}, ${wasm.bytes} bytes`],
    ['time to generate code', `${ms(wasm.translateMs + wasm.lowerMs + wasm.emitMs + wasm.compileMs)}${where}`],
    ['  frontend and optimiser', ms(wasm.translateMs)],
    ['  IR to binaryen', ms(wasm.lowerMs)],
    ['  binaryen to binary', ms(wasm.emitMs)],
    ['  binary to machine code', ms(wasm.compileMs)],
    ['  compiled', wasm.compiler === 'optimising' ? 'optimised at once' : "in the engine's own tiers"],
    ['time to request it', ms(wasm.requestMs)],
    ['time to install it', ms(wasm.installMs)],
    ['longest pause for both', ms(wasm.longestPauseMs)],
    ['executions that make a TB hot', wasm.threshold],
    ['hot TBs waiting', `${queue.waiting}, ${queue.peak} at most, ${queue.turnedAway} sent back`],
    ['hot TBs in cooling pages', queue.cooling],
    ['code installed', `${cache.modules} modules, ${cache.functions} functions, ${cache.bytes} bytes`],
    ['code at most', `${cache.maxModules} modules, ${cache.maxBytes} bytes`],
    ['modules evicted', `${cache.evictions}, ${ms(cache.longestEvictionMs)} at most`],
    ['regions invalidated', cache.invalidations],
    ['regions that came too late', cache.stale],
    ...(wasm.persistent ? persistentRows(wasm.persistent) : []),
    ['errors of code generation', wasm.errors === 0 ? 0 : `${wasm.errors}: ${wasm.lastError}`],
  ];
}

function persistentRows({
  modules,
  regions,
  bytes,
  hits,
  misses,
  installed,
  rejected,
  loaded,
  compileMs,
  made,
}: PersistentCodeInfo): Row[] {
  return [
    ['persistent code of earlier runs', `${modules} modules, ${regions} regions, ${bytes} bytes; ${rejected} rejected`],
    ['  TBs found in it', `${hits}, ${misses} with other code`],
    ['  regions installed', installed],
    ['  modules that came with machine code', loaded],
    ['  modules loaded or compiled', ms(compileMs)],
    ['modules made to persist', made],
  ];
}

function checkRows({ stretches, insns, skipped, looks, tbs, contradicted }: CheckInfo): Row[] {
  return [
    ['generated code done again in tci', `${stretches} stretches, ${insns} guest instructions; ${skipped} could not be`],
    ['looks at TBs and TLBs', looks],
    ['TBs made again', tbs],
    ['stale TLB entries', contradicted],
  ];
}

function profileText({ samples, intervalMs, shares, functions }: ProfileInfo): string {
  const rows = Object.entries(shares).map(([name, share]): Row => [name, percent(share)]);
  return (
    section(`Profile: ${samples} samples, one each ${intervalMs} ms`, rows) +
    section(
      'Hottest guest code',
      functions.map(({ name, share }): Row => [name, percent(share)]),
    )
  );
}

function section(title: string, rows: readonly Row[]): string {
  return `${title}\n${rows.map(([name, value]) => `  ${name.padEnd(32)}${value}\n`).join('')}`;
}
