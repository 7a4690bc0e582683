/**
 * Generated code of earlier runs (docs/code-cache.md). Each TB that is translated is looked up among the TBs that persistent regions were made from;
 * when all of a region's TBs are there, with the very bytes of guest code, the region's module is compiled in the worker and the region
 * installed: no TB has to become hot first. Code that is made in this run is gathered, and saved at the end.
 */
import {
  TB_CFLAGS,
  TB_EXEC_COUNT,
  TB_CS_BASE,
  TB_FLAGS,
  TB_FUNC,
  TB_HOST0,
  TB_HOST1,
  TB_ICOUNT,
  TB_PC,
  TB_SIZE,
  TB_STATE,
  TB_STATE_CALLS,
} from '../../../../assembly/shared/layout.js';
import type { PersistentCodeInfo } from '../../jit-info.js';
import { tableOffsets } from '../../../tcg/wasm/region.js';
import { isCertain, type TbReader } from './regions.js';
import type { CodeCache, LinkedModule, RegionCode, RegionRecord } from './code-cache.js';
import type { CodeStore, StoredCode } from './code-store.js';
import { placeHigh, placeLow } from './persistent-place.js';
import { linkModule, type CodeLinker } from './link.js';
import {
  saveModules,
  sourceOf,
  storedCandidate,
  storedModules,
  type Candidate,
  type MachineCodeSource,
  type StoredModule,
} from './persistent-file.js';
import { chunkLastUsed, encodeModule, type PersistentRegion, type PersistentTb } from './persistent-format.js';
import type { CodegenWorker, CompileReply, RegionRequest } from './protocol.js';

/** The runtime's functions that generated code may import, beside the target's helpers. */
const RUNTIME_IMPORTS = ['ldSlow', 'stSlow', 'atomicCmpxchg', 'atomicRmw', 'noteStore'];
/** What the worker has at a time, in modules and bytes to compile (some 0.5 us each): what is hotter may still come, and code of this run waits behind it. */
const MAX_IN_FLIGHT = 6;
const MAX_BYTES_IN_FLIGHT = 64 << 10;
/** How much quicker a module is that comes with its machine code. */
const LOADED_SHARE = 1 / 16;
/** Modules that are compiled before their TBs are all there: those that came next in the run that used them last. */
const LOOK_AHEAD = 16;
/**
 * Guest instructions that tci ran in its TBs before a module of this run was asked for, by byte of wasm, for it to be kept: so much the next run saves at
 * least (some 5 ns each, against 0.5 us of compiling it, or 0.02 us of loading its machine code). Without a bound each run would add what is colder still.
 */
const LEAST_WORK = { compiled: 16, loaded: 1 };
/** Bytes of machine code for a byte of wasm, about. */
const MACHINE_CODE_RATIO = 2.3;
/** A region whose code keeps being thrown away is left to the region former, which knows of cooling pages. */
const MAX_INSTALLS = 4;

export interface PersistentCodeOptions {
  readonly store: CodeStore;
  /** What the code depends on beside the guest's: CPU configuration, options of code generation. */
  readonly key: string;
  /** Names of the target's helpers. */
  readonly helpers: readonly string[];
  /** Instead of LEAST_WORK, where the user says what is hot. */
  readonly leastWork?: number;
}

/** So many TBs are no small guest's. */
const EARLY_TBS = 1000;

interface ModuleState extends StoredModule {
  readonly offsets: readonly number[];
  /** When a region of it was first installed, by performance.now; 0: not in this run. */
  usedAt: number;
  state: 'stored' | 'asked' | 'compiled' | 'rejected';
  /** Of `bytesInFlight`, while it is asked for. */
  cost: number;
  module?: WebAssembly.Module;
  /** Its machine code is not the store's. */
  isCompiled?: boolean;
  /** Functions with the table that they know; lost when all TBs go. */
  linked?: LinkedModule;
}

interface RegionState extends PersistentRegion {
  readonly module: ModuleState;
  readonly index: number;
  /** TB pointers that have matched; 0: none yet. */
  readonly found: Int32Array;
  missing: number;
  installs: number;
  record?: RegionRecord;
}

/** A module of this run. */
interface FreshModule {
  readonly chunk: Uint8Array<ArrayBuffer>;
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** If it is gone by the end, and was not in use when the arena was full, it was of little use, and is kept without its machine code. */
  readonly module: WeakRef<WebAssembly.Module>;
  machineCode?: MachineCodeSource;
  readonly usedAt: number;
}

