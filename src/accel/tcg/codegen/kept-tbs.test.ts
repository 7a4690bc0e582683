import { describe, expect, it } from 'vitest';
import { PAGE_BITS } from '../../../../assembly/shared/layout.js';
import { MemoryStore, Rig } from '../../../../tests/support/kept-rig.js';

const COUNT = 1500;
const WFI = 0x10500073;
/** Words of a TB's record in the file (kept-tbs.ts). */
const RECORD = 9;
/** Of eight bytes each; the same code at the same place in two pages would be the same TB. */
const LINKS = [5, 6, 7];
const linkOf = (i: number): number => LINKS[(8 * i) >> PAGE_BITS];
/** TBs one after the other: addi x2, x2, step; jal link, .+4 (RISC-V unprivileged specification, chapter 2); then wfi. */
const chain = (step = 1) => [
  ...Array.from({ length: COUNT }, (_, i) => [(step << 20) | (2 << 15) | (2 << 7) | 0x13, 0x0040006f | (linkOf(i) << 7)]).flat(),
  WFI,
];

function run(store: MemoryStore, words: readonly number[], patch = (_rig: Rig) => {}): Rig {
  const rig = new Rig(store);
  rig.load(words);
  rig.finish();
  patch(rig);
  rig.accel.dispose();
  return rig;
}

describe('kept TBs', () => {
  it('are what the next run has in place of translating, once it has made some', () => {
    const store = new MemoryStore();
    const first = run(store, chain());
    expect(first.x2).toBe(BigInt(COUNT));
    expect(first.kept.tbs).toMatchObject({ known: 0, found: 0, added: COUNT + 1 });

    const second = run(store, chain());
    expect([second.x2, second.instructions]).toEqual([first.x2, first.instructions]);
    expect(second.kept.tbs).toMatchObject({ known: COUNT + 1, added: 0, refused: 0 });
    expect(second.kept.tbs.found).toBeGreaterThan(COUNT / 4);
  });

  it('leave a file as it is that has all of them', () => {
    const store = new MemoryStore();
    run(store, chain());
    const saved = store.tbs;
    run(store, chain());
    expect(store.tbs).toBe(saved);
  });

  it('are not read, or written, for a few TBs', () => {
    const store = new MemoryStore();
    run(store, chain().slice(-200));
    expect(store.files.size).toBe(0);
  });

  it('are used for the very same guest code only, at any of its bytes', () => {
    const store = new MemoryStore();
    run(store, chain());
    const words = chain();
    for (const [at, step] of [[COUNT - 1, 2], [COUNT - 2, 3], [COUNT - 100, 5]] as const) words[2 * at] = (step << 20) | (words[2 * at] & 0xfffff); // prettier-ignore
    expect(run(store, words).x2).toBe(BigInt(COUNT + 1 + 2 + 4));
  });

  it('come back in the run that threw them away', () => {
    const rig = run(new MemoryStore(), chain(), (same) => {
      same.accel.flush();
      same.finish();
    });
    expect(rig.kept.tbs).toMatchObject({ found: COUNT + 1, added: COUNT + 1 });
    expect(rig.x2).toBe(BigInt(2 * COUNT));
  });

  it('go when they were not used for some runs, and were not all that there is room for', () => {
    const store = new MemoryStore();
    run(store, chain());
    const one = store.tbs.length;
    run(store, chain(2));
    expect(store.tbs.length).toBeGreaterThan(1.9 * one);
    for (let step = 3; step < 20; step++) run(store, chain(step));
    expect(store.tbs.length).toBeLessThan(9.5 * one);
    store.maxBytes = one;
    run(store, chain(20));
    expect(store.tbs.length).toBeLessThanOrEqual(one);
  });
});

describe('kept TBs that are not ours', () => {
  it.each([
    ['says that it has more than it has', (file: Uint8Array) => new DataView(file.buffer).setUint32(0, 0xffff_ffff, true)],
    ['has one more', (file: Uint8Array) => new DataView(file.buffer).setUint32(0, 0x7fff_ffff, true)],
  ])('are ignored, with a line, if the file %s', (_, damage) => {
    const store = new MemoryStore();
    run(store, chain());
    damage(store.tbs);
    const rig = run(store, chain());
    expect([rig.x2, rig.kept.tbs.known, store.warnings.length]).toEqual([BigInt(COUNT), 0, 1]);
  });

  it('all in one place of the index do not hang it', () => {
    const store = new MemoryStore();
    run(store, chain());
    const words = new Int32Array(store.tbs.buffer);
    for (let tb = 0; tb < words[0]; tb++) words.copyWithin(1 + RECORD * tb, 1, 6);
    expect(run(store, chain()).x2).toBe(BigInt(COUNT));
  });

  it.each([
    ['records', (words: Int32Array) => [1, 1 + RECORD * words[0]]],
    ['data', (words: Int32Array) => [1 + RECORD * words[0], words.length]],
  ])('neither throw nor hang the host, whatever is in their %s', (_, range) => {
    const original = new MemoryStore();
    run(original, chain());
    let refused = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const store = new MemoryStore();
      for (const [key, file] of original.files) store.files.set(key, file.slice());
      const words = new Int32Array(store.tbs.buffer);
      const [from, to] = range(words);
      let random = Math.imul(seed, 0x9e3779b1) | 1;
      for (let n = 0; n < 1500; n++) {
        for (const shift of [13, -17, 5]) random ^= shift > 0 ? random << shift : random >>> -shift;
        const at = from + ((random >>> 0) % (to - from));
        words[at] = seed % 2 ? words[at] ^ (1 << (random & 31)) : random;
      }
      const rig = new Rig(store);
      rig.load(chain());
      rig.tryToFinish(50);
      refused += rig.kept.tbs.refused;
      rig.accel.dispose();
    }
    expect(refused).toBeGreaterThan(0);
  });
});
