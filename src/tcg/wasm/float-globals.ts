/** Globals that hold binary64 numbers: their locals are f64. */
import { PC } from '../ir-buffer.js';
import { Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import { FROM_INT, operandTemps, TO_INT } from './lower-float.js';
import type { Region } from './region.js';

/** Globals of a region that inline operations take or give as binary64 numbers, and copies of them: they are kept as such. */
export function floatGlobals(
  region: Region,
  helpers: readonly HelperDef[],
  globalCount: number,
  words: ReadonlySet<number> = new Set(),
): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { ops, opCount } of region.tbs) {
    for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) {
      if (ops[p] !== Op.call) continue;
      const helper = helpers[ops[p + 2]];
      const { inline } = helper;
      if (inline?.bits !== 64) continue;
      const takes = FROM_INT.has(inline.op) ? [] : operandTemps(inline, helper, ops, p);
      const gives = TO_INT.has(inline.op) || inline.op === 'narrow' ? [] : [ops[p + 1]];
      for (const temp of [...takes, ...gives]) if (temp > PC && temp < globalCount) found.add(temp);
    }
  }
  const isCopy = (ops: Int32Array, p: number): boolean =>
    ops[p] === Op.mov_i64 && found.has(ops[p + 2]) && ops[p + 1] > PC && ops[p + 1] < globalCount && !words.has(ops[p + 1]);
  for (let before = -1; found.size > before;) {
    before = found.size;
    for (const { ops, opCount } of region.tbs)
      for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) if (isCopy(ops, p)) found.add(ops[p + 1]);
  }
  return found;
}
