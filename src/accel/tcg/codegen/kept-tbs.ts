/**
 * What the translator made of guest code, kept for the next run (docs/code-cache.md): a TB that is known is copied instead of decoded, made IR of, and
 * lowered; in this run, too, if it was thrown away. Used only where the pc (with CF_PCREL its place in its page), TB flags, csBase, cflags and every byte of guest code agree. The file, little-endian:
 *
 *     u32 number of TBs; then by TB nine u32:
 *        pc (two words), flags, csBase, cflags, bytes of guest code | instructions << 16, units of tci code, where in the file its data is,
 *        runs since it was last used
 *     data of a TB: guest code, padded to words; tci code; insn table
 *
 * It has passed its checksum, but nothing in it is trusted: each TB is looked at (isTciCode) before it is used.
 */
import { CF_COUNT_MASK, PAGE_SIZE } from '../../../../assembly/shared/layout.js';
import { isTciCode, type HelperCalls } from '../../../tcg/tci/verify.js';
import type { CodeStore } from './code-store.js';

/** The file is read when a run has made so many TBs: a guest with few has nothing to gain. */
const READ_AFTER = 1000;
/** A file that would gain no more than one TB in so many stays as it is. */
const SAVE_SHARE = 32;
/** Runs that a TB stays for without being used. */
const MAX_AGE = 8;
/** TBs whose hashes meet: what comes after so many is not kept. */
const MAX_PROBES = 64;

const RECORD = 9;
const PC = 0;
const FLAGS = 2;
const CS_BASE = 3;
const CFLAGS = 4;
const SIZES = 5;
const CODE = 6;
const DATA = 7;
const AGE = 8;

/** TBs, in one buffer. */
class Segment {
  readonly bytes: Uint8Array;
  readonly units: Uint16Array;
  /** `words`: all of it. */
  constructor(readonly words: Int32Array) {
    this.bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.units = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
  }

  size(at: number): number {
    return this.words[at + SIZES] & 0xffff;
  }
  icount(at: number): number {
    return this.words[at + SIZES] >>> 16;
  }
  unitCount(at: number): number {
    return this.words[at + CODE];
  }
  dataWords(at: number): number {
    return (padded(this.size(at)) >> 2) + (this.unitCount(at) >> 1) + this.icount(at);
  }
  /** The first word of the tci code. */
  codeAt(at: number): number {
    return (this.words[at + DATA] + padded(this.size(at))) >> 2;
  }
}

/** The TB that was found. */
export interface KeptTb {
  readonly size: number;
  readonly icount: number;
  /** Units of 16 bits. */
  readonly unitCount: number;
  /** Puts tci code, and the insn table behind it, into `words` from `to` on. */
  copyCode(words: Int32Array, to: number): void;
}

/** What a TB is known by. */
export interface WantedTb {
  readonly pcLo: number;
  readonly pcHi: number;
  readonly flags: number;
  readonly csBase: number;
  readonly cflags: number;
  /** Linear-memory address of the guest code. */
  readonly host: number;
}

/** A TB that was made. */
export interface MadeTb extends WantedTb {
  /** Bytes of guest code; it lies in one page. */
  readonly size: number;
  readonly icount: number;
  /** Linear-memory address of the tci code with the insn table behind it. */
  readonly code: number;
  readonly unitCount: number;
}

export class KeptTbs implements KeptTb {
  readonly stats = { known: 0, bytes: 0, found: 0, refused: 0, added: 0 };
  private kept = new Segment(new Int32Array(1));
  private keptCount = 0;
  private fresh = new Segment(new Int32Array(1 << 14));
  private freshWords = 0;
  private readonly freshAt: number[] = [];
  private isFull = false;
  /** TBs by a hash of that, flags and cflags. 0: none; n > 0: TB n - 1 of the file; n < 0: TB ~n of this run. */
  private cells = new Int32Array(1 << 12);
  private used = 0;
  /** By TB of the file: whether it was used in this run, and whether it is none. */
  private state = new Uint8Array(0);
  /** As in `cells`, by first use: the next run asks in the same order. */
  private readonly order: number[] = [];
  private asked = 0;
  // the TB that was found
  private segment = this.kept;
  private at = 0;

  constructor(
    private readonly store: CodeStore,
    private readonly key: string,
    private readonly memory: Uint8Array,
  ) {}

  get size(): number {
    return this.segment.size(this.at);
  }
  get icount(): number {
    return this.segment.icount(this.at);
  }
  get unitCount(): number {
    return this.segment.unitCount(this.at);
  }
  copyCode(words: Int32Array, to: number): void {
    const { segment, at } = this;
    const from = segment.codeAt(at) - to;
    const end = to + (segment.unitCount(at) >> 1) + segment.icount(at);
    for (let i = to; i < end; i++) words[i] = segment.words[from + i];
  }

