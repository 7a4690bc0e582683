/** Guest memory in a snapshot: by windows of a block, in each a bit for every page that is not zero, and these pages. */
import { VmStateError } from '../util/errors.js';

/** A block of it, or a copy. */
export interface Memory {
  readonly size: number;
  readonly bytes: Uint8Array;
}

export const PAGE = 4096;
const WINDOW_PAGES = 256;
export const WINDOW = WINDOW_PAGES * PAGE;
const BITMAP = WINDOW_PAGES / 8;

/** What a block's bytes may also be looked at as; undefined where they do not begin and end so. */
const wordsOf = ({ bytes }: Memory): Int32Array => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);

/** Blocks are whole pages long, but for small ROMs: then the last one is short. */
const pageLength = (length: number, at: number): number => Math.min(PAGE, length - at);

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 8) {
    if ((words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] | words[i + 6] | words[i + 7]) !== 0)
      return false;
  }
  return true;
}

/** Numbers of the pages of `block` from byte `start` to `end` that are not zero. */
export function pagesInUse(block: Memory, start = 0, end = block.size): number[] {
  const words = wordsOf(block);
  const pages: number[] = [];
  for (let at = start; at < end; at += PAGE) {
    const length = pageLength(block.size, at);
    // whatever is left of a short page is looked at by itself
    const whole = length - (length % 32);
    const rest = block.bytes.subarray(at + whole, at + length);
    if (!isZero(words, at >> 2, (at + whole) >> 2) || rest.some(Boolean)) pages.push(at / PAGE);
  }
  return pages;
}

/** Room for so many bytes at least. */
export type Room = (bytes: number) => Uint8Array;

const roomOf = (block: Memory, pages: readonly number[], head: number): number =>
  pages.reduce((sum, page) => sum + pageLength(block.size, page * PAGE), head);

/** A window's payload; undefined if all of it is zero. */
export function packWindow(block: Memory, start: number, room: Room): Uint8Array | undefined {
  const pages = pagesInUse(block, start, Math.min(start + WINDOW, block.size));
  if (pages.length === 0) return undefined;
  const out = room(roomOf(block, pages, BITMAP));
  out.fill(0, 0, BITMAP);
  return out.subarray(0, packPages(block, start, pages, out, 0, BITMAP));
}

/** Of those pages of a window, by their numbers in the block, which are not what they are in the parent. */
export function packDelta(block: Memory, start: number, pages: readonly number[], room: Room): Uint8Array {
  const inUse = pages.filter((page) => pagesInUse(block, page * PAGE, Math.min((page + 1) * PAGE, block.size)).length > 0);
  const out = room(roomOf(block, inUse, 2 * BITMAP));
  out.fill(0, 0, 2 * BITMAP);
  for (const page of pages) setPage(out, page - start / PAGE);
  return out.subarray(0, packPages(block, start, inUse, out, BITMAP, 2 * BITMAP));
}

/** Notes pages in the bitmap, and puts their bytes from `at` on. Returns the end of them. */
function packPages(block: Memory, start: number, pages: readonly number[], scratch: Uint8Array, bitmap: number, at: number): number {
  const { bytes } = block;
  const there = scratch.subarray(bitmap);
  for (const page of pages) {
    setPage(there, page - start / PAGE);
    const from = page * PAGE;
    const length = pageLength(block.size, from);
    scratch.set(bytes.subarray(from, from + length), at);
    at += length;
  }
  return at;
}

/** Room for any window, and for any delta. */
export const windowScratch = (): Uint8Array => new Uint8Array(2 * BITMAP + WINDOW);

const wrong = (what: string): never => {
  throw new VmStateError(`the snapshot is damaged: ${what}`);
};

/** @throws VmStateError if there is no such window in a block of that size */
export function checkPlace(size: number, start: number): void {
  if (start % WINDOW !== 0 || start >= size) wrong(`RAM at 0x${start.toString(16)}, of ${size} bytes`);
}

/** @throws VmStateError if it is no window of a block of that size */
export function checkWindow(size: number, start: number, payload: Uint8Array): void {
  checkPlace(size, start);
  if (payload.length < BITMAP) wrong('a window of RAM is too short');
  checkPages(size, start, payload, payload, BITMAP);
}

