import { describe, expect, it } from 'vitest';
import { RECORD_BYTES, RECORD_ICOUNT } from '../../../assembly/shared/persistent.js';
import { MemoryStore, Rig } from '../../../tests/support/persistent-rig.js';
import { decodePages, encodePages } from './persistent-pages-format.js';

const RAM = 0x8000_0000;
const PAGE = 0x1000;
const WFI = 0x1050_0073;
const BLOCKS_A_PAGE = PAGE / 8;
/** addi x2, x2, n; jal x0, 4: a TB. Each page has another n. */
const stepOf = (block: number): number => 1 + Math.floor(block / BLOCKS_A_PAGE);
const blockOf = (block: number): readonly number[] => [(stepOf(block) << 20) | 0x1_0113, 0x0040_006f];
/** More than a run makes before it looks into the store, and so many that they are worth a file. */
const BLOCKS = 3000;
/** TBs that a second run may make: those before it looks, and the end. */
const FEW = 300;

const program = (blocks = BLOCKS): number[] => [...Array.from({ length: blocks }, (_, block) => blockOf(block)).flat(), WFI];
/** What the program has in x2 at its end. */
const SUM = BigInt(Array.from({ length: BLOCKS }, (_, block) => stepOf(block)).reduce((a, b) => a + b));
/** jal x0, distance (below 1 MiB, a multiple of a page) */
const jump = (distance: number): number => (distance & 0xf_f000) | 0x6f;

function store(): MemoryStore {
  const made = new MemoryStore();
  made.maxTbBytes = 4 << 20;
  return made;
}

/** A run of a program that lies `at` bytes up in RAM. */
function run(
  in_: MemoryStore,
  words: readonly number[] = program(),
  at = PAGE,
  { chain = undefined as boolean | undefined, steps = false } = {},
): Rig {
  const rig = new Rig(in_, 'rv64', undefined, chain);
  rig.load([jump(at)]);
  rig.load(words, RAM + at);
  rig.finish();
  if (steps) rig.step();
  rig.accel.dispose();
  return rig;
}

