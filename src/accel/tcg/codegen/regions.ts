/**
 * The region former: from a hot TB to the set of TBs that becomes one wasm function. It follows the links that tci really took (TB_JMP*,
 * and TB_INDIRECT for calls and returns), so code that never ran stays out; and a little way back to where the hot TB is come from.
 */
import type { IndirectLink } from '../../../tcg/wasm/region.js';
import { findRing } from '../../../tcg/wasm/ring.js';
import {
  CF_PCREL,
  NO_PAGE,
  ENTRY_SAMPLE,
  TB_CFLAGS,
  TB_ENTERED,
  TB_EXEC_COUNT,
  TB_FUNC,
  TB_ICOUNT,
  TB_INDIRECT,
  TB_INDIRECT_SLOTS,
  TB_JMP0,
  TB_JMP1,
  TB_JMP_LIST,
  TB_JMP_NEXT0,
  TB_PC,
  TB_PHYS_PAGE0,
  TB_PHYS_PAGE1,
  TB_REGION,
  TB_ROUNDS,
  TB_STATE,
  TB_STATE_INDIRECT,
  TB_STATE_INVALID,
  TB_STATE_QUEUED,
  TB_STATE_VALID,
} from '../../../../assembly/shared/layout.js';

export interface RegionLimits {
  readonly maxTbs: number;
  readonly maxInsns: number;
  /** A successor that ran less than 1/coldFraction as often as the hot TB stays out. */
  readonly coldFraction: number;
  /** Follow what tci saw goto_ptr lead to. */
  readonly indirect: boolean;
}

/**
 * Larger regions leave less often (a shell's loop with 64 TBs and 800 instructions: a quarter faster once all code is there), smaller ones are there sooner:
 * with these, the laboratory's system workloads take 5 to 25% less from a cold start.
 */
export const DEFAULT_LIMITS: RegionLimits = { maxTbs: 40, maxInsns: 500, coldFraction: 16, indirect: true };

/** TBs that lead to the hot one at most, and how much of its heat one must have. */
const MAX_PREDECESSORS = 16;
const PREDECESSOR_FRACTION = 4;
/** TBs of a region with loops that have code already, at most: their code is made once more, which long ways with a loop here and there are not worth. */
const MAX_NEST = 16;

/** TBs of the region that is entered at a TB, or will be soon. */
export type RegionAt = (tb: number) => readonly number[] | undefined;
const NONE: RegionAt = () => undefined;

export interface FormedRegion {
  /** TB pointers; the hot one is first. */
  readonly tbs: readonly number[];
  /** By TB: index of the TB that goto_tb 0 and 1 lead to, or -1. */
  readonly links: readonly (readonly [number, number])[];
  /** By TB: what follows it through goto_ptr. */
  readonly indirect: readonly (readonly IndirectLink[])[];
  /** Indexes into tbs. */
  readonly entries: readonly number[];
}

/** Reads TB records in the shared memory. */
export class TbReader {
  private readonly words: Int32Array;
  readonly pageSize: number;
  constructor(
    memory: WebAssembly.Memory,
    readonly pageBits: number,
  ) {
    this.pageSize = 1 << pageBits;
    this.words = new Int32Array(memory.buffer);
  }
  get(tb: number, field: number): number {
    return this.words[(tb + field) >>> 2] >>> 0;
  }
  set(tb: number, field: number, value: number): void {
    this.words[(tb + field) >>> 2] = value;
  }
  /** For what other threads go by: what was written before it is seen by who sees it. */
  publish(tb: number, field: number, value: number): void {
    Atomics.store(this.words, (tb + field) >>> 2, value);
  }
  /** Sets or clears bits of TB_STATE, which all threads do. */
  mark(tb: number, bits: number, on: boolean): void {
    if (on) Atomics.or(this.words, (tb + TB_STATE) >>> 2, bits);
    else Atomics.and(this.words, (tb + TB_STATE) >>> 2, ~bits);
  }
  isValid(tb: number): boolean {
    return (this.get(tb, TB_STATE) & (TB_STATE_VALID | TB_STATE_INVALID)) === TB_STATE_VALID;
  }
}

export function formRegion(tbs: TbReader, hot: number, limits: RegionLimits = DEFAULT_LIMITS, regionAt: RegionAt = NONE): FormedRegion {
  const nest = gather(tbs, hot, limits, regionAt);
  const { list, predecessors } = nest.hasLoops && nest.list.length > MAX_NEST ? gather(tbs, hot, limits, NONE) : nest;
  return describe(tbs, list, predecessors, limits.indirect);
}

