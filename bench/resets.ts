/**
 * Snapshots: how often a second a machine goes back to one in memory, having written so many pages; how long it takes to make, save and load one.
 *
 *     npm run resets -- [PAGES=100] [MEMORY=512M]     # CPU time, medians of ROUNDS
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { BytesSink } from '../src/migration/store.js';
import { createNodeHost } from '../src/node/host.js';
import { Machine } from '../src/system/facade.js';
import { positive } from './options.js';

const PAGE = 4096;
const RAM = 0x8100_0000;
const RESETS = 2000;
const ROUNDS = 5;

const [count, memory] = new Command('npm run resets --')
  .description(`Resets of a machine to a snapshot in memory: CPU time, medians of ${ROUNDS}.`)
  .argument('[pages]', 'pages that are written between two resets', positive, 100)
  .argument('[memory]', "the machine's", '512M')
  .parse().processedArgs as [number, string];
const kernel = readFileSync(fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url)));
const host = await createNodeHost({ backend: 'tci' });
const machine = Machine.create({ machine: 'virt', memory, bios: 'none', kernel, serial: () => {} }, host);
const word = new Uint8Array(8).fill(1);
for (let at = 0; at < 64 << 20; at += PAGE) machine.writePhysical(RAM + at, word); // 64 MiB in use

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
async function timed(work: () => unknown): Promise<number> {
  const before = cpuMs();
  await work();
  return cpuMs() - before;
}
async function median(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < ROUNDS; n++) times.push(await timed(work));
  return times.sort((a, b) => a - b)[ROUNDS >> 1];
}

let snapshot = machine.snapshot();
const dirty = (): void => {
  for (let n = 0; n < count; n++) machine.state.addressSpace.writeBytes(RAM + n * PAGE, word);
};
const both = await median(() => {
  for (let n = 0; n < RESETS; n++) {
    dirty();
    machine.reset(snapshot);
  }
});
const alone = await median(() => {
  for (let n = 0; n < RESETS; n++) dirty();
});
const each = (both - alone) / RESETS;
const sink: { bytes: Uint8Array } = { bytes: new Uint8Array(0) };
const write = async (compress: boolean): Promise<void> => {
  const to = new BytesSink();
  await machine.save(to, { compress });
  sink.bytes = to.finish();
};
process.stdout.write(`reset with ${count} pages written     ${(1000 / each).toFixed(0)}/s (${(each * 1000).toFixed(0)} us)\n`);
process.stdout.write(`snapshot in memory, ${memory}       ${(await median(() => (snapshot = machine.snapshot()))).toFixed(0)} ms\n`);
process.stdout.write(
  `save, compressed                 ${(await median(() => write(true))).toFixed(0)} ms, ${(sink.bytes.length / 1e6).toFixed(1)} MB\n`,
);
process.stdout.write(
  `save                             ${(await median(() => write(false))).toFixed(0)} ms, ${(sink.bytes.length / 1e6).toFixed(1)} MB\n`,
);
process.stdout.write(`load                             ${(await median(() => machine.load(sink.bytes))).toFixed(0)} ms\n`);
await machine.close();
host.close();
