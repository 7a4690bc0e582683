import { expect, it } from 'vitest';
import { BlockOutput } from './block-output.js';

it('passes bytes on in blocks: a full one at once, the rest when the slice has ended', async () => {
  const blocks: Uint8Array[] = [];
  const output = new BlockOutput((bytes) => blocks.push(bytes));
  for (let k = 0; k < 5000; k++) output.write(Uint8Array.of(k & 0xff));
  expect(blocks.map(({ length }) => length)).toEqual([4096]);
  await Promise.resolve();
  expect(blocks.map(({ length }) => length)).toEqual([4096, 904]);
  expect([...blocks[0], ...blocks[1]].every((byte, k) => byte === (k & 0xff))).toBe(true);
});

it('gives what waits when it is asked, once', async () => {
  const blocks: number[][] = [];
  const output = new BlockOutput((bytes) => blocks.push([...bytes]));
  output.write(Uint8Array.of(1, 2));
  output.flush();
  output.write(Uint8Array.of(3));
  await Promise.resolve();
  expect(blocks).toEqual([[1, 2], [3]]);
});