/** What a poll may take between two slices, ms: of thousands of modules all may be wanted again after a flush. */
const POLL_MS = 3;
/** Of machine code that is held until it is saved. */
const MOST_HELD = 32 << 20;

export class PersistentCode {
  readonly stats = { bytes: 0, hits: 0, misses: 0, installed: 0, rejected: 0, loaded: 0, compileMs: 0, made: 0 };
  private file: StoredCode | undefined;
  private isClosed = false;
  private readonly modules: ModuleState[] = [];
  private readonly regions: RegionState[] = [];
  /** Regions all of whose TBs are there. */
  private readonly complete = new Set<RegionState>();
  private readonly asked = new Map<number, ModuleState>();
  private bytesInFlight = 0;
  /** The module, by its place in the file, that a region was last installed of; -1: none yet. */
  private latest = -1;
  private nextRequest = 1;
  private readonly fresh: FreshModule[] = [];
  /** Of them those that a flush has left without TBs: their machine code is taken while it is there. */
  private readonly leaving: { readonly of: FreshModule; readonly module: WebAssembly.Module }[] = [];
  private heldBytes = 0;
  /** Of `fresh`. */
  private freshBytes = 0;
  /** `fresh` has what the store takes: a guest may make new code without end. */
  private isFull = false;
  private readonly bytes: Uint8Array;
  private readonly imports: ReadonlySet<string>;
  /** TBs by keyOf: the first of each chain, by TB the next, and which TB of which region it is. */
  private heads = new Int32Array(1).fill(-1);
  private mask = 0;
  private next = new Int32Array(0);
  private keys = new Int32Array(0);
  private regionOf = new Int32Array(0);
  private tbOf = new Int32Array(0);
  /** TBs that were translated before the store was read; undefined: it has been. */
  private early: number[] | undefined = [];
  /** The store is being read, in pieces: 75 MB of code take 0.3 s. */
  private loading: Iterator<unknown> | undefined;

  constructor(
    private readonly options: PersistentCodeOptions,
    private readonly linker: CodeLinker,
    private readonly tbs: TbReader,
    private readonly cache: CodeCache,
  ) {
    this.bytes = new Uint8Array(linker.memory.buffer);
    this.imports = new Set([...RUNTIME_IMPORTS, ...options.helpers.map((name) => `helper_${name}`)]);
  }

  /** Reads the store, which costs more than all of a small guest: hot code asks for it, or many TBs. */
  ready(): void {
    if (!this.early || this.loading) return;
    this.loading = this.load();
    this.goOn(performance.now() + POLL_MS);
  }

  /** The store is being read: what will be found in it is not to be made. */
  get isLoading(): boolean {
    return this.loading !== undefined;
  }

  /** Reads on until then. */
  private goOn(end: number): void {
    const { loading, early } = this;
    if (!loading || !early) return;
    while (!loading.next().done) if (performance.now() > end) return;
    this.loading = undefined;
    this.early = undefined;
    for (const tb of early) this.translated(tb);
  }

  info(): PersistentCodeInfo {
    return { ...this.stats, modules: this.modules.length, regions: this.regions.length };
  }

  /** A TB was translated. */
  translated(tb: number): void {
    const { tbs, bytes, early } = this;
    if (early) {
      if (early.push(tb) === EARLY_TBS) this.ready();
      return;
    }
    const key = keyOf(placeLow(tbs.get(tb, TB_PC), tbs.get(tb, TB_CFLAGS), tbs.pageSize), bytes, tbs.get(tb, TB_HOST0));
    for (let i = this.heads[hash(key) & this.mask]; i >= 0; i = this.next[i]) {
      if (this.keys[i] !== key) continue;
      const region = this.regions[this.regionOf[i]];
      if (region.record?.module || region.installs >= MAX_INSTALLS) continue;
      const wanted = region.tbs[this.tbOf[i]];
      if (!this.matches(tb, wanted)) {
        this.stats.misses++;
        continue;
      }
      this.stats.hits++;
      if (region.found[this.tbOf[i]] === 0) region.missing--;
      region.found[this.tbOf[i]] = tb;
      if (region.missing === 0) this.complete.add(region);
    }
  }

  /** Whether modules of this run are still gathered: a save takes the first ones, as far as there is room. */
  get wantsModules(): boolean {
    return !this.isFull;
  }

  /** Whether a poll may have something to do. */
  isBusy(): boolean {
    return this.isLoading || this.complete.size > 0 || this.asked.size > 0 || this.leaving.length > 0;
  }

