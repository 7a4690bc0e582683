/**
 * Where guest registers are written back before a region is left. Lazily, an exit writes back all that is dirty there: cheapest where a loop goes round many times
 * before it is left, but each exit is code for some fourteen registers, nearly half of all code, and keeps them alive up to there. So outside of small loops
 * what is dirty is written back where a block forks, once for all ways on: what comes after a fork finds nothing dirty but what it changed itself.
 */
import { Op, OP_WORDS } from '../opcodes.js';
import type { Block, Cfg } from './cfg.js';
import { components } from './components.js';
import type { Region } from './region.js';

/** Guest instructions. A loop that is larger is left, or goes through forks, too seldom or too often for lazy writing to pay. */
const SMALL_LOOP = 128;

/** By block: 1 if what is dirty is written back before its last op. */
export function findWriteBacks(region: Region, { blocks, order }: Cfg): Uint8Array {
  const lazy = new Uint8Array(blocks.length);
  markSmallLoops(region, blocks, order, lazy);
  return Uint8Array.from(blocks, (block, b) => Number(lazy[b] === 0 && forks(region, block)));
}

/** Whether there is more than one way on; a goto_ptr that stays in the region may leave it, too. */
function forks({ tbs }: Region, { tb, first, end, succ }: Block): boolean {
  if (end === first || succ.length === 0) return false;
  const op = tbs[tb].ops[(end - 1) * OP_WORDS];
  return op === Op.goto_ptr || op === Op.brcond_i32 || op === Op.brcond_i64;
}

/** `members`: in reverse postorder, so that a loop's head is its first. */
function markSmallLoops(region: Region, blocks: readonly Block[], members: readonly number[], lazy: Uint8Array): void {
  for (const loop of components(blocks, members)) {
    const tbs = new Set(loop.map((b) => blocks[b].tb));
    const insns = [...tbs].reduce((sum, tb) => sum + (region.tbs[tb].unchecked ? 0 : region.tbs[tb].icount), 0);
    if (insns <= SMALL_LOOP) for (const b of loop) lazy[b] = 1;
    else {
      const isIn = new Set(loop);
      const [, ...withoutHead] = members.filter((b) => isIn.has(b));
      markSmallLoops(region, blocks, withoutHead, lazy);
    }
  }
}
