/**
 * The first round of a loop, apart. What is in a register when a region is entered may be any 64 bits; after a round of a loop with 32-bit arithmetic
 * it is known to be extended. So an entry at a TB that jumps back to itself gets a copy of that TB: the loop proper is then only reached
 * with values that its own code has made, and carries them as i32 (value-widths.ts).
 */
import { OP_WORDS, Op } from '../opcodes.js';
import { derivedTb, type Region, type TbIr } from './region.js';

/** Larger TBs are not copied. In ops. */
const MAX_OPS = 400;
/** Fewer globals that become narrow are not worth a copy. */
const MIN_NARROW = 2;

export function peelEntries(region: Region, globalCount: number, words: ReadonlySet<number> = new Set()): Region {
  const tbs = region.tbs.slice();
  const entries = region.entries.map((entry) => {
    const ir = region.tbs[entry];
    const isLoop = ir.links.includes(entry) || ir.indirect.some(({ to }) => to === entry);
    return isLoop && ir.opCount <= MAX_OPS && narrowGlobals(ir, globalCount, words) >= MIN_NARROW
      ? tbs.push(derivedTb(ir, { copyOf: ir.copyOf ?? entry })) - 1
      : entry;
  });
  return tbs.length === region.tbs.length ? region : { tbs, entries };
}

/** How many globals, of those that are not narrow anyway, a TB makes by extending a low half. */
function narrowGlobals({ ops, opCount }: TbIr, globalCount: number, words: ReadonlySet<number>): number {
  const found = new Set<number>();
  for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) {
    const isNarrow = ops[p] === Op.ext32s_i64 || ops[p] === Op.ext32u_i64 || (isField(ops[p]) && ops[p + 3] + ops[p + 4] <= 32);
    if (isNarrow && ops[p + 1] < globalCount && !words.has(ops[p + 1])) found.add(ops[p + 1]);
  }
  return found.size;
}

const isField = (op: number): boolean => op === Op.extract_i64 || op === Op.sextract_i64;
