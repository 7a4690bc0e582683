/** With -icount, all engines end a guest in the same state: registers, CSRs, memory, instructions executed, and what it printed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildInitramfs, type EngineOptions, type MachineOptions } from 'wemu/node';
import { finalState, type FinalState } from '../support/final-state.js';
import { describeGuest } from '../support/guest-files.js';
import type { JitInfo } from '../../src/accel/jit-info.js';

const kernel = readFileSync(new URL('../../guests/embedded.elf', import.meta.url));
const KERNELS = [
  'int',
  'sha256',
  'sieve',
  'hash',
  'chase',
  'chasemem',
  'memcpy',
  'stream',
  'bytecode',
  'fib',
  'sort',
  'matmul',
  'matmulfma',
  'nbody',
];

/** Against tci with the host's clock. Thresholds are low, so that much runs as generated code; how much a worker gets done is chance. Regions that are made
 * at once are checked. */
const RUNS: readonly (readonly [name: string, engine: EngineOptions, seed: number])[] = [
  ['tci', { backend: 'tci' }, 1],
  ['generated code, at once', { sync: true, hotThreshold: 64, tuning: { check: true } }, 2],
  ['generated code, by a worker', { hotThreshold: 256 }, 3],
];

const references = new Map<string, Promise<FinalState>>();
function reference(name: string, options: MachineOptions): Promise<FinalState> {
  let state = references.get(name);
  if (!state) references.set(name, (state = finalState({ backend: 'tci' }, options).then((run) => run.state)));
  return state;
}

/** Generated code ran in lockstep with tci, all of the first million runs and then some, most of it could be compared, and no flush of the TLB was lost. */
function expectChecked({ check, insns }: JitInfo): void {
  expect(check!.insns).toBeGreaterThan(insns / 20);
  expect(check!.skipped).toBeLessThan(check!.stretches / 10);
  expect(check!.looks).toBeGreaterThan(0);
  expect(check!.tbs).toBeGreaterThan(0);
  expect(check!.contradicted).toBe(0);
}

describe.each(RUNS)('%s', (_name, engine, seed) => {
  it.each(KERNELS)('the embedded guest, %s', async (name) => {
    // The checks of the machine (timer, interrupts, traps) are part of the first.
    const options: MachineOptions = { bios: 'none', kernel, memory: '32M', append: `run=${name} scale=1 quiet=${name === 'int' ? 0 : 1}` };
    const { state, info } = await finalState(engine, options, seed);
    expect(state.reason).toBe('guest-shutdown');
    expect(state).toEqual(await reference(name, options));
    if (engine.sync) expect(info.wasm!.regions).toBeGreaterThan(0);
    if (engine.tuning?.check) expectChecked(info);
  });
});

await describeGuest('Linux', ['kernel', 'busybox', 'firmware'], (files) => {
  const command = [
    'sh',
    '-c',
    'head -c 16 /dev/urandom | md5sum; i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; cat /proc/uptime /proc/interrupts',
  ];
  const options = (): MachineOptions => ({
    bios: readFileSync(files.firmware),
    kernel: readFileSync(files.kernel),
    initrd: buildInitramfs({ busybox: readFileSync(files.busybox), command }),
    append: 'console=ttyS0',
  });
  it.each([
    ['generated code, at once', { sync: true, hotThreshold: 4096, tuning: { check: true } }, 2],
    ['generated code, by a worker', { hotThreshold: 1024 }, 3],
  ] as const)('boots to the same state with %s', async (_name, engine, seed) => {
    const { state, info } = await finalState(engine, options(), seed);
    expect(state.console).toContain('reboot: Power down');
    expect(state).toEqual(await reference('linux', options()));
    if ('tuning' in engine) expectChecked(info);
  });
});
