/** Code generation as the machine thread sees it: hot TBs go in, table entries come out, now (synchronous mode) or some slices later. */
import { TB_ENTERED, TB_EXEC_COUNT, TB_FUNC, TB_REGION, TB_STATE_CALLS } from '../../../../assembly/shared/layout.js';
import type { WasmInfo } from '../../jit-info.js';
import { tableOffsets } from '../../../tcg/wasm/region.js';
import type { WasmExports } from '../../../util/web-assembly.js';
import type { CodeStore } from './code-store.js';
import { CodeCache, DEFAULT_CACHE_LIMITS, type CodePeers, type RegionCode, type RegionRecord } from './code-cache.js';
import { PersistentCode, type PersistentCodeOptions } from './persistent-code.js';
import { linkModule } from './link.js';
import type { MadeModule } from './listing.js';
import type { CodegenTimes, CodegenWorker, GenerateReply, GenerateRequest, RegionRequest } from './protocol.js';
import { JOIN_LIMITS, joinRegions } from './join.js';
import { requestOf, requestRegion, type InjectionsOf } from './region-request.js';
import { TbReader, type RegionLimits } from './regions.js';
import { SYNC_THRESHOLD, Tiering, WORKER_THRESHOLD } from './tiering.js';
import { regionLimits, type TcgTuning } from './tuning.js';

/** What the accelerator tells code generation; the first four are imports of the runtime. */
export interface CodeGenerator {
  /** The TB ran another `reportedEvery` times in tci. */
  tbHot(tb: number): void;
  /** The TB's generated code leaves too often at memory accesses. */
  tbMisses(tb: number): void;
  /** The TB's generated code is come to from that of other regions again and again. */
  tbEntered?(tb: number): void;
  /** A TB with this TB_REGION was invalidated. */
  regionInvalidated(tag: number): void;
  /** All TBs are gone. */
  tbFlushed(): void;
  /** Between slices: sends what has gathered, installs what has arrived. */
  poll(): void;
  /** A TB was made. */
  tbTranslated?(tb: number): void;
  /** Nothing more is made; what is installed stays, and so do the figures. */
  dispose(): void;
  /** What was made up to now is kept for later runs. */
  keep?(): void;
  /** Where what is made is kept between runs. */
  readonly store?: CodeStore | undefined;
  /** Executions in tci after which generated code pays, unless the user says otherwise. */
  readonly defaultThreshold: number;
  /** Executions in tci between two reports of a TB, at first. */
  readonly reportedEvery: number;
  /** `info jit`, `--stats`. */
  info(): WasmInfo;
  /** TB pointers of the region that is entered at a TB. */
  regionAt?(tb: number): readonly number[] | undefined;
  /** Those that are installed. */
  regions?(): Iterable<RegionRecord>;
  /**
   * `generated`: TBs that have code.
   * @throws Error if what is installed is not what TBs lead to
   */
  check?(generated: number): void;
}

export interface WasmGeneratorOptions {
  readonly memory: WebAssembly.Memory;
  /** The target's. */
  readonly pageBits: number;
  /** The runtime's exports: generated code calls them, `table` gets its functions, and codeTableAlloc gives room for its own tables. */
  readonly runtime: WasmExports & { readonly table: WebAssembly.Table; codeTableAlloc(bytes: number): number };
  /** Where batches are made: a worker, which may still be starting, or a function for the synchronous mode. */
  readonly worker?: CodegenWorker;
  readonly generate?: (request: GenerateRequest) => GenerateReply;
  readonly tuning?: TcgTuning;
  /** Other instances of the engine, whose vCPUs run the code too. */
  readonly peers?: CodePeers;
  /** Sets after how many executions more the runtime reports a TB: unless the user chose a threshold, it is adapted to what the worker can do. */
  readonly setThreshold?: (count: number) => void;
  /** Hears of each module that was made (`-d out_asm`). */
  readonly onModule?: (module: MadeModule) => void;
  /** Code of earlier runs, with a worker only. */
  readonly persistent?: PersistentCodeOptions;
  readonly injectionsOf?: InjectionsOf | undefined;
  /** Milliseconds; default: the host's. */
  readonly now?: () => number;
}

/** A batch of some 32 KB of wasm: modules cost V8 24 KB each, and functions of one module are compiled together. */
const BATCH_INSNS = 500;
/** One batch that the worker is at, and one so that it need not wait for the next slice: the later a region is formed, the better it is known what is hot. */
const MAX_IN_FLIGHT = 2;