  /** The TB of the guest code at `host`; valid until the next call of anything. */
  find({ pcLo, pcHi, flags, csBase, cflags, host }: WantedTb, calls: HelperCalls): KeptTb | undefined {
    if (this.asked++ === READ_AFTER) this.read();
    const { cells } = this;
    const mask = cells.length - 1;
    for (let cell = hash(pcLo, pcHi, flags, cflags) & mask; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const n = cells[cell];
      const segment = n > 0 ? this.kept : this.fresh;
      const at = n > 0 ? recordAt(n - 1) : this.freshAt[~n];
      const { words } = segment;
      if (words[at + PC] !== (pcLo | 0) || words[at + PC + 1] !== (pcHi | 0)) continue;
      if (words[at + FLAGS] !== (flags | 0) || words[at + CS_BASE] !== (csBase | 0) || words[at + CFLAGS] !== (cflags | 0)) continue;
      if (n > 0 && !this.isSound(n - 1, calls)) continue;
      if (!this.isCodeAt(segment, at, pcLo, host)) continue;
      if (n > 0) this.markUsed(n);
      this.stats.found++;
      this.segment = segment;
      this.at = at;
      return this;
    }
    return undefined;
  }

  /** Once for each TB that was not found. */
  add(tb: MadeTb): void {
    // TBs of limited length are made for one occasion.
    if (this.isFull || (tb.cflags & CF_COUNT_MASK) !== 0) return;
    const codeWords = (tb.unitCount >> 1) + tb.icount;
    const words = RECORD + (padded(tb.size) >> 2) + codeWords;
    if (4 * (this.freshWords + words) > this.store.maxBytes) {
      this.isFull = true;
      return;
    }
    const at = this.reserve(words);
    const { words: to, bytes } = this.fresh;
    const { memory } = this;
    const from = new Int32Array(memory.buffer, tb.code, codeWords);
    to.set([tb.pcLo, tb.pcHi, tb.flags, tb.csBase, tb.cflags, tb.size | (tb.icount << 16), tb.unitCount], at);
    to[at + DATA] = 4 * (at + RECORD);
    to[at + AGE] = 0;
    for (let i = 0; i < tb.size; i++) bytes[4 * (at + RECORD) + i] = memory[tb.host + i];
    to.set(from, this.fresh.codeAt(at));
    const n = ~this.freshAt.length;
    this.freshAt.push(at);
    if (!this.enter(n, this.fresh, at)) return;
    this.order.push(n);
    this.stats.added++;
  }

  /** Keeps what was made and used, and for a while what was not, unless the file has nearly all of it. */
  save(): void {
    if (this.asked <= READ_AFTER || this.stats.added === 0 || this.stats.added * SAVE_SHARE < this.keptCount) return;
    const chosen: { segment: Segment; at: number; age: number }[] = [];
    let size = 4;
    const choose = (segment: Segment, at: number, age: number): void => {
      const bytes = 4 * (RECORD + segment.dataWords(at));
      if (size + bytes > this.store.maxBytes) return;
      size += bytes;
      chosen.push({ segment, at, age });
    };
    for (const n of this.order) choose(n > 0 ? this.kept : this.fresh, n > 0 ? recordAt(n - 1) : this.freshAt[~n], 0);
    for (let age = 1; age <= MAX_AGE; age++) {
      for (let tb = 0; tb < this.keptCount; tb++) {
        const at = recordAt(tb);
        if (this.state[tb] === State.Unused && this.kept.words[at + AGE] === age - 1 && this.isInFile(at)) choose(this.kept, at, age);
      }
    }
    const file = new Int32Array(size >> 2);
    file[0] = chosen.length;
    let data = recordAt(chosen.length);
    chosen.forEach(({ segment, at, age }, i) => {
      const { words } = segment;
      const to = recordAt(i);
      for (let n = 0; n < DATA; n++) file[to + n] = words[at + n];
      file[to + DATA] = 4 * data;
      file[to + AGE] = age;
      const from = words[at + DATA] >> 2;
      const count = segment.dataWords(at);
      for (let n = 0; n < count; n++) file[data + n] = words[from + n];
      data += count;
    });
    this.store.save(this.key, new Uint8Array(file.buffer));
  }

  private read(): void {
    const bytes = this.store.load(this.key);
    if (!bytes) return;
    const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
    const count = words.length === 0 ? 0 : words[0] >>> 0;
    if (recordAt(count) > words.length) return this.store.warn(`kept TBs are damaged, and ignored: ${count} in ${whole.length} bytes`);
    this.kept = new Segment(words);
    this.keptCount = count;
    this.state = new Uint8Array(count);
    this.stats.known = count;
    this.stats.bytes = whole.length;
    this.grow(count);
    for (let tb = 0; tb < count; tb++) this.enter(tb + 1, this.kept, recordAt(tb));
    this.freshAt.forEach((at, i) => this.recognise(i, at));
  }

