/**
 * The translator's memory from run to run (docs/code-cache.md): the TBs that earlier runs made of a page of guest code, found again by what the page has in it, wherever
 * it lies now. They are read, and made known to the engine, when the first of them is missing: a TB takes 7 us to translate, and less than one to be put back.
 */
import { concat } from '../../util/bytes.js';
import type { CodeStore, NewPart, StoredCode } from './codegen/code-store.js';
import { decodePages, encodePages, mergeRecords, PAGE_ENTRY_BYTES, recordsByPage, type PagePart } from './persistent-pages-format.js';
import type { Runtime } from './runtime.js';

/** TBs that are packed at a time: some will be overwritten later, but hardly any has been yet. */
const BATCH = 1024;
/** Bytes of them, as an upper bound: where the arena has no more room than that, nothing is kept. */
const BATCH_BYTES = 1 << 20;
/** Bytes that a run adds at most: they are in memory until it ends. */
const MOST_FRESH = 32 << 20;
/** TBs that are made before the store is read: so many are no small guest's. */
const EARLY_TBS = 256;
/** A run that made no more bytes of them than that, and no more than this part of those that it was given, is not worth another file. */
const LEAST_MADE = 128 << 10;
const WORTH = 1 / 8;
/** A page that is emptied again and again is not asked for each time. */
const MOST_UNPACKED = 32;
/** Pages that a run asks for, and that are kept; a guest may make new code without end. */
const MOST_PAGES = 1 << 15;
/** Bytes of a page's TBs, which are put back at once: some milliseconds. A page may have TBs at each place for each state of the CPU. */
const MOST_OF_PAGE = 256 << 10;

/** A page that is to be saved. */
type NewPage = Omit<PagePart, 'at'> & NewPart;

interface Page {
  readonly part: PagePart;
  unpacked: number;
}

export interface PersistentPagesOptions {
  readonly store: CodeStore;
  /** That it takes. */
  readonly maxBytes: number;
  /** What TBs depend on beside guest code and build. */
  readonly key: string;
  /** Of the TBs that are kept, with CF_PCREL. */
  readonly cflags: number;
  /** Hears of each TB that was put back. */
  readonly restored: (tb: number) => void;
}

export class PersistentPages {
  /** TBs that were put back. */
  restored = 0;
  private file: StoredCode | undefined;
  private pages: Map<number, Page> | undefined;
  private early = 0;
  private isClosed = false;
  /** Keys in the order in which they were asked for. */
  private readonly asked = new Set<number>();
  /** Addresses of TBs of this run that are not packed yet. */
  private readonly made = new Uint32Array(BATCH);
  private madeCount = 0;
  /** Records of those that are. */
  private readonly fresh: Uint8Array<ArrayBuffer>[] = [];
  private freshBytes = 0;
  /** Of these, what is saved; and bytes of the records that were read. */
  private savedBytes = 0;
  private readBytes = 0;
  /** The arena has been full. */
  private isOver = false;
  private readonly words: Uint32Array;
  private readonly bytes: Uint8Array;

  constructor(
    private readonly runtime: Runtime,
    private readonly options: PersistentPagesOptions,
  ) {
    this.words = new Uint32Array(runtime.memory.buffer);
    this.bytes = new Uint8Array(runtime.memory.buffer);
  }

  /** The TB that a vCPU is to have, if an earlier run made it; or 0. */
  find(env: number): number {
    if (!this.pages || this.isOver || this.asked.size === MOST_PAGES) return 0;
    const key = this.runtime.exports.tbPageKey(env, this.options.cflags);
    if (key === 0) return 0;
    this.asked.add(key);
    const page = this.pages.get(key);
    if (!page || page.unpacked === MOST_UNPACKED) return 0;
    page.unpacked++;
    this.unpack(env, page.part);
    return this.runtime.exports.tbKnown(env) >>> 0;
  }

