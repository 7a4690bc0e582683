/** From an instruction word to its row, by primary and extended opcode. */
import { INSNS } from './insns.js';
import { matches, type Insn } from './table.js';

/** Primary opcode and the ten bits of the extended one. */
const BUCKETS = 1 << 16;
const EXTENDED_BITS = 0x7fe;
const bucketOf = (word: number): number => ((word >>> 26) << 10) | ((word & EXTENDED_BITS) >>> 1);

/** By bucket: rows that may match; made when a word of it is met. All machines have the same, and making the empty table takes 2 ms. */
const ROWS: (readonly Insn[] | undefined)[] = new Array<undefined>(BUCKETS);

export class Decoder {
  decode(word: number): Insn | undefined {
    const rows = (ROWS[bucketOf(word)] ??= rowsOf(word));
    return rows.find((row) => matches(row, word));
  }
}

/** Rows that agree with a word in both opcodes. */
function rowsOf(word: number): readonly Insn[] {
  const bits = (0x3f << 26) | EXTENDED_BITS;
  return INSNS.filter(({ mask, value }) => ((word ^ value) & mask & bits) === 0);
}
