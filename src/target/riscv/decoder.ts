/** From an instruction word to its row, for one CPU: only rows that the CPU has are in it, so the others are illegal by absence. */
import type { ExtensionBits } from './extensions.js';
import { INSNS } from './insns.js';
import { hasInsn, matches, type Insn } from './table.js';

/** 32-bit words are sorted by opcode (bits 6:2) and funct3. */
const BUCKETS = 256;
const bucketOf = (word: number): number => ((word & 0x7c) << 1) | ((word >>> 12) & 7);
const BUCKET_BITS = 0x707c;

/** Marks in the table of compressed words. */
const UNKNOWN = 0xffff;
const ILLEGAL = 0xfffe;

export class Decoder {
  private readonly buckets: Insn[][] = Array.from({ length: BUCKETS }, () => []);
  private readonly compressedRows: Insn[];
  /** By 16-bit word: index in compressedRows, filled as words are met. */
  private readonly compressed = new Uint16Array(0x10000).fill(UNKNOWN);

  constructor(
    readonly xlen: 32 | 64,
    extensions: ExtensionBits,
  ) {
    const rows = INSNS.filter((row) => hasInsn(row, xlen, extensions));
    this.compressedRows = rows.filter((row) => row.size === 2);
    for (const row of rows) if (row.size === 4) this.addToBuckets(row);
  }

  /** A row whose pattern leaves funct3 open goes into several buckets. */
  private addToBuckets(row: Insn): void {
    const fixed = row.mask & BUCKET_BITS;
    if (fixed === BUCKET_BITS) return void this.buckets[bucketOf(row.value)].push(row);
    for (let opcode = 0; opcode < 32; opcode++) {
      for (let funct3 = 0; funct3 < 8; funct3++) {
        const word = (opcode << 2) | (funct3 << 12);
        if ((word & fixed) === (row.value & fixed)) this.buckets[bucketOf(word)].push(row);
      }
    }
  }

  /** The row of a 32-bit word (as int32). */
  decode32(word: number): Insn | undefined {
    const bucket = this.buckets[bucketOf(word)];
    for (let i = 0; i < bucket.length; i++) if (matches(bucket[i], word)) return bucket[i];
    return undefined;
  }

  /** The row of a 16-bit word (unsigned). */
  decode16(word: number): Insn | undefined {
    const known = this.compressed[word];
    if (known < ILLEGAL) return this.compressedRows[known];
    if (known === ILLEGAL) return undefined;
    const index = this.compressedRows.findIndex((row) => matches(row, word));
    this.compressed[word] = index < 0 ? ILLEGAL : index;
    return this.compressedRows[index];
  }

  /** Instructions are 16 bits long unless their low two bits are set; longer ones than 32 bits are not known. */
  decode(word: number): Insn | undefined {
    return (word & 3) === 3 ? this.decode32(word | 0) : this.decode16(word & 0xffff);
  }
}
