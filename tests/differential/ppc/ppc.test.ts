/**
 * Random PowerPC programs in user mode, here and on QEMU: all registers, CR, XER, FPSCR and memory must agree. Replay and soak as with the others
 * (docs/testing.md); WEMU_PPC_USER_ORACLE names another qemu-ppc.
 */
import { describe, expect, test } from 'vitest';
import type { Tier } from '../../ppc/board.js';
import { KINDS } from './kinds.js';
import { compareOnce, findOracle } from './session.js';

const oracle = findOracle();
const setting = (name: string): number | undefined => (process.env[name] === undefined ? undefined : Number(process.env[name]));
const fixedSeed = setting('WEMU_SEED');
const seedBase = fixedSeed ?? Math.floor(Math.random() * 0x1_0000_0000);
const runs = setting('WEMU_DIFF_RUNS') ?? 4;
const UNITS = 60;
const BLOCKS_A_PROGRAM = 200;

const TIERS: readonly (readonly [name: string, tier: Tier, blocks: number])[] = [
  ['tci', {}, 300],
  ['generated code', { hotThreshold: 1 }, 60],
];

describe.skipIf(oracle === undefined).each(TIERS)(
  `PowerPC, %s against qemu-ppc ${oracle?.version ?? '(skipped: Debian package qemu-user)'}`,
  (name, tier, standard) => {
    test.each(KINDS)('$name', { timeout: 600_000 }, (kind) => {
      const wanted = setting('WEMU_DIFF_BLOCKS') ?? standard;
      const blocks = Math.min(wanted, BLOCKS_A_PROGRAM);
      const programs = fixedSeed === undefined ? Math.ceil(wanted / blocks) : 1;
      let random = 0;
      for (let n = 0; n < programs; n++) {
        const seed = (seedBase + n) >>> 0;
        const outcome = compareOnce(kind, oracle!, tier, seed, { blocks, runs, units: UNITS });
        expect(outcome.failure, `WEMU_SEED=${seed}`).toBeUndefined();
        random += outcome.random;
      }
      console.log(`${kind.name}, ${name}: seed ${seedBase}, ${random} random instructions agree`);
    });
  },
);
