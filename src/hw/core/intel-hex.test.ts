import { describe, expect, it } from 'vitest';
import { parseIntelHex } from './intel-hex.js';

const parse = (...lines: string[]) => parseIntelHex('x', new TextEncoder().encode(lines.join('\n')));
/** A record with its checksum. */
function record(type: number, address: number, ...data: number[]): string {
  const bytes = [data.length, address >> 8, address & 0xff, type, ...data];
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  return `:${[...bytes, -sum & 0xff].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
const END = record(1, 0);

describe('Intel HEX', () => {
  it('joins what lies together; segments, linear addresses and starts', () => {
    const image = parse(
      record(0, 0x10, 1, 2),
      record(0, 0x12, 3),
      record(2, 0, 0x12, 0x34),
      record(0, 1, 4),
      record(4, 0, 0x80, 0x20),
      record(0, 0xffff, 5),
      END,
      'rest',
    );
    expect(image).toEqual({
      pieces: [
        { address: 0x10, bytes: Uint8Array.of(1, 2, 3) },
        { address: 0x12341, bytes: Uint8Array.of(4) },
        { address: 0x8020_ffff, bytes: Uint8Array.of(5) },
      ],
      entry: undefined,
    });
    expect(parse(record(5, 0, 0x80, 0x20, 0, 0), END)!.entry).toBe(0x8020_0000);
    expect(parse(record(3, 0, 0x10, 0, 0, 0x20), END)!.entry).toBe(0x10020);
  });

  it.each([[''], ['hello'], [':'], [':00'], [':zz000001FF'], ['S0030000FC']])('%j is none', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it.each([
    [[record(0, 0, 1)], /'x': truncated: no end-of-file record/],
    [[record(0, 0, 1), ':00'], /'x', line 2: no record/],
    [[':0100000001FF'], /line 1: wrong checksum/],
    [[':0200000001FD'], /line 1: 1 bytes of data, the record says 2/],
    [[record(4, 0, 1)], /a record of type 4 has 2 bytes of data, not 1/],
    [[record(6, 0)], /unknown record type 6/],
  ])('%j is broken', (lines, message) => {
    expect(() => parse(...lines)).toThrow(message);
  });
});
