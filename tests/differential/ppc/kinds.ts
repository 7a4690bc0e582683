/** What random programs are made of. */
import type { Alignment } from '../../../src/target/ppc/families.js';
import { BRANCH } from '../../../src/target/ppc/insn-branch.js';
import { FLOAT } from '../../../src/target/ppc/insn-float.js';
import { INTEGER } from '../../../src/target/ppc/insn-integer.js';
import { MEMORY as ACCESSES } from '../../../src/target/ppc/insn-memory.js';
import type { Insn } from '../../../src/target/ppc/table.js';
import { encode } from '../../ppc/assembler.js';
import { edgeOperands } from '../../support/float-operands.js';
import { DOUBLE, SINGLE } from '../../support/float-ref.js';
import type { Rng } from '../../support/riscv-random.js';
import { BASES, INDEX, MOVING, SLOT, SLOT_REGISTER, WINDOW_SIZE, type Kind } from './program.js';

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];

/** Registers that blocks of a kind do with as they like. */
const FREE = Array.from({ length: 27 }, (_, n) => n);

/** A random word: registers from `registers`, other fields any bits, but for those of `fields`. */
function randomWord(rng: Rng, row: Insn, fields: Readonly<Record<string, number>> = {}, registers: readonly number[] = FREE): number {
  let word = row.value;
  for (const { name, shift, width } of row.fields) {
    const isRegister = name === 'rt' || name === 'ra' || name === 'rb';
    const value = fields[name] ?? (isRegister ? pick(rng, registers) : rng());
    word |= (value & ((1 << width) - 1)) << shift;
  }
  return word >>> 0;
}

const EDGES = [
  0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff, 31, 32, 33, 63, 64, 0x7fff, 0x8000, 0xffff, 0x1_0000,
];

function integer(rng: Rng): number {
  switch (rng() % 5) {
    case 0:
      return pick(rng, EDGES);
    case 1:
      return rng() % 70;
    case 2:
      return -(rng() % 70) >>> 0;
    case 3:
      return ((1 << (rng() & 31)) + (rng() % 3) - 1) >>> 0;
    default:
      return rng();
  }
}

const XER_BITS = 0xe000_007f;

function fillIntegers(view: DataView, slot: number, rng: Rng): void {
  for (let n = 0; n < 31; n++) view.setUint32(slot + SLOT.r + 4 * n, integer(rng));
  view.setUint32(slot + SLOT.cr, rng());
  view.setUint32(slot + SLOT.xer, rng() & XER_BITS);
  view.setUint32(slot + SLOT.ctr, rng() % 3 === 0 ? rng() % 3 : rng());
}

// ---- Integers, CR, branches ------------------------------------------------------------------------------------------------------

const CR_ROWS = BRANCH.filter(({ name }) => /^(cr|mcrf$|mfcr|mtcrf)/.test(name));
const INTEGER_ROWS = [...INTEGER, ...CR_ROWS];

/** A conditional branch over a few instructions. */
function skip(rng: Rng): number[] {
  const bo = pick(rng, [0, 2, 4, 8, 10, 12, 16, 18, 20]);
  const skipped = Array.from({ length: 1 + (rng() % 3) }, () => randomWord(rng, pick(rng, INTEGER_ROWS)));
  return [encode('bc', { bo, bi: rng() & 31, bd: skipped.length + 1 }), ...skipped];
}

/** A loop by CTR. */
function loop(rng: Rng): number[] {
  const body = Array.from({ length: 1 + (rng() % 5) }, () => randomWord(rng, pick(rng, INTEGER_ROWS)));
  const count = 3 + (rng() % 40);
  return [
    encode('addi', { rt: 0, ra: 0, simm: count }),
    encode('mtspr', { spr: 9 << 5, rt: 0 }),
    ...body,
    encode('bc', { bo: pick(rng, [16, 16, 0, 8]), bi: rng() & 31, bd: -body.length }),
  ];
}

export const integers: Kind = {
  name: 'integer',
  floats: false,
  window: false,
  unit: (rng) => (rng() % 12 === 0 ? skip(rng) : rng() % 40 === 0 ? loop(rng) : [randomWord(rng, pick(rng, INTEGER_ROWS))]),
  fill: fillIntegers,
};

// ---- Memory --------------------------------------------------------------------------------------------------------------------------

const REACH = 64;
const isMultiple = ({ name }: Insn): boolean => /^(lmw|stmw|lsw|stsw)/.test(name);
const isLoad = ({ name }: Insn): boolean => /^l/.test(name);
/** QEMU has eciwx for ecowx, and the other way round (differences.ts). */
const MEMORY_ROWS = ACCESSES.filter(({ name }) => !['dcbi', 'eciwx', 'ecowx'].includes(name));
const FLOAT_ACCESSES = FLOAT.filter(({ name }) => /^(lf|stf)/.test(name));

/** QEMU's dcbz drops one's own reservation of the block (differences.ts). Nobody reserves a slot. */
const DROP_RESERVATION = [encode('stwcx.', { rt: 0, ra: 0, rb: SLOT_REGISTER })];

