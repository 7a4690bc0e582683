/**
 * Generated code on the machine thread: table slots, installed regions, and the bound on how much there may be. What is evicted are
 * modules that were not entered since the cache last looked (second chance). Only a flush of all TBs takes all, and it lets go of them one by one.
 */
import { TABLE_TBS, TB_ENTERED, TB_ENTRY, TB_EXEC_COUNT, TB_FUNC, TB_REGION, TB_STATE_QUEUED } from '../../../../assembly/shared/layout.js';
import type { WasmInfo } from '../../jit-info.js';
import type { WasmExports } from '../../../util/web-assembly.js';
import type { TbReader } from './regions.js';

export interface CodeCacheLimits {
  /** Wasm bytes of all modules (machine code is some four times that). */
  readonly bytes: number;
  readonly modules: number;
}

export const DEFAULT_CACHE_LIMITS: CodeCacheLimits = { bytes: 48 << 20, modules: 4000 };
const TABLE_CHUNK = 256;

/** A region from the moment it is asked for. */
export interface RegionRecord {
  readonly id: number;
  /** TB pointers; the first is the one that was hot. */
  readonly tbs: readonly number[];
  /** TB_REGION of each TB: proof that the record is still that TB. */
  readonly tags: readonly number[];
  /** Indexes into tbs. */
  readonly entries: readonly number[];
  /** It takes the place of the region that its first TB was an entry of. */
  readonly joins: boolean;
  /** A TB of it was invalidated: it must not be installed. */
  stale: boolean;
  /** Where it is installed. */
  slot: number;
  /** Address of its part of the module's table. */
  table: number;
  module?: ModuleRecord;
}

/** A module that is linked with this instance of the runtime. */
export interface LinkedModule {
  readonly module: WebAssembly.Module;
  readonly exports: WasmExports;
  /** Address of its table of TB pointers, in linear memory. */
  readonly table: number;
}

/** A function that is there, and where in linear memory its part of the module's table is. */
export interface RegionCode {
  readonly region: RegionRecord;
  readonly linked: LinkedModule;
  readonly name: string;
  readonly table: number;
}

/** A function at its place: the same in the tables of all instances of an engine, for that is what TB_FUNC says. */
export interface PlacedCode {
  readonly module: WebAssembly.Module;
  readonly table: number;
  readonly name: string;
  readonly slot: number;
}

/** The other instances of the engine, each with a function table of its own. One of an engine's instances, the first, makes the code of all. */
export interface CodePeers {
  /**
   * Has functions put into all their tables, in the order of the calls, and never while one of their vCPUs runs. Then calls `reveal`, inside (Runtime.inside);
   * or not at all, if all TBs have gone meanwhile. Until then no TB leads there.
   */
  place(code: readonly PlacedCode[], reveal: () => void): void;
}

interface ModuleRecord {
  readonly bytes: number;
  readonly regions: Set<RegionRecord>;
  /** How often it had been entered when the cache last looked. */
  entered: number;
}

export class CodeCache {
  private readonly modules = new Set<ModuleRecord>();
  private readonly freeSlots: number[] = [];
  /** Slots of modules that a flush left without TBs: see release(). */
  private readonly retired: number[][] = [];
  /** TB_REGION values to the regions, asked for or installed, that hold that TB. */
  private readonly members = new Map<number, Set<RegionRecord>>();
  private nextTag = 1;
  bytes = 0;
  evictions = 0;
  longestEvictionMs = 0;
  invalidations = 0;

  constructor(
    private readonly tbs: TbReader,
    private readonly table: WebAssembly.Table,
    private readonly limits: CodeCacheLimits,
    /** A region's code, made or being made, is lost because the guest's code changed. */
    private readonly onInvalidated: (region: RegionRecord) => void = () => {},
    private readonly peers?: CodePeers,
  ) {}

  info(): Omit<WasmInfo['cache'], 'stale'> {
    const { bytes, evictions, longestEvictionMs, invalidations, limits } = this;
    const counts = { modules: this.moduleCount, functions: this.regionCount, maxModules: limits.modules, maxBytes: limits.bytes };
    return { ...counts, bytes, evictions, longestEvictionMs, invalidations };
  }
  get moduleCount(): number {
    return this.modules.size;
  }
  get regionCount(): number {
    let count = 0;
    for (const module of this.modules) count += module.regions.size;
    return count;
  }

  /** Those that are installed. */
  *regions(): Generator<RegionRecord> {
    for (const { regions } of this.modules) yield* regions;
  }

  /** TBs that are in a region, asked for or installed. */
  get trackedTbs(): number {
    return this.members.size;
  }