  /** Between slices: has code of complete regions compiled, and installs what is. */
  poll(worker: CodegenWorker): void {
    const wanted: RegionState[] = [];
    const end = performance.now() + POLL_MS;
    const isOver = (): boolean => performance.now() > end;
    this.goOn(end);
    for (const region of this.complete) {
      const { state } = region.module;
      if (state === 'asked') continue;
      if (state === 'rejected' || !this.isUseful(region)) this.complete.delete(region);
      else if (state === 'stored') wanted.push(region);
      else {
        this.complete.delete(region);
        this.install(region);
        if (isOver()) break;
      }
    }
    const heat = (region: RegionState): number => Math.max(...region.entries.map((i) => this.tbs.get(region.found[i], TB_EXEC_COUNT)));
    if (wanted.length > 1) wanted.sort((a, b) => heat(b) - heat(a));
    for (const { module } of wanted) this.request(worker, module);
    this.lookAhead(worker);
    while (this.leaving.length > 0 && !isOver()) this.takeMachineCode();
  }

  private takeMachineCode(): void {
    const { of, module } = this.leaving.pop()!;
    of.machineCode = this.machineCode(module);
    this.heldBytes += of.machineCode?.length ?? 0;
    if (this.heldBytes > MOST_HELD) this.leaving.length = 0;
  }

  private request(worker: CodegenWorker, module: ModuleState): void {
    if (module.state !== 'stored' || this.asked.size >= MAX_IN_FLIGHT || this.bytesInFlight >= MAX_BYTES_IN_FLIGHT) return;
    const { machineCode: stored } = module.stored;
    const wasm = this.file?.read(module.stored.wasm);
    if (!wasm) return this.reject(module, 'is damaged');
    const machineCode = stored && stored.engine === this.options.store.machineCode?.engine ? this.file?.read(stored) : undefined;
    module.state = 'asked';
    module.cost = machineCode ? wasm.length * LOADED_SHARE : wasm.length;
    this.asked.set(this.nextRequest, module);
    this.bytesInFlight += module.cost;
    worker.post({ kind: 'compile', id: this.nextRequest++, wasm, machineCode });
  }

  /** Modules lie in the file in the order in which a run came to them. */
  private lookAhead(worker: CodegenWorker): void {
    if (this.latest < 0) return;
    const lastUsed = chunkLastUsed(this.modules[this.latest].chunk);
    for (const module of this.modules.slice(this.latest + 1, this.latest + 1 + LOOK_AHEAD))
      if (chunkLastUsed(module.chunk) === lastUsed) this.request(worker, module);
  }

  /** TBs whose code is on its way. */
  pending(): ReadonlySet<number> {
    return new Set([...this.complete].flatMap(({ found }) => [...found].map((tb) => tb >>> 0)));
  }

  compiled(reply: CompileReply): void {
    const state = this.asked.get(reply.id);
    if (!state) return;
    this.asked.delete(reply.id);
    this.bytesInFlight -= state.cost;
    this.stats.compileMs += reply.compileMs;
    if (reply.isLoaded) this.stats.loaded++;
    if (reply.module && this.importsAreExpected(reply.module)) {
      state.module = reply.module;
      state.isCompiled = !reply.isLoaded;
      state.state = 'compiled';
    } else this.reject(state);
  }

  /** A module that was made in this run: `installed` tells which of its regions are still the guest's code. */
  made(
    wasm: Uint8Array<ArrayBuffer>,
    module: WebAssembly.Module,
    regions: readonly RegionRequest[],
    installed: (id: number) => boolean,
  ): void {
    const { store, leastWork = store.machineCode ? LEAST_WORK.loaded : LEAST_WORK.compiled } = this.options;
    const work = regions.reduce((sum, { tciInsns }) => sum + tciInsns, 0);
    if (work < leastWork * wasm.length || this.isFull) return;
    const { pageSize } = this.tbs;
    const persistent = regions.map((region): PersistentRegion => {
      const tbCount = region.tbs.length;
      if (!installed(region.id)) return { tbs: [], tbCount, entries: [], certain: [] };
      const edges = region.tbs.flatMap(({ links, indirect }, from) => [
        ...links.filter((to) => to >= 0).map((to) => [from, to] as const),
        ...indirect.filter(({ guarded }) => !guarded).map(({ to }) => [from, to] as const),
      ]);
      const tbs = region.tbs.map(({ pcLo, pcHi, flags, csBase, cflags, icount, sideExitOnMiss, host0, host1, size }): PersistentTb => {
        const first = Math.min(size, pageSize - (pcLo & (pageSize - 1)));
        const code = new Uint8Array(size);
        code.set(this.bytes.subarray(host0, host0 + first));
        code.set(this.bytes.subarray(host1, host1 + size - first), first);
        return {
          pcLo: placeLow(pcLo, cflags, pageSize) | 0,
          pcHi: placeHigh(pcHi, cflags),
          flags,
          csBase,
          cflags,
          icount,
          sideExitOnMiss,
          code,
        };
      });
      return { tbs, tbCount, entries: region.entries, certain: edges };
    });
    const chunk = encodeModule({ lastUsed: 0, wasm: { at: 0, length: wasm.length, crc: store.checksum(wasm) }, regions: persistent });
    const size = chunk.length + wasm.length * (store.machineCode ? 1 + MACHINE_CODE_RATIO : 1);
    this.isFull = this.freshBytes + size > store.maxBytes;
    if (this.isFull) return;
    this.stats.made++;
    this.freshBytes += size;
    this.fresh.push({ chunk, wasm, module: new WeakRef(module), usedAt: performance.now() });
  }