const TIMES = ['translateMs', 'lowerMs', 'emitMs', 'compileMs'] as const satisfies readonly (keyof CodegenTimes)[];

export interface GeneratorStats {
  regions: number;
  /** Of these, those that were made of others. */
  joined: number;
  tbs: number;
  insns: number;
  bytes: number;
  batches: number;
  /** Where batches are made. */
  translateMs: number;
  lowerMs: number;
  emitMs: number;
  compileMs: number;
  /** On the machine thread: forming regions and posting them; instances and table entries. */
  requestMs: number;
  installMs: number;
  /** Longest that the machine's thread was busy with it at once. */
  longestPauseMs: number;
  stale: number;
  errors: number;
  lastError: string;
}

export class WasmCodeGenerator implements CodeGenerator {
  private readonly tbs: TbReader;
  readonly cache: CodeCache;
  readonly tiering: Tiering;
  private readonly limits: RegionLimits;
  private readonly now: () => number;
  private worker: CodegenWorker | undefined;
  private readonly waiting = new Map<number, RegionRecord>();
  /** Regions by the batch that was posted. */
  private readonly sent = new Map<number, readonly RegionRequest[]>();
  readonly persistent: PersistentCode | undefined;
  /** TBs that regions are to be joined at. */
  private readonly joins = new Set<number>();
  private nextRegion = 1;
  private nextBatch = 1;
  readonly stats: GeneratorStats = {
    regions: 0, joined: 0, tbs: 0, insns: 0, bytes: 0, batches: 0, translateMs: 0, lowerMs: 0, emitMs: 0, compileMs: 0, requestMs: 0, installMs: 0, longestPauseMs: 0, stale: 0, errors: 0, lastError: '',
  }; // prettier-ignore

  /** Kept for `poll`: nothing may be thrown into the runtime, which calls tbHot. */
  private failure?: Error;

  constructor(private readonly options: WasmGeneratorOptions) {
    if (!options.worker === !options.generate) throw new TypeError('code generation needs a worker or a generate function, and not both');
    this.worker = options.worker;
    this.tbs = new TbReader(options.memory, options.pageBits);
    const { tuning, setThreshold } = options;
    this.limits = regionLimits(tuning);
    this.now = options.now ?? (() => performance.now());
    this.tiering = new Tiering(
      this.tbs,
      tuning?.threshold ?? this.defaultThreshold,
      tuning?.threshold === undefined ? setThreshold : undefined,
      this.now,
    );
    this.cache = new CodeCache(
      this.tbs,
      options.runtime.table,
      tuning?.cache ?? DEFAULT_CACHE_LIMITS,
      ({ tbs }) => this.tiering.wasted(tbs[0]),
      options.peers,
    );
    if (options.persistent) this.persistent = new PersistentCode(options.persistent, options, this.tbs, this.cache);
  }

  get store(): CodeStore | undefined {
    return this.options.persistent?.store;
  }

  get defaultThreshold(): number {
    return this.options.generate ? SYNC_THRESHOLD : WORKER_THRESHOLD;
  }

  get reportedEvery(): number {
    return this.tiering.reportedEvery;
  }

  info(): WasmInfo {
    const { stats, cache } = this;
    const { queue, cooling, value: threshold } = this.tiering;
    const { batches: modules, stale, ...rest } = stats;
    return {
      ...rest,
      background: this.options.generate === undefined,
      compiler: this.options.worker?.compiler ?? 'tiered',
      modules,
      threshold,
      queue: {
        waiting: queue.length,
        peak: queue.peak,
        turnedAway: queue.turnedAway,
        cooling: cooling.ignored,
        inFlight: this.inFlight,
      },
      cache: { ...cache.info(), stale },
      persistent: this.persistent?.info(),
    };
  }

  /** Batches that are with the worker. */
  get inFlight(): number {
    return this.sent.size;
  }

  tbHot(tb: number): void {
    if (this.tiering.isDue(tb)) this.ask(tb);
  }

  /** A TB that has run often enough. */
  private ask(tb: number): void {
    if (!this.tiering.isHot(tb)) return;
    if (!this.options.generate) return this.tiering.queue.add(tb);
    this.generateNow([this.form(tb)], this.options.generate);
  }

  /** In synchronous mode. */
  private generateNow(regions: readonly RegionRequest[], generate: (request: GenerateRequest) => GenerateReply): void {
    const wantBinary = this.options.onModule !== undefined;
    this.receive(regions, generate({ kind: 'generate', batch: this.nextBatch++, regions, wantBinary }));
  }

