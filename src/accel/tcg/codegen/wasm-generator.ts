/** Code generation as the machine thread sees it: hot TBs go in, table entries come out, now (synchronous mode) or some slices later. */
import { TB_CFLAGS, TB_FLAGS, TB_FUNC, TB_HOST0, TB_HOST1, TB_ICOUNT, TB_PC, TB_SIZE } from '../../../../assembly/shared/layout.js';
import { DEFAULT_LIMITS, formRegion, TbReader, type RegionLimits } from '../regions.js';
import { CodeCache, DEFAULT_CACHE_LIMITS, type CodeCacheLimits, type RegionRecord } from './code-cache.js';
import type { CodegenWorker, GenerateReply, GenerateRequest, RegionRequest, TbRequest } from './protocol.js';

/** What the accelerator tells code generation; the first three are imports of the runtime. */
export interface CodeGenerator {
  /** The TB ran hotThreshold times in tci. */
  tbHot(tb: number): void;
  /** A TB with this TB_REGION was invalidated. */
  regionInvalidated(tag: number): void;
  /** All TBs are gone. */
  tbFlushed(): void;
  /** Between slices: sends what has gathered, installs what has arrived. */
  poll(): void;
  dispose(): void;
}

export interface WasmGeneratorOptions {
  readonly memory: WebAssembly.Memory;
  /** The runtime's exports: generated code calls them, and `table` gets its functions. */
  readonly runtime: WebAssembly.Exports & { readonly table: WebAssembly.Table };
  /** Where batches are made: a worker, or a function for the synchronous mode. */
  readonly worker?: CodegenWorker;
  readonly generate?: (request: GenerateRequest) => GenerateReply;
  readonly limits?: RegionLimits;
  readonly cache?: CodeCacheLimits;
}

/** A batch of some 16 KB of wasm: modules cost V8 24 KB each, and functions of one module are compiled together. */
const BATCH_INSNS = 500;
/** Batches under way: more would only make each wait longer while their TBs go stale. */
const MAX_IN_FLIGHT = 4;

export interface GeneratorStats {
  regions: number;
  tbs: number;
  insns: number;
  bytes: number;
  generateMs: number;
  compileMs: number;
  installMs: number;
  stale: number;
  errors: number;
  lastError: string;
}

export class WasmCodeGenerator implements CodeGenerator {
  private readonly tbs: TbReader;
  readonly cache: CodeCache;
  private readonly imports: WebAssembly.Imports;
  private readonly limits: RegionLimits;
  private gathered: RegionRequest[] = [];
  private gatheredInsns = 0;
  private readonly waiting = new Map<number, RegionRecord>();
  private inFlight = 0;
  private nextRegion = 1;
  private nextBatch = 1;
  readonly stats: GeneratorStats = {
    regions: 0, tbs: 0, insns: 0, bytes: 0, generateMs: 0, compileMs: 0, installMs: 0, stale: 0, errors: 0, lastError: '',
  }; // prettier-ignore

  constructor(private readonly options: WasmGeneratorOptions) {
    if (!options.worker === !options.generate) throw new TypeError('code generation needs a worker or a generate function, and not both');
    this.tbs = new TbReader(options.memory);
    this.cache = new CodeCache(this.tbs, options.runtime.table, options.cache ?? DEFAULT_CACHE_LIMITS);
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.imports = { m: { m: options.memory }, r: options.runtime };
  }

  tbHot(tb: number): void {
    if (!this.tbs.isValid(tb) || this.tbs.get(tb, TB_FUNC) !== 0) return;
    const formed = formRegion(this.tbs, tb, this.limits);
    const id = this.nextRegion++;
    this.waiting.set(id, this.cache.track(id, formed.tbs, formed.entries));
    const tbs = formed.tbs.map((pointer, i) => this.request(pointer, formed.links[i]));
    this.gathered.push({ id, tbs, entries: formed.entries });
    for (const { icount } of tbs) this.gatheredInsns += icount;
    if (this.options.generate || this.gatheredInsns >= BATCH_INSNS) this.send();
  }

  private request(tb: number, links: readonly [number, number]): TbRequest {
    const get = (field: number) => this.tbs.get(tb, field);
    return {
      tb,
      links,
      pcLo: get(TB_PC),
      pcHi: get(TB_PC + 4),
      flags: get(TB_FLAGS),
      cflags: get(TB_CFLAGS),
      host0: get(TB_HOST0),
      host1: get(TB_HOST1),
      icount: get(TB_ICOUNT),
      size: get(TB_SIZE),
    };
  }

  private send(): void {
    if (this.gathered.length === 0 || this.inFlight >= MAX_IN_FLIGHT) return;
    // what went stale while it gathered is not worth making
    const regions = this.gathered.filter(({ id }) => !this.waiting.get(id)!.stale || (this.drop(id), false));
    this.gathered = [];
    this.gatheredInsns = 0;
    if (regions.length === 0) return;
    const request: GenerateRequest = { kind: 'generate', batch: this.nextBatch++, regions };
    if (this.options.generate) this.receive(request.regions, this.options.generate(request));
    else {
      this.inFlight++;
      this.sent.set(request.batch, regions);
      this.options.worker!.post(request);
    }
  }

  private readonly sent = new Map<number, readonly RegionRequest[]>();

  poll(): void {
    const { worker } = this.options;
    if (worker) {
      for (const reply of worker.receive()) {
        const regions = this.sent.get(reply.batch);
        if (!regions) continue;
        this.sent.delete(reply.batch);
        this.inFlight--;
        this.receive(regions, reply);
      }
    }
    this.send();
  }

  private receive(asked: readonly RegionRequest[], reply: GenerateReply): void {
    const start = performance.now();
    const { stats } = this;
    stats.insns += reply.insns;
    stats.bytes += reply.bytes;
    stats.generateMs += reply.generateMs;
    stats.compileMs += reply.compileMs;
    if (reply.error !== undefined) {
      stats.errors++;
      stats.lastError = reply.error;
    }
    const exports: { region: RegionRecord; func: unknown }[] = [];
    if (reply.module) {
      const instance = new WebAssembly.Instance(reply.module, this.imports);
      reply.functions.forEach((id, k) => {
        const region = this.waiting.get(id);
        if (!region || !this.cache.isCurrent(region)) return;
        this.waiting.delete(id);
        stats.regions++;
        stats.tbs += region.tbs.length;
        exports.push({ region, func: instance.exports[`${k}`] });
      });
    }
    // After an error the TBs stay queued: asking again would fail again, and they run in tci.
    for (const { id } of asked) {
      if (!this.waiting.has(id)) continue;
      if (reply.error === undefined) this.drop(id);
      else this.waiting.delete(id);
    }
    this.cache.install(exports, reply.bytes);
    stats.installMs += performance.now() - start;
  }

  private drop(id: number): void {
    this.stats.stale++;
    this.cache.forget(this.waiting.get(id)!);
    this.waiting.delete(id);
  }

  regionInvalidated(tag: number): void {
    this.cache.invalidated(tag);
  }

  tbFlushed(): void {
    this.cache.flushed();
  }

  dispose(): void {
    this.options.worker?.terminate();
  }
}
