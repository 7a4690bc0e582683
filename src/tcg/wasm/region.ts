/**
 * A region before lowering: the IR of its TBs, cut into basic blocks that are linked across TBs wherever a goto_tb stays inside.
 */
import type { IrBuffer } from '../ir-buffer.js';
import { Op, OP_WORDS } from '../opcodes.js';
import type { StripPlan, Unchecked } from './strip-plan.js';

/** The IR of one TB, copied out of the context that made it. */
export interface TbIr {
  readonly pc: bigint;
  readonly icount: number;
  readonly ops: Int32Array;
  readonly opCount: number;
  readonly tempCount: number;
  readonly tempKind: Uint8Array;
  readonly tempType: Uint8Array;
  readonly constLo: Int32Array;
  readonly constHi: Int32Array;
  readonly labelCount: number;
  /** Where goto_tb 0 and 1 lead: index of a TB of the same region, or -1. */
  links: readonly [number, number];
  /** Where goto_ptr was seen to lead, the usual ones first. */
  indirect: readonly IndirectLink[];
  /** ENV_TB_FLAGS that the TB was made for. */
  readonly flags: number;
  /** A memory access that misses the TLB leaves (TB_EXIT_RESUME) instead of calling the slow path: no call stands in the way of registers. */
  readonly leavesOnMiss: boolean;
  /** If it begins a loop: how often that goes round each time it is come to (TB_ROUNDS); 0: not known. */
  readonly rounds: number;
  /** The first TB of a loop that has a copy without checks (stripLoops): its start may lead there. */
  readonly strip?: StripPlan;
  /** A TB of such a copy. */
  readonly unchecked?: Unchecked;
}

/** A jump to a TB of the same region if the pc is that TB's at run time. */
export interface IndirectLink {
  /** Index in the region. */
  readonly to: number;
  /**
   * The target's code is not certain to be mapped as it was (another page, or two): taken only while the jump cache, which any change of
   * mappings clears, has this very TB for its pc.
   */
  readonly guarded: boolean;
}

export interface Region {
  readonly tbs: readonly TbIr[];
  /** Entry k of the function is tbs[entries[k]]. */
  readonly entries: readonly number[];
}

/**
 * Generated code holds no address of a TB, so that it is the same in every process. It finds them in a table of u32s in linear memory, one
 * a module, whose address is the immutable global `m.t` that the module imports. A region's part of it: a mark that is set to 1 whenever the
 * function is entered (what the code cache knows of its use), then the pointers of its TBs.
 */
export const TABLE_USED = 0;
export const TABLE_TBS = 4;

/** Where each region's part of the module's table begins, and at the end the table's size, in bytes. `tbs`: how many TBs each region has. */
export function tableOffsets(tbs: readonly number[]): number[] {
  const offsets = [0];
  for (const count of tbs) offsets.push(offsets.at(-1)! + TABLE_TBS + 4 * count);
  return offsets;
}

export interface TbLinks {
  readonly links: readonly [number, number];
  readonly indirect: readonly IndirectLink[];
  readonly flags: number;
  readonly leavesOnMiss?: boolean;
  readonly rounds?: number;
}

const NO_LINKS: TbLinks = { links: [-1, -1], indirect: [], flags: 0 };

export function copyIr(
  ctx: IrBuffer,
  pc: bigint,
  icount: number,
  { links, indirect, flags, leavesOnMiss = false, rounds = 0 }: TbLinks = NO_LINKS,
): TbIr {
  const n = ctx.tempCount;
  return {
    pc,
    icount,
    links,
    indirect,
    flags,
    leavesOnMiss,
    rounds,
    ops: ctx.ops.slice(0, ctx.opCount * OP_WORDS),
    opCount: ctx.opCount,
    tempCount: n,
    tempKind: ctx.tempKind.slice(0, n),
    tempType: ctx.tempType.slice(0, n),
    constLo: ctx.constLo.slice(0, n),
    constHi: ctx.constHi.slice(0, n),
    labelCount: ctx.labelCount,
  };
}

