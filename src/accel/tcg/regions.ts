/**
 * The region former: from a hot TB to the set of TBs that becomes one wasm function. It follows the links that tci really took (TB_JMP*,
 * and TB_INDIRECT for calls and returns), so code that never ran stays out.
 */
import {
  PAGE_BITS,
  TB_CFLAGS,
  TB_EXEC_COUNT,
  TB_FLAGS,
  TB_FUNC,
  TB_ICOUNT,
  TB_INDIRECT,
  TB_JMP0,
  TB_JMP1,
  TB_PC,
  TB_PHYS_PAGE0,
  TB_STATE,
  TB_STATE_INVALID,
  TB_STATE_VALID,
} from '../../../assembly/shared/layout.js';

export interface RegionLimits {
  readonly maxTbs: number;
  readonly maxInsns: number;
  /** A successor that ran less than 1/coldFraction as often as the hot TB stays out. */
  readonly coldFraction: number;
}

export const DEFAULT_LIMITS: RegionLimits = { maxTbs: 64, maxInsns: 800, coldFraction: 16 };

export interface FormedRegion {
  /** TB pointers; the hot one is first. */
  readonly tbs: readonly number[];
  /** By TB: index of the TB that goto_tb 0 and 1 lead to, or -1. */
  readonly links: readonly (readonly [number, number])[];
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
  const flags = tbs.get(hot, TB_FLAGS);
  const cflags = tbs.get(hot, TB_CFLAGS);
  const physPage = tbs.get(hot, TB_PHYS_PAGE0);
  const page = virtualPage(tbs, hot);
  const threshold = tbs.get(hot, TB_EXEC_COUNT) / limits.coldFraction;
  const fits = (tb: number) =>
    tb !== 0 &&
    tbs.isValid(tb) &&
    tbs.get(tb, TB_FLAGS) === flags &&
    tbs.get(tb, TB_CFLAGS) === cflags &&
    // One page, one mapping: a link must not outlive a change of the address space.
    tbs.get(tb, TB_PHYS_PAGE0) === physPage &&
    virtualPage(tbs, tb) === page &&
    tbs.get(tb, TB_EXEC_COUNT) >= threshold;

  const found = new Map<number, number>([[hot, 0]]);
  const list = [hot];
  let insns = tbs.get(hot, TB_ICOUNT);
  for (let i = 0; i < list.length; i++) {
    for (const field of [TB_JMP0, TB_JMP1, TB_INDIRECT]) {
      const next = tbs.get(list[i], field);
      if (found.has(next) || !fits(next)) continue;
      const icount = tbs.get(next, TB_ICOUNT);
      if (list.length >= limits.maxTbs || insns + icount > limits.maxInsns) continue;
      insns += icount;
      found.set(next, list.length);
      list.push(next);
    }
  }
  return describe(tbs, withoutForeign(tbs, list));
}

/** Drops TBs that another region is entered at already, unless they lead back to the hot TB: then they are part of its loop. */
function withoutForeign(tbs: TbReader, list: readonly number[]): number[] {
  const successors = (tb: number) => [TB_JMP0, TB_JMP1, TB_INDIRECT].map((field) => tbs.get(tb, field));
  const leadsBack = new Set([list[0]]);
  for (let grew = true; grew;) {
    grew = false;
    for (const tb of list) {
      if (leadsBack.has(tb) || !successors(tb).some((next) => leadsBack.has(next))) continue;
      leadsBack.add(tb);
      grew = true;
    }
  }
  const stays = new Set(list.filter((tb) => leadsBack.has(tb) || tbs.get(tb, TB_FUNC) === 0));
  // what could only be reached through dropped TBs goes too
  const reached = new Set([list[0]]);
  for (const tb of reached) for (const next of successors(tb)) if (stays.has(next)) reached.add(next);
  return list.filter((tb) => reached.has(tb));
}

function describe(tbs: TbReader, list: readonly number[]): FormedRegion {
  const indexOf = new Map(list.map((tb, i) => [tb, i]));
  const link = (tb: number, field: number) => indexOf.get(tbs.get(tb, field)) ?? -1;
  const links = list.map((tb) => [link(tb, TB_JMP0), link(tb, TB_JMP1)] as const);
  const entries = new Set([0, ...loopHeads(links)]);
  for (const tb of list) {
    const indirect = link(tb, TB_INDIRECT);
    if (indirect >= 0) entries.add(indirect);
  }
  return { tbs: list, links, entries: [...entries].sort((a, b) => a - b) };
}

/** TBs that a jump back leads to: a region that leaves for its budget leaves there, and must be entered there again. */
function loopHeads(links: readonly (readonly [number, number])[]): number[] {
  const state = new Uint8Array(links.length);
  const heads: number[] = [];
  const stack: [number, number][] = [];
  for (let root = 0; root < links.length; root++) {
    if (state[root] !== 0) continue;
    state[root] = 1;
    stack.push([root, 0]);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top[1] === 2) {
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
