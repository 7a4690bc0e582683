/**
 * The shape of an instruction table: a row is a pattern, operands, needs and an emitter. The rows of all groups make the decoder,
 * the disassembler and the random generator of the tests.
 */
import * as X from '../../../assembly/target/riscv/shared/riscv.js';
import type { DisasContext } from './context.js';
import { BY_NAME, CONFLICTS, hasBit, type ExtensionBits } from './extensions.js';
import { SHIFT, type Format, type Operands } from './operands.js';

/** Emits the IR of one instruction. */
export type Emit = (c: DisasContext, a: Operands) => void;

/** What a CPU must have: every group needs one of its extension bits (RVX_*); xlen 0 is either. */
export interface Needs {
  readonly xlen: 0 | 32 | 64;
  readonly anyOf: readonly (readonly number[])[];
}

const ext = (...bits: number[]): Needs => ({ xlen: 0, anyOf: [bits] });

export const BASE: Needs = { xlen: 0, anyOf: [] };
export const RV32: Needs = { xlen: 32, anyOf: [] };
export const RV64: Needs = { xlen: 64, anyOf: [] };
export const M = ext(X.RVX_M);
export const Zmmul = ext(X.RVX_ZMMUL);
export const Zaamo = ext(X.RVX_ZAAMO);
export const Zalrsc = ext(X.RVX_ZALRSC);
export const F = ext(X.RVX_F);
export const D = ext(X.RVX_D);
export const Zca = ext(X.RVX_ZCA);
export const Zcf = ext(X.RVX_ZCF);
export const Zcd = ext(X.RVX_ZCD);
export const Zcb = ext(X.RVX_ZCB);
export const Zcmp = ext(X.RVX_ZCMP);
export const Zcmt = ext(X.RVX_ZCMT);
export const Zcmop = ext(X.RVX_ZCMOP);
export const Zimop = ext(X.RVX_ZIMOP);
export const Zicfiss = ext(X.RVX_ZICFISS);
export const S = ext(X.RVX_S);
export const Zicsr = ext(X.RVX_ZICSR);
export const Zifencei = ext(X.RVX_ZIFENCEI);
export const Zba = ext(X.RVX_ZBA);
export const Zbb = ext(X.RVX_ZBB);
export const Zbc = ext(X.RVX_ZBC);
export const Zbs = ext(X.RVX_ZBS);
export const Zbkb = ext(X.RVX_ZBKB);
export const Zbkc = ext(X.RVX_ZBKC);
export const Zbkx = ext(X.RVX_ZBKX);
export const Zknd = ext(X.RVX_ZKND);
export const Zkne = ext(X.RVX_ZKNE);
export const Zknh = ext(X.RVX_ZKNH);
export const Zksed = ext(X.RVX_ZKSED);
export const Zksh = ext(X.RVX_ZKSH);
export const Zicond = ext(X.RVX_ZICOND);
export const Zicbom = ext(X.RVX_ZICBOM);
export const Zicboz = ext(X.RVX_ZICBOZ);
export const Zawrs = ext(X.RVX_ZAWRS);
export const Zabha = ext(X.RVX_ZABHA);
export const Zacas = ext(X.RVX_ZACAS);
export const Zfh = ext(X.RVX_ZFH);
export const Zfhmin = ext(X.RVX_ZFHMIN);
export const Zfbfmin = ext(X.RVX_ZFBFMIN);
export const Zfa = ext(X.RVX_ZFA);
export const Svinval = ext(X.RVX_SVINVAL);
export const Smrnmi = ext(X.RVX_SMRNMI);

/** All of them. */
export function all(...needs: Needs[]): Needs {
  const xlen = needs.find((each) => each.xlen !== 0)?.xlen ?? 0;
  return { xlen, anyOf: needs.flatMap((each) => each.anyOf) };
}

/** At least one of them (single extensions, no xlen). */
export const any = (...needs: Needs[]): Needs => ({ xlen: 0, anyOf: [needs.flatMap((each) => each.anyOf.flat())] });

/** A run of bits of the pattern with a name; parts of a scattered immediate share one. */
export interface Field {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
}

/** `word & mask` must differ from `value` (written `rd:5!2` in a pattern). */
export interface Exclusion {
  readonly mask: number;
  readonly value: number;
}

export interface Insn {
  readonly name: string;
  /** Bytes. */
  readonly size: 2 | 4;
  readonly mask: number;
  readonly value: number;
  readonly exclusions: readonly Exclusion[];
  readonly fields: readonly Field[];
  readonly format: Format;
  readonly needs: Needs;
  readonly emit: Emit;
  /** The name to disassemble as; of a compressed instruction, its expansion. */
  readonly shownAs: string;
}

/**
 * A row. The pattern goes from bit 31 (or 15) down: binary digits, and fields `name:width`, which with `!n` may not hold n (for a
 * scattered field: all its parts together).
 */
