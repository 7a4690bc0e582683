/**
 * Random programs on wemu and on QEMU: all registers, traps and memory must agree. Replay a failure with
 *   WEMU_SEED=<seed> npx vitest run --project differential -t '<name>'
 * and soak with WEMU_DIFF_BLOCKS=<blocks a kind> WEMU_DIFF_RUNS=<runs of each>: many runs cost the oracle little, since it translates a block once.
 * WEMU_ORACLE names another QEMU.
 */
import { describe, expect, test } from 'vitest';
import { KINDS } from './kinds.js';
import { findOracle } from './oracle.js';
import { mostBlocks } from './program.js';
import { compareOnce, untested } from './session.js';
import type { Backend } from './wemu.js';

const BLOCKS_A_PROGRAM = 500;
const oracle = findOracle();
const setting = (name: string): number | undefined => (process.env[name] === undefined ? undefined : Number(process.env[name]));
const fixedSeed = setting('WEMU_SEED');
const seedBase = fixedSeed ?? Math.floor(Math.random() * 0x1_0000_0000);
const runs = setting('WEMU_DIFF_RUNS') ?? 4;

/** Blocks for one unit of a kind's weight. */
const BLOCKS: Record<Backend, number> = { tci: 100, wasm: 30 };
const blocksOf = (backend: Backend, weight: number): number => setting('WEMU_DIFF_BLOCKS') ?? BLOCKS[backend] * weight;
/** Far more than a program takes on a busy machine: only what hangs is stopped. */
const MINUTES_A_PROGRAM = 6;

const peer = oracle === undefined ? 'wemu tci, for want of a QEMU (Debian package qemu-system-misc)' : `QEMU ${oracle.version.toFixed(2)}`;

for (const backend of oracle === undefined ? (['wasm'] as const) : (['tci', 'wasm'] as const)) {
  describe(`${backend} against ${peer}`, () => {
    for (const kind of KINDS) {
      const wanted = blocksOf(backend, kind.weight);
      // All programs of a run have one size, so that a seed and the sizes asked for say which program it was.
      const blocks = Math.min(wanted, BLOCKS_A_PROGRAM, mostBlocks(kind, runs));
      const programs = fixedSeed === undefined ? Math.ceil(wanted / blocks) : 1;
      const session = { kind, backend, oracle };
      const { extensions, rows } = untested(session);
      const name = extensions.length === 0 ? kind.name : `${kind.name}, without ${extensions.join(' ')}`;
      // so does what is excluded for the sake of extensions that are not there
      const isEmpty = (kind.without.length > 0 && extensions.length > 0) || (kind.about ?? []).some((each) => extensions.includes(each));
      test.skipIf(isEmpty)(name, { timeout: programs * MINUTES_A_PROGRAM * 60_000 }, async () => {
        let [random, executed] = [0, 0];
        for (let seed = seedBase; seed < seedBase + programs; seed++) {
          const outcome = await compareOnce(session, seed >>> 0, { blocks, runs });
          expect(outcome.failure, `WEMU_SEED=${seed >>> 0}`).toBeUndefined();
          random += outcome.random;
          executed += outcome.executed;
        }
        const unasked = rows.length === 0 ? '' : `; not asked: ${rows.join(', ')}`;
        console.log(
          `${name}, ${backend}: seed ${seedBase}, ${random} random instructions agree (of ${executed} with those about them)${unasked}`,
        );
      });
    }
  });
}
