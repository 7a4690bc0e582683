/**
 * Random programs on wemu and on QEMU: all registers, traps and memory must agree. Replay a failure with
 *   WEMU_SEED=<seed> npx vitest run --project differential -t '<name>'
 * and soak with WEMU_DIFF_BLOCKS=<blocks a kind>. WEMU_ORACLE names another QEMU.
 */
import { describe, expect, test } from 'vitest';
import { KINDS } from './kinds.js';
import { findOracle } from './oracle.js';
import { compareOnce } from './session.js';
import type { Backend } from './wemu.js';

const RUNS = 4;
const BLOCKS_A_PROGRAM = 500;
const oracle = findOracle();
const fixedSeed = process.env.WEMU_SEED === undefined ? undefined : Number(process.env.WEMU_SEED);
const seedBase = fixedSeed ?? Math.floor(Math.random() * 0x1_0000_0000);

/** Blocks for one unit of a kind's weight. */
const BLOCKS: Record<Backend, number> = { tci: 150, wasm: 50 };
const blocksOf = (backend: Backend, weight: number): number =>
  process.env.WEMU_DIFF_BLOCKS === undefined ? BLOCKS[backend] * weight : Number(process.env.WEMU_DIFF_BLOCKS);

const peer = oracle === undefined ? 'wemu tci, for want of a QEMU (Debian package qemu-system-misc)' : `QEMU ${oracle.version.toFixed(2)}`;

for (const backend of oracle === undefined ? (['wasm'] as const) : (['tci', 'wasm'] as const)) {
  describe(`${backend} against ${peer}`, () => {
    for (const kind of KINDS) {
      test(kind.name, async () => {
        let instructions = 0;
        const wanted = blocksOf(backend, kind.weight);
        // All programs of a run have one size, so that a seed and WEMU_DIFF_BLOCKS say which program it was.
        const blocks = Math.min(wanted, BLOCKS_A_PROGRAM);
        const programs = fixedSeed === undefined ? Math.ceil(wanted / blocks) : 1;
        for (let seed = seedBase; seed < seedBase + programs; seed++) {
          const outcome = await compareOnce({ kind, backend, oracle }, seed >>> 0, { blocks, runs: RUNS });
          expect(outcome.failure, `WEMU_SEED=${seed >>> 0}`).toBeUndefined();
          instructions += outcome.instructions;
        }
        console.log(`${kind.name}, ${backend}: seed ${seedBase}, ${instructions} random instructions agree`);
      });
    }
  });
}