  /** Takes note of a region that is about to be asked for: from now on its invalidation is seen. */
  track(id: number, tbs: readonly number[], entries: readonly number[], joins = false): RegionRecord {
    const tags = tbs.map((tb) => {
      let tag = this.tbs.get(tb, TB_REGION);
      if (tag === 0 || !this.members.has(tag)) this.tbs.set(tb, TB_REGION, (tag = this.nextTag++));
      return tag;
    });
    const region: RegionRecord = { id, tbs, tags, entries, joins, stale: false, slot: 0, table: 0 };
    for (const tag of tags) {
      let set = this.members.get(tag);
      if (!set) this.members.set(tag, (set = new Set()));
      set.add(region);
    }
    for (const i of entries) this.tbs.mark(tbs[i], TB_STATE_QUEUED, true);
    return region;
  }

  /** Whether a region that is being made holds the TB. */
  isPending(tb: number): boolean {
    const tag = this.tbs.get(tb, TB_REGION);
    if (tag === 0) return false;
    for (const region of this.members.get(tag) ?? []) if (!region.module && !region.stale) return true;
    return false;
  }

  /** TBs of the oldest region, asked for or installed, that is entered at a TB. */
  enteredAt(tb: number): readonly number[] | undefined {
    for (const region of this.members.get(this.tbs.get(tb, TB_REGION)) ?? []) {
      if (!region.stale && region.entries.some((i) => region.tbs[i] === tb)) return region.tbs;
    }
    return undefined;
  }

  /** Whether every TB of a region is still the one that was asked for. */
  isCurrent(region: RegionRecord): boolean {
    return !region.stale && region.tbs.every((tb, i) => this.tbs.isValid(tb) && this.tbs.get(tb, TB_REGION) === region.tags[i]);
  }

  /** Makes a module's functions reachable. */
  install(code: readonly RegionCode[], bytes: number): void {
    const module: ModuleRecord = { bytes, regions: new Set(), entered: 0 };
    const placed: PlacedCode[] = [];
    for (const { region, linked, name, table } of code) {
      if (!this.isCurrent(region)) {
        this.forget(region);
        continue;
      }
      region.module = module;
      region.slot = this.takeSlot();
      this.table.set(region.slot, linked.exports[name]);
      placed.push({ module: linked.module, table: linked.table, name, slot: region.slot });
      region.table = table;
      region.tbs.forEach((tb, i) => this.tbs.set(table, TABLE_TBS + 4 * i, tb));
      module.regions.add(region);
      // Those inside start over: only what tci still comes to has to become a region of its own.
      for (const tb of region.tbs) this.tbs.set(tb, TB_EXEC_COUNT, 0);
    }
    if (module.regions.size === 0) return;
    const reveal = (): void => module.regions.forEach((region) => this.reveal(region));
    if (this.peers) this.peers.place(placed, reveal);
    else reveal();
    this.modules.add(module);
    this.bytes += bytes;
    this.evict(module);
  }

  /** From here on TBs lead to a region's code. */
  private reveal(region: RegionRecord): void {
    if (!this.isCurrent(region)) return;
    for (const [entry, i] of region.entries.entries()) {
      const tb = region.tbs[i];
      const isEntry = this.tbs.get(tb, TB_FUNC) !== 0;
      // a TB that is an entry of another region already stays there
      if (isEntry && !(region.joins && i === 0)) continue;
      const before = isEntry ? this.installedAt(tb) : undefined;
      this.tbs.set(tb, TB_ENTRY, entry);
      this.tbs.publish(tb, TB_FUNC, region.slot);
      if (isEntry) this.replaced(tb, before);
    }
  }

  /** Another region is entered at `tb` now: the one that was, `region`, goes if nothing else leads there. */
  private replaced(tb: number, region: RegionRecord | undefined): void {
    this.tbs.set(tb, TB_ENTERED, 0);
    if (region && !region.entries.some((i) => this.tbs.get(region.tbs[i], TB_FUNC) === region.slot)) this.uninstall(region);
  }

  /** The region whose code a TB leads to. */
  installedAt(tb: number): RegionRecord | undefined {
    const slot = this.tbs.get(tb, TB_FUNC);
    for (const region of this.members.get(this.tbs.get(tb, TB_REGION)) ?? []) if (region.module && region.slot === slot) return region;
    return undefined;
  }

  /** A region that will not be installed: its TBs may become hot again. */
  forget(region: RegionRecord): void {
    region.stale = true;
    region.tags.forEach((tag, i) => {
      const set = this.members.get(tag);
      set?.delete(region);
      if (set?.size === 0) this.members.delete(tag);
      if (this.tbs.get(region.tbs[i], TB_REGION) !== tag || !this.tbs.isValid(region.tbs[i])) return;
      if (set?.size === 0) this.tbs.set(region.tbs[i], TB_REGION, 0);
    });
    for (const i of region.entries) {
      const tb = region.tbs[i];
      if (!this.tbs.isValid(tb) || this.tbs.get(tb, TB_FUNC) !== 0) continue;
      this.tbs.mark(tb, TB_STATE_QUEUED, false);
      this.tbs.set(tb, TB_EXEC_COUNT, 0);
    }
  }

