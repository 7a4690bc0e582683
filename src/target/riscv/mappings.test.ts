import { expect, it } from 'vitest';
import { mappingsOf, mappingsText } from './mappings.js';

const [V, R, W, X, U, A, D] = [1, 2, 4, 8, 16, 64, 128];
const PAGE = 4096;

/** Memory of a few pages from address 0 on; entries are set by table, index, physical page, attributes. */
function memory(bytes: 4 | 8, ...entries: readonly (readonly [table: number, index: number, ppn: number, attributes: number])[]) {
  const ram = new Uint8Array(16 * PAGE);
  const view = new DataView(ram.buffer);
  for (const [table, index, ppn, attributes] of entries) {
    const value = (BigInt(ppn) << 10n) | BigInt(attributes);
    if (bytes === 8) view.setBigUint64(table * PAGE + 8 * index, value, true);
    else view.setUint32(table * PAGE + 4 * index, Number(value), true);
  }
  return (address: bigint, size: number) =>
    address + BigInt(size) <= ram.length ? ram.subarray(Number(address), Number(address) + size) : undefined;
}

it('knows when there is no translation', () => {
  expect([mappingsOf(64, 0n, memory(8)), mappingsOf(32, 0n, memory(4)), mappingsOf(64, 5n << 60n, memory(8))]).toEqual([
    ...[undefined, undefined, undefined],
  ]);
});

// as QEMU 10.0 prints them
it('joins neighbours that are mapped alike, by pages of one size', () => {
  const all = V | R | W | A | D;
  const read = memory(
    8,
    ...[0, 1].map((i) => [3, i, 0x80000 + i, all] as const), // two pages
    [3, 2, 0x80002, V | R | X | U | A], // another kind
    [3, 3, 0x90000, V | R | X | U | A], // elsewhere
    ...[[2, 0, 3, V] as const, [2, 1, 0x80200, all] as const], // a table, a large page
    ...[[1, 0, 2, V] as const, [1, 511, 0x40000, all] as const], // the last GiB
  );
  expect(mappingsText(64, mappingsOf(64, (8n << 60n) | 1n, read)!)).toBe(
    [
      'vaddr            paddr            size             attr',
      '---------------- ---------------- ---------------- -------',
      '0000000000000000 0000000080000000 0000000000002000 rw---ad',
      '0000000000002000 0000000080002000 0000000000001000 r-xu-a-',
      '0000000000003000 0000000090000000 0000000000001000 r-xu-a-',
      '0000000000200000 0000000080200000 0000000000200000 rw---ad',
      'ffffffffc0000000 0000000040000000 0000000040000000 rw---ad',
      '',
    ].join('\n'),
  );
});

it('walks Sv32', () => {
  const read = memory(4, [1, 1023, 2, V], [2, 1, 0x12345, V | R]);
  expect(mappingsOf(32, (1n << 31n) | 1n, read)).toEqual([
    { virtual: 0xffc0_1000n, physical: 0x1234_5000n, size: 4096n, attributes: V | R },
  ]);
});

it('comes to an end with tables that contain themselves', () => {
  const entries = Array.from({ length: 512 }, (_, i) => [1, i, 1, V] as const);
  expect(() => mappingsOf(64, (10n << 60n) | 1n, memory(8, ...entries))).toThrow('more than can be listed');
  const start = performance.now();
  expect(() => mappingsOf(64, (9n << 60n) | 1n, memory(8, ...entries))).toThrow('more than can be listed');
  expect(performance.now() - start).toBeLessThan(15_000);
});
