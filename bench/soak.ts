/**
 * The soak: a guest that makes new code without end (guests/soak) keeps the code cache full, so that modules are evicted all the time. Samples what
 * must stay bounded, prints a table, and fails if something does not: `npm run soak -- --minutes N`.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Command } from 'commander';
import { createNodeHost } from '../src/node/index.js';
import { Machine } from '../src/system/facade.js';
import type { JitInfo, WasmInfo } from '../src/accel/jit-info.js';
import { positive } from './options.js';
import { PauseProbe, type Pause } from './pauses.js';

const MiB = 1 << 20;
const GUEST = new URL('../../guests/soak.elf', import.meta.url);
const GUEST_MIB = 128;
/** Low, so that nearly every function of the guest goes to code generation. */
const THRESHOLD = 1024;
/** CPU time that the machine's thread may keep the event loop waiting for, whatever it does: guest code, translation, the code cache, the collector. */
const MAX_PAUSE_MS = 50;
/** RSS above guest RAM and code: Node, binaryen and its worker's heaps. Machine code and its metadata are some ten times the wasm. */
const BASE_RSS_MIB = 700;
const RSS_PER_WASM_BYTE = 10;
/** RSS at the end over RSS at half time: the collector's rhythm is inside, a leak of a few MiB a minute is not. */
const MAX_GROWTH = 1.15;

interface Sample {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly functions: number;
  readonly wasm: WasmInfo;
  readonly tb: JitInfo['tb'];
  /** The longest since the last sample. */
  readonly pause: Pause;
  /** Of the host: processes that run or want to. */
  readonly load: number;
}

interface SoakOptions {
  readonly minutes: number;
  readonly cacheMib: number;
  readonly cacheModules: number;
  readonly sync?: boolean;
}

async function soak(options: SoakOptions): Promise<string[]> {
  const cache = { bytes: options.cacheMib * MiB, modules: options.cacheModules };
  const host = await createNodeHost({ sync: options.sync, hotThreshold: THRESHOLD, tuning: { cache } });
  let output = '';
  let functions = 0;
  const serial = (bytes: Uint8Array): void => {
    output = (output + Buffer.from(bytes).toString('latin1')).slice(-2000);
    functions = Number([...output.matchAll(/: (\d+) functions/g)].at(-1)?.[1] ?? functions);
  };
  const machine = Machine.create({ machine: 'virt', memory: GUEST_MIB * MiB, bios: 'none', kernel: readFileSync(GUEST), serial }, host);
  const info = (): JitInfo => machine.state.accelerator!.info!();
  const probe = new PauseProbe(() => counters(info()));
  probe.start();
  const samples: Sample[] = [];
  const start = performance.now();
  const intervalMs = Math.max(1000, (options.minutes * 60_000) / 60);
  console.log(HEAD);
  const timer = setInterval(() => {
    const { wasm, tb } = info();
    const seconds = (performance.now() - start) / 1000;
    const rssMiB = process.memoryUsage.rss() / MiB;
    samples.push({ seconds, rssMiB, functions, wasm: wasm!, tb, pause: probe.take(), load: loadavg()[0] });
    console.log(line(samples.at(-1)!));
    if (seconds >= options.minutes * 60) machine.quit();
  }, intervalMs);
  const { reason } = await machine.run();
  clearInterval(timer);
  probe.stop();
  host.close();
  const longest = samples.map(({ pause }) => pause).sort((a, b) => b.cpuMs - a.cpuMs)[0];
  if (longest) console.log(describePause(longest));
  const evictionMs = samples.at(-1)?.wasm.cache.longestEvictionMs;
  if (evictionMs !== undefined) console.log(`longest eviction: ${evictionMs.toFixed(1)} ms by the clock`);
  return [
    ...(reason === 'host-qmp-quit' ? [] : [`the guest ended (${reason}): ${output.trimEnd().split('\n').at(-1)}`]),
    ...judge(samples, cache),
  ];
}

