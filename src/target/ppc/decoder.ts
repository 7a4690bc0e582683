/** From an instruction word to its row, by primary and extended opcode. */
import { INSNS } from './insns.js';
import { matches, type Insn } from './table.js';

/** Primary opcode and the ten bits of the extended one. */
const BUCKETS = 1 << 16;
const EXTENDED_BITS = 0x7fe;
const bucketOf = (word: number): number => ((word >>> 26) << 10) | ((word & EXTENDED_BITS) >>> 1);

export class Decoder {
  /** By bucket: rows that may match; made when a word of it is met. */
  private readonly buckets: (readonly Insn[] | undefined)[] = new Array<undefined>(BUCKETS);

  decode(word: number): Insn | undefined {
    const bucket = bucketOf(word);
    const rows = (this.buckets[bucket] ??= rowsOf(word));
    return rows.find((row) => matches(row, word));
  }
}

/** Rows that agree with a word in both opcodes. */
function rowsOf(word: number): readonly Insn[] {
  const bits = (0x3f << 26) | EXTENDED_BITS;
  return INSNS.filter(({ mask, value }) => ((word ^ value) & mask & bits) === 0);
}
