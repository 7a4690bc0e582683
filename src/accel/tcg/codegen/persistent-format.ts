/**
 * Generated code as it is kept from one run to the next (docs/code-cache.md): a list of modules, each with the regions in it and the guest code that each region was made
 * from; the modules' wasm and machine code, the parts, lie elsewhere in the file and are read when they are wanted. All numbers are u32, little-endian; every module is a chunk of whole words:
 *
 *     0  bytes of the chunk        4  when it was last used, in seconds since 1970
 *     8  wasm: where, bytes, CRC-32
 *    20  machine code: where, bytes (0: none is kept), CRC-32
 *    32  which engine the machine code is of
 *    36  functions, which export their number; then by function:
 *        TBs, entries, edges; then, unless there is no entry (such a function is not used):
 *        the entries (numbers of TBs); the edges (from << 16 | to); by TB:
 *        pc (two words; with CF_PCREL its place in its page), flags, csBase, cflags, guest instructions, bytes of guest code, where in the chunk these are,
 *        and 1 if the code leaves where an access misses the TLB
 *
 * A file comes from the user's own folder and has passed its checksum, but what is read from its list is never trusted to be in range.
 */
import { viewOf } from '../../../util/bytes.js';

/** Changes with the format: files of another one are of no use. */
export const PERSISTENT_SCHEMA = 4;

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

/** What lies elsewhere in the file. */
export interface Part {
  readonly at: number;
  readonly length: number;
  readonly crc: number;
}

export interface MachineCodePart extends Part {
  /** See MachineCode (code-store.ts). */
  readonly engine: number;
}

export interface PersistentModule {
  readonly lastUsed: number;
  readonly wasm: Part;
  readonly machineCode?: MachineCodePart | undefined;
  /** Region k is export `k`. */
  readonly regions: readonly PersistentRegion[];
}

const HEADER_WORDS = 10;
const TB_WORDS = 9;
/** More than any region has (RegionLimits): what claims more is damaged. */
const MAX_TBS = 4096;

/** Offsets of words of a chunk. */
const LAST_USED = 4;
const WASM = 8;
const MACHINE_CODE = 20;

const NO_MACHINE_CODE: MachineCodePart = { at: 0, length: 0, crc: 0, engine: 0 };

const padded = (bytes: number): number => (bytes + 3) & ~3;

export function encodeModule({ lastUsed, wasm, machineCode, regions }: PersistentModule): Uint8Array<ArrayBuffer> {
  const { at, length, crc, engine } = machineCode ?? NO_MACHINE_CODE;
  const words: number[] = [0, lastUsed, wasm.at, wasm.length, wasm.crc, at, length, crc, engine, regions.length];
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
  words[0] = padded(size);
  const chunk = new Uint8Array(words[0]);
  const view = viewOf(chunk);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  for (const { at, bytes } of code) chunk.set(bytes, words[at]);
  return chunk;
}

/** The chunks of a file. @throws RangeError if it is not one. */
export function splitChunks(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = viewOf(file);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < file.length;) {
    const size = at + 4 * HEADER_WORDS <= file.length ? view.getUint32(at, true) : 0;
    if (size < 4 * HEADER_WORDS || size % 4 !== 0 || size > file.length - at) throw new RangeError(`a module of ${size} bytes at ${at}`);
    chunks.push(file.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export const chunkLastUsed = (chunk: Uint8Array): number => viewOf(chunk).getUint32(LAST_USED, true);

export const setChunkLastUsed = (chunk: Uint8Array, seconds: number): void => viewOf(chunk).setUint32(LAST_USED, seconds, true);

/** Where its wasm and its machine code are now; no machine code: none is kept. */
export function setChunkParts(chunk: Uint8Array, wasmAt: number, machineCode?: MachineCodePart): void {
  const view = viewOf(chunk);
  const { at, length, crc, engine } = machineCode ?? NO_MACHINE_CODE;
  view.setUint32(WASM, wasmAt, true);
  for (const [i, word] of [at, length, crc, engine].entries()) view.setUint32(MACHINE_CODE + 4 * i, word, true);
}

/** Tells modules of one key apart, wherever their parts are and whenever they were used: FNV-1a of the rest of the chunk. */
export function identity(chunk: Uint8Array): string {
  let h = 0x811c9dc5;
  const mix = (from: number, to: number): void => {
    for (let i = from; i < to; i++) h = Math.imul(h ^ chunk[i], 0x01000193);
  };
  mix(WASM + 4, MACHINE_CODE); // the wasm's length and CRC
  mix(4 * (HEADER_WORDS - 1), chunk.length);
  return `${chunk.length} ${h}`;
}

/** A view of the chunk: nothing is copied. @throws RangeError if a number in it is out of range. */
export function decodeModule(chunk: Uint8Array<ArrayBuffer>): PersistentModule {
  const view = viewOf(chunk);
  let at = LAST_USED;
  const word = (): number => {
    const value = view.getUint32(at, true); // throws beyond the end
    at += 4;
    return value;
  };
  const part = (): Part => ({ at: word(), length: word(), crc: word() });
  const code = (offset: number, length: number): Uint8Array<ArrayBuffer> => {
    if (offset > chunk.length || length > chunk.length - offset) throw new RangeError(`${length} bytes at ${offset} of ${chunk.length}`);
    return chunk.subarray(offset, offset + length);
  };
  const list = <T>(count: number, words: number, read: () => T): T[] => {
    if (count * words * 4 > chunk.length - at) throw new RangeError(`${count} records at ${at} of ${chunk.length}`);
    return Array.from({ length: count }, read);
  };
  const lastUsed = word();
  const wasm = part();
  const stored = { ...part(), engine: word() };
  const machineCode = stored.length === 0 ? undefined : stored;
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
      return { pcLo, pcHi, flags, csBase, cflags, icount, sideExitOnMiss: word() !== 0, code: code(offset, size) };
    });
    return { tbs, tbCount, entries, certain };
  });
  return { lastUsed, wasm, machineCode, regions };
}
