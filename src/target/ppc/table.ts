/**
 * The shape of the instruction table: a row is a name, a pattern, operands as objdump writes them, and an emitter. The rows of all groups make the
 * decoder, the disassembler and the random generator of the tests.
 */
import type { DisasContext } from './context.js';
import type { Operands } from './operands.js';

/** Emits the IR of one instruction. */
export type Emit = (c: DisasContext, a: Operands) => void;

/** A run of bits with a name; from the left, but counted from bit 0 at the right. */
export interface Field {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
}

export interface Insn {
  readonly name: string;
  readonly mask: number;
  readonly value: number;
  readonly fields: readonly Field[];
  readonly syntax: string;
  readonly emit: Emit;
}

const WORD = 32;
const ones = (width: number): number => (width >= WORD ? -1 : (1 << width) - 1);

/**
 * A row. The pattern goes from the left: `value:width` for bits that are fixed, `name:width` for fields, of which `oe` and `rc` add `o` and `.` to the name.
 */
export function insn(name: string, pattern: string, syntax: string, emit: Emit): Insn {
  let mask = 0;
  let value = 0;
  let at = WORD;
  const fields: Field[] = [];
  for (const token of pattern.split(' ')) {
    const match = /^(\w+):(\d+)$/.exec(token);
    if (match === null) throw new Error(`instruction ${name}: bad pattern element '${token}'`);
    const width = Number(match[2]);
    at -= width;
    if (/^\d/.test(match[1])) {
      mask |= ones(width) << at;
      value |= Number(match[1]) << at;
    } else fields.push({ name: match[1], shift: at, width });
  }
  if (at !== 0) throw new Error(`instruction ${name}: pattern has ${WORD - at} bits`);
  return { name, mask, value, fields, syntax, emit };
}

export const matches = (row: Insn, word: number): boolean => (word & row.mask) === row.value;

/** @throws Error if two rows match the same word */
export function checkOverlaps(rows: readonly Insn[]): void {
  rows.forEach((a, i) => {
    for (const b of rows.slice(i + 1))
      if (((a.value ^ b.value) & a.mask & b.mask) === 0) throw new Error(`instructions ${a.name} and ${b.name} overlap`);
  });
}
