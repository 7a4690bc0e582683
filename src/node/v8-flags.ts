/**
 * V8's flags belong to the process, not to the thread that sets them. So wemu decides once a process whether it may set any: it does on the versions of V8 that its tests run on,
 * and on others if a process of its own survives it (v8-probe.ts). Else everything runs as V8 itself would have it, slower: generated code starts in Liftoff (docs/engines.md).
 */
import type { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { relaxedMaddModule } from '../tcg/wasm/relaxed-simd.js';

/** V8 of Node 20 to that of Node 26, in tenths: its minor version is one digit. */
const TESTED = { from: 113, to: 146 } as const;
/** A probe that takes longer hangs. */
const PROBE_MS = 10_000;
/** No compilation takes so long: who holds the lock is gone. */
const LOCK_MS = 10_000;

/** What all threads of the process share. */
interface ProcessFlags {
  readonly areOurs: boolean;
  /** 1 while a thread has flags set for a moment. */
  readonly lock: Int32Array;
}

// The bundle has this module several times: what is decided lies where each of them, and every thread that is started later, finds it.
const KEY = 'wemu: V8 flags';

function processFlags(): ProcessFlags {
  const known = getEnvironmentData(KEY) as unknown as ProcessFlags | undefined;
  if (known) return known;
  const flags: ProcessFlags = { areOurs: mayBeOurs(), lock: new Int32Array(new SharedArrayBuffer(4)) };
  setEnvironmentData(KEY, flags as unknown as Parameters<typeof setEnvironmentData>[1]);
  return flags;
}

function mayBeOurs(): boolean {
  const wanted = process.env['WEMU_V8_FLAGS'];
  if (wanted === 'on' || wanted === 'off') return wanted === 'on';
  return isNode() && (isTested(process.versions.v8) || probeV8());
}

/** Not Bun or Deno, which have a process.versions.node, too. */
const isNode = (): boolean => process.versions['bun'] === undefined && process.versions['deno'] === undefined;

export function isTested(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return 10 * major + minor >= TESTED.from && 10 * major + minor <= TESTED.to;
}

/** Whether what wemu does with flags works in this V8: it ends well, and V8 has nothing to say. */
export function probeV8(node = process.execPath): boolean {
  // it takes 2 ms to load
  const child = createRequire(import.meta.url)('node:child_process') as { spawnSync: typeof spawnSync };
  const own = fileURLToPath(import.meta.url);
  const { status, stderr } = child.spawnSync(node, [join(dirname(own), `v8-probe${extname(own)}`)], {
    env: { ...process.env, WEMU_V8_FLAGS: 'on' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PROBE_MS,
  });
  return status === 0 && stderr.length === 0;
}

/** Whether wemu sets flags in this process. */
export function hasV8Flags(): boolean {
  return processFlags().areOurs;
}

/**
 * What generated code, and the thread that makes it, need of V8. For the whole process, so before its first worker and before anything of v8-cache.ts, which is of use under the same flags
 * only.
 */
export function setV8Flags(): void {
  if (hasV8Flags()) for (const flag of lastingFlags(process.versions.v8)) setFlagsFromString(flag);
}

/** V8 tells the user of flags that it does not know. */
function lastingFlags(version: string): string[] {
  const flags = [
    '--experimental-wasm-branch-hinting',
    // A codegen worker's young generation begins at this size, not at 1 MB: it collected garbage for 30 of its first 150 ms.
    '--min-semi-space-size=16',
  ];
  // Node 20 has relaxed SIMD (the host's fused multiply-add) behind a flag; later ones have it.
  if (!WebAssembly.validate(relaxedMaddModule())) flags.push('--experimental-wasm-relaxed-simd');
  // Points where optimised code falls back to Liftoff's need what Liftoff noted. The V8 caches of the build are made without Liftoff (scripts/v8-cache.js), and V8 takes them under
  // the flags that they were made with only.
  if (Number.parseInt(version) >= 13) flags.push('--no-wasm-deopt');
  return flags;
}

/** Runs `body` with flags (--x or --no-x) that are then set to the opposite. One thread at a time: another's would come back in the middle. */
export function withV8Flags<T>(flags: readonly string[], body: () => T): T {
  const { areOurs, lock } = processFlags();
  if (!areOurs) return body();
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) if (Atomics.wait(lock, 0, 1, LOCK_MS) === 'timed-out') break;
  try {
    for (const flag of flags) setFlagsFromString(flag);
    return body();
  } finally {
    for (const flag of flags) setFlagsFromString(flag.startsWith('--no-') ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`);
    Atomics.store(lock, 0, 0);
    Atomics.notify(lock, 0, 1);
  }
}

/**
 * Whether generated code is optimised at once. From V8 12 on it gains nothing (docs/engines.md); and V8 14 compiles other code at the same time, on threads of its own, which see the flags
 * change: one run in thirty ended in a failed check.
 */
export function optimisesAtOnce(version = process.versions.v8): boolean {
  return hasV8Flags() && Number.parseInt(version) < 12;
}

/**
 * V8 never replaces a running wasm function, and counts its way up to the optimising compiler: generated code gets no other one, and no
 * lazy compilation, so that a module is finished here before the machine thread has it. Only for the moment of compiling, since what binaryen has no
 * persistent code of, functions used once, is quicker with Liftoff. Dynamic tiering goes off with Liftoff, and does not come back by itself.
 *
 * V8's stack check, at every function's entry and every round of a loop, is for recursion and for interrupting what does not end. A region calls no region, and its
 * loops test the budget: it does without (5 to 11 % of the kernels' time).
 */
export function compileOptimised(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (!optimisesAtOnce()) return new WebAssembly.Module(bytes);
  const flags = ['--no-liftoff', '--no-wasm-dynamic-tiering', '--no-wasm-lazy-compilation', '--no-wasm-stack-checks'];
  return withV8Flags(flags, () => new WebAssembly.Module(bytes));
}