  /** The runtime invalidated the TB with this TB_REGION: every region that holds it goes. */
  invalidated(tag: number): void {
    for (const region of [...(this.members.get(tag) ?? [])]) {
      this.invalidations++;
      this.onInvalidated(region);
      this.uninstall(region);
    }
  }

  /** Drops the installed code of every region that holds the TB with this TB_REGION. Returns the TBs that they were made for. */
  discard(tag: number): number[] {
    const regions = [...(this.members.get(tag) ?? [])].filter((region) => region.module);
    for (const region of regions) this.uninstall(region);
    return regions.map(({ tbs }) => tbs[0]);
  }

  /**
   * `generated`: TBs that have code, by the runtime's count.
   * @throws RangeError if that is not what is installed, or if a region's TBs have changed and it is still there
   */
  check(generated: number): void {
    const entries = new Set<number>();
    for (const { regions } of this.modules) {
      for (const region of regions) {
        if (!this.isCurrent(region)) throw new RangeError('code cache: a region is installed whose TBs are gone');
        if (typeof this.table.get(region.slot) !== 'function') throw new RangeError('code cache: a region has no function');
        region.tbs.forEach((tb, i) => {
          if (this.tbs.get(region.table, TABLE_TBS + 4 * i) !== tb) throw new RangeError("code cache: a module's table has another TB");
        });
        for (const i of region.entries) if (this.tbs.get(region.tbs[i], TB_FUNC) === region.slot) entries.add(region.tbs[i]);
      }
    }
    if (entries.size !== generated)
      throw new RangeError(`code cache: ${generated} TBs lead to code, ${entries.size} of them to a region's`);
  }

  /** All TBs are gone, and their records with them. */
  flushed(): void {
    while (this.retired.length > 0) this.release();
    for (const { regions } of this.modules) this.retired.push([...regions].map(({ slot }) => slot));
    for (const set of this.members.values()) for (const region of set) region.stale = true;
    this.modules.clear();
    this.members.clear();
    this.bytes = 0;
  }

  /**
   * Lets go of one module of those that a flush left, for the host's collector to take: called between slices, since 2000 at once
   * would make one collection take 40 to 100 ms.
   */
  release(): void {
    for (const slot of this.retired.pop() ?? []) this.freeSlot(slot);
  }

  private uninstall(region: RegionRecord): void {
    const { module } = region;
    if (module) {
      for (const i of region.entries) {
        const tb = region.tbs[i];
        if (this.tbs.isValid(tb) && this.tbs.get(tb, TB_FUNC) === region.slot) this.tbs.set(tb, TB_FUNC, 0);
      }
      this.freeSlot(region.slot);
      region.slot = 0;
      module.regions.delete(region);
      region.module = undefined;
      if (module.regions.size === 0 && this.modules.delete(module)) this.bytes -= module.bytes;
    }
    this.forget(region);
  }

  /** How often a module was entered, as far as the dispatcher counted it. */
  private entered({ regions }: ModuleRecord): number {
    let sum = 0;
    for (const { tbs, entries } of regions) for (const i of entries) sum += this.tbs.get(tbs[i], TB_ENTERED);
    return sum;
  }

  /** A module that was not entered since the last look was idle. */
  private evict(newest: ModuleRecord): void {
    if (!this.isFull()) return;
    const start = performance.now();
    for (let looks = 2 * this.modules.size; looks > 0 && this.isFull(); looks--) {
      const [oldest] = this.modules;
      const entered = this.entered(oldest);
      if (oldest === newest || entered !== oldest.entered) {
        oldest.entered = entered;
        this.modules.delete(oldest);
        this.modules.add(oldest);
        continue;
      }
      this.evictions++;
      for (const region of [...oldest.regions]) this.uninstall(region);
    }
    this.longestEvictionMs = Math.max(this.longestEvictionMs, performance.now() - start);
  }

  private isFull(): boolean {
    return this.bytes > this.limits.bytes || this.modules.size > this.limits.modules;
  }

  private takeSlot(): number {
    if (this.freeSlots.length === 0) {
      const first = this.table.grow(TABLE_CHUNK);
      for (let i = TABLE_CHUNK - 1; i >= 0; i--) if (first + i > 0) this.freeSlots.push(first + i);
    }
    return this.freeSlots.pop()!;
  }

  private freeSlot(slot: number): void {
    this.table.set(slot, null);
    this.freeSlots.push(slot);
  }
}