export interface Block {
  /** Index of its TB in the region. */
  readonly tb: number;
  /** Ops [first, end) of the TB. */
  readonly first: number;
  readonly end: number;
  /**
   * Block numbers. brcond: [taken, not taken]; goto_ptr: as its TB's `indirect`; the start of a loop that has a copy without checks: [its code, the copy];
   * the jump back of the copy: [the copy, the loop]; all else: at most one.
   */
  succ: number[];
  /** The first block of its TB: the budget is charged here. */
  readonly isTbStart: boolean;
  /** A jump back leads here: the budget is tested here. */
  isLoopHead: boolean;
}

export interface Cfg {
  readonly blocks: readonly Block[];
  /** First block of each TB. */
  readonly startOf: readonly number[];
  /** Blocks reachable from the entries, in reverse postorder. */
  readonly order: readonly number[];
}

const isEnd = (op: number): boolean =>
  op === Op.br || op === Op.brcond_i32 || op === Op.brcond_i64 || op === Op.goto_tb || op === Op.goto_ptr || op === Op.exit_tb;

export function buildCfg(region: Region): Cfg {
  const blocks: Block[] = [];
  const startOf: number[] = [];
  const labelBlocks: Int32Array[] = [];
  region.tbs.forEach((ir, tb) => {
    startOf.push(blocks.length);
    const labels = new Int32Array(ir.labelCount).fill(-1);
    labelBlocks.push(labels);
    let first = 0;
    const cut = (end: number): void => {
      blocks.push({ tb, first, end, succ: [], isTbStart: blocks.length === startOf[tb], isLoopHead: false });
      first = end;
    };
    if (ir.strip) cut(0);
    for (let k = 0; k < ir.opCount; k++) {
      const op = ir.ops[k * OP_WORDS];
      if (op === Op.set_label) {
        // the TB's start is a block of its own, which no label can branch to: its budget is charged once
        if (k > first || blocks.length === startOf[tb]) cut(k);
        labels[ir.ops[k * OP_WORDS + 1]] = blocks.length;
      } else if (isEnd(op)) cut(k + 1);
    }
    if (first < ir.opCount || blocks.length === startOf[tb]) cut(ir.opCount);
  });
  blocks.forEach((block, b) => link(region, blocks, startOf, labelBlocks[block.tb], block, b));
  const order = reversePostorder(region, blocks, startOf);
  return { blocks, startOf, order };
}

function link(region: Region, blocks: Block[], startOf: number[], labels: Int32Array, block: Block, b: number): void {
  const ir = region.tbs[block.tb];
  const p = (block.end - 1) * OP_WORDS;
  const op = block.end > block.first ? ir.ops[p] : -1;
  const next = b + 1 < blocks.length && blocks[b + 1].tb === block.tb ? [b + 1] : [];
  if (ir.strip && block.isTbStart) block.succ = [...next, startOf[ir.strip.copy]];
  else if (op === Op.br) block.succ = [labels[ir.ops[p + 1]]];
  else if (op === Op.brcond_i32 || op === Op.brcond_i64) block.succ = [labels[ir.ops[p + 4]], ...next];
  else if (op === Op.goto_tb) {
    const to = ir.links[ir.ops[p + 1]];
    const plan = ir.unchecked?.plan;
    block.succ = to < 0 ? [] : to === plan?.copy ? [startOf[to], startOf[plan.head]] : [startOf[to]];
  } else if (op === Op.goto_ptr) block.succ = ir.indirect.map(({ to }) => startOf[to]);
  else if (op === Op.exit_tb) block.succ = [];
  else block.succ = next;
}

/** Also marks the heads of loops that go round through TBs: those TB starts that an edge of the depth-first walk leads back to. */
function reversePostorder(region: Region, blocks: readonly Block[], startOf: readonly number[]): number[] {
  const state = new Uint8Array(blocks.length); // 1: on the walk's path, 2: done
  const post: number[] = [];
  for (const entry of [...region.entries].reverse()) {
    const root = startOf[entry];
    if (state[root] !== 0) continue;
    const stack: [number, number][] = [[root, 0]];
    state[root] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const { succ } = blocks[top[0]];
      if (top[1] < succ.length) {
        const next = succ[succ.length - 1 - top[1]++];
        if (state[next] === 1 && blocks[next].isTbStart) blocks[next].isLoopHead = true;
        if (state[next] !== 0) continue;
        state[next] = 1;
        stack.push([next, 0]);
      } else {
        state[top[0]] = 2;
        post.push(top[0]);
        stack.pop();
      }
    }
  }
  return post.reverse();
}
