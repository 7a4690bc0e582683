/**
 * The region former: from a hot TB to the set of TBs that becomes one wasm function. It follows the links that tci really took (TB_JMP*,
 * and TB_INDIRECT for calls and returns), so code that never ran stays out.
 */
import type { IndirectLink } from '../../tcg/wasm/region.js';
import {
  PAGE_BITS,
  TB_CFLAGS,
  TB_EXEC_COUNT,
  TB_FUNC,
  TB_ICOUNT,
  TB_INDIRECT,
  TB_INDIRECT_SLOTS,
  TB_JMP0,
  TB_JMP1,
  TB_PC,
  TB_PHYS_PAGE0,
  TB_PHYS_PAGE1,
  TB_STATE,
  TB_STATE_INVALID,
  TB_STATE_QUEUED,
  TB_STATE_VALID,
} from '../../../assembly/shared/layout.js';

/** TB_PHYS_PAGE1 of a TB that lies in one page. */
const NO_PAGE = 0xffff_ffff;

export interface RegionLimits {
  readonly maxTbs: number;
  readonly maxInsns: number;
  /** A successor that ran less than 1/coldFraction as often as the hot TB stays out. */
  readonly coldFraction: number;
  /** Follow what tci saw goto_ptr lead to. */
  readonly indirect: boolean;
}

export const DEFAULT_LIMITS: RegionLimits = { maxTbs: 64, maxInsns: 800, coldFraction: 16, indirect: true };

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
  private words: Int32Array;
  constructor(private readonly memory: WebAssembly.Memory) {
    this.words = new Int32Array(memory.buffer);
  }
  /** A shared memory that grew has a new, longer buffer over the same bytes. */
  private at(address: number): number {
    if (address >= this.words.byteLength) this.words = new Int32Array(this.memory.buffer);
    return address >>> 2;
  }
  get(tb: number, field: number): number {
    const index = this.at(tb + field);
    return this.words[index] >>> 0;
  }
  set(tb: number, field: number, value: number): void {
    const index = this.at(tb + field);
    this.words[index] = value;
  }
  isValid(tb: number): boolean {
    return (this.get(tb, TB_STATE) & (TB_STATE_VALID | TB_STATE_INVALID)) === TB_STATE_VALID;
  }
}

export function formRegion(tbs: TbReader, hot: number, limits: RegionLimits = DEFAULT_LIMITS): FormedRegion {
  const cflags = tbs.get(hot, TB_CFLAGS);
  const threshold = tbs.get(hot, TB_EXEC_COUNT) / limits.coldFraction;
  const fits = (tb: number) => tb !== 0 && tbs.isValid(tb) && tbs.get(tb, TB_CFLAGS) === cflags && tbs.get(tb, TB_EXEC_COUNT) >= threshold;

  const found = new Map<number, number>([[hot, 0]]);
  const list = [hot];
  let insns = tbs.get(hot, TB_ICOUNT);
  for (let i = 0; i < list.length; i++) {
    for (const next of successors(tbs, list[i], limits.indirect)) {
      if (found.has(next) || !fits(next)) continue;
      const icount = tbs.get(next, TB_ICOUNT);
      if (list.length >= limits.maxTbs || insns + icount > limits.maxInsns) continue;
      insns += icount;
      found.set(next, list.length);
      list.push(next);
    }
  }
  return describe(tbs, withoutForeign(tbs, list, limits.indirect), limits.indirect);
}

/** Drops TBs that another region is entered at already, unless they lead back to the hot TB: then they are part of its loop. */
function withoutForeign(tbs: TbReader, list: readonly number[], indirect: boolean): number[] {
  const leadsBack = new Set([list[0]]);
  for (let grew = true; grew;) {
    grew = false;
    for (const tb of list) {
      if (leadsBack.has(tb) || !successors(tbs, tb, indirect).some((next) => leadsBack.has(next))) continue;
      leadsBack.add(tb);
      grew = true;
    }
  }
  const isEntry = (tb: number) => tbs.get(tb, TB_FUNC) !== 0 || (tbs.get(tb, TB_STATE) & TB_STATE_QUEUED) !== 0; // or will be one soon
  const stays = new Set(list.filter((tb) => leadsBack.has(tb) || !isEntry(tb)));
  // what could only be reached through dropped TBs goes too
  const reached = new Set([list[0]]);
  for (const tb of reached) for (const next of successors(tbs, tb, indirect)) if (stays.has(next)) reached.add(next);
  return list.filter((tb) => reached.has(tb));
}

function describe(tbs: TbReader, list: readonly number[], followIndirect: boolean): FormedRegion {
  const indexOf = new Map(list.map((tb, i) => [tb, i]));
  const link = (tb: number, field: number) => indexOf.get(tbs.get(tb, field)) ?? -1;
  const links = list.map((tb) => [link(tb, TB_JMP0), link(tb, TB_JMP1)] as const);
  const indirect = list.map((tb) =>
    (followIndirect ? indirectOf(tbs, tb) : [])
      .filter((next) => indexOf.has(next))
      .sort((a, b) => tbs.get(b, TB_EXEC_COUNT) - tbs.get(a, TB_EXEC_COUNT))
      .map((next) => ({ to: indexOf.get(next)!, guarded: !isCertain(tbs, tb, next) })),
  );
  const entries = new Set([0, ...loopHeads(links.map((pair, i) => [...pair, ...indirect[i].map(({ to }) => to)]))]);
  return { tbs: list, links, indirect, entries: [...entries].sort((a, b) => a - b) };
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

const successors = (tbs: TbReader, tb: number, indirect: boolean): number[] => [
  tbs.get(tb, TB_JMP0),
  tbs.get(tb, TB_JMP1),
  ...(indirect ? indirectOf(tbs, tb) : []),
];

/** Whether the target's code is mapped as it was just because the jump's own code is: the same page, and no other. */
export function isCertain(tbs: TbReader, from: number, to: number): boolean {
  return (
    tbs.get(to, TB_PHYS_PAGE1) === NO_PAGE &&
    tbs.get(to, TB_PHYS_PAGE0) === tbs.get(from, TB_PHYS_PAGE0) &&
    virtualPage(tbs, to) === virtualPage(tbs, from)
  );
}

/** TBs that a jump back leads to: a region that leaves for its budget leaves there, and must be entered there again. */
function loopHeads(links: readonly (readonly number[])[]): number[] {
  const state = new Uint8Array(links.length);
  const heads: number[] = [];
  const stack: [number, number][] = [];
  for (let root = 0; root < links.length; root++) {
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

function virtualPage(tbs: TbReader, tb: number): number {
  return tbs.get(tb, TB_PC + 4) * 2 ** (32 - PAGE_BITS) + (tbs.get(tb, TB_PC) >>> PAGE_BITS);
}
