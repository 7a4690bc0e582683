/**
 * A block: straight code with jumps forward, made of units. A unit is one random instruction, or a few that belong together (an address
 * is made, then jumped to); jumps go to the beginnings of units only.
 */
import type { Decoder } from '../../src/target/riscv/decoder.js';
import { Operands } from '../../src/target/riscv/operands.js';
import type { Insn } from '../../src/target/riscv/table.js';
import { randomWord, type Rng } from '../support/riscv-random.js';
import { encode } from './assembler.js';
import { fitsImmediate, isSigned, withImmediate } from './immediates.js';

export interface Code {
  readonly word: number;
  readonly size: 2 | 4;
  /** Not the first of its unit: never cut off from what is before it. */
  readonly joined?: boolean;
}

export interface Unit {
  readonly code: Code[];
  /** Patches the unit's jump, given the distance from the unit's start to its target; undefined: it cannot reach that far. */
  readonly jump?: (distance: number) => Code[] | undefined;
}

/** What random instructions may touch. */
export interface Rules {
  /** Registers that loads, stores and atomics go through; never written. */
  readonly bases: readonly number[];
  /** Those of the bases that SC goes through; default all. */
  readonly alignedBases?: readonly number[];
  /** Registers that are never written, beside the bases. */
  readonly reserved: readonly number[];
  /** Instructions whose operand is boxed first, as a half. */
  readonly boxedFirst?: RegExp;
  /** Instructions that do not write x0. */
  readonly notToZero?: RegExp;
  /** Offsets of loads and stores are multiples of this; default 1. */
  readonly alignment?: number;
  /** Registers that CSR instructions read; default all. */
  readonly csrSources?: readonly number[];
  readonly csrs?: readonly number[];
}

/** Words of four bytes. */
export const codes = (...words: readonly number[]): Code[] => words.map((word) => ({ word, size: 4 }));

export const NO_RULES: Rules = { bases: [], reserved: [] };

/** Largest distance of an access from its base register. */
export const REACH = 96;
const MAX_JUMP_UNITS = 6;
const TRIES = 50;
const operands = new Operands();

const tokensOf = (row: Insn): readonly string[] => row.format.syntax.match(/\w+/g) ?? [];
const isMemory = (row: Insn): boolean => row.format.syntax.includes('(rs1)') && row.shownAs !== 'jalr';
const isCsr = (row: Insn): boolean => tokensOf(row).includes('csr');
export const isRelativeJump = (row: Insn): boolean => tokensOf(row).includes('target');
export const isIndirectJump = (row: Insn): boolean => row.shownAs === 'jalr';

/** A random unit of a row, or undefined if the rules leave none. */
export function randomUnit(rng: Rng, row: Insn, rules: Rules): Unit | undefined {
  for (let i = 0; i < TRIES; i++) {
    const word = draw(rng, row, rules);
    if (word === undefined || !obeys(row, word, rules)) continue;
    if (isIndirectJump(row)) return indirectJump(rng, row, word, rules);
    const boxing = rules.boxedFirst?.test(row.name) ? codes(encode.fmvHX(operands.rs1, rng() & 31)) : [];
    const unit: Unit = { code: [...boxing, { word, size: row.size, joined: boxing.length > 0 }] };
    if (!isRelativeJump(row)) return unit;
    return {
      ...unit,
      jump: (distance) => (fitsImmediate(row, distance) ? [{ word: withImmediate(row, word, distance), size: row.size }] : undefined),
    };
  }
  return undefined;
}

function draw(rng: Rng, row: Insn, rules: Rules): number | undefined {
  const fields: Record<string, (rng: Rng, width: number) => number> = { rm: rounding };
  if (isMemory(row)) fields.rs1 = (r, width) => chooseBase(r, width, basesOf(row, rules));
  if (isCsr(row)) {
    const { csrs, csrSources } = rules;
    if (csrs !== undefined) fields.csr = (r) => csrs[r() % csrs.length];
    if (csrSources !== undefined) fields.rs1 = (r) => csrSources[r() % csrSources.length];
  }
  const word = randomWord(rng, row, { fields });
  if (word === undefined || !isMemory(row) || !row.fields.some((field) => field.name === 'imm')) return word;
  const imm = ((rng() % (2 * REACH)) - REACH) & -(rules.alignment ?? 1);
  return withImmediate(row, word, isSigned(row) ? imm : Math.abs(imm));
}

