/** Code generation as the machine thread sees it: hot TBs go in, table entries come out, now (synchronous mode) or some slices later. */
import {
  TB_CFLAGS,
  TB_EXEC_COUNT,
  TB_FLAGS,
  TB_FUNC,
  TB_HOST0,
  TB_HOST1,
  TB_ICOUNT,
  TB_PC,
  TB_PHYS_PAGE0,
  TB_REGION,
  TB_ROUNDS,
  TB_SIZE,
  TB_STATE,
  TB_STATE_CALLS,
  TB_STATE_QUEUED,
} from '../../../../assembly/shared/layout.js';
import type { WasmInfo } from '../../jit-info.js';
import { tableOffsets, type IndirectLink } from '../../../tcg/wasm/region.js';
import { DEFAULT_LIMITS, formRegion, noteTripCount, TbReader, type RegionLimits } from './regions.js';
import { CodeCache, DEFAULT_CACHE_LIMITS, type CodeCacheLimits, type CodePeers, type RegionCode, type RegionRecord } from './code-cache.js';
import { HotQueue } from './hot-queue.js';
import { HotThreshold } from './hot-threshold.js';
import type { MadeModule } from './listing.js';
import type { WasmExports } from '../../../util/web-assembly.js';
import type { KeptTbs } from './kept-tbs.js';
import { KeptCode, linkModule, type KeptCodeOptions } from './kept-code.js';
import { PageCooling } from './page-cooling.js';
import type { CodegenTimes, CodegenWorker, GenerateReply, GenerateRequest, RegionRequest, TbRequest } from './protocol.js';

/** What the accelerator tells code generation; the first three are imports of the runtime. */
export interface CodeGenerator {
  /** The TB ran another hotThreshold times in tci. */
  tbHot(tb: number): void;
  /** The TB's generated code leaves too often at memory accesses. */
  tbMisses(tb: number): void;
  /** A TB with this TB_REGION was invalidated. */
  regionInvalidated(tag: number): void;
  /** All TBs are gone. */
  tbFlushed(): void;
  /** Between slices: sends what has gathered, installs what has arrived. */
  poll(): void;
  /** A TB was made. */
  tbTranslated?(tb: number): void;
  /** TBs of earlier runs, for the translator. */
  readonly keptTbs?: KeptTbs | undefined;
  /** Nothing more is made; what is installed stays, and so do the figures. */
  dispose(): void;
  /** Executions in tci after which generated code pays, unless the user says otherwise. */
  readonly defaultThreshold: number;
  /** `info jit`, `--stats`. */
  info(): WasmInfo;
  /** TB pointers of the region that is entered at a TB. */
  regionAt?(tb: number): readonly number[] | undefined;
  /**
   * `generated`: TBs that have code.
   * @throws Error if what is installed is not what TBs lead to
   */
  check?(generated: number): void;
}

export interface WasmGeneratorOptions {
  readonly memory: WebAssembly.Memory;
  /** The runtime's exports: generated code calls them, `table` gets its functions, and codeTableAlloc gives room for its own tables. */
  readonly runtime: WasmExports & { readonly table: WebAssembly.Table; codeTableAlloc(bytes: number): number };
  /** Where batches are made: a worker, which may still be starting, or a function for the synchronous mode. */
  readonly worker?: CodegenWorker;
  readonly generate?: (request: GenerateRequest) => GenerateReply;
  readonly limits?: RegionLimits;
  readonly cache?: CodeCacheLimits;
  /** Other instances of the engine, whose vCPUs run the code too. */
  readonly peers?: CodePeers;
  /** A batch that cannot be made ends the run (`poll` throws), instead of leaving its TBs in tci. */
  readonly check?: boolean;
  /** The threshold that the user chose; default: defaultThreshold. */
  readonly hotThreshold?: number;
  /** Sets the runtime's threshold: the generator adapts it to what the worker can do. Without it, it stays. */
  readonly setThreshold?: (count: number) => void;
  /** Hears of each module that was made (`-d out_asm`). */
  readonly onModule?: (module: MadeModule) => void;
  /** Code of earlier runs, with a worker only. */
  readonly kept?: KeptCodeOptions;
  /** TBs of earlier runs. */
  readonly keptTbs?: KeptTbs | undefined;
  /** Milliseconds; default: the host's. */
  readonly now?: () => number;
}