  /** All TBs are gone, and the modules' tables with them. */
  flushed(): void {
    if (this.early) this.early = [];
    this.complete.clear();
    for (const region of this.regions) {
      region.found.fill(0);
      region.missing = region.tbCount;
      region.record = undefined;
      region.installs = 0; // its guest code was not thrown away
    }
    for (const module of this.modules) module.linked = undefined;
    if (!this.options.store.machineCode || this.heldBytes > MOST_HELD) return;
    this.leaving.length = 0; // what an earlier flush left is among `fresh`
    for (const of of this.fresh) {
      const module = of.machineCode ? undefined : of.module.deref();
      if (module) this.leaving.push({ of, module });
    }
  }

  /** Keeps what was made, and what was used, for the next run; what was used least recently gives way. */
  save(): void {
    const { store, key } = this.options;
    if (this.isClosed) return;
    const isNew = this.fresh.length > 0 || (store.machineCode && this.modules.some(({ usedAt, isCompiled }) => usedAt > 0 && isCompiled));
    if (!isNew) return;
    this.ready();
    this.goOn(Infinity);
    const candidates = [
      ...this.modules.filter(({ state }) => state !== 'rejected').map((module) => this.candidate(module)),
      ...this.fresh.splice(0).map(({ chunk, wasm, module, machineCode, usedAt }): Candidate => {
        return { chunk, usedAt, wasm: sourceOf(wasm), machineCode: machineCode ?? this.machineCode(module.deref()) };
      }),
    ];
    this.leaving.length = 0;
    const rejected = this.modules.filter(({ state }) => state === 'rejected').map(({ chunk }) => chunk);
    const latest = store.load(key);
    saveModules(store, key, candidates, rejected, latest);
    latest?.close();
  }

  /** A module of the store; with this engine's machine code, if it had to be made and is worth it. */
  private candidate(module: ModuleState): Candidate {
    const stored = storedCandidate(this.file!, module);
    const { usedAt } = module;
    const made = usedAt > 0 && module.isCompiled ? this.machineCode(module.module) : undefined;
    return { ...stored, usedAt, machineCode: made ?? stored.machineCode };
  }

  private machineCode(module: WebAssembly.Module | undefined): MachineCodeSource | undefined {
    const { store } = this.options;
    const code = module && store.machineCode?.of(module);
    return code && { ...sourceOf(code), crc: store.checksum(code), engine: store.machineCode!.engine };
  }

  /** Nothing more is loaded or saved; figures stay. */
  close(): void {
    this.isClosed = true;
    this.loading = undefined;
    this.file?.close();
    this.file = undefined;
  }

  private *load(): Generator<undefined> {
    const { store, key } = this.options;
    let tbs = 0;
    this.file = store.load(key);
    for (const { chunk, stored } of storedModules(this.file, (message) => store.warn(message))) {
      const offsets = tableOffsets(stored.regions.map(({ tbCount }) => tbCount));
      const module: ModuleState = { chunk, stored, offsets, usedAt: 0, state: 'stored', cost: 0 };
      this.modules.push(module);
      this.stats.bytes += chunk.length + stored.wasm.length + (stored.machineCode?.length ?? 0);
      stored.regions.forEach((region, index) => {
        if (region.entries.length === 0) return;
        tbs += region.tbCount;
        this.regions.push({ ...region, module, index, found: new Int32Array(region.tbCount), missing: region.tbCount, installs: 0 });
      });
      yield;
    }
    yield* this.buildIndex(tbs);
  }

