/** Temps that are used in more than one block of their TB: they keep one local. TBs use the same locals one after the other, counted from 0. */
import { TempKind, TYPE_I64 } from '../ir-buffer.js';
import { INPUT_WORDS, OP_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import type { Cfg } from './cfg.js';
import type { Region } from './region.js';

export interface SharedTemp {
  readonly isI64: boolean;
  /** Number among the locals of its type that serve this. */
  readonly slot: number;
}

/** By TB, by temp. */
export type SharedTemps = readonly ReadonlyMap<number, SharedTemp>[];

export const findSharedTemps = (region: Region, cfg: Cfg): SharedTemps => region.tbs.map((_, tb) => sharedOf(region, cfg, tb));

function sharedOf(region: Region, { blocks, startOf }: Cfg, tb: number): ReadonlyMap<number, SharedTemp> {
  const ir = region.tbs[tb];
  const home = new Int32Array(ir.tempCount).fill(-1);
  const shared = new Map<number, SharedTemp>();
  let wide = 0;
  let narrow = 0;
  for (let b = startOf[tb]; b < blocks.length && blocks[b].tb === tb; b++) {
    for (let k = blocks[b].first; k < blocks[b].end; k++) {
      const p = k * OP_WORDS;
      for (const list of [OUTPUT_WORDS[ir.ops[p]], INPUT_WORDS[ir.ops[p]]]) {
        for (const at of list) {
          const temp = ir.ops[p + at];
          if (temp < 0 || ir.tempKind[temp] === TempKind.Global || ir.tempKind[temp] === TempKind.Const) continue;
          if (home[temp] < 0) home[temp] = b;
          else if (home[temp] !== b && !shared.has(temp)) {
            const isI64 = ir.tempType[temp] === TYPE_I64;
            shared.set(temp, { isI64, slot: isI64 ? wide++ : narrow++ });
          }
        }
      }
    }
  }
  return shared;
}
