/**
 * Fuzzing: what reads bytes that nobody need trust is given broken ones. A target says what is read and what must hold; its inputs are mutations of
 * its seeds, and of what once broke it (seeds/NAME). Everything comes from a number: input `i` of a run from seed + i. See docs/testing.md.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../src/util/random.js';
import { mutate } from '../src/util/mutate.js';

export interface Target {
  readonly name: string;
  /** Inputs that are right, small, and made by our own code. */
  readonly seeds: () => readonly Uint8Array[];
  /** Throws if what must hold does not. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
  /** Longest input. */
  readonly most?: number;
}

export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
}

const KEPT = fileURLToPath(new URL('seeds', import.meta.url));
const FOUND = fileURLToPath(new URL('../.cache/fuzz', import.meta.url));
const MOST_BYTES = 64 * 1024;
/** Of CPU time: what takes longer would let a guest or an image stop the host. Ten times what should be, for slow machines. */
const MOST_MS = 500;

/** Inputs that broke a target once. */
function kept(name: string): Uint8Array[] {
  const folder = join(KEPT, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort().map((file) => Uint8Array.from(readFileSync(join(folder, file)))); // prettier-ignore
}

/** Runs what is known, then mutations of it until the time is over; how many inputs there were. @throws what the first bad one did, and where it is kept */
export async function fuzz(target: Target, { seconds, seed }: FuzzOptions): Promise<number> {
  const corpus = [...target.seeds(), ...kept(target.name)];
  if (corpus.length === 0) throw new Error(`fuzz target ${target.name} has no seeds`);
  for (const input of corpus) await attempt(target, input, 'kept');
  const end = performance.now() + seconds * 1000;
  let count = 0;
  for (; performance.now() < end; count++) {
    const random = new SeededRandom(seed + count);
    await attempt(target, mutate(random, corpus, target.most ?? MOST_BYTES), `WEMU_SEED=${seed + count}`);
  }
  return corpus.length + count;
}

async function attempt(target: Target, input: Uint8Array, origin: string): Promise<void> {
  // The target gets a copy: what it does to its input must not be in what is kept.
  const ms = async (): Promise<number> => {
    const before = process.cpuUsage();
    await target.run(input.slice());
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  let took: number;
  try {
    took = await ms();
    if (took > MOST_MS) took = await ms(); // it may have been V8, at work for what was before
  } catch (error) {
    throw new Error(`${describe(target, input, origin)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (took > MOST_MS) throw new Error(`${describe(target, input, origin)}: it took ${Math.round(took)} ms`);
}

/** Writes the input where it can be looked at, and says where. */
function describe({ name }: Target, input: Uint8Array, origin: string): string {
  const file = `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`;
  mkdirSync(join(FOUND, name), { recursive: true });
  writeFileSync(join(FOUND, name, file), input);
  return `fuzz target ${name}, ${origin}, input .cache/fuzz/${name}/${file} (to keep it: fuzz/seeds/${name})`;
}
