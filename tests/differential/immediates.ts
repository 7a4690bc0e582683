/** Encodes an immediate by turning a row's own extraction around, so that there is no second definition of the formats. */
import { Operands } from '../../src/target/riscv/operands.js';
import type { Insn } from '../../src/target/riscv/table.js';

interface ImmediateBit {
  readonly wordBit: number;
  /** What the bit adds; negative for the sign. */
  readonly value: number;
}

const known = new Map<Insn, readonly ImmediateBit[]>();
const scratch = new Operands();

function immOf(row: Insn, word: number): number {
  row.format.extract(word, scratch);
  return scratch.imm;
}

function immediateBits(row: Insn): readonly ImmediateBit[] {
  let bits = known.get(row);
  if (bits === undefined) {
    const zero = immOf(row, row.value);
    bits = row.fields
      .filter((field) => field.name === 'imm')
      .flatMap(({ shift, width }) => Array.from({ length: width }, (_, i) => 1 << (shift + i)))
      .map((wordBit) => ({ wordBit, value: immOf(row, row.value | wordBit) - zero }));
    known.set(row, bits);
  }
  return bits;
}

/** `word` with the immediate as near to `imm` as the format can say (bits that it lacks are dropped). */
export function withImmediate(row: Insn, word: number, imm: number): number {
  let result = word;
  for (const { wordBit, value } of immediateBits(row)) {
    const lowest = value & -value;
    result = (imm & lowest) !== 0 ? result | wordBit : result & ~wordBit;
  }
  return result >>> 0;
}

/** Whether the row's format can hold `imm` exactly. */
export const fitsImmediate = (row: Insn, imm: number): boolean => immOf(row, withImmediate(row, row.value, imm)) === imm;

/** Whether the format has a sign. */
export const isSigned = (row: Insn): boolean => immediateBits(row).some(({ value }) => value < 0);
