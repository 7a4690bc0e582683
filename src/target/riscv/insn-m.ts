/** M. Source: unprivileged ISA manual, "M" (division by zero and overflow: table "Semantics for division by zero and division overflow"). */
import type { Temp } from '../../tcg/context.js';
import { Cond } from '../../tcg/opcodes.js';
import type { DisasContext } from './context.js';
import { byXlen, word2, xlen2, type Op2 } from './emit.js';
import { R, type Operands } from './operands.js';
import { M, RV64, all, insn, type Emit, type Insn } from './table.js';

const mul: Op2 = (t, d, a, b) => t.mul(d, a, b);

// High halves. On RV32 the 64-bit product holds both halves.

const mulh64: Emit = (c, a) => c.tcg.mulsh(c.dest(a.rd), c.x(a.rs1), c.x(a.rs2));
const mulhu64: Emit = (c, a) => c.tcg.muluh(c.dest(a.rd), c.x(a.rs1), c.x(a.rs2));
/** Unsigned high half, less rs2 where rs1 is negative. */
const mulhsu64: Emit = (c, a) => {
  const { tcg } = c;
  const high = tcg.temp();
  const correction = tcg.temp();
  tcg.muluh(high, c.x(a.rs1), c.x(a.rs2));
  tcg.sari(correction, c.x(a.rs1), 63);
  tcg.and(correction, correction, c.x(a.rs2));
  tcg.sub(c.dest(a.rd), high, correction);
};

const unsignedLow = (c: DisasContext, r: number): Temp => {
  const t = c.tcg.temp();
  c.tcg.ext32u(t, c.x(r));
  return t;
};

const high32 =
  (unsigned1: boolean, unsigned2: boolean): Emit =>
  (c, a) => {
    const product = c.tcg.temp();
    c.tcg.mul(product, unsigned1 ? unsignedLow(c, a.rs1) : c.x(a.rs1), unsigned2 ? unsignedLow(c, a.rs2) : c.x(a.rs2));
    c.tcg.sari(c.dest(a.rd), product, 32);
  };

// Division. The IR's is undefined for a zero divisor and for overflow: such divisors are replaced by 1, and the result mended.

/** Quotient by zero is -1; -2^63 / -1 wraps, as negation does. */
const div64: Emit = (c, a) => {
  const { tcg } = c;
  const x = c.x(a.rs1);
  const y = c.x(a.rs2);
  const zero = tcg.constI64(0);
  const q = tcg.temp();
  const negated = tcg.temp();
  tcg.div(q, x, safeDivisor(c, y));
  tcg.neg(negated, x);
  tcg.movcond(Cond.EQ, q, y, tcg.constI64(-1), negated, q);
  tcg.movcond(Cond.EQ, c.dest(a.rd), y, zero, tcg.constI64(-1), q);
};

/** Remainder by zero is the dividend; by -1 it is 0, as by 1. */
const rem64: Emit = (c, a) => {
  const { tcg } = c;
  const x = c.x(a.rs1);
  const y = c.x(a.rs2);
  const r = tcg.temp();
  tcg.rem(r, x, safeDivisor(c, y));
  tcg.movcond(Cond.EQ, c.dest(a.rd), y, tcg.constI64(0), x, r);
};

/** y, or 1 for 0 and -1: those two, and no others, are at most 1 (unsigned) after adding 1. */
function safeDivisor(c: DisasContext, y: Temp): Temp {
  const { tcg } = c;
  const one = tcg.constI64(1);
  const t = tcg.temp();
  tcg.addi(t, y, 1);
  tcg.movcond(Cond.LEU, t, t, one, one, y);
  return t;
}

type Divide = (c: DisasContext, d: Temp, x: Temp, y: Temp) => void;

const nonZero = (c: DisasContext, y: Temp): Temp => {
  const t = c.tcg.temp();
  c.tcg.movcond(Cond.EQ, t, y, c.tcg.constI64(0), c.tcg.constI64(1), y);
  return t;
};

/** Division that cannot overflow: unsigned, or of 32-bit values in 64 bits. */
const quotient =
  (divide: 'div' | 'divu'): Divide =>
  (c, d, x, y) => {
    const { tcg } = c;
    const q = tcg.temp();
    tcg[divide](q, x, nonZero(c, y));
    tcg.movcond(Cond.EQ, d, y, tcg.constI64(0), tcg.constI64(-1), q);
  };

const remainder =
  (divide: 'rem' | 'remu'): Divide =>
  (c, d, x, y) => {
    const { tcg } = c;
    const r = tcg.temp();
    tcg[divide](r, x, nonZero(c, y));
    tcg.movcond(Cond.EQ, d, y, tcg.constI64(0), x, r);
  };

const unsigned64 =
  (divide: Divide): Emit =>
  (c, a) =>
    divide(c, c.dest(a.rd), c.x(a.rs1), c.x(a.rs2));

/** Of the low halves; the result sign-extended. */
const word =
  (divide: Divide, signed: boolean): Emit =>
  (c, a) => {
    const t = c.tcg.temp();
    divide(c, t, lowHalf(c, a, 'rs1', signed), lowHalf(c, a, 'rs2', signed));
    c.tcg.ext32s(c.dest(a.rd), t);
  };

function lowHalf(c: DisasContext, a: Operands, which: 'rs1' | 'rs2', signed: boolean): Temp {
  if (!signed) return unsignedLow(c, a[which]);
  if (c.xl32) return c.x(a[which]);
  const t = c.tcg.temp();
  c.tcg.ext32s(t, c.x(a[which]));
  return t;
}

const divw = word(quotient('div'), true);
const divuw = word(quotient('divu'), false);
const remw = word(remainder('rem'), true);
const remuw = word(remainder('remu'), false);

// prettier-ignore
export const RVM: readonly Insn[] = [
  insn('mul',    '0000001 rs2:5 rs1:5 000 rd:5 0110011', R, M, xlen2(mul)),
  insn('mulh',   '0000001 rs2:5 rs1:5 001 rd:5 0110011', R, M, byXlen(mulh64, high32(false, false))),
  insn('mulhsu', '0000001 rs2:5 rs1:5 010 rd:5 0110011', R, M, byXlen(mulhsu64, high32(false, true))),
  insn('mulhu',  '0000001 rs2:5 rs1:5 011 rd:5 0110011', R, M, byXlen(mulhu64, high32(true, true))),
  insn('div',    '0000001 rs2:5 rs1:5 100 rd:5 0110011', R, M, byXlen(div64, divw)),
  insn('divu',   '0000001 rs2:5 rs1:5 101 rd:5 0110011', R, M, byXlen(unsigned64(quotient('divu')), divuw)),
  insn('rem',    '0000001 rs2:5 rs1:5 110 rd:5 0110011', R, M, byXlen(rem64, remw)),
  insn('remu',   '0000001 rs2:5 rs1:5 111 rd:5 0110011', R, M, byXlen(unsigned64(remainder('remu')), remuw)),
  insn('mulw',   '0000001 rs2:5 rs1:5 000 rd:5 0111011', R, all(M, RV64), word2(mul)),
  insn('divw',   '0000001 rs2:5 rs1:5 100 rd:5 0111011', R, all(M, RV64), divw),
  insn('divuw',  '0000001 rs2:5 rs1:5 101 rd:5 0111011', R, all(M, RV64), divuw),
  insn('remw',   '0000001 rs2:5 rs1:5 110 rd:5 0111011', R, all(M, RV64), remw),
  insn('remuw',  '0000001 rs2:5 rs1:5 111 rd:5 0111011', R, all(M, RV64), remuw),
];
