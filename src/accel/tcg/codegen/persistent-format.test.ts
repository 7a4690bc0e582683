import { describe, expect, it } from 'vitest';
import { Random } from '../../../../tests/support/ir-random.js';
import {
  chunkLastUsed,
  decodeModule,
  encodeModule,
  identity,
  setChunkLastUsed,
  setChunkParts,
  splitChunks,
  type PersistentModule,
} from './persistent-format.js';

const bytes = (...list: number[]) => Uint8Array.from(list);

const MODULE: PersistentModule = {
  lastUsed: 1_700_000_000,
  wasm: { at: 40, length: 5, crc: 0xffff_0001 },
  machineCode: { at: 45, length: 77, crc: 0xffff_0002, engine: 0xffff_0003 },
  regions: [
    {
      tbCount: 2,
      tbs: [
        {
          pcLo: 0x8000_0000,
          pcHi: 0xffff_ffff,
          flags: 3,
          csBase: 0x9000_0000,
          cflags: 0x1000,
          icount: 2,
          sideExitOnMiss: true,
          code: bytes(1, 2, 3, 4, 5, 6),
        },
        {
          pcLo: 0x8000_0006,
          pcHi: 0xffff_ffff,
          flags: 3,
          csBase: 0x9000_0000,
          cflags: 0x1000,
          icount: 1,
          sideExitOnMiss: false,
          code: bytes(7, 8),
        },
      ],
      entries: [1, 0],
      certain: [
        [0, 1],
        [1, 0],
      ],
    },
    { tbCount: 7, tbs: [], entries: [], certain: [] },
  ],
};

describe('the format of persistent code', () => {
  it('gives back what went in', () => {
    const chunk = encodeModule(MODULE);
    expect(decodeModule(chunk)).toEqual(MODULE);
    const file = Uint8Array.from([...chunk, ...encodeModule({ ...MODULE, regions: [], lastUsed: 5 })]);
    expect(splitChunks(file).map((each) => decodeModule(each).regions.length)).toEqual([2, 0]);
    setChunkLastUsed(splitChunks(file)[1], 77);
    expect(splitChunks(file).map(chunkLastUsed)).toEqual([1_700_000_000, 77]);
    expect(splitChunks(bytes())).toEqual([]);
  });

  it('tells modules apart, wherever their parts are', () => {
    const chunk = encodeModule(MODULE);
    const before = identity(chunk);
    setChunkLastUsed(chunk, 99);
    setChunkParts(chunk, 1234, { at: 7, length: 8, crc: 9, engine: 10 });
    expect(decodeModule(chunk)).toEqual({
      ...MODULE,
      lastUsed: 99,
      wasm: { ...MODULE.wasm, at: 1234 },
      machineCode: { at: 7, length: 8, crc: 9, engine: 10 },
    });
    expect(identity(chunk)).toBe(before);
    setChunkParts(chunk, 1234);
    expect(decodeModule(chunk).machineCode).toBeUndefined();
    expect(identity(chunk)).toBe(before);
    expect(identity(encodeModule({ ...MODULE, wasm: { ...MODULE.wasm, crc: 5 } }))).not.toBe(before);
    expect(identity(encodeModule({ ...MODULE, regions: MODULE.regions.slice(1) }))).not.toBe(before);
  });

  it('refuses lengths that cannot be', () => {
    const chunk = encodeModule(MODULE);
    const withWord = (index: number, value: number) => {
      const copy = chunk.slice();
      new DataView(copy.buffer).setUint32(4 * index, value, true);
      return copy;
    };
    for (const size of [0, 4, 19, chunk.length + 4, 0xffff_fffc]) expect(() => splitChunks(withWord(0, size))).toThrow(RangeError);
    // functions; TBs, entries and edges of the first; its first entry, an edge; its first TB's bytes of code, and where they are
    for (const index of [9, 10, 11, 12, 13, 15, 23, 24]) {
      for (const value of [0xffff_ffff, 0x7fff_ffff, 0x0010_0000])
        expect(() => decodeModule(withWord(index, value)), `word ${index}`).toThrow(RangeError);
    }
  });

  it('is safe from any damage: a RangeError, or other contents', () => {
    const chunk = encodeModule(MODULE);
    const attempt = (file: Uint8Array<ArrayBuffer>) => {
      try {
        splitChunks(file).forEach(decodeModule);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    };
    for (let length = 0; length < chunk.length; length++) attempt(chunk.slice(0, length));
    const random = new Random(7);
    for (let n = 0; n < 3000; n++) {
      const copy = chunk.slice();
      for (let flips = 1 + random.below(3); flips > 0; flips--) copy[random.below(copy.length)] ^= 1 << random.below(8);
      attempt(copy);
    }
  });
});