/** What must be at a multiple of 4 on processors. */
const isWord = ({ name }: Insn): boolean => /^(lf|stf|lmw|stmw)/.test(name);

/** An access near the middle of the window, its registers made first. `words`: at such a multiple, if it must be. */
function access(rng: Rng, row: Insn, words = false): number[] {
  const offset = (rng() % (2 * REACH)) - REACH;
  const mustBe = /^(lwarx|stwcx)/.test(row.name) || (words && isWord(row));
  const aligned = mustBe ? offset & ~3 : offset;
  const base = pick(rng, BASES);
  const indexed = row.fields.some(({ name }) => name === 'rb');
  const made = encode('addi', { rt: indexed ? INDEX : MOVING, ra: indexed ? 0 : base, simm: aligned });
  const updates = /ux?$/.test(row.name) && /u/.test(row.name);
  const free = isMultiple(row) ? [] : FREE;
  const rt = free.length > 0 ? pick(rng, free) : isLoad(row) ? 24 : rng() % 31;
  if (isMultiple(row)) return multiple(rng, row, base, aligned);
  if (!indexed) return [made, randomWord(rng, row, { rt, ra: MOVING, simm: ((rng() % 16) - 8) & (mustBe ? ~3 : ~0) })];
  const word = randomWord(rng, row, { rt, ra: base, rb: INDEX });
  if (row.name === 'dcbz') return [made, word, ...DROP_RESERVATION];
  if (!updates) return [made, word];
  return [made, encode('addi', { rt: MOVING, ra: base, simm: 0 }), randomWord(rng, row, { rt, ra: MOVING, rb: INDEX })];
}

/** Registers that a multiple load reaches must not be the ones that point somewhere. */
function multiple(rng: Rng, row: Insn, base: number, offset: number): number[] {
  const made = encode('addi', { rt: INDEX, ra: 0, simm: offset });
  const moved = encode('addi', { rt: MOVING, ra: base, simm: offset });
  if (row.name === 'stmw') return [moved, randomWord(rng, row, { rt: 8 + (rng() % 24), ra: MOVING, simm: 0 })];
  // r31 would be loaded: not for us
  if (row.name === 'lmw') return [];
  const bytes = 1 + (rng() % 32);
  const rt = rng() % 16;
  if (/i$/.test(row.name)) return [moved, randomWord(rng, row, { rt, ra: MOVING, nb: bytes & 31 })];
  const length = [encode('addi', { rt: 26, ra: 0, simm: bytes % 33 }), encode('mtspr', { spr: 1 << 5, rt: 26 })];
  return [...length, made, randomWord(rng, row, { rt, ra: base, rb: INDEX })];
}

function fillWindow(view: DataView, slot: number, rng: Rng): void {
  for (let at = 0; at < WINDOW_SIZE; at += 4) view.setUint32(slot + SLOT.window + at, rng() % 4 === 0 ? singleBits(rng) : rng());
}

const accesses = (name: string, alignment: Alignment): Kind => ({
  name,
  alignment,
  floats: true,
  window: true,
  unit(rng) {
    if (rng() % 6 === 0) return [randomWord(rng, pick(rng, INTEGER_ROWS))];
    if (rng() % 8 === 0) return [encode('fadd', { frt: rng() & 31, fra: rng() & 31, frb: rng() & 31 })];
    const row = pick(rng, rng() % 3 === 0 ? FLOAT_ACCESSES : MEMORY_ROWS);
    return access(rng, row, alignment === 'manual');
  },
  fill(view, slot, rng) {
    fillIntegers(view, slot, rng);
    fillFloats(view, slot, rng);
    fillWindow(view, slot, rng);
  },
});

export const memory = accesses('memory', 'qemu');
export const alignedMemory = accesses('memory, words at multiples of 4', 'manual');

// ---- Floating point ------------------------------------------------------------------------------------------------------------------

const DOUBLES = edgeOperands(DOUBLE);
const SINGLES = edgeOperands(SINGLE);
const random64 = (rng: Rng): bigint => (BigInt(rng()) << 32n) | BigInt(rng());

const singleBits = (rng: Rng): number => Number(pick(rng, SINGLES));

/** A binary32 number as a register holds it. */
function widened(bits: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, bits);
  const value = view.getFloat32(0);
  if (Number.isNaN(value)) return (BigInt(bits >>> 31) << 63n) | 0x7ff0_0000_0000_0000n | (BigInt(bits & 0x7f_ffff) << 29n);
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function double(rng: Rng): bigint {
  switch (rng() % 8) {
    case 0:
    case 1:
      return pick(rng, DOUBLES);
    case 2:
      return widened(singleBits(rng));
    case 3:
      return random64(rng);
    case 4:
      // a binary32 number near 1
      return widened(((rng() & 1) << 31) | ((124 + (rng() % 8)) << 23) | (rng() & 0x7f_ffff));
    case 5:
      // about the range of binary32
      return (
        (BigInt(rng() & 1) << 63n) |
        (BigInt(pick(rng, [872, 874, 896, 897, 898, 1150, 1151]) + (rng() % 3)) << 52n) |
        (random64(rng) >> 12n)
      );
    default: {
      const kept = BigInt(rng() % 53);
      return (BigInt(rng() & 1) << 63n) | (BigInt(1019 + (rng() % 8)) << 52n) | (((random64(rng) >> 12n) >> kept) << kept);
    }
  }
}

