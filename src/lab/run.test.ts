import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { embeddedGuestPath } from '../node/embedded-guest.js';
import { createNodeHost } from '../node/host.js';
import { Machine } from '../system/facade.js';
import { watch } from './run.js';

const options = { machine: 'virt', bios: 'none', kernel: readFileSync(embeddedGuestPath()), append: 'quiet=1 scale=0 run=fib' } as const;

it('marks lines with what the engine had done by then, and ends with the same output', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  let heard = '';
  const run = await watch(options, host, {
    isMark: (line) => /fib|all/.test(line),
    onOutput: (bytes) => (heard += new TextDecoder().decode(bytes)),
  });
  host.close();
  expect(heard).toBe(run.output);
  expect(run.marks.map(({ line }) => line.trim().split(' ')[0])).toEqual(['fib', 'all', 'all']);
  const done = run.marks.map(({ counters }) => counters.instructions);
  expect(done[0]).toBeGreaterThan(100_000);
  expect([...done, run.counters.instructions]).toEqual([...done, run.counters.instructions].sort((a, b) => a - b));
});

it('ends when its output cannot be taken, instead of telling the guest', async () => {
  const host = await createNodeHost({ backend: 'tci' });
  const run = watch(options, host, {
    onOutput: () => {
      throw new Error('full');
    },
  });
  await expect(run).rejects.toThrow('full');
  host.close();
});

it('closes its machine, also where the run fails', async () => {
  const close = vi.spyOn(Machine.prototype, 'close');
  const host = await createNodeHost({ backend: 'tci' });
  await watch(options, host);
  expect(close).toHaveBeenCalledTimes(1);
  const failing = watch(options, host, {
    isMark: () => true,
    onOutput: () => {
      throw new Error('full');
    },
  });
  await expect(failing).rejects.toThrow('full');
  expect(close).toHaveBeenCalledTimes(2);
  close.mockRestore();
  host.close();
});
