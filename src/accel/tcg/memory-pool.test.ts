import { expect, it } from 'vitest';
import { WASM_PAGE } from './memory.js';
import { EngineMemoryPool, type MemoryClear } from './memory-pool.js';

const MiB = 1 << 20;
const pages = (size: number): number => size / WASM_PAGE;
const clear: MemoryClear = () => 0;

it('takes the smallest memory that is large enough, or a new one', () => {
  const pool = new EngineMemoryPool();
  const [small, large] = [pool.take(pages(4 * MiB)), pool.take(pages(8 * MiB))];
  pool.give(large, clear);
  pool.give(small, clear);
  expect(pool.take(pages(2 * MiB))).toBe(small);
  expect(pool.take(pages(16 * MiB)).buffer.byteLength).toBe(16 * MiB);
  expect(pool.take(pages(2 * MiB))).toBe(large);
  expect(pool.take(pages(2 * MiB)).buffer.byteLength).toBe(2 * MiB);
});

it('keeps few, none that is large, and gives none with much to be zeroed', () => {
  const pool = new EngineMemoryPool();
  pool.give(pool.take(pages(512 * MiB)), () => expect.unreachable());
  expect(pool.size).toBe(0);
  const touched = pool.take(pages(2 * MiB));
  pool.give(touched, (_start, _end, most) => most + 1);
  const other = pool.take(pages(4 * MiB));
  pool.give(other, clear);
  expect(pool.take(pages(2 * MiB))).toBe(other);
  expect(pool.size).toBe(0);
  for (const memory of Array.from({ length: 10 }, () => pool.take(pages(2 * MiB)))) pool.give(memory, clear);
  expect(pool.size).toBe(4);
});

it('zeroes what the runtime has below the part that it clears itself', () => {
  const pool = new EngineMemoryPool();
  const memory = pool.take(pages(2 * MiB));
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(1);
  pool.give(memory, (start, end) => (bytes.fill(0, start, end), end - start));
  expect(bytes[0]).toBe(1);
  expect(pool.take(pages(2 * MiB))).toBe(memory);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});

it('lets go of what it keeps where no new memory can be had, and asks again', () => {
  const pool = new EngineMemoryPool((count) => {
    if (pool.size > 0) throw new RangeError('could not allocate memory');
    return new WebAssembly.Memory({ initial: count, maximum: count, shared: true });
  });
  pool.give(pool.take(pages(2 * MiB)), clear);
  expect(pool.take(pages(4 * MiB)).buffer.byteLength).toBe(4 * MiB);
  expect(pool.size).toBe(0);
  const none = new EngineMemoryPool(() => {
    throw new RangeError('could not allocate memory');
  });
  expect(() => none.take(1)).toThrow('could not allocate memory');
});
