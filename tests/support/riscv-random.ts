/** Random RISC-V instructions, made from the instruction table: for decode round trips and for differential runs. */
import type { CpuConfig } from '../../src/target/riscv/config.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { hasInsn, matches, type Insn } from '../../src/target/riscv/table.js';

/** A source of uniform 32-bit unsigned integers. */
export type Rng = () => number;

/** A small seeded generator (mulberry32). */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** A row's own: a new instruction shifts the words of no other. */
export const rngOf = (row: Insn, seed = 1): Rng => seededRng(row.value ^ Math.imul(seed, 0x9e3779b1));

export interface RandomConstraints {
  /** Integer registers that may be written; default all. */
  readonly destinations?: readonly number[];
  /** Integer registers that may be read; default all. */
  readonly sources?: readonly number[];
  /** Values for pattern fields by name, for example `{ imm: () => 0, rm: () => 7 }` (raw bits of the field). */
  readonly fields?: Readonly<Record<string, (rng: Rng, width: number) => number>>;
}

const ROUNDING_MODES = [0, 1, 2, 3, 4, 7];

/** The rows that a CPU of this configuration has. */
export const rowsOf = (config: CpuConfig): Insn[] => INSNS.filter((row) => hasInsn(row, config.xlen, config.extensions));

/** A random word of one row, or undefined if this draw broke a constraint. */
export function randomWord(rng: Rng, row: Insn, constraints: RandomConstraints = {}): number | undefined {
  let word = row.value;
  for (const { name, shift, width } of row.fields) {
    const mask = width >= 32 ? -1 : (1 << width) - 1;
    word |= (fieldValue(rng, row, name, width, constraints) & mask) << shift;
  }
  if (!matches(row, word)) return undefined;
  return word >>> 0;
}

function fieldValue(rng: Rng, row: Insn, name: string, width: number, constraints: RandomConstraints): number {
  const chosen = constraints.fields?.[name];
  if (chosen !== undefined) return chosen(rng, width);
  if (name === 'rm') return ROUNDING_MODES[rng() % ROUNDING_MODES.length];
  const allowed = registerChoice(row, name, constraints);
  if (allowed === undefined) return rng();
  // Three-bit fields name x8..x15.
  const encodable = width === 3 ? allowed.filter((r) => r >= 8 && r < 16).map((r) => r - 8) : allowed;
  return encodable.length === 0 ? rng() : encodable[rng() % encodable.length];
}

/** The integer registers that a field may name, or undefined if it is free. */
function registerChoice(row: Insn, name: string, { destinations, sources }: RandomConstraints): readonly number[] | undefined {
  const tokens: readonly string[] = row.format.syntax.match(/\w+/g) ?? [];
  if (name === 'rd') {
    if (!tokens.includes('rd')) return undefined;
    // Most compressed instructions read what they write.
    return row.size === 2 && sources !== undefined && destinations !== undefined
      ? destinations.filter((r) => sources.includes(r))
      : destinations;
  }
  return (name === 'rs1' || name === 'rs2') && tokens.includes(name) ? sources : undefined;
}
