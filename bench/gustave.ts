/**
 * The fuzzing harness: runs a second of both examples, with coverage, in one process; and of the same guest on QEMU, which goes back by `loadvm`, where there is one.
 *
 *     npm run gustave -- [--seconds 3] [--qemu qemu-system-riscv64]
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { createNodeHost, Gustave, Machine, type GustaveConfig, type MachineOptions } from '../src/node/index.js';
import { QemuRuns } from './qemu-loadvm.js';

const ROUNDS = 5;

const read = (name: string): Uint8Array => readFileSync(new URL(`../../${name}`, import.meta.url));
const json = (name: string): GustaveConfig => JSON.parse(new TextDecoder().decode(read(name))) as GustaveConfig;

interface Target {
  readonly config: string;
  readonly machine: MachineOptions;
  readonly input: Uint8Array;
}
const TARGETS: Record<string, Target> = {
  virt: {
    config: 'examples/gustave/virt.json',
    machine: { machine: 'virt', bios: 'none', kernel: read('guests/gustave.elf') },
    input: read('examples/gustave/seeds/message'),
  },
  cpiom: {
    config: 'examples/gustave/cpiom.json',
    machine: { machine: 'cpiom', symbols: read('guests/cpiom.elf') },
    input: new TextEncoder().encode('nothing that the firmware knows'),
  },
};

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
const line = (name: string, rate: number, more: string): void =>
  console.log(`${name.padEnd(24)} ${rate.toFixed(0).padStart(6)} runs a second  ${more}`);

async function measure(name: string, { config, machine: options, input }: Target, seconds: number): Promise<void> {
  const host = await createNodeHost({});
  const gustave = new Gustave(json(config), config);
  const machine = Machine.create(
    { icount: 'shift=3', rtcBaseMs: 0, serial: () => {}, ...options, plugins: [{ plugin: gustave.plugin }] },
    host,
  );
  await gustave.prepare(machine);
  const rates: number[] = [];
  const cpu: number[] = [];
  let last = gustave.run(input);
  for (let round = 0; round < ROUNDS; round++) {
    let runs = 0;
    const [start, before] = [performance.now(), cpuMs()];
    while (performance.now() - start < (1000 * seconds) / ROUNDS) {
      for (let n = 0; n < 50; n++) last = gustave.run(input);
      runs += 50;
      await new Promise((resolve) => setImmediate(resolve)); // generated code arrives
    }
    rates.push((1000 * runs) / (performance.now() - start));
    cpu.push((1000 * (cpuMs() - before)) / runs);
  }
  line(
    name,
    median(rates),
    `${last.instructions} instructions, ${gustave.edges.count} edges, ${median(cpu).toFixed(0)} us of CPU each (${last.kind})`,
  );
  await machine.close();
  host.close();
}

await new Command('gustave')
  .option('--seconds <n>', 'of each row', Number, 3)
  .option('--qemu <command>', 'QEMU for riscv64', 'qemu-system-riscv64')
  .action(async ({ seconds, qemu }: { seconds: number; qemu: string }) => {
    for (const [name, target] of Object.entries(TARGETS)) await measure(name, target, seconds);
    const runs = await QemuRuns.start(qemu, 'guests/gustave.elf', TARGETS['virt'].input);
    if (!runs) return console.log(`virt, QEMU with loadvm    not there: ${qemu}`);
    line('virt, QEMU with loadvm', await runs.rate(seconds), 'no coverage');
    await runs.end();
  })
  .parseAsync();