/** What leads to the hot TB, `predecessors` TBs with itself, and what follows. `hasLoops`: some of it has code of its own already. */
function gather(
  tbs: TbReader,
  hot: number,
  limits: RegionLimits,
  regionAt: RegionAt,
): { readonly list: readonly number[]; readonly predecessors: number; readonly hasLoops: boolean } {
  const cflags = tbs.get(hot, TB_CFLAGS);
  const heat = tbs.get(hot, TB_EXEC_COUNT);
  const isUsable = (tb: number) => tb !== 0 && tbs.isValid(tb) && tbs.get(tb, TB_CFLAGS) === cflags;
  const fits = (tb: number, least: number) => isUsable(tb) && tbs.get(tb, TB_EXEC_COUNT) >= least;

  const found = new Set([hot]);
  const list = [hot];
  let insns = tbs.get(hot, TB_ICOUNT);
  // What leads to the hot TB and has no code yet would soon be a region of its own, of a TB or two, that does nothing but lead here.
  for (let i = 0; i < list.length && list.length < MAX_PREDECESSORS; i++) {
    for (const from of directPredecessors(tbs, list[i])) {
      if (found.has(from) || !fits(from, heat / PREDECESSOR_FRACTION) || tbs.get(from, TB_REGION) !== 0 || isEntry(tbs, from)) continue;
      const icount = tbs.get(from, TB_ICOUNT);
      if (list.length >= Math.min(limits.maxTbs, MAX_PREDECESSORS) || insns + icount > limits.maxInsns) continue;
      insns += icount;
      found.add(from);
      list.push(from);
    }
  }
  const predecessors = list.length;
  let hasLoops = false;
  for (let i = 0; i < list.length; i++) {
    for (const next of successors(tbs, list[i], limits.indirect)) {
      if (found.has(next) || !isUsable(next)) continue;
      const isHot = fits(next, heat / limits.coldFraction);
      // A loop that has code comes along whole: its TBs do not run in tci any more, and to go from function to function in each round of an outer loop costs much.
      const taken = isHot ? [next] : loopAt(tbs, next, regionAt).filter((tb) => !found.has(tb));
      const icount = taken.reduce((sum, tb) => sum + tbs.get(tb, TB_ICOUNT), 0);
      if (list.length + taken.length > limits.maxTbs || insns + icount > limits.maxInsns || !taken.every(isUsable)) continue;
      insns += icount;
      hasLoops ||= !isHot && taken.length > 0;
      for (const tb of taken) {
        found.add(tb);
        list.push(tb);
      }
    }
  }
  return { list: withoutForeign(tbs, list, predecessors, limits.indirect), predecessors, hasLoops };
}

/** TBs of the region that is entered at `head`, if it comes back there without leaving. */
function loopAt(tbs: TbReader, head: number, regionAt: RegionAt): readonly number[] {
  const region = regionAt(head) ?? [];
  const reached = new Set<number>();
  const visit = (tb: number): void => {
    for (const next of successors(tbs, tb, false)) {
      if (reached.has(next) || !region.includes(next)) continue;
      reached.add(next);
      visit(next);
    }
  };
  visit(head);
  return reached.has(head) ? region : [];
}

/** A region again that was formed before, of the same TBs: the ways between them that are known now. */
export function describeRegion(tbs: TbReader, list: readonly number[], indirect: boolean): Omit<FormedRegion, 'entries'> {
  return describe(tbs, list, list.length, indirect);
}

/** Notes in TB_ROUNDS how long loops go on, as long as tci counts them. */
export function noteTripCount(tbs: TbReader, head: number): void {
  const count = tbs.get(head, TB_EXEC_COUNT);
  if (tbs.get(head, TB_ROUNDS) !== 0 || count === 0) return;
  const ring = findRing(head, (tb) => successors(tbs, tb, false).filter((to) => to !== 0));
  if (!ring) return;
  const exits = new Set(ring.flatMap((tb) => successors(tbs, tb, true)));
  let left = 0;
  for (const tb of exits) if (tb !== 0 && !ring.includes(tb) && tbs.isValid(tb)) left += tbs.get(tb, TB_EXEC_COUNT);
  tbs.set(head, TB_ROUNDS, Math.max(1, Math.floor(count / Math.max(1, left))));
}

/** Another region is entered at it, or will be soon. */
const isEntry = (tbs: TbReader, tb: number): boolean => tbs.get(tb, TB_FUNC) !== 0 || (tbs.get(tb, TB_STATE) & TB_STATE_QUEUED) !== 0;

/** Drops TBs that another region is entered at already, unless they lead back to the first `predecessors` TBs: then they are part of their loop. */
function withoutForeign(tbs: TbReader, list: readonly number[], predecessors: number, indirect: boolean): number[] {
  const leadsBack = new Set(list.slice(0, predecessors));
  for (let grew = true; grew;) {
    grew = false;
    for (const tb of list) {
      if (leadsBack.has(tb) || !successors(tbs, tb, indirect).some((next) => leadsBack.has(next))) continue;
      leadsBack.add(tb);
      grew = true;
    }
  }
  const stays = new Set(list.filter((tb) => leadsBack.has(tb) || !isEntry(tbs, tb)));
  // what could only be reached through dropped TBs goes too
  const reached = new Set(list.slice(0, predecessors));
  for (const tb of reached) for (const next of successors(tbs, tb, indirect)) if (stays.has(next)) reached.add(next);
  return list.filter((tb) => reached.has(tb));
}

