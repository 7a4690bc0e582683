/**
 * Chains of pointers: each load waits for the one before it, whose value is its address. There it pays to guess where RAM lies in the host's memory
 * (MemoryHost.guessedAddend); anywhere else the comparison is one more thing to do (fib takes a sixth longer with it, bytecode 8 %).
 */
import { INPUT_WORDS, isMemoryOp, Op, OP_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import { isOwnLoop, type Block, type Cfg } from './cfg.js';

/** Ops between a load and the access at its address at most: an index becomes one by two shifts and an addition. */
const MOST_BETWEEN = 3;
/** The word of a memory op that is its address. */
const ADDRESS = 2;

/** Ops of block `b` whose values are the addresses of loads whose values are addresses. A loop goes on at its start. */
export function chasedLoads(ops: Int32Array, cfg: Cfg, b: number): ReadonlySet<number> {
  const block = cfg.blocks[b];
  const isLoop = isOwnLoop(cfg, b);
  const links = addressLoads(ops, block, isLoop, (k) => isMemoryOp(ops[k * OP_WORDS]));
  return links.size === 0 ? links : addressLoads(ops, block, isLoop, (k) => links.has(k));
}

/** The loads whose values are addresses of accesses that count. */
function addressLoads(ops: Int32Array, block: Block, isLoop: boolean, counts: (op: number) => boolean): ReadonlySet<number> {
  const found = new Set<number>();
  /** Temps that are addresses further on, and how many ops may still be before them. */
  const wanted = new Map<number, number>();
  for (let round = isLoop ? 2 : 1; round > 0; round--) {
    for (let k = block.end - 1; k >= block.first; k--) {
      const p = k * OP_WORDS;
      let between = -1;
      for (const word of OUTPUT_WORDS[ops[p]]) {
        between = Math.max(between, wanted.get(ops[p + word]) ?? -1);
        wanted.delete(ops[p + word]);
      }
      if (between >= 0 && ops[p] === Op.qemu_ld_i64) found.add(k);
      else if (between > 0 && !isMemoryOp(ops[p])) {
        for (const word of INPUT_WORDS[ops[p]]) wanted.set(ops[p + word], Math.max(between - 1, wanted.get(ops[p + word]) ?? 0));
      }
      if (counts(k)) wanted.set(ops[p + ADDRESS], MOST_BETWEEN);
    }
  }
  return found;
}