/** @throws VmStateError if it is no delta of a window of a block of that size */
export function checkDelta(size: number, start: number, payload: Uint8Array): void {
  checkPlace(size, start);
  if (payload.length < 2 * BITMAP) wrong('a window of RAM is too short');
  const inUse = payload.subarray(BITMAP);
  for (let n = 0; n < WINDOW_PAGES; n++) {
    if (hasPage(inUse, n) && !hasPage(payload, n)) wrong('a page of RAM that is said not to be there');
    if (hasPage(payload, n) && start + n * PAGE >= size) wrong('a page behind the end of RAM');
  }
  checkPages(size, start, payload, inUse, 2 * BITMAP);
}

function checkPages(size: number, start: number, payload: Uint8Array, inUse: Uint8Array, head: number): void {
  let length = head;
  for (let n = 0; n < WINDOW_PAGES; n++) {
    if (!hasPage(inUse, n)) continue;
    const at = start + n * PAGE;
    if (at >= size) wrong('a page behind the end of RAM');
    length += pageLength(size, at);
  }
  if (length !== payload.length) wrong(`a window of RAM with ${payload.length} bytes, not ${length}`);
}

const hasPage = (bitmap: Uint8Array, n: number): boolean => ((bitmap[n >> 3] >> (n & 7)) & 1) !== 0;
const setPage = (bitmap: Uint8Array, n: number): void => void (bitmap[n >> 3] |= 1 << (n & 7));

/** Puts a window that has been checked into its block: pages that it has not are made zero, unless they are known to be. */
export function unpackWindow(block: Memory, start: number, payload: Uint8Array, isZeroed: boolean): void {
  const { bytes } = block;
  let from = BITMAP;
  const pages = Math.ceil(Math.min(WINDOW, block.size - start) / PAGE);
  for (let n = 0; n < pages; n++) {
    const at = start + n * PAGE;
    if (!hasPage(payload, n)) {
      if (!isZeroed) clearPages(block, at, at + PAGE);
      continue;
    }
    // pages that follow one another go together
    let end = n + 1;
    while (end < pages && hasPage(payload, end)) end++;
    const length = Math.min(end * PAGE + start, block.size) - at;
    bytes.set(payload.subarray(from, from + length), at);
    from += length;
    n = end - 1;
  }
}

/** Changes a window of the parent's by a delta that has been checked. */
export function applyDelta(block: Memory, start: number, payload: Uint8Array): void {
  const inUse = payload.subarray(BITMAP);
  let from = 2 * BITMAP;
  for (let n = 0; n < WINDOW_PAGES; n++) {
    if (!hasPage(payload, n)) continue;
    const at = start + n * PAGE;
    const length = pageLength(block.size, at);
    if (!hasPage(inUse, n)) block.bytes.fill(0, at, at + length);
    else {
      block.bytes.set(payload.subarray(from, from + length), at);
      from += length;
    }
  }
}

/** Pages that a delta has. */
export function pagesOfDelta(payload: Uint8Array): number {
  let count = 0;
  for (let n = 0; n < WINDOW_PAGES; n++) if (hasPage(payload, n)) count++;
  return count;
}

/** Zeroes pages without touching those that are zero: the host may not even have them. */
export function clearPages(block: Memory, start: number, end: number): void {
  for (const page of pagesInUse(block, start, Math.min(end, block.size))) block.bytes.fill(0, page * PAGE, page * PAGE + PAGE);
}

/** Offsets in their block of the pages that differ between the windows of two snapshots. */
export function diffPages(a: ReadonlyMap<number, Uint8Array> = new Map(), b: ReadonlyMap<number, Uint8Array> = new Map()): number[] {
  const found: number[] = [];
  for (const start of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)) {
    const [one, other] = [pagesOf(a.get(start)), pagesOf(b.get(start))];
    for (let n = 0; n < WINDOW_PAGES; n++) {
      const [x, y] = [one.get(n), other.get(n)];
      if (x === y) continue; // neither has it
      if (!x || !y || x.some((byte, i) => byte !== y[i])) found.push(start + n * PAGE);
    }
  }
  return found;
}

/** A window's pages that are not zero, by number. */
function pagesOf(payload: Uint8Array | undefined): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  if (!payload) return pages;
  for (let n = 0, at = BITMAP; n < WINDOW_PAGES && at < payload.length; n++) {
    if (!hasPage(payload, n)) continue;
    pages.set(n, payload.subarray(at, at + PAGE));
    at += PAGE;
  }
  return pages;
}