/** What the program has in x2, or what ended the machine. */
function outcome(from: MemoryStore): string {
  try {
    return `0x${run(from).x2.toString(16)}`;
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

const tci = (rig: Rig) => rig.accel.info().tci;
const fileOf = ({ files }: MemoryStore) => [...files].find(([key]) => key.startsWith('TBs'))!;

describe('TBs by page', () => {
  it('are there in the next run, which hardly makes any, and counts the same', () => {
    const kept = store();
    const first = run(kept);
    expect([first.x2, tci(first).restored]).toEqual([SUM, 0]);
    const second = run(kept);
    expect([second.x2, second.instructions]).toEqual([first.x2, first.instructions]);
    expect(tci(second).tbs).toBeLessThan(FEW);
    expect(tci(second).restored).toBeGreaterThan(BLOCKS - FEW);
    expect(kept.warnings).toEqual([]);
  });

  it('are found by what a page has in it, wherever it lies', () => {
    const kept = store();
    run(kept);
    const moved = run(kept, program(), 9 * PAGE);
    expect(moved.x2).toBe(SUM);
    expect(tci(moved).restored).toBeGreaterThan(BLOCKS - FEW);
  });

  it('of a page that has other code are made', () => {
    const kept = store();
    run(kept);
    const words = program();
    words[2 * BLOCKS - 2] += 1 << 20; // the last block adds one more
    const other = run(kept, words);
    expect(other.x2).toBe(SUM + 1n);
    expect(tci(other).tbs).toBeGreaterThan(BLOCKS % BLOCKS_A_PAGE);
    expect(tci(other).restored).toBeGreaterThan(BLOCKS / 2);
  });

  it('that a debugger steps through are not kept for who does not', () => {
    const kept = store();
    run(kept, program(), PAGE, { steps: true });
    const [, { index, parts }] = fileOf(kept);
    const counts = decodePages(index).flatMap(({ at, length }) => {
      const found: number[] = [];
      const view = new DataView(parts.buffer, at, length);
      for (let record = 0; record < length; record += view.getUint32(record + RECORD_BYTES, true))
        found.push(view.getUint32(record + RECORD_ICOUNT, true));
      return found;
    });
    expect(counts.length).toBeGreaterThan(BLOCKS - FEW);
    // wfi alone is one
    expect(counts.filter((count) => count !== 2).length).toBeLessThanOrEqual(1);
  });

  it('are not taken where blocks are chained otherwise', () => {
    const kept = store();
    run(kept);
    const apart = run(kept, program(), PAGE, { chain: false });
    expect([apart.x2, tci(apart).restored]).toEqual([SUM, 0]);
  });

  it('are put back until the arena has been full', () => {
    const kept = store();
    run(kept);
    const rig = new Rig(kept);
    rig.load([jump(PAGE)]);
    rig.load(program(), RAM + PAGE);
    rig.finish();
    const { restored, tbs } = tci(rig);
    expect(restored).toBeGreaterThan(BLOCKS - FEW);
    rig.accel.flush();
    rig.finish();
    expect(tci(rig).restored).toBe(restored);
    expect(tci(rig).tbs - tbs).toBeGreaterThan(BLOCKS);
    rig.accel.dispose();
  });

  it('of a page are no more than can be put back at once', () => {
    const kept = store();
    run(kept);
    const [key, { index, parts }] = fileOf(kept);
    const [first, ...others] = decodePages(index);
    // as often as a part of 300 KB has room for
    const times = Math.ceil((300 << 10) / first.length);
    const many = new Uint8Array(first.length * times);
    for (let at = 0; at < many.length; at += first.length) many.set(parts.subarray(0, first.length), at);
    kept.files.set(key, { index: encodePages([{ ...first, length: many.length, crc: kept.checksum(many) }]).slice(), parts: many });
    expect(others.length).toBeGreaterThan(0);
    const rig = run(kept);
    expect([rig.x2, tci(rig).restored]).toEqual([SUM, 0]);
  });

  it('are not kept where the store takes none, nor of a small guest', () => {
    const none = new MemoryStore();
    run(none);
    const small = store();
    run(small, program(FEW));
    expect([...none.files.keys(), ...small.files.keys()].filter((key) => key.startsWith('TBs'))).toEqual([]);
  });

  it('are as many as the store takes: those that the last run came to', () => {
    const kept = store();
    run(kept);
    const all = decodePages(fileOf(kept)[1].index);
    kept.maxTbBytes = 2 * all[0].length;
    const [key] = fileOf(kept);
    kept.files.delete(key);
    run(kept);
    const pages = decodePages(fileOf(kept)[1].index);
    expect(pages.map((page) => page.key)).toEqual(all.slice(0, pages.length).map((page) => page.key));
    expect(pages.length).toBeLessThan(all.length);
  });

  it('that are damaged are made, and those that were made up reach nothing beyond them', () => {
    const kept = store();
    run(kept);
    const [key, { index, parts }] = fileOf(kept);
    const flipped = parts.slice();
    flipped[200] ^= 1;
    kept.files.set(key, { index, parts: flipped });
    const damaged = run(kept);
    expect(damaged.x2).toBe(SUM);
    expect(tci(damaged).restored).toBeGreaterThan(BLOCKS / 2);

    for (const at of [0, 8, 16, 20, 24, 28]) {
      for (const value of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
        const made = parts.slice();
        const records = decodePages(index).map((part) => {
          const bytes = made.subarray(part.at, part.at + part.length);
          new DataView(made.buffer, part.at).setUint32(at, value, true);
          return { ...part, crc: kept.checksum(bytes) };
        });
        kept.files.set(key, { index: encodePages(records).slice(), parts: made });
        // tci code is not looked at: what it does stays in the engine
        expect(outcome(kept)).toMatch(/^(0x[0-9a-f]+|HostError)$/);
      }
    }
    for (const word of [0, 1, 2, 3, 4]) {
      const bad = index.slice();
      for (let entry = 0; entry < bad.length; entry += 20) new DataView(bad.buffer).setUint32(entry + 4 * word, 0xffff_fff0, true);
      kept.files.set(key, { index: bad, parts });
      expect(run(kept).x2).toBe(SUM);
    }
  });
});
