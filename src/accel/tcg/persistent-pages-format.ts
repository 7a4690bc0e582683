/**
 * TBs by page as the code store has them. The index has five words a page, little-endian: its key (two words: a number below 2^53), and where its records are (a Part). A page's records
 * lie one behind the other (assembly/shared/persistent.ts; assembly/tb/persistent.ts checks them).
 */
import { RECORD_BYTES, RECORD_FLAGS, RECORD_HEAD, RECORD_KEY, RECORD_PC } from '../../../assembly/shared/persistent.js';
import { concat, viewOf } from '../../util/bytes.js';
import type { Part } from './codegen/persistent-format.js';

export interface PagePart extends Part {
  /** Of what the page has in it. */
  readonly key: number;
}

const ENTRY_WORDS = 5;
/** Of the index. */
export const PAGE_ENTRY_BYTES = 4 * ENTRY_WORDS;
const TWO_32 = 2 ** 32;

export function encodePages(parts: readonly Omit<PagePart, 'at'>[]): Uint8Array {
  const words = new Uint32Array(parts.length * ENTRY_WORDS);
  let at = 0;
  parts.forEach(({ key, length, crc }, i) => {
    words.set([key % TWO_32, key / TWO_32, at, length, crc], i * ENTRY_WORDS);
    at += length;
  });
  const bytes = new Uint8Array(words.length * 4);
  const view = viewOf(bytes);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/** It has passed its checksum, but numbers need not be in range: who reads parts looks. */
export function decodePages(index: Uint8Array = new Uint8Array(0)): PagePart[] {
  const view = viewOf(index);
  const word = (i: number, n: number): number => view.getUint32(4 * (i * ENTRY_WORDS + n), true);
  return Array.from({ length: Math.floor(index.length / PAGE_ENTRY_BYTES) }, (_, i) => {
    return { key: word(i, 0) + word(i, 1) * TWO_32, at: word(i, 2), length: word(i, 3), crc: word(i, 4) };
  });
}

interface Found {
  readonly at: number;
  readonly length: number;
}

/** The records of one piece of memory. */
function* recordsOf(bytes: Uint8Array): Generator<Found> {
  const view = viewOf(bytes);
  for (let at = 0; at + RECORD_HEAD <= bytes.length;) {
    const length = view.getUint32(at + RECORD_BYTES, true);
    if (length < RECORD_HEAD || length > bytes.length - at) return;
    yield { at, length };
    at += length;
  }
}

/** Records in the order in which they were made, by the key of their page. */
export function recordsByPage(chunks: readonly Uint8Array<ArrayBuffer>[]): Map<number, Uint8Array[]> {
  const pages = new Map<number, Uint8Array[]>();
  for (const chunk of chunks) {
    const view = viewOf(chunk);
    for (const { at, length } of recordsOf(chunk)) {
      const key = view.getUint32(at + RECORD_KEY, true) + view.getUint32(at + RECORD_KEY + 4, true) * TWO_32;
      const records = pages.get(key);
      const record = chunk.subarray(at, at + length);
      if (records) records.push(record);
      else pages.set(key, [record]);
    }
  }
  return pages;
}

/** Of TBs at the same place in the page, for the same state of the CPU, the first one stays. */
export function mergeRecords(old: Uint8Array, fresh: readonly Uint8Array[]): Uint8Array {
  const seen = new Set<number>();
  const isNew = (view: DataView, at: number): boolean => {
    const flags = view.getUint32(at + RECORD_FLAGS, true) ^ Math.imul(view.getUint32(at + RECORD_FLAGS + 4, true), 0x9e3779b1);
    const id = (flags >>> 0) * 0x10000 + view.getUint16(at + RECORD_PC, true);
    const before = seen.size;
    return seen.add(id).size > before;
  };
  const view = viewOf(old);
  for (const { at } of recordsOf(old)) isNew(view, at);
  return concat([old, ...fresh.filter((record) => isNew(viewOf(record), 0))]);
}
