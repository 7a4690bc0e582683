/**
 * Accesses that walk: in an innermost loop, addresses that move by constants stay in one page for many rounds. Such a site keeps the page of
 * its last access and that page's addend in two locals and looks at the TLB only when the page changes. What is kept is true as long as no
 * slow path and no helper has run: either may change the memory map or the TLB, so both forget the pages of all sites.
 */
import { TempKind } from '../ir-buffer.js';
import { Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import type { GroupedAccess } from './access-groups.js';
import type { FunctionLocals } from './function-locals.js';
import { I32, I64 } from './binaryen.js';
import { INPUTS, OUTPUTS, syncsGlobals } from './global-flow.js';
import type { Cfg, Region } from './region.js';

/** Sites of a loop, and of a region: each is two locals in the loop, and a reset in every slow path of the region. */
const MAX_LOOP_SITES = 3;
const MAX_REGION_SITES = 6;
/** Bytes that an address may move by in a round. */
const MAX_STEP = 1024;

/** Locals of a site: the page (i64), and what to add to an address in it (i32). */
export interface PageSite {
  readonly page: number;
  readonly addend: number;
}

/** A `page` that no address has. */
export const NO_PAGE = 1n;

/** The sites of a region, by block and op. */
export function findPageSites(
  region: Region,
  cfg: Cfg,
  helpers: readonly HelperDef[],
  globalCount: number,
  groups: (block: number) => ReadonlyMap<number, GroupedAccess>,
  locals: FunctionLocals,
): ReadonlyMap<number, ReadonlyMap<number, PageSite>> {
  const sites = new Map<number, Map<number, PageSite>>();
  let made = 0;
  for (const loop of innermostLoops(cfg)) {
    const found = new LoopWalk(region, cfg, helpers, globalCount, loop).walkingAccesses(groups);
    if (found.length === 0 || found.length > MAX_LOOP_SITES || made + found.length > MAX_REGION_SITES) continue;
    made += found.length;
    for (const [block, op] of found) {
      if (!sites.has(block)) sites.set(block, new Map());
      sites.get(block)!.set(op, { page: locals.create(I64), addend: locals.create(I32) });
    }
  }
  return sites;
}

/** Bodies of the natural loops without a loop inside, as block numbers. */
function innermostLoops({ blocks, order }: Cfg): number[][] {
  const position = new Int32Array(blocks.length).fill(-1);
  order.forEach((b, i) => (position[b] = i));
  const preds = new Map<number, number[]>(order.map((b) => [b, []]));
  for (const b of order) for (const to of blocks[b].succ) preds.get(to)!.push(b);
  const loops = new Map<number, Set<number>>();
  for (const header of order) {
    const body = new Set([header]);
    const work = preds.get(header)!.filter((from) => position[from] >= position[header]);
    if (work.length === 0) continue;
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      // a way in from before the header: not a natural loop, but what is found of it does no harm
      if (body.has(b) || position[b] < position[header]) continue;
      body.add(b);
      work.push(...preds.get(b)!);
    }
    loops.set(header, body);
  }
  const isInnermost = (header: number, body: Set<number>) => [...loops.keys()].every((other) => other === header || !body.has(other));
  return [...loops].filter(([header, body]) => isInnermost(header, body)).map(([, body]) => [...body]);
}

class LoopWalk {
  /** Where the loop gives a global its values: pairs of block and op. */
  private readonly definitions = new Map<number, [number, number][]>();
  private readonly callsOut: boolean;

  constructor(
    private readonly region: Region,
    private readonly cfg: Cfg,
    helpers: readonly HelperDef[],
    private readonly globalCount: number,
    private readonly loop: readonly number[],
  ) {
    let callsOut = false;
    for (const b of loop) {
      const { tb, first, end } = cfg.blocks[b];
      const { ops } = region.tbs[tb];
      for (let k = first; k < end; k++) {
        const p = k * OP_WORDS;
        if (ops[p] === Op.call && syncsGlobals(helpers[ops[p + 2]])) callsOut = true;
        for (const at of OUTPUTS[ops[p]]) {
          const temp = ops[p + at];
          if (temp < 0 || temp >= globalCount) continue;
          if (!this.definitions.has(temp)) this.definitions.set(temp, []);
          this.definitions.get(temp)!.push([b, k]);
        }
      }
    }
    this.callsOut = callsOut;
  }

  /** Block and op of the accesses with a check of their own whose address walks. */
  walkingAccesses(groups: (block: number) => ReadonlyMap<number, GroupedAccess>): [number, number][] {
    const found: [number, number][] = [];
    if (this.callsOut) return found;
    for (const b of this.loop) {
      const { tb, first, end } = this.cfg.blocks[b];
      const { ops } = this.region.tbs[tb];
      for (let k = first; k < end; k++) {
        const op = ops[k * OP_WORDS];
        if (op !== Op.qemu_ld_i64 && op !== Op.qemu_st_i64) continue;
        if (groups(b).has(k)) continue;
        if (this.walks(b, k, ops[k * OP_WORDS + 2], new Set())) found.push([b, k]);
      }
    }
    return found;
  }

  /** Whether what op k of block b reads in `temp` changes by no more than a constant from one round to the next. */
  private walks(b: number, k: number, temp: number, asked: Set<number>): boolean {
    const { tb, first } = this.cfg.blocks[b];
    const ir = this.region.tbs[tb];
    if (ir.tempKind[temp] === TempKind.Const) return true;
    if (temp < this.globalCount) {
      if (asked.has(temp)) return true;
      asked.add(temp);
      return (this.definitions.get(temp) ?? []).every(([block, at]) => this.isStep(block, at, asked));
    }
    for (let at = k - 1; at >= first; at--) {
      if (OUTPUTS[ir.ops[at * OP_WORDS]].some((o) => ir.ops[at * OP_WORDS + o] === temp)) return this.isStep(b, at, asked);
    }
    return false;
  }

  private isStep(b: number, k: number, asked: Set<number>): boolean {
    const ir = this.region.tbs[this.cfg.blocks[b].tb];
    const p = k * OP_WORDS;
    const op = ir.ops[p];
    if (op !== Op.mov_i64 && op !== Op.add_i64 && op !== Op.sub_i64) return false;
    const inputs = INPUTS[op].map((at) => ir.ops[p + at]);
    const goesRound = inputs.some((temp) => temp < this.globalCount && asked.has(temp));
    const isFar = (temp: number) =>
      ir.tempKind[temp] === TempKind.Const && (Math.abs(ir.constLo[temp]) > MAX_STEP || ir.constHi[temp] !== ir.constLo[temp] >> 31);
    if (goesRound && inputs.length > 1 && !inputs.some((temp) => ir.tempKind[temp] === TempKind.Const)) return false;
    if (goesRound && inputs.some(isFar)) return false;
    return inputs.every((temp) => this.walks(b, k, temp, asked));
  }
}