  private form(tb: number): RegionRequest {
    const { injectionsOf } = this.options;
    return this.track(requestRegion(this.tbs, this.nextRegion++, tb, this.limits, (at) => this.cache.enteredAt(at), injectionsOf));
  }

  private track(request: RegionRequest, joins = false): RegionRequest {
    const tbs = request.tbs.map(({ tb }) => tb);
    this.waiting.set(request.id, this.cache.track(request.id, tbs, request.entries, joins));
    return request;
  }

  tbEntered(tb: number): void {
    // a thread that is about to enter the old region would take the new one's entry for it
    if (this.options.peers) return;
    // where there was nothing to join there seldom is soon: each time that the count has doubled
    const count = this.tbs.get(tb, TB_ENTERED);
    if ((count & (count - 1)) !== 0) return;
    this.joins.add(tb);
    if (!this.options.generate) return;
    const regions = this.gatherJoin();
    if (regions.length > 0) this.generateNow(regions, this.options.generate);
  }

  /** A batch of one region that others are joined in; empty if there is none. */
  private gatherJoin(): RegionRequest[] {
    for (const tb of this.joins) {
      this.joins.delete(tb);
      if (!this.tbs.isValid(tb) || this.tbs.get(tb, TB_FUNC) === 0 || this.cache.isPending(tb)) continue;
      const formed = joinRegions(this.tbs, tb, JOIN_LIMITS, (at) => this.cache.installedAt(at)?.tbs);
      if (formed) return [this.track(requestOf(this.tbs, this.nextRegion++, formed, this.options.injectionsOf), true)];
    }
    return [];
  }

  /** The next batch: regions around the hottest TBs, those with at least so much heat. */
  private gather(leastHeat: number): RegionRequest[] {
    const regions: RegionRequest[] = [];
    const { queue } = this.tiering;
    const list = queue.drain();
    const persistent = this.persistent?.pending();
    let insns = 0;
    let next = 0;
    while (next < list.length && insns < BATCH_INSNS) {
      if (queue.heat(list[next]) < leastHeat) break;
      const tb = list[next++];
      if (!this.tiering.isWanted(tb)) continue;
      if (this.cache.isPending(tb) || persistent?.has(tb)) {
        // Inside of a region that is being made: once that is there, tci may not come here any more.
        this.tbs.set(tb, TB_EXEC_COUNT, 0);
        continue;
      }
      const region = this.form(tb);
      regions.push(region);
      for (const { icount } of region.tbs) insns += icount;
    }
    queue.restore(list.slice(next));
    return regions;
  }

  poll(): void {
    if (this.failure) throw this.failure;
    const { worker } = this;
    this.cache.release();
    if (!worker || !(this.isBusy() || this.persistent?.isBusy())) return;
    const start = this.now();
    this.serve(worker);
    this.stats.longestPauseMs = Math.max(this.stats.longestPauseMs, this.now() - start);
  }

  private isBusy(): boolean {
    return this.tiering.queue.length > 0 || this.joins.size > 0 || this.sent.size > 0;
  }

  private serve(worker: CodegenWorker): void {
    this.persistent?.ready();
    this.collect(worker);
    this.persistent?.poll(worker);
    if (this.persistent?.isLoading) return;
    this.tiering.adjust();
    while (this.sent.size < MAX_IN_FLIGHT) {
      const leastHeat = this.tiering.leastHeat(this.madeMs);
      const mayJoin = this.joins.size > 0 && this.tiering.hasSpare(this.madeMs);
      if (leastHeat === undefined && !mayJoin) break;
      const start = this.now();
      const hot = leastHeat === undefined ? [] : this.gather(leastHeat);
      const regions = hot.length > 0 || !mayJoin ? hot : this.gatherJoin();
      if (regions.length > 0) {
        this.tiering.asks(start);
        const batch = this.nextBatch++;
        this.sent.set(batch, regions);
        worker.post({
          kind: 'generate',
          batch,
          regions,
          wantBinary: this.options.onModule !== undefined || (hot.length > 0 && (this.persistent?.wantsModules ?? false)),
        });
      }
      this.stats.requestMs += this.now() - start;
      if (regions.length === 0) break;
    }
  }

  /** Time that went into making batches. */
  private get madeMs(): number {
    return TIMES.reduce((sum, part) => sum + this.stats[part], 0);
  }

