/** Words of PowerPC instructions, from the rows of the instruction table. */
import { INSNS } from '../../src/target/ppc/insns.js';
import type { Insn } from '../../src/target/ppc/table.js';

const ROWS = new Map(INSNS.map((row) => [row.name, row]));

export function rowOf(name: string): Insn {
  const row = ROWS.get(name);
  if (row === undefined) throw new Error(`no instruction '${name}'`);
  return row;
}

/** A word by the values of its fields; those that are not named are 0. @throws Error if there is no such field */
export function encode(name: string, fields: Readonly<Record<string, number>> = {}): number {
  const row = rowOf(name);
  let word = row.value;
  for (const [field, value] of Object.entries(fields)) {
    const place = row.fields.find((each) => each.name === field);
    if (place === undefined) throw new Error(`${name} has no field '${field}'`);
    word |= (value & (place.width === 32 ? -1 : (1 << place.width) - 1)) << place.shift;
  }
  return word >>> 0;
}

/** Registers of mfspr and mtspr have their halves exchanged. */
export const sprField = (number: number): number => ((number & 31) << 5) | (number >>> 5);

/** A register gets a 32-bit constant. */
export const li = (rt: number, value: number): number[] => [
  encode('addis', { rt, ra: 0, simm: value >>> 16 }),
  encode('ori', { rt, ra: rt, uimm: value & 0xffff }),
];

/** A branch of `words` words from itself. */
export const branch = (words: number): number => encode('b', { li: words });
