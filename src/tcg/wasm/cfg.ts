/** The basic blocks of a region, linked across TBs wherever a jump stays inside. */
import { Op, OP_WORDS } from '../opcodes.js';
import { nextCopies, type Region } from './region.js';

export interface Block {
  /** Index of its TB in the region. */
  readonly tb: number;
  /** Ops [first, end) of the TB. */
  readonly first: number;
  readonly end: number;
  /**
   * Block numbers. brcond: [taken, not taken]; goto_ptr: as its TB's `indirect`; the start of a loop that has copies without checks: [its code, its
   * plan's `copies`]; the jump back of a copy: [its `nextCopies`, the loop]; all else: at most one.
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

/** Whether block `b` goes on at its own start. Between a conditional branch and the TB that it leads to there is a block of that jump. */
export function isOwnLoop({ blocks }: Cfg, b: number): boolean {
  return blocks[b].succ.some((next) => next === b || (blocks[next].tb === blocks[b].tb && blocks[next].succ.includes(b)));
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
  if (ir.strip && block.isTbStart) block.succ = [...next, ...ir.strip.copies.map(({ first }) => startOf[first])];
  else if (op === Op.br) block.succ = [labels[ir.ops[p + 1]]];
  else if (op === Op.brcond_i32 || op === Op.brcond_i64) block.succ = [labels[ir.ops[p + 4]], ...next];
  else if (op === Op.goto_tb) {
    const to = ir.links[ir.ops[p + 1]];
    const { unchecked } = ir;
    if (to < 0) block.succ = [];
    else if (to !== unchecked?.copy.first) block.succ = [startOf[to]];
    else block.succ = [...nextCopies(unchecked).map(({ first }) => startOf[first]), startOf[unchecked.plan.head]];
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