  private unpack(env: number, part: PagePart): void {
    const { start, end } = this.runtime.arenaRoom;
    const at = ((end - part.length) & ~7) >>> 0;
    if (part.length > MOST_OF_PAGE || at < start) return;
    const records = this.file?.read(part);
    if (!records) return;
    this.bytes.set(records, at);
    this.readBytes += records.length;
    const count = this.runtime.exports.tbsUnpackPage(env, at, at + records.length);
    this.restored += count;
    for (let i = 0; i < count; i++) this.options.restored(this.words[(at >>> 2) + i]);
  }

  /** A TB was made in this run. */
  translated(tb: number): void {
    if (this.isOver) return;
    if (!this.pages && ++this.early === EARLY_TBS) this.load();
    this.made[this.madeCount++] = tb;
    if (this.madeCount === BATCH) this.pack();
  }

  /**
   * All TBs are gone. (When the arena was full there was no room to pack the last ones.) A page brings back half as many again as the guest comes to, so the arena would be full so
   * much sooner, and regions, links and jump caches go with each flush: from here on TBs are made one by one, and no longer kept.
   */
  flushed(): void {
    this.madeCount = 0;
    this.isOver = true;
  }

  private pack(): void {
    const { start, end } = this.runtime.arenaRoom;
    const count = this.madeCount;
    this.madeCount = 0;
    if (this.freshBytes > MOST_FRESH || end - start < BATCH_BYTES) return;
    this.words.set(this.made.subarray(0, count), start >>> 2);
    const at = start + 4 * BATCH;
    const to = this.runtime.exports.tbsPackByPage(this.options.cflags, start, count, at, start + BATCH_BYTES) >>> 0;
    if (to === at) return;
    this.fresh.push(this.bytes.slice(at, to));
    this.freshBytes += to - at;
  }

  /** Keeps what was made for the next run: the pages that this run came to, in that order; then the rest, as far as there is room. */
  save(): void {
    if (this.isClosed) return;
    this.runtime.inside(() => this.pack());
    const made = this.freshBytes - this.savedBytes;
    if (made < LEAST_MADE || made <= this.readBytes * WORTH) return;
    this.savedBytes = this.freshBytes;
    const { store, key, maxBytes } = this.options;
    const file = store.load(key); // another process may have saved since
    const stored = new Map(decodePages(file?.index).map((part) => [part.key, part]));
    const fresh = recordsByPage(this.fresh);
    const chosen: NewPage[] = [];
    let size = 0;
    for (const page of new Set([...this.asked, ...stored.keys()])) {
      const next = this.pageOf(page, file, stored.get(page), fresh.get(page));
      if (!next) continue;
      size += PAGE_ENTRY_BYTES + next.length;
      if (size > maxBytes || chosen.length === MOST_PAGES) break;
      chosen.push(next);
    }
    store.save(key, encodePages(chosen), chosen);
    file?.close();
  }

  /** A page as it is to be saved; undefined: nothing is known of it. */
  private pageOf(
    key: number,
    file: StoredCode | undefined,
    old: PagePart | undefined,
    fresh: readonly Uint8Array[] = [],
  ): NewPage | undefined {
    if (fresh.length > 0) {
      const before = old && file?.read(old);
      // what is there twice is passed over when it is put back: not worth a look at each record of a first run
      const records = before ? mergeRecords(before, fresh) : concat(fresh);
      if (records.length <= MOST_OF_PAGE)
        return { key, length: records.length, crc: this.options.store.checksum(records), bytes: () => records };
    }
    // zeros have another checksum: what cannot be read any more is not taken
    return old && { ...old, bytes: () => file?.read(old) ?? new Uint8Array(old.length) };
  }

  /** Nothing more is read or saved; the figures stay. */
  close(): void {
    this.isClosed = true;
    this.file?.close();
    this.file = undefined;
    this.pages = new Map();
    this.fresh.length = 0;
  }

  private load(): void {
    const { store, key } = this.options;
    this.file = store.load(key);
    this.pages = new Map(decodePages(this.file?.index).map((part) => [part.key, { part, unpacked: 0 }]));
  }
}