export function describe(tbs: TbReader, list: readonly number[], predecessors: number, followIndirect: boolean): FormedRegion {
  const indexOf = new Map(list.map((tb, i) => [tb, i]));
  const link = (tb: number, field: number) => indexOf.get(tbs.get(tb, field)) ?? -1;
  const links = list.map((tb) => [link(tb, TB_JMP0), link(tb, TB_JMP1)] as const);
  const indirect = list.map((tb) =>
    (followIndirect ? indirectOf(tbs, tb) : [])
      .filter((next) => indexOf.has(next))
      .sort((a, b) => runs(tbs, b) - runs(tbs, a))
      .map((next) => ({ to: indexOf.get(next)!, guarded: !isCertain(tbs, tb, next) })),
  );
  const edges = links.map((pair, i) => [...pair, ...indirect[i].map(({ to }) => to)]);
  const inside = new Set(edges.flat());
  const jumpedTo = new Set(indirect.flatMap((list) => list.map(({ to }) => to)));
  const isEnteredFromOutside = (i: number): boolean =>
    !inside.has(i) ||
    (!jumpedTo.has(i) && (tbs.get(list[i], TB_STATE) & TB_STATE_INDIRECT) !== 0) ||
    directPredecessors(tbs, list[i]).some((from) => !indexOf.has(from) && tbs.get(from, TB_REGION) !== 0);
  const first = list.slice(0, predecessors).flatMap((_, i) => (isEnteredFromOutside(i) ? i : []));
  // Other code is entered at the head of an inner loop that came along with it. Fewer entries make better code: loops that V8 can tell apart.
  const heads = loopHeads(edges, first).filter((i) => !isEntry(tbs, list[i]));
  const entries = new Set([...first, ...heads]);
  return { tbs: list, links, indirect, entries: entries.size === 0 ? [0] : [...entries].sort((a, b) => a - b) };
}

/** How often a TB has run, as far as it was counted. */
const runs = (tbs: TbReader, tb: number): number => tbs.get(tb, TB_EXEC_COUNT) + ENTRY_SAMPLE * tbs.get(tb, TB_ENTERED);

/** TBs whose goto_tb leads to this one. */
function directPredecessors(tbs: TbReader, tb: number): number[] {
  const list: number[] = [];
  for (let at = tbs.get(tb, TB_JMP_LIST); at !== 0 && list.length < MAX_PREDECESSORS;) {
    const from = at & ~3;
    list.push(from >>> 0);
    at = tbs.get(from, TB_JMP_NEXT0 + 4 * (at & 3));
  }
  return list;
}

/** TBs that followed one through goto_ptr. */
function indirectOf(tbs: TbReader, tb: number): number[] {
  const list: number[] = [];
  for (let slot = 0; slot < TB_INDIRECT_SLOTS; slot++) {
    const next = tbs.get(tb, TB_INDIRECT + 4 * slot);
    if (next === 0) break;
    list.push(next);
  }
  return list;
}

export const successors = (tbs: TbReader, tb: number, indirect: boolean): number[] => [
  tbs.get(tb, TB_JMP0),
  tbs.get(tb, TB_JMP1),
  ...(indirect ? indirectOf(tbs, tb) : []),
];

/** Whether the target's code is mapped as it was just because the jump's own code is: the same page, and no other. */
export function isCertain(tbs: TbReader, from: number, to: number): boolean {
  const isInPage = tbs.get(to, TB_PHYS_PAGE1) === NO_PAGE && tbs.get(to, TB_PHYS_PAGE0) === tbs.get(from, TB_PHYS_PAGE0);
  // else they are where they were seen, and generated code looks whether the jump leads to the same virtual page
  return isInPage && (isRelative(tbs, to) || virtualPage(tbs, to) === virtualPage(tbs, from));
}

export const isRelative = (tbs: TbReader, tb: number): boolean => (tbs.get(tb, TB_CFLAGS) & CF_PCREL) !== 0;

/** TBs that a jump back leads to, as a walk from `first` on sees it: a region that leaves for its budget leaves there, and must be entered there again. */
function loopHeads(links: readonly (readonly number[])[], first: readonly number[]): number[] {
  const state = new Uint8Array(links.length);
  const heads: number[] = [];
  const stack: [number, number][] = [];
  for (const root of [...first, ...links.keys()]) {
    if (state[root] !== 0) continue;
    state[root] = 1;
    stack.push([root, 0]);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top[1] === links[top[0]].length) {
        state[top[0]] = 2;
        stack.pop();
        continue;
      }
      const next = links[top[0]][top[1]++];
      if (next < 0 || state[next] === 2) continue;
      if (state[next] === 1) heads.push(next);
      else {
        state[next] = 1;
        stack.push([next, 0]);
      }
    }
  }
  return heads;
}

export function virtualPage(tbs: TbReader, tb: number): number {
  return tbs.get(tb, TB_PC + 4) * 2 ** (32 - tbs.pageBits) + (tbs.get(tb, TB_PC) >>> tbs.pageBits);
}