/** Sticky bits, results of before; no enables. */
const STATUS_BITS = 0x1ff9_f700;
const XX = 0x0200_0000;
/** Is always set: QEMU sets it with every exception, not only with one that was not there before (differences.ts). */
const FX = 0x8000_0000;

function fillFloats(view: DataView, slot: number, rng: Rng): void {
  for (let n = 0; n < 32; n++) view.setBigUint64(slot + SLOT.f + 8 * n, double(rng));
  const inexact = rng() % 4 === 0 ? 0 : XX;
  view.setUint32(slot + SLOT.fpscr + 4, ((rng() % 3 === 0 ? rng() & STATUS_BITS : 0) | FX | inexact) >>> 0);
}

const isArithmetic = ({ name }: Insn): boolean => /^f/.test(name);
const ARITHMETIC = FLOAT.filter((row) => isArithmetic(row) && !['fres', 'frsqrte'].includes(row.name));
/** QEMU rounds what fnmadd and fnmsub have negated already: in directed modes that is another number. */
const ANY_ROUNDING = ARITHMETIC.filter(({ name }) => !/^fnm/.test(name));
const STATUS = FLOAT.filter(({ name }) => /^m/.test(name) && name !== 'mtfsf');

const FR_BIT = 13;
const FI_BIT = 14;
const CLASS_BIT = 15;
const VXSNAN_BIT = 7;
const VXIMZ_BIT = 11;
const clear = (crbd: number): number => encode('mtfsb0', { crbd });

/** A word, with what keeps known differences (differences.ts) out of sight. */
function unhurt(row: Insn, word: number): number[] {
  // what an invalid conversion leaves in FPRF is undefined: the next operation makes it anew
  if (/^fctiw/.test(row.name)) return [word, encode('fadd', { frt: 1, fra: 2, frb: 3 })];
  // QEMU's comparisons clear FI, and the ordered one sets the class bit with FU
  if (row.name === 'fcmpu') return [clear(FI_BIT), word];
  if (row.name === 'fcmpo') return [clear(FI_BIT), word, clear(CLASS_BIT)];
  // and its FR is whatever was written
  if (row.name === 'mffs') return [FR_BIT, CLASS_BIT, VXSNAN_BIT].map(clear).concat(word);
  return [word];
}

/** Modes and enables of FPSCR are the kind's. */
function status(rng: Rng, strict: boolean): number[] {
  const row = pick(rng, STATUS);
  const fields: Record<string, number> = {};
  if (row.name === 'mtfsfi') fields.crfd = 1 + (rng() % (strict ? 7 : 5));
  if (row.name === 'mcrfs') fields.crfs = pick(rng, [2, 4, 5, 6, 7]);
  if (/^mtfsb/.test(row.name)) fields.crbd = strict && rng() % 4 === 0 ? 30 + (rng() & 1) : 1 + (rng() % 23);
  if (strict && fields.crfd === 6) fields.imm = 0;
  // NI: differences.ts
  if (strict && fields.crfd === 7) fields.imm = rng() & 3;
  const words = unhurt(row, randomWord(rng, row, fields));
  // Infinity times zero, plus a signalling NaN: of that QEMU tells VXIMZ alone, so who clears it clears the other one, too
  return clearsVximz(row.name, fields) ? [...words, clear(VXSNAN_BIT)] : words;
}

const clearsVximz = (name: string, { crfd, crfs, crbd }: Readonly<Record<string, number>>): boolean =>
  (name === 'mtfsfi' && crfd === 2) || (name === 'mcrfs' && crfs === 2) || (name.startsWith('mtfsb0') && crbd === VXIMZ_BIT);

const float = (name: string, strict: boolean): Kind => ({
  name,
  floats: true,
  window: false,
  unit(rng) {
    if (rng() % 16 === 0) return status(rng, strict);
    if (rng() % 24 === 0) return [randomWord(rng, pick(rng, INTEGER_ROWS))];
    const row = pick(rng, strict ? ANY_ROUNDING : ARITHMETIC);
    return unhurt(row, randomWord(rng, row));
  },
  fill(view, slot, rng) {
    fillIntegers(view, slot, rng);
    fillFloats(view, slot, rng);
    if (strict) view.setUint32(slot + SLOT.fpscr + 4, (view.getUint32(slot + SLOT.fpscr + 4) | (rng() & 3)) >>> 0);
  },
});

export const KINDS: readonly Kind[] = [integers, memory, alignedMemory, float('float', false), float('float, all rounding modes', true)];
