/** Guest memory in a snapshot: by windows of a block, in each a bit for every page that is not zero, and these pages. */
import type { RamBlock } from '../memory/ram.js';
import { VmStateError } from '../util/errors.js';

export const PAGE = 4096;
const WINDOW_PAGES = 256;
export const WINDOW = WINDOW_PAGES * PAGE;
const BITMAP = WINDOW_PAGES / 8;

/** What a block's bytes may also be looked at as; undefined where they do not begin and end so. */
const wordsOf = ({ bytes }: RamBlock): Int32Array => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);

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
export function pagesInUse(block: RamBlock, start = 0, end = block.size): number[] {
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

/** A window's payload; undefined if all of it is zero. */
export function packWindow(block: RamBlock, start: number, scratch: Uint8Array): Uint8Array | undefined {
  const pages = pagesInUse(block, start, Math.min(start + WINDOW, block.size));
  if (pages.length === 0) return undefined;
  scratch.fill(0, 0, BITMAP);
  let at = BITMAP;
  for (const page of pages) {
    const n = page - start / PAGE;
    scratch[n >> 3] |= 1 << (n & 7);
    const bytes = block.bytes.subarray(page * PAGE, page * PAGE + pageLength(block.size, page * PAGE));
    scratch.set(bytes, at);
    at += bytes.length;
  }
  return scratch.subarray(0, at);
}

/** Room for any window. */
export const windowScratch = (): Uint8Array => new Uint8Array(BITMAP + WINDOW);

/** @throws VmStateError if it is no window of a block of that size */
export function checkWindow(size: number, start: number, payload: Uint8Array): void {
  const wrong = (what: string): never => {
    throw new VmStateError(`the snapshot is damaged: ${what}`);
  };
  if (start % WINDOW !== 0 || start >= size) wrong(`RAM at 0x${start.toString(16)}, of ${size} bytes`);
  if (payload.length < BITMAP) wrong('a window of RAM is too short');
  let length = BITMAP;
  for (let n = 0; n < WINDOW_PAGES; n++) {
    if (!hasPage(payload, n)) continue;
    const at = start + n * PAGE;
    if (at >= size) wrong('a page behind the end of RAM');
    length += pageLength(size, at);
  }
  if (length !== payload.length) wrong(`a window of RAM with ${payload.length} bytes, not ${length}`);
}

const hasPage = (payload: Uint8Array, n: number): boolean => ((payload[n >> 3] >> (n & 7)) & 1) !== 0;

/** Puts a window that has been checked into its block: pages that it has not are made zero, unless they are known to be. */
export function unpackWindow(block: RamBlock, start: number, payload: Uint8Array, isZeroed: boolean): void {
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
    block.bytes.set(payload.subarray(from, from + length), at);
    from += length;
    n = end - 1;
  }
}

/** Zeroes pages without touching those that are zero: the host may not even have them. */
export function clearPages(block: RamBlock, start: number, end: number): void {
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