/**
 * A guest instruction costs 3 ns in tci and under 1 ns in a region; making its code costs 60 to 100 us of CPU time. So code pays for itself
 * after some 30,000 executions. A worker's time is cheaper than the machine thread's, and its share is bounded.
 */
const SYNC_THRESHOLD = 1 << 15;
const WORKER_THRESHOLD = 1 << 14;
/** A batch of some 32 KB of wasm: modules cost V8 24 KB each, and functions of one module are compiled together. */
const BATCH_INSNS = 500;
/** One batch that the worker is at, and one so that it need not wait for the next slice: the later a region is formed, the better it is known what is hot. */
const MAX_IN_FLIGHT = 2;
/**
 * The worker's share of the time since it was first asked for something, and what it may use beyond that at first. Code that would be made sooner mostly
 * does not run long enough to pay for itself (bench/RESULTS.md).
 */
const WORKER_SHARE = 0.35;
const WORKER_ADVANCE_MS = 150;
/** Guest instructions, 30 ms of tci at least, after which a TB has its code whatever the worker's share: it has lost more than the code costs. */
const OVERDUE = 1e7;

const TIMES = ['translateMs', 'lowerMs', 'emitMs', 'compileMs'] as const satisfies readonly (keyof CodegenTimes)[];

export interface GeneratorStats {
  regions: number;
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
  readonly queue: HotQueue;
  readonly cooling = new PageCooling();
  private readonly limits: RegionLimits;
  private readonly now: () => number;
  private readonly threshold: HotThreshold | undefined;
  private worker: CodegenWorker | undefined;
  /** When the worker was first asked for something; before that its share does not grow. */
  private firstRequest: number | undefined;
  private readonly waiting = new Map<number, RegionRecord>();
  /** Regions by the batch that was posted. */
  private readonly sent = new Map<number, readonly RegionRequest[]>();
  readonly kept: KeptCode | undefined;
  readonly keptTbs: KeptTbs | undefined;
  private nextRegion = 1;
  private nextBatch = 1;
  readonly stats: GeneratorStats = {
    regions: 0, tbs: 0, insns: 0, bytes: 0, batches: 0, translateMs: 0, lowerMs: 0, emitMs: 0, compileMs: 0, requestMs: 0, installMs: 0, longestPauseMs: 0, stale: 0, errors: 0, lastError: '',
  }; // prettier-ignore

  /** Kept for `poll`: nothing may be thrown into the runtime, which calls tbHot. */
  private failure?: Error;

  constructor(private readonly options: WasmGeneratorOptions) {
    if (!options.worker === !options.generate) throw new TypeError('code generation needs a worker or a generate function, and not both');
    this.worker = options.worker;
    this.keptTbs = options.keptTbs;
    this.tbs = new TbReader(options.memory);
    this.queue = new HotQueue(this.tbs);
    this.cache = new CodeCache(
      this.tbs,
      options.runtime.table,
      options.cache ?? DEFAULT_CACHE_LIMITS,
      (region) => {
        this.cooling.wasted(this.tbs.get(region.tbs[0], TB_PHYS_PAGE0));
      },
      options.peers,
    );
    if (options.kept) this.kept = new KeptCode(options.kept, options, this.tbs, this.cache);
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.now = options.now ?? (() => performance.now());
    if (options.setThreshold) this.threshold = new HotThreshold(this.defaultThreshold, options.setThreshold);
  }

  get defaultThreshold(): number {
    return this.options.generate ? SYNC_THRESHOLD : WORKER_THRESHOLD;
  }

