/**
 * Short-lived machines: makes one, runs a guest of a millisecond, closes it, and again, in one process. Fails if the resident set grows after the first
 * 50, or if they are too slow: `npm run machines -- [--backend tci|wasm] [--count N]`.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createNodeHost, Machine, type MachineOptions } from '../src/node/index.js';

const MiB = 1 << 20;
/** What is made once, and what is kept for the next machines, is there after so many. */
const WARM = 50;
/**
 * RSS at the end over that after WARM, MiB. A thread more is 5 MiB, a leak of 50 KiB a machine 50. It is read after a collection, every time: nothing holds a machine
 * that is closed, but V8 moves what a living one is made of (350 KiB, an instance of the engine among it) to where only a full collection comes, and lets
 * that grow to a multiple of what lives: in the course of some hundred machines 50 to 100 MiB become resident, and no more.
 */
const MAX_GROWTH_MIB = 32;
/** Machines a second, in tci. */
const LEAST_RATE = 30;

/** Counts down from 100,000 in two instructions a round, some ms in tci before code is made; then powers off. */
const SHORT = [
  0x000192b7, // lui t0, 25
  0xfff28293, // addi t0, t0, -1
  0xfe029ee3, // bnez t0, . - 4
  0x001002b7, // lui t0, 0x100
  0x00005337, // lui t1, 5
  0x55530313, // addi t1, t1, 0x555
  0x0062a023, // sw t1, 0(t0)
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

type Backend = 'tci' | 'wasm';

/** wasm: a kernel that runs long enough for code to arrive. */
const GUESTS: Record<Backend, MachineOptions> = {
  tci: { kernel: new Uint8Array(Uint32Array.from(SHORT).buffer) },
  wasm: { kernel: readFileSync(new URL('../../guests/embedded.elf', import.meta.url)), append: 'quiet=1 run=int scale=4' },
};

async function machines(backend: Backend, count: number): Promise<string[]> {
  const host = await createNodeHost({ backend, hotThreshold: backend === 'wasm' ? 256 : undefined });
  let [warmMiB, rssMiB, warmMs, modules] = [0, 0, 0, 0];
  const start = performance.now();
  for (let n = 1; n <= count; n++) {
    const machine = Machine.create({ machine: 'virt', memory: '16M', bios: 'none', ...GUESTS[backend] }, host);
    const { reason } = await machine.run();
    if (reason !== 'guest-shutdown') throw new Error(`machine ${n} ended with ${reason}`);
    modules += machine.state.accelerator?.info?.().wasm?.modules ?? 0;
    await machine.close();
    if (n % WARM !== 0 && n !== count) continue;
    collectGarbage();
    rssMiB = process.memoryUsage.rss() / MiB;
    const ms = performance.now() - start;
    if (n === WARM) [warmMiB, warmMs] = [rssMiB, ms];
    console.log(`${backend}: ${n} machines, ${((1000 * n) / ms).toFixed(0)} a second, RSS ${rssMiB.toFixed(0)} MiB, ${modules} modules`);
  }
  const rate = (1000 * (count - WARM)) / (performance.now() - start - warmMs);
  host.close();
  const failures: string[] = [];
  if (rssMiB - warmMiB > MAX_GROWTH_MIB) failures.push(`RSS grew from ${warmMiB.toFixed(0)} to ${rssMiB.toFixed(0)} MiB`);
  if (backend === 'tci' && rate < LEAST_RATE) failures.push(`${rate.toFixed(0)} machines a second, fewer than ${LEAST_RATE}`);
  if (backend === 'wasm' && modules === 0) failures.push('no code was generated');
  return failures;
}

const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= WARM) throw new InvalidArgumentError(`expected a whole number above ${WARM}`);
  return value;
};

const command = new Command('machines')
  .addOption(new Option('--backend <name>', 'one of them only').choices(['tci', 'wasm']))
  .option('--count <n>', 'machines (default: 1000 in tci, 300 with code generation)', number)
  .action(async ({ backend, count }: { backend?: Backend; count?: number }) => {
    const failures: string[] = [];
    for (const each of backend ? [backend] : (['tci', 'wasm'] as const))
      failures.push(...(await machines(each, count ?? (each === 'tci' ? 1000 : 300))));
    for (const failure of failures) console.error(`machines: ${failure}`);
    process.exitCode = failures.length > 0 ? 1 : 0;
  });
await command.parseAsync();
