/** Every atomic, at every misalignment, in every kind of place: the causes are the table's, in every engine (tests/differential/atomic-places.ts). */
import { describe, expect, test } from 'vitest';
import { createNodeHost, Machine, type EngineOptions } from 'wemu/node';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { atomicProgram, verdict, type AtomicProgram } from '../differential/atomic-program.js';
import { BASE_EXTENSIONS } from '../differential/kind.js';
import { DONE, MEMORY } from '../differential/slot.js';
import { cpuFeatures } from '../differential/session.js';
import { cpuOption } from '../differential/wemu.js';

/** How often everything is tried: in generated code too, where that is made at once; with a worker, how much it gets done is chance. */
const RUNS: readonly (readonly [name: string, engine: EngineOptions, rounds: number])[] = [
  ['tci', { backend: 'tci' }, 2],
  ['generated code, at once', { sync: true, hotThreshold: 1 }, 3],
  ['generated code, by a worker', {}, 50],
];
const SLICE = 1_000_000;

async function run(engine: EngineOptions, cpu: string, { elf, size }: AtomicProgram) {
  const host = await createNodeHost(engine);
  try {
    const machine = Machine.create({ machine: 'virt', cpu, memory: '128M', bios: 'none', kernel: elf }, host);
    machine.state.vmStart();
    const isDone = (): boolean => new DataView(machine.readPhysical(MEMORY.done, 4).buffer).getUint32(0, true) === DONE;
    while (!isDone()) machine.cpu().run(SLICE);
    return { rows: machine.readPhysical(MEMORY.slots, size), regions: machine.state.accelerator?.info?.().wasm?.regions ?? 0 };
  } finally {
    host.close();
  }
}

describe.each([64, 32] as const)('atomics, RV%i', (xlen) => {
  test.each(RUNS)('%s', async (_name, engine, rounds) => {
    const cpu = cpuOption(cpuFeatures(undefined, xlen, BASE_EXTENSIONS));
    const program = atomicProgram(parseCpuConfig(cpu), rounds);
    const { rows, regions } = await run(engine, cpu, program);
    expect(verdict(program, rows)).toEqual([]);
    if (engine.sync) expect(regions).toBeGreaterThan(0);
  });
});