  info(): WasmInfo {
    const { stats, cache, queue } = this;
    const { batches: modules, stale, ...rest } = stats;
    return {
      ...rest,
      background: this.options.generate === undefined,
      compiler: this.options.worker?.compiler ?? 'tiered',
      modules,
      threshold: this.threshold?.value ?? this.options.hotThreshold ?? this.defaultThreshold,
      queue: {
        waiting: queue.length,
        peak: queue.peak,
        turnedAway: queue.turnedAway,
        cooling: this.cooling.ignored,
        inFlight: this.inFlight,
      },
      cache: { ...cache.info(), stale },
      kept: this.kept && this.keptTbs && { ...this.kept.info(), tbs: this.keptTbs.stats },
    };
  }

  /** Batches that are with the worker. */
  get inFlight(): number {
    return this.sent.size;
  }

  tbHot(tb: number): void {
    if (!this.isWanted(tb)) return;
    if (this.cooling.isCooling(this.tbs.get(tb, TB_PHYS_PAGE0))) {
      this.tbs.set(tb, TB_EXEC_COUNT, 0);
      return;
    }
    const { generate } = this.options;
    if (!generate) return this.queue.add(tb);
    const region = this.form(tb);
    this.receive(
      [region],
      generate({ kind: 'generate', batch: this.nextBatch++, regions: [region], wantBinary: this.options.onModule !== undefined }),
    );
  }

  /** It is valid, and no region is entered at it, or will be soon. */
  private isWanted(tb: number): boolean {
    return this.tbs.isValid(tb) && this.tbs.get(tb, TB_FUNC) === 0 && (this.tbs.get(tb, TB_STATE) & TB_STATE_QUEUED) === 0;
  }

  private form(tb: number): RegionRequest {
    const formed = formRegion(this.tbs, tb, this.limits, (at) => this.cache.enteredAt(at));
    for (const each of formed.tbs) noteTripCount(this.tbs, each);
    const id = this.nextRegion++;
    this.waiting.set(id, this.cache.track(id, formed.tbs, formed.entries));
    const tciInsns = formed.tbs.reduce((sum, each) => sum + this.tbs.get(each, TB_EXEC_COUNT) * this.tbs.get(each, TB_ICOUNT), 0);
    return {
      id,
      tbs: formed.tbs.map((pointer, i) => this.request(pointer, formed.links[i], formed.indirect[i])),
      entries: formed.entries,
      tciInsns,
    };
  }

  private request(tb: number, links: readonly [number, number], indirect: readonly IndirectLink[]): TbRequest {
    const get = (field: number) => this.tbs.get(tb, field);
    return {
      tb,
      links,
      indirect,
      pcLo: get(TB_PC),
      pcHi: get(TB_PC + 4),
      flags: get(TB_FLAGS),
      cflags: get(TB_CFLAGS),
      host0: get(TB_HOST0),
      host1: get(TB_HOST1),
      icount: get(TB_ICOUNT),
      size: get(TB_SIZE),
      sideExitOnMiss: (get(TB_STATE) & TB_STATE_CALLS) === 0,
      tripCount: get(TB_ROUNDS),
    };
  }

  /** The next batch: regions around the hottest TBs, those with at least so much heat. */
  private gather(leastHeat: number): RegionRequest[] {
    const regions: RegionRequest[] = [];
    const list = this.queue.drain();
    const kept = this.kept?.pending();
    let insns = 0;
    let next = 0;
    while (next < list.length && insns < BATCH_INSNS) {
      if (this.queue.heat(list[next]) < leastHeat) break;
      const tb = list[next++];
      if (!this.isWanted(tb)) continue;
      if (this.cache.isPending(tb) || kept?.has(tb)) {
        // Inside of a region that is being made: once that is there, tci may not come here any more.
        this.tbs.set(tb, TB_EXEC_COUNT, 0);
        continue;
      }
      const region = this.form(tb);
      regions.push(region);
      for (const { icount } of region.tbs) insns += icount;
    }
    this.queue.restore(list.slice(next));
    return regions;
  }