  /** A TB that was made before the file was read, and is in it: it counts as found. */
  private recognise(i: number, at: number): void {
    const { cells, fresh, kept } = this;
    const { words } = fresh;
    const mask = cells.length - 1;
    for (
      let cell = hash(words[at + PC], words[at + PC + 1], words[at + FLAGS], words[at + CFLAGS]) & mask;
      cells[cell] !== 0;
      cell = (cell + 1) & mask
    ) {
      const n = cells[cell];
      if (n < 0 || !this.isInFile(recordAt(n - 1)) || !isSame(fresh, at, kept, recordAt(n - 1))) continue;
      this.order[i] = n;
      this.state[n - 1] = State.Unchecked;
      this.stats.added--;
      return;
    }
  }

  /** False: too many are in its place. */
  private enter(n: number, { words }: Segment, at: number): boolean {
    if (2 * this.used >= this.cells.length) this.grow(this.used);
    const { cells } = this;
    const mask = cells.length - 1;
    let cell = hash(words[at + PC], words[at + PC + 1], words[at + FLAGS], words[at + CFLAGS]) & mask;
    for (let probes = 0; cells[cell] !== 0; probes++) {
      if (probes === MAX_PROBES) return false;
      cell = (cell + 1) & mask;
    }
    cells[cell] = n;
    this.used++;
    return true;
  }

  /** Makes room for so many more. */
  private grow(more: number): void {
    const before = this.cells;
    this.cells = new Int32Array(2 ** Math.ceil(Math.log2(2 * (this.used + more) + 2)));
    this.used = 0;
    for (const n of before) {
      if (n > 0) this.enter(n, this.kept, recordAt(n - 1));
      else if (n < 0) this.enter(n, this.fresh, this.freshAt[~n]);
    }
  }

  private isCodeAt({ bytes, words }: Segment, at: number, pcLo: number, host: number): boolean {
    const { memory } = this;
    const size = words[at + SIZES] & 0xffff;
    const from = words[at + DATA];
    if (size > PAGE_SIZE - (pcLo & (PAGE_SIZE - 1))) return false;
    for (let i = 0; i < size; i++) if (memory[host + i] !== bytes[from + i]) return false;
    return true;
  }

  private markUsed(n: number): void {
    if (this.state[n - 1] === State.Unused) this.order.push(n);
    this.state[n - 1] = State.Used;
  }

  /** Looks at a TB of the file when it is first wanted. */
  private isSound(tb: number, calls: HelperCalls): boolean {
    if (this.state[tb] === State.Used || this.state[tb] === State.Refused) return this.state[tb] === State.Used;
    const at = recordAt(tb);
    const { kept } = this;
    const [size, icount] = [kept.size(at), kept.icount(at)];
    const sound =
      this.isInFile(at) &&
      size > 0 &&
      icount > 0 &&
      icount <= CF_COUNT_MASK &&
      kept.words[at + CODE] >>> 16 <= 3 &&
      isTciCode(kept.units, 2 * kept.codeAt(at), kept.unitCount(at), icount, size, calls);
    if (!sound) {
      this.state[tb] = State.Refused;
      this.stats.refused++;
    }
    return sound;
  }

  private isInFile(at: number): boolean {
    const { kept } = this;
    const data = kept.words[at + DATA];
    return (
      data >= 0 &&
      data % 4 === 0 &&
      kept.unitCount(at) >= 0 &&
      kept.unitCount(at) % 2 === 0 &&
      (data >> 2) + kept.dataWords(at) <= kept.words.length
    );
  }

  /** Where in the fresh words there is room. */
  private reserve(words: number): number {
    const at = this.freshWords;
    this.freshWords += words;
    if (this.freshWords > this.fresh.words.length) {
      const grown = new Int32Array(Math.max(2 * this.fresh.words.length, this.freshWords));
      grown.set(this.fresh.words.subarray(0, at));
      this.fresh = new Segment(grown);
    }
    return at;
  }
}

const enum State {
  Unused,
  /** Used, by what is known of it, but not looked at. */
  Unchecked,
  Used,
  Refused,
}

function isSame(a: Segment, at: number, b: Segment, bt: number): boolean {
  for (let n = 0; n < DATA; n++) if (a.words[at + n] !== b.words[bt + n]) return false;
  const [from, to] = [a.words[at + DATA] >> 2, b.words[bt + DATA] >> 2];
  const count = a.dataWords(at);
  for (let n = 0; n < count; n++) if (a.words[from + n] !== b.words[to + n]) return false;
  return true;
}

const recordAt = (tb: number): number => 1 + RECORD * tb;

const padded = (bytes: number): number => (bytes + 3) & ~3;

function hash(pcLo: number, pcHi: number, flags: number, cflags: number): number {
  const h = Math.imul(pcLo >>> 1, 0x9e3779b1) ^ Math.imul(pcHi, 0xc2b2ae35) ^ Math.imul(flags, 0x85ebca6b) ^ Math.imul(cflags, 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}