  private *buildIndex(tbs: number): Generator<undefined> {
    const size = 2 ** Math.ceil(Math.log2(2 * tbs + 1));
    this.heads = new Int32Array(size).fill(-1);
    this.mask = size - 1;
    this.next = new Int32Array(tbs);
    this.regionOf = new Int32Array(tbs);
    this.tbOf = new Int32Array(tbs);
    this.keys = new Int32Array(tbs);
    let at = 0;
    for (const [r, region] of this.regions.entries()) {
      for (const [t, { pcLo, code }] of region.tbs.entries()) {
        const key = keyOf(pcLo, code, 0);
        const cell = hash(key) & this.mask;
        this.next[at] = this.heads[cell];
        this.regionOf[at] = r;
        this.tbOf[at] = t;
        this.keys[at] = key;
        this.heads[cell] = at++;
      }
      yield;
    }
  }

  /** Whether a TB is what a region was made from: the same state of the CPU, and the same bytes of guest code. */
  private matches(tb: number, { pcLo, pcHi, flags, csBase, cflags, icount, code }: PersistentTb): boolean {
    const { tbs, bytes } = this;
    if (
      tbs.get(tb, TB_CFLAGS) !== cflags ||
      (placeLow(tbs.get(tb, TB_PC), cflags, tbs.pageSize) | 0) !== (pcLo | 0) ||
      tbs.get(tb, TB_FLAGS) !== flags
    )
      return false;
    if (placeHigh(tbs.get(tb, TB_PC + 4), cflags) !== pcHi) return false;
    if (tbs.get(tb, TB_CS_BASE) !== csBase || tbs.get(tb, TB_ICOUNT) !== icount || tbs.get(tb, TB_SIZE) !== code.length) return false;
    const first = Math.min(code.length, tbs.pageSize - (pcLo & (tbs.pageSize - 1)));
    const host0 = tbs.get(tb, TB_HOST0);
    const host1 = tbs.get(tb, TB_HOST1) - first;
    for (let i = 0; i < first; i++) if (bytes[host0 + i] !== code[i]) return false;
    for (let i = first; i < code.length; i++) if (bytes[host1 + i] !== code[i]) return false;
    return true;
  }

  /** Whether the TBs are all still there, lie as the region takes for granted, and one that it is entered at has no code yet. */
  private isUseful(region: RegionState): boolean {
    const { tbs } = this;
    const { found, entries, certain } = region;
    found.forEach((tb, i) => {
      if (tbs.isValid(tb)) return;
      found[i] = 0;
      region.missing++;
    });
    if (region.missing > 0) return false;
    // Its tci code cannot be entered in the middle, or accesses of it miss too often here.
    if (region.tbs.some(({ sideExitOnMiss }, i) => sideExitOnMiss && (tbs.get(found[i], TB_STATE) & TB_STATE_CALLS) !== 0)) return false;
    if (entries.every((i) => tbs.get(found[i], TB_FUNC) !== 0)) return false;
    return certain.every(([from, to]) => isCertain(tbs, found[from], found[to]));
  }

  private install(region: RegionState): void {
    const { module, index } = region;
    const name = `${index}`;
    try {
      module.linked ??= linkModule(this.linker, module.module!, module.offsets.at(-1)!);
      if (!module.linked) return;
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError)) throw error;
    }
    const { linked } = module;
    if (typeof linked?.exports[name] !== 'function') return this.reject(module);
    region.installs++;
    if (module.usedAt === 0) module.usedAt = performance.now();
    this.latest = this.modules.indexOf(module);
    this.stats.installed++;
    const record = this.cache.track(
      0,
      [...region.found].map((tb) => tb >>> 0),
      region.entries,
    );
    region.record = record;
    const code: RegionCode = { region: record, linked, name, table: linked.table + module.offsets[index] };
    this.cache.install([code], Math.ceil(module.stored.wasm.length / (module.offsets.length - 1)));
  }

  private reject(module: ModuleState, why = 'is not one of ours'): void {
    module.state = 'rejected';
    this.stats.rejected++;
    this.options.store.warn(`a persistent module ${why}, and ignored`);
  }

  private importsAreExpected(module: WebAssembly.Module): boolean {
    return WebAssembly.Module.imports(module).every(({ module: from, name, kind }) => {
      if (from === 'm') return (name === 'm' && kind === 'memory') || (name === 't' && kind === 'global');
      return from === 'r' && kind === 'function' && this.imports.has(name);
    });
  }
}

/** By its place, and its first two bytes of code. */
const keyOf = (place: number, code: Uint8Array, at: number): number => place ^ ((code[at] | (code[at + 1] << 8)) << 12);
const hash = (key: number): number => Math.imul(key ^ (key >>> 15), 0x9e3779b1) >>> 8;