  poll(): void {
    if (this.failure) throw this.failure;
    const { worker } = this;
    this.cache.release();
    if (!worker || !(this.isBusy() || this.kept?.isBusy())) return;
    const start = this.now();
    this.serve(worker);
    this.stats.longestPauseMs = Math.max(this.stats.longestPauseMs, this.now() - start);
  }

  private isBusy(): boolean {
    return this.queue.length > 0 || this.sent.size > 0;
  }

  private serve(worker: CodegenWorker): void {
    this.collect(worker);
    this.kept?.poll(worker);
    if (this.firstRequest !== undefined) {
      this.threshold?.adjust(this.now(), this.queue.length, this.spareMs());
    }
    while (this.sent.size < MAX_IN_FLIGHT) {
      const leastHeat = this.spareMs() > 0 ? 0 : OVERDUE;
      if (!this.queue.hasHeat(leastHeat)) break;
      const start = this.now();
      const regions = this.gather(leastHeat);
      if (regions.length > 0) {
        this.firstRequest ??= start;
        const batch = this.nextBatch++;
        this.sent.set(batch, regions);
        worker.post({
          kind: 'generate',
          batch,
          regions,
          wantBinary: this.options.onModule !== undefined || (this.kept?.wantsModules ?? false),
        });
      }
      this.stats.requestMs += this.now() - start;
    }
  }

  /** Time that went into making batches. */
  private get madeMs(): number {
    return TIMES.reduce((sum, part) => sum + this.stats[part], 0);
  }

  /** What the worker may use before it has had its share. */
  private spareMs(): number {
    if (this.firstRequest === undefined) return WORKER_ADVANCE_MS;
    return WORKER_ADVANCE_MS + WORKER_SHARE * (this.now() - this.firstRequest) - this.madeMs;
  }

  private collect(worker: CodegenWorker): void {
    for (const reply of worker.receive()) {
      if (reply.kind === 'compiled') {
        this.kept?.compiled(reply);
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
      if (this.options.check) this.failure ??= new Error(`code generation: ${reply.error}`);
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
    if (this.kept && reply.binary && exports.length > 0) this.keep(reply.binary, reply.functions, asked, exports);
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
      this.stats.tbs += region.tbs.length;
      code.push({ region, linked, name: `${k}`, table: linked.table + offsets[k] });
    });
    return code;
  }

  private keep(
    wasm: Uint8Array<ArrayBuffer>,
    functions: readonly number[],
    asked: readonly RegionRequest[],
    exports: readonly RegionCode[],
  ): void {
    const requests = new Map(asked.map((request) => [request.id, request]));
    const installed = new Set(exports.filter(({ region }) => !region.stale).map(({ region }) => region.id));
    this.kept?.made(
      wasm,
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

  check(generated: number): void {
    this.cache.check(generated);
  }

  /** New code, which calls the slow path in this TB. */
  tbMisses(tb: number): void {
    this.tbs.mark(tb, TB_STATE_CALLS, true);
    for (const hot of this.cache.discard(this.tbs.get(tb, TB_REGION))) this.tbHot(hot);
  }

  regionInvalidated(tag: number): void {
    this.cache.invalidated(tag);
  }

  tbTranslated(tb: number): void {
    this.kept?.translated(tb);
  }

  tbFlushed(): void {
    this.kept?.flushed();
    this.queue.clear();
    this.cooling.clear();
    // What is being made is for TBs whose memory will hold others.
    this.stats.stale += this.waiting.size;
    this.waiting.clear();
    this.cache.flushed();
  }

  dispose(): void {
    this.queue.clear();
    if (this.worker) {
      this.kept?.save();
      this.keptTbs?.save();
    }
    this.worker?.close();
    this.worker = undefined;
  }
}
