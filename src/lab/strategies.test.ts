/** Every strategy means something to the accelerator, and computes the same. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAccel } from '../cli/common/accel.js';
import { embeddedGuestPath } from '../node/embedded-guest.js';
import { createNodeHost } from '../node/host.js';
import { parseResult } from './guest-output.js';
import { watch } from './run.js';
import { STRATEGIES } from './strategies.js';

/** `fib` is calls and returns, `sort` loops and accesses: one round of each. As QEMU 7.2 has them. */
const CHECKSUMS = { fib: '000000000000b520', sort: 'fff2f474d8ce12b1' };
const kernel = readFileSync(embeddedGuestPath());

it.each(Object.entries(STRATEGIES))('%s', async (_, { accel }) => {
  // Synchronous and eager, whatever the strategy says, so that there is surely generated code, in this process.
  const host = await createNodeHost({ ...parseAccel(accel), sync: true, hotThreshold: 2048 });
  try {
    const run = await watch({ machine: 'virt', bios: 'none', kernel, append: 'quiet=1 scale=0 run=fib,sort' }, host);
    const sums = Object.fromEntries(run.output.split('\n').flatMap((line) => parseResult(line) ?? []).map(({ name, checksum }) => [name, checksum])); // prettier-ignore
    expect(sums).toEqual(CHECKSUMS);
    expect(run.exitCode).toBe(0);
    expect(run.samples.at(-1)![1]).toBe(run.counters.instructions);
    expect(run.counters.regions > 0).toBe(accel !== 'tci');
  } finally {
    host.close();
  }
});
