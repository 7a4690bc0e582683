/**
 * Regions that lead to one another all the time become one. Each was formed when it got hot, with what was known by then, and without what had code already: so hot
 * ways end up in pieces of a TB or two, and to go from one to the next costs as much as twenty instructions. What is said here is the second look, at what is hot for good.
 */
import { TB_CFLAGS, TB_ENTERED, TB_FUNC, TB_ICOUNT } from '../../../../assembly/shared/layout.js';
import { describe, successors, type FormedRegion, type RegionLimits, type TbReader } from './regions.js';

/** Joined regions are few and hot for good: they may be large. */
export const JOIN_LIMITS: RegionLimits = { maxTbs: 96, maxInsns: 1000, coldFraction: 8, indirect: true };

/** TBs of the region that is entered at a TB; undefined: none. */
export type EnteredAt = (tb: number) => readonly number[] | undefined;

/**
 * The region that is entered at `hot`, which is come to from others often (TB_ENTERED), and what it leads to: regions whose entries are come to at least
 * 1/coldFraction as often, hottest first, each with all of it that is reached from there. Undefined if there are none, or there is no room for them.
 */
export function joinRegions(tbs: TbReader, hot: number, limits: RegionLimits, enteredAt: EnteredAt): FormedRegion | undefined {
  const least = Math.max(1, tbs.get(hot, TB_ENTERED) / limits.coldFraction);
  const taken = new Set<number>();
  const heat = new Map([[hot, Infinity]]);
  let insns = 0;
  let regions = 0;
  while (heat.size > 0) {
    const [entry] = [...heat].reduce((a, b) => (b[1] > a[1] ? b : a));
    heat.delete(entry);
    const more = reachedFrom(tbs, entry, enteredAt(entry) ?? [], taken, limits.indirect);
    const icount = more.reduce((sum, tb) => sum + tbs.get(tb, TB_ICOUNT), 0);
    if (more.length === 0 || taken.size + more.length > limits.maxTbs || insns + icount > limits.maxInsns) continue;
    insns += icount;
    regions++;
    for (const tb of more) taken.add(tb);
    for (const tb of more) {
      for (const next of successors(tbs, tb, limits.indirect)) {
        if (next === 0 || taken.has(next) || !tbs.isValid(next) || tbs.get(next, TB_CFLAGS) !== tbs.get(hot, TB_CFLAGS)) continue;
        if (tbs.get(next, TB_FUNC) !== 0 && tbs.get(next, TB_ENTERED) >= least) heat.set(next, tbs.get(next, TB_ENTERED));
      }
    }
  }
  if (regions < 2) return undefined;
  const formed = describe(tbs, [...taken], 1, limits.indirect);
  return formed.entries[0] === 0 ? formed : { ...formed, entries: [0, ...formed.entries] };
}

/** TBs of a region that are come to from `entry` without leaving it, itself first; not those that are `taken`. */
function reachedFrom(tbs: TbReader, entry: number, region: readonly number[], taken: ReadonlySet<number>, indirect: boolean): number[] {
  const reached = new Set([entry]);
  for (const tb of reached) {
    for (const next of successors(tbs, tb, indirect)) if (region.includes(next) && !taken.has(next)) reached.add(next);
  }
  return [...reached];
}