export function insn(name: string, pattern: string, format: Format, needs: Needs, emit: Emit, shownAs = name): Insn {
  const { width, ...bits } = parsePattern(name, pattern);
  if (width !== 32 && width !== 16) throw new Error(`instruction ${name}: pattern has ${width} bits`);
  return { name, size: width === 32 ? 4 : 2, ...bits, format, needs, emit, shownAs };
}

/** A shift by an immediate: six bits of count on RV64, five and a zero on RV32. `codes` is funct3 and opcode. */
export function shiftRows(name: string, funct6: string, codes: string, needs: Needs, rv64: Emit, rv32: Emit): Insn[] {
  const [funct3, opcode] = codes.split(' ');
  return [
    insn(name, `${funct6} shamt:6 rs1:5 ${funct3} rd:5 ${opcode}`, SHIFT, all(needs, RV64), rv64),
    insn(name, `${funct6}0 shamt:5 rs1:5 ${funct3} rd:5 ${opcode}`, SHIFT, all(needs, RV32), rv32),
  ];
}

function parsePattern(name: string, pattern: string) {
  const tokens = pattern.split(' ').filter((token) => token !== '');
  const width = tokens.reduce(
    (sum, token) => sum + (/^[01]+$/.test(token) ? token.length : Number(/^\w+:(\d+)/.exec(token)?.[1] ?? NaN)),
    0,
  );
  let mask = 0;
  let value = 0;
  let at = width;
  const fields: Field[] = [];
  const excluded = new Map<string, number>();
  for (const token of tokens) {
    if (/^[01]+$/.test(token)) {
      at -= token.length;
      mask |= ones(token.length) << at;
      value |= parseInt(token, 2) << at;
      continue;
    }
    const match = /^(\w+):(\d+)(?:!(\d+))?$/.exec(token);
    if (match === null) throw new Error(`instruction ${name}: bad pattern element '${token}'`);
    at -= Number(match[2]);
    fields.push({ name: match[1], shift: at, width: Number(match[2]) });
    if (match[3] !== undefined) excluded.set(match[1], Number(match[3]));
  }
  const exclusions = [...excluded].map(([field, excludedValue]) =>
    exclusion(
      fields.filter((each) => each.name === field),
      excludedValue,
    ),
  );
  return { width, mask, value, exclusions, fields };
}

function exclusion(parts: readonly Field[], excludedValue: number): Exclusion {
  let mask = 0;
  let value = 0;
  let rest = excludedValue;
  for (const part of [...parts].reverse()) {
    mask |= ones(part.width) << part.shift;
    value |= (rest & ones(part.width)) << part.shift;
    rest >>>= part.width;
  }
  return { mask, value };
}

const ones = (width: number): number => (width >= 32 ? -1 : (1 << width) - 1);

/** Whether the row's pattern holds for a word. */
export function matches(row: Insn, word: number): boolean {
  if ((word & row.mask) !== row.value) return false;
  for (const each of row.exclusions) if ((word & each.mask) === each.value) return false;
  return true;
}

/** Whether a CPU with these extension bits has the instruction. */
export function hasInsn(row: Insn, xlen: 32 | 64, extensions: ExtensionBits): boolean {
  if (row.needs.xlen !== 0 && row.needs.xlen !== xlen) return false;
  return row.needs.anyOf.every((bits) => bits.some((bit) => hasBit(extensions, bit)));
}

/** Throws if two rows that one CPU may have match the same word. */
export function checkOverlaps(rows: readonly Insn[]): void {
  for (let i = 0; i < rows.length; i++) {
    for (let j = i + 1; j < rows.length; j++) {
      const a = rows[i];
      const b = rows[j];
      if (overlap(a, b)) throw new Error(`instructions ${a.name} and ${b.name} overlap`);
    }
  }
}

function overlap(a: Insn, b: Insn): boolean {
  if (a.size !== b.size || ((a.value ^ b.value) & a.mask & b.mask) !== 0) return false;
  if (a.needs.xlen !== 0 && b.needs.xlen !== 0 && a.needs.xlen !== b.needs.xlen) return false;
  if (exclude(a.needs, b.needs)) return false;
  return !isExcluded(a, b) && !isExcluded(b, a);
}

const EXCLUSIVE = CONFLICTS.map((names) => names.map((name) => BY_NAME.get(name)!.bit));

/** Whether no CPU may have what both need. */
function exclude(a: Needs, b: Needs): boolean {
  const needs = ({ anyOf }: Needs, bit: number): boolean => anyOf.some((bits) => bits.length === 1 && bits[0] === bit);
  return EXCLUSIVE.some(([one, other]) => (needs(a, one) && needs(b, other)) || (needs(a, other) && needs(b, one)));
}

/** Whether an exclusion of a covers all of b. */
const isExcluded = (a: Insn, b: Insn): boolean =>
  a.exclusions.some(({ mask, value }) => (mask & b.mask) === mask && (b.value & mask) === value);
