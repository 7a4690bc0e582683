import { describe, expect, it } from 'vitest';
import * as L from '../../../../assembly/shared/layout.js';
import { CodegenRig } from '../../../../tests/support/codegen-rig.js';
import { JOIN_LIMITS, joinRegions } from './join.js';
import { joinsRegions } from './tuning.js';

/** A ring of four blocks, each a region of its own, since what it leads to was not known when it got hot. `entered`: how often each was come to from the others. */
function parts(entered: readonly number[]): CodegenRig {
  const rig = new CodegenRig([1, 2, 3, 0]);
  const next = entered.map((_, i) => rig.get(i, L.TB_JMP0));
  entered.forEach((_, i) => rig.tbs.set(rig.tb(i), L.TB_JMP0, 0));
  entered.forEach((_, i) => rig.generator.tbHot(rig.tb(i)));
  entered.forEach((count, i) => {
    rig.tbs.set(rig.tb(i), L.TB_JMP0, next[i]);
    rig.tbs.set(rig.tb(i), L.TB_ENTERED, count);
  });
  return rig;
}
const join = (rig: CodegenRig, limits = JOIN_LIMITS) =>
  joinRegions(rig.tbs, rig.tb(0), limits, (tb) => rig.generator.cache.installedAt(tb)?.tbs);
const numbers = (rig: CodegenRig, tbs: readonly number[] = []) => tbs.map((tb) => [0, 1, 2, 3].find((i) => rig.tb(i) === tb));

describe('joined regions', () => {
  it('are made of what leads to one another about as often', () => {
    const rig = parts([1000, 1000, 900, 800]);
    const formed = join(rig)!;
    expect(numbers(rig, formed.tbs)).toEqual([0, 1, 2, 3]);
    expect(formed.links).toEqual([[1, -1], [2, -1], [3, -1], [0, -1]]); // prettier-ignore
    expect(formed.entries).toEqual([0]);
  });

  it('leave out what is far colder, and what has no code', () => {
    expect(numbers(parts([1000, 1000, 10, 1000]), join(parts([1000, 1000, 10, 1000]))?.tbs)).toEqual([0, 1]);
    const rig = parts([1000, 1000, 1000, 1000]);
    rig.tbs.set(rig.tb(2), L.TB_FUNC, 0);
    expect(numbers(rig, join(rig)?.tbs)).toEqual([0, 1]);
  });

  it('take regions whole, the hottest first, while there is room', () => {
    const rig = parts([1000, 900, 900, 900]);
    expect(numbers(rig, join(rig, { ...JOIN_LIMITS, maxTbs: 3 })?.tbs)).toEqual([0, 1, 2]);
    expect(numbers(rig, join(rig, { ...JOIN_LIMITS, maxInsns: 2 })?.tbs)).toEqual([0, 1]);
    expect(join(rig, { ...JOIN_LIMITS, maxTbs: 1 })).toBeUndefined();
  });

  it('take the place of the region that was entered, which goes if nothing else leads there', () => {
    const rig = parts([1024, 1000, 1000, 1000]);
    const before = [0, 1, 2, 3].map((i) => rig.get(i, L.TB_FUNC));
    for (const count of [1023, 1025]) {
      rig.tbs.set(rig.tb(0), L.TB_ENTERED, count);
      rig.generator.tbEntered(rig.tb(0));
      expect(rig.generator.stats.joined).toBe(0);
    }
    rig.tbs.set(rig.tb(0), L.TB_ENTERED, 1024);
    rig.generator.tbEntered(rig.tb(0));
    expect(rig.generator.stats).toMatchObject({ regions: 5, joined: 1, errors: 0 });
    expect([0, 1, 2, 3].map((i) => rig.get(i, L.TB_FUNC) === before[i])).toEqual([false, true, true, true]);
    expect(rig.generator.cache.regionCount).toBe(4);
    expect(rig.get(0, L.TB_ENTERED)).toBe(0);
    // 10 rounds of one instruction, and out through the other way of the block that it got to
    expect(rig.run(0, 10)).toBe(rig.tb(1) | 1);
    rig.generator.check(4);
    rig.invalidate(2);
    expect([0, 1, 3].map((i) => rig.get(i, L.TB_FUNC) !== 0)).toEqual([false, true, true]);
    rig.generator.check(2);
  });

  it('are not made where regions are of a size that the user chose, or nothing is linked', () => {
    expect(
      [{}, { regionTbs: 1 }, { regionSize: 100 }, { chain: false }, { regionTbs: 8, join: true }, { join: false }].map(joinsRegions),
    ).toEqual([true, false, false, false, true, false]);
  });
});