/** Static modes, dynamic, and now and then a reserved one. */
const rounding = (rng: Rng): number => (rng() % 32 === 0 ? rng() & 7 : [0, 1, 2, 3, 4, 7, 7, 7][rng() & 7]);

const basesOf = (row: Insn, { bases, alignedBases = bases }: Rules): readonly number[] =>
  row.name.startsWith('sc.') ? alignedBases : bases;

function chooseBase(rng: Rng, width: number, bases: readonly number[]): number {
  const encodable = width === 3 ? bases.filter((r) => r >= 8 && r < 16).map((r) => r - 8) : bases;
  return encodable[rng() % encodable.length];
}

function obeys(row: Insn, word: number, rules: Rules): boolean {
  row.format.extract(word, operands);
  if (isMemory(row) && !rules.bases.includes(operands.rs1)) return false;
  if (isMemory(row) && Math.abs(operands.imm) > REACH && row.fields.some((field) => field.name === 'imm')) return false;
  if (operands.rd === 0 && rules.notToZero?.test(row.name)) return false;
  const kept = (register: number): boolean => !rules.bases.includes(register) && !rules.reserved.includes(register);
  return writtenBy(row).every(kept);
}

/** The integer registers that the row writes, with `operands` filled in. */
function writtenBy(row: Insn): readonly number[] {
  const { rd, rs1, rs2 } = operands;
  if (row.name === 'cm.mvsa01') return [rs1, rs2];
  if (row.name === 'cm.mva01s') return [10, 11];
  if (!tokensOf(row).includes('rd')) return [];
  // a pattern with four bits for rd: a pair of registers
  const isPair = row.fields.some(({ name, width }) => name === 'rd' && width === 4);
  return isPair ? [rd, rd + 1] : [rd];
}

// The address of the target is made from pc in the register that the jump reads.
function indirectJump(rng: Rng, row: Insn, word: number, rules: Rules): Unit | undefined {
  row.format.extract(word, operands);
  const through = operands.rs1;
  if (through === 0 || rules.bases.includes(through) || rules.reserved.includes(through)) return undefined;
  const immediate = row.size === 4;
  // An odd target: jalr clears bit 0.
  const odd = immediate ? rng() & 1 : 0;
  const jump = (distance: number): Code[] =>
    immediate
      ? [
          { word: encode.auipc(through), size: 4 },
          { word: withImmediate(row, word, distance + odd), size: 4 },
        ]
      : [...codes(encode.auipc(through), encode.addi(through, through, distance)), { word, size: 2 }];
  return { code: jump(0), jump };
}

/** An instruction that the CPU does not have: a real one with a bit turned, or any word. */
export function illegalUnit(rng: Rng, rows: readonly Insn[], decoder: Decoder): Unit | undefined {
  for (let i = 0; i < TRIES; i++) {
    const row = rows[rng() % rows.length];
    const base = rng() % 4 === 0 ? rng() : (randomWord(rng, row) ?? rng());
    const size = (base & 3) === 3 ? 4 : 2;
    const word = (base ^ (1 << (2 + (rng() % (size * 8 - 2))))) >>> 0;
    // Longer encodings than 32 bits have other lengths in the eyes of some.
    if ((word & 0x1f) === 0x1f) continue;
    const fitted = size === 2 ? word & 0xffff : word;
    if (decoder.decode(fitted | 0) === undefined) return { code: [{ word: fitted, size }] };
  }
  return undefined;
}

/** Units laid out with their jumps filled in; jumps that cannot reach fall to nops of the same size. */
export function layOut(units: readonly Unit[], rng: Rng): Code[] {
  const sizes = units.map((unit) => unit.code.reduce((sum, { size }) => sum + size, 0));
  const chosen = units.map((unit, i) => {
    if (unit.jump === undefined) return unit.code;
    const limit = Math.min(units.length - i, MAX_JUMP_UNITS);
    const distance = sizes.slice(i, i + 1 + (rng() % limit)).reduce((sum, size) => sum + size, 0);
    return unit.jump(distance) ?? unit.code.map(({ size }) => ({ size, word: size === 2 ? 0x0001 : 0x13 }));
  });
  return chosen.flatMap((code) => code.map((each, i) => ({ ...each, joined: i > 0 })));
}
