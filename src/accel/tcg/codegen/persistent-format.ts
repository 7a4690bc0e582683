/**
 * Generated code as it is kept from one run to the next (docs/code-cache.md): a list of modules, each with the regions in it and the guest
 * code that each region was made from. All numbers are u32, little-endian; every module is a chunk of whole words:
 *
 *     0  bytes of the chunk        4  when it was last used, in seconds since 1970
 *     8  where its wasm begins    12  bytes of wasm
 *    16  functions, which export their number; then by function:
 *        TBs, entries, edges; then, unless there is no entry (such a function is not used):
 *        the entries (numbers of TBs); the edges (from << 16 | to); by TB:
 *        pc (two words; with CF_PCREL its place in its page), flags, csBase, cflags, guest instructions, bytes of guest code, where in the chunk these are,
 *        and 1 if the code leaves where an access misses the TLB
 *
 * A file comes from the user's own folder and has passed its checksum, but what is read from it is never trusted to be in range.
 */

/** Changes with the format: files of another one are of no use. */
export const PERSISTENT_SCHEMA = 3;

export interface PersistentTb {
  readonly pcLo: number;
  readonly pcHi: number;
  readonly flags: number;
  readonly csBase: number;
  readonly cflags: number;
  readonly icount: number;
  /** See TbIr. */
  readonly sideExitOnMiss: boolean;
  /** The guest code. */
  readonly code: Uint8Array;
}

export interface PersistentRegion {
  readonly tbs: readonly PersistentTb[];
  /** How many TBs the module's table has room for; more than in `tbs` only if the function is not used. */
  readonly tbCount: number;
  /** Numbers of the TBs that the function is entered at; none: it is not used. */
  readonly entries: readonly number[];
  /** Jumps that are taken without looking whether their target is mapped as it was: [from, to]. */
  readonly certain: readonly (readonly [number, number])[];
}

export interface PersistentModule {
  readonly lastUsed: number;
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** Region k is export `k`. */
  readonly regions: readonly PersistentRegion[];
}

const HEADER_WORDS = 5;
const TB_WORDS = 9;
/** More than any region has (RegionLimits): what claims more is damaged. */
const MAX_TBS = 4096;

const padded = (bytes: number): number => (bytes + 3) & ~3;

export function encodeModule({ lastUsed, wasm, regions }: PersistentModule): Uint8Array<ArrayBuffer> {
  const words: number[] = [0, lastUsed, 0, wasm.length, regions.length];
  const code: { at: number; bytes: Uint8Array }[] = [];
  for (const { tbs, tbCount, entries, certain } of regions) {
    words.push(tbCount, entries.length, entries.length === 0 ? 0 : certain.length);
    if (entries.length === 0) continue;
    words.push(...entries, ...certain.map(([from, to]) => (from << 16) | to));
    for (const { pcLo, pcHi, flags, csBase, cflags, icount, sideExitOnMiss, code: bytes } of tbs) {
      words.push(pcLo, pcHi, flags, csBase, cflags, icount, bytes.length, 0, sideExitOnMiss ? 1 : 0);
      code.push({ at: words.length - 2, bytes });
    }
  }
  let size = words.length * 4;
  for (const { at, bytes } of code) {
    words[at] = size;
    size += bytes.length;
  }
  words[2] = padded(size);
  words[0] = words[2] + padded(wasm.length);
  const chunk = new Uint8Array(words[0]);
  const view = new DataView(chunk.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  for (const { at, bytes } of code) chunk.set(bytes, words[at]);
  chunk.set(wasm, words[2]);
  return chunk;
}

/** The chunks of a file. @throws RangeError if it is not one. */
export function splitChunks(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < file.length;) {
    const size = at + 4 * HEADER_WORDS <= file.length ? view.getUint32(at, true) : 0;
    if (size < 4 * HEADER_WORDS || size % 4 !== 0 || size > file.length - at) throw new RangeError(`a module of ${size} bytes at ${at}`);
    chunks.push(file.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export const chunkLastUsed = (chunk: Uint8Array): number => new DataView(chunk.buffer, chunk.byteOffset).getUint32(4, true);

export function setChunkLastUsed(chunk: Uint8Array, seconds: number): void {
  new DataView(chunk.buffer, chunk.byteOffset).setUint32(4, seconds, true);
}

/** A view of the chunk: nothing is copied. @throws RangeError if a number in it is out of range. */
export function decodeModule(chunk: Uint8Array<ArrayBuffer>): PersistentModule {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let at = 4;
  const word = (): number => {
    const value = view.getUint32(at, true); // throws beyond the end
    at += 4;
    return value;
  };
  const part = (offset: number, length: number): Uint8Array<ArrayBuffer> => {
    if (offset > chunk.length || length > chunk.length - offset) throw new RangeError(`${length} bytes at ${offset} of ${chunk.length}`);
    return chunk.subarray(offset, offset + length);
  };
  const list = <T>(count: number, words: number, read: () => T): T[] => {
    if (count * words * 4 > chunk.length - at) throw new RangeError(`${count} records at ${at} of ${chunk.length}`);
    return Array.from({ length: count }, read);
  };
  const lastUsed = word();
  const wasmAt = word();
  const wasm = part(wasmAt, word());
  const regions = list(word(), 3, (): PersistentRegion => {
    const tbCount = word();
    if (tbCount > MAX_TBS) throw new RangeError(`a region of ${tbCount} TBs`);
    const entryCount = word();
    const edgeCount = word();
    if (entryCount === 0) return { tbs: [], tbCount, entries: [], certain: [] };
    const index = (value: number): number => {
      if (value >= tbCount) throw new RangeError(`TB ${value} of ${tbCount}`);
      return value;
    };
    const entries = list(entryCount, 1, () => index(word()));
    const certain = list(edgeCount, 1, () => {
      const edge = word();
      return [index(edge >>> 16), index(edge & 0xffff)] as const;
    });
    const tbs = list(tbCount, TB_WORDS, (): PersistentTb => {
      const [pcLo, pcHi, flags, csBase, cflags, icount, size, offset] = [word(), word(), word(), word(), word(), word(), word(), word()];
      return { pcLo, pcHi, flags, csBase, cflags, icount, sideExitOnMiss: word() !== 0, code: part(offset, size) };
    });
    return { tbs, tbCount, entries, certain };
  });
  return { lastUsed, wasm, regions };
}
