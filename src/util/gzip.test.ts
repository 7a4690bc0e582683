import { gzipSync } from 'fflate';
import { crc32 as zlibCrc32, deflateRawSync, gzipSync as zlibGzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.js';
import { gunzip, GzipError } from './gzip.js';

const text = new TextEncoder().encode('a guest '.repeat(5000));
const noise = Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
const join = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

it('CRC-32 is that of RFC 1952', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  for (const length of [0, 1, 2, 3, 4, 5, 1000]) {
    const bytes = noise.subarray(7, 7 + length);
    expect(crc32(bytes.subarray(length >> 1), crc32(bytes.subarray(0, length >> 1)))).toBe(zlibCrc32(bytes));
  }
});

describe('gunzip', () => {
  it.each([0, 1, 6, 9] as const)('unpacks what zlib packed, level %i', (level) => {
    for (const bytes of [text, noise, new Uint8Array(0), Uint8Array.of(1), new Uint8Array(5000), join(new Uint8Array(5000), noise)])
      expect(gunzip(zlibGzip(bytes, { level }))).toEqual(bytes);
  });

  it('unpacks members one after the other, also the same twice', () => {
    const [a, b] = [zlibGzip(text), zlibGzip(noise)];
    expect(gunzip(join(a, a, b, a))).toEqual(join(text, text, noise, text));
    const nothing = zlibGzip(new Uint8Array());
    expect(gunzip(join(nothing, a, nothing))).toEqual(text);
  });

  it('goes past all that a header may have, and looks at its checksum', () => {
    const header = [0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, ...Buffer.from('name\0comment\0')];
    const crc = crc32(Uint8Array.from(header)) & 0xffff;
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(text), 0);
    trailer.writeUInt32LE(text.length, 4);
    const file = (check: number) => join(header, [check & 0xff, check >> 8], deflateRawSync(text), trailer);
    expect(gunzip(file(crc))).toEqual(text);
    expect(() => gunzip(file(crc ^ 1))).toThrow(/header/);
  });

  it('leaves zeros and garbage behind the last member alone, as gzip(1) does', () => {
    for (const more of [[0], new Array<number>(512).fill(0), [1, 2, 3, 4, 5], [...noise]])
      expect(gunzip(join(zlibGzip(text), more))).toEqual(text);
  });

  it('takes no bit that is not right', () => {
    const small = text.subarray(0, 300);
    for (const level of [0, 6] as const) {
      const packed = gzipSync(small, { level });
      for (let bit = 0; bit < 8 * packed.length; bit++) {
        // modification time, extra flags and operating system say nothing about the contents
        if (bit >= 32 && bit < 80) continue;
        const broken = packed.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        let out: Uint8Array | undefined;
        try {
          out = gunzip(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(GzipError);
        }
        // the padding of the last byte of compressed data, and "text" in the flags, are nobody's
        if (out !== undefined && bit >= 16) expect(out, `level ${level}, bit ${bit}`).toEqual(small);
      }
    }
  });

  it.each([1, 5, 9, 12, 40, 300])('takes none that is cut, by %i bytes', (cut) => {
    const packed = zlibGzip(noise.subarray(0, 1000));
    expect(() => gunzip(packed.subarray(0, packed.length - cut))).toThrow(GzipError);
    expect(() => gunzip(join(packed, packed.subarray(0, packed.length - cut)))).toThrow(GzipError);
  });

  it('is not slow where many members follow one another', () => {
    const one = zlibGzip(text.subarray(0, 8));
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => one));
    expect(gunzip(many)).toHaveLength(160_000);
  });
});