  private collect(worker: CodegenWorker): void {
    for (const reply of worker.receive()) {
      if (reply.kind === 'compiled') {
        this.persistent?.compiled(reply);
        continue;
      }
      const regions = this.sent.get(reply.batch);
      if (!regions) continue;
      this.sent.delete(reply.batch);
      this.receive(regions, reply);
    }
  }

  private receive(asked: readonly RegionRequest[], reply: GenerateReply): void {
    const start = this.now();
    const { stats } = this;
    stats.batches++;
    stats.insns += reply.insns;
    stats.bytes += reply.bytes;
    for (const part of TIMES) stats[part] += reply.times[part];
    if (reply.error !== undefined) {
      if (this.options.tuning?.check) this.failure ??= new Error(`code generation: ${reply.error}`);
      stats.errors++;
      stats.lastError = reply.error;
    }
    if (reply.binary)
      this.options.onModule?.({ binary: reply.binary, regions: reply.functions.map((id) => asked.find((region) => region.id === id)!) });
    const exports = reply.module ? this.instantiate(reply.module, reply.functions, asked) : [];
    // After an error the TBs stay queued: asking again would fail again, and they run in tci.
    for (const { id } of asked) {
      if (!this.waiting.has(id)) continue;
      if (reply.error === undefined) this.drop(id);
      else this.waiting.delete(id);
    }
    this.cache.install(exports, reply.bytes);
    if (this.persistent && reply.binary && exports.some(({ region }) => !region.joins))
      this.keepModule(reply.binary, reply.module!, reply.functions, asked, exports);
    stats.installMs += this.now() - start;
  }

  private instantiate(module: WebAssembly.Module, functions: readonly number[], asked: readonly RegionRequest[]): RegionCode[] {
    const sizes = new Map(asked.map(({ id, tbs }) => [id, tbs.length]));
    const offsets = tableOffsets(functions.map((id) => sizes.get(id)!));
    const linked = linkModule(this.options, module, offsets.at(-1)!);
    if (!linked) return [];
    const code: RegionCode[] = [];
    functions.forEach((id, k) => {
      const region = this.waiting.get(id);
      if (!region || !this.cache.isCurrent(region)) return;
      this.waiting.delete(id);
      this.stats.regions++;
      if (region.joins) this.stats.joined++;
      this.stats.tbs += region.tbs.length;
      code.push({ region, linked, name: `${k}`, table: linked.table + offsets[k] });
    });
    return code;
  }

  private keepModule(
    wasm: Uint8Array<ArrayBuffer>,
    module: WebAssembly.Module,
    functions: readonly number[],
    asked: readonly RegionRequest[],
    exports: readonly RegionCode[],
  ): void {
    const requests = new Map(asked.map((request) => [request.id, request]));
    const installed = new Set(exports.filter(({ region }) => !region.stale).map(({ region }) => region.id));
    this.persistent?.made(
      wasm,
      module,
      functions.map((id) => requests.get(id)!),
      (id) => installed.has(id),
    );
  }

  private drop(id: number): void {
    this.stats.stale++;
    this.cache.forget(this.waiting.get(id)!);
    this.waiting.delete(id);
  }

  regionAt(tb: number): readonly number[] | undefined {
    return this.cache.enteredAt(tb);
  }
  regions(): Iterable<RegionRecord> {
    return this.cache.regions();
  }

  check(generated: number): void {
    this.cache.check(generated);
  }

  /** New code, which calls the slow path in this TB. */
  tbMisses(tb: number): void {
    this.tbs.mark(tb, TB_STATE_CALLS, true);
    for (const hot of this.cache.discard(this.tbs.get(tb, TB_REGION))) this.ask(hot);
  }

  regionInvalidated(tag: number): void {
    this.cache.invalidated(tag);
  }

  tbTranslated(tb: number): void {
    this.persistent?.translated(tb);
  }

  tbFlushed(): void {
    this.persistent?.flushed();
    this.tiering.clear();
    this.joins.clear();
    // What is being made is for TBs whose memory will hold others.
    this.stats.stale += this.waiting.size;
    this.waiting.clear();
    this.cache.flushed();
  }

  keep(): void {
    this.persistent?.save();
  }

  dispose(): void {
    this.tiering.queue.clear();
    if (this.worker) this.keep();
    this.persistent?.close();
    this.worker?.close();
    this.worker = undefined;
  }
}
