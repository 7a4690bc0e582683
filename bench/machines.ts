/**
 * Short-lived machines: makes one, runs a guest of a millisecond, closes it, and again, in one process, whose collector comes when it will. Fails if the
 * resident set goes on growing after the first 50, if something holds machines that are closed, or if they are too slow:
 * `npm run machines -- [--backend tci|wasm] [--count N]`.
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
 * The highest RSS of the second half over that of the first, MiB. A thread more is 5 MiB, a leak of 50 KiB a machine 25. RSS is a saw: what a machine is made of
 * (350 KiB, an instance of the engine among it) outlives V8's minor collections, and waits for a full one, which V8 starts when the heap has grown to
 * a multiple of what lives in it (docs/decisions/short-lived-machines.md).
 */
const MAX_GROWTH_MIB = 24;
/** JavaScript's heap at the end over that after WARM, each after a full collection, MiB: nothing holds a machine that is closed. */
const MAX_HELD_MIB = 4;
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
const liveHeapMiB = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed / MiB;
};

type Backend = 'tci' | 'wasm';

/** wasm: a kernel that runs long enough for code to arrive. */
const GUESTS: Record<Backend, MachineOptions> = {
  tci: { kernel: new Uint8Array(Uint32Array.from(SHORT).buffer) },
  wasm: { kernel: readFileSync(new URL('../../guests/embedded.elf', import.meta.url)), append: 'quiet=1 run=int scale=4' },
};

async function machines(backend: Backend, count: number): Promise<string[]> {
  const host = await createNodeHost({ backend, hotThreshold: backend === 'wasm' ? 256 : undefined });
  const half = WARM + Math.floor((count - WARM) / 2);
  const peaks = [0, 0];
  let [warmHeapMiB, warmMs, modules] = [0, 0, 0];
  const start = performance.now();
  for (let n = 1; n <= count; n++) {
    const machine = Machine.create({ machine: 'virt', memory: '16M', bios: 'none', ...GUESTS[backend] }, host);
    const { reason } = await machine.run();
    if (reason !== 'guest-shutdown') throw new Error(`machine ${n} ended with ${reason}`);
    modules += machine.state.accelerator?.info?.().wasm?.modules ?? 0;
    await machine.close();
    const rssMiB = process.memoryUsage.rss() / MiB;
    const ms = performance.now() - start;
    if (n === WARM) [warmHeapMiB, warmMs] = [liveHeapMiB(), performance.now() - start];
    else if (n > WARM) peaks[Number(n > half)] = Math.max(peaks[Number(n > half)], rssMiB);
    if (n % WARM === 0 || n === count)
      console.log(`${backend}: ${n} machines, ${((1000 * n) / ms).toFixed(0)} a second, RSS ${rssMiB.toFixed(0)} MiB, ${modules} modules`);
  }
  const rate = (1000 * (count - WARM)) / (performance.now() - start - warmMs);
  const heldMiB = liveHeapMiB() - warmHeapMiB;
  host.close();
  const [early, late] = peaks.map((peak) => peak.toFixed(0));
  console.log(
    `${backend}: ${rate.toFixed(0)} a second, RSS at most ${early} MiB, then ${late}; heap ${heldMiB.toFixed(1)} MiB more than after ${WARM}`,
  );
  const failures: string[] = [];
  if (peaks[1] - peaks[0] > MAX_GROWTH_MIB) failures.push(`RSS grew from ${early} to ${late} MiB`);
  if (heldMiB > MAX_HELD_MIB) failures.push(`${heldMiB.toFixed(1)} MiB of the heap are held`);
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