/** What the machine's thread did for the code cache so far, ms and counts. */
const counters = ({ tci, tb, wasm }: JitInfo): Record<string, number> => ({
  translation: tci.translateMs,
  codeCache: wasm!.requestMs + wasm!.installMs,
  evictions: wasm!.cache.evictions,
  flushes: tb.flushes,
});

const HEAD = '       s   RSS MiB  functions  modules  wasm KiB   evicted  invalid.     TBs  arena MiB  flushes  pause ms  load';
const line = ({ seconds, rssMiB, functions, wasm, tb, pause, load }: Sample): string =>
  [
    seconds.toFixed(0).padStart(8),
    rssMiB.toFixed(0).padStart(10),
    String(functions).padStart(11),
    String(wasm.cache.modules).padStart(9),
    (wasm.cache.bytes / 1024).toFixed(0).padStart(10),
    String(wasm.cache.evictions).padStart(10),
    String(wasm.cache.invalidations).padStart(10),
    String(tb.count).padStart(8),
    (tb.arenaUsed / MiB).toFixed(1).padStart(11),
    String(tb.flushes).padStart(9),
    pause.cpuMs.toFixed(1).padStart(10),
    load.toFixed(1).padStart(6),
  ].join('');

/** With what went on meanwhile. */
const describePause = ({ cpuMs, clockMs, parts }: Pause): string => {
  const told = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(Number.isInteger(value) ? 0 : 1)}`);
  return `longest pause: ${cpuMs.toFixed(1)} ms of CPU time, ${clockMs.toFixed(1)} ms by the clock; meanwhile ${told.join(', ')}`;
};

/** What is out of bounds, in words. */
function judge(samples: readonly Sample[], cache: { readonly bytes: number; readonly modules: number }): string[] {
  const last = samples.at(-1);
  if (!last) return ['no samples: the run was too short'];
  const complaints: string[] = [];
  const most = (value: (sample: Sample) => number): number => Math.max(...samples.map(value));
  const bound = (what: string, value: number, limit: number): void => {
    if (!(value <= limit)) complaints.push(`${what}: ${value.toFixed(1)}, at most ${limit.toFixed(1)}`);
  };
  bound(
    'code cache, wasm bytes',
    most(({ wasm }) => wasm.cache.bytes),
    cache.bytes,
  );
  bound(
    'code cache, modules',
    most(({ wasm }) => wasm.cache.modules),
    cache.modules,
  );
  bound(
    'RSS in MiB',
    most(({ rssMiB }) => rssMiB),
    BASE_RSS_MIB + GUEST_MIB + (RSS_PER_WASM_BYTE * cache.bytes) / MiB,
  );
  bound(
    'longest pause, ms',
    most(({ pause }) => pause.cpuMs),
    MAX_PAUSE_MS,
  );
  bound('longest eviction, ms', last.wasm.cache.longestEvictionMs, MAX_PAUSE_MS);
  const half = samples[samples.length >> 1];
  if (samples.length >= 8) bound('RSS at the end over RSS at half time', last.rssMiB / half.rssMiB, MAX_GROWTH);
  if (last.wasm.errors > 0) complaints.push(`errors of code generation: ${last.wasm.lastError}`);
  if (last.wasm.cache.evictions === 0) complaints.push('nothing was evicted: the run was too short, or the code cache too large');
  return complaints;
}

const program = new Command('soak')
  .option('--minutes <n>', 'how long', positive, 30)
  .option('--cache-mib <n>', 'bound of the code cache in MiB of wasm: small, so that eviction is at work', positive, 4)
  .option('--cache-modules <n>', 'bound of the code cache in modules', positive, 100)
  .option('--sync', "generate code on the machine's thread")
  .parse();
const complaints = await soak(program.opts<SoakOptions>());
for (const complaint of complaints) console.error(`soak: ${complaint}`);
console.log(complaints.length === 0 ? 'all within bounds' : 'OUT OF BOUNDS');
process.exitCode = complaints.length === 0 ? 0 : 1;
