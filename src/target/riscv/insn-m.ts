/** M. Source: unprivileged ISA manual, "M" (division by zero and overflow: table "Semantics for division by zero and division overflow"). */
import type { Temp } from '../../tcg/context.js';
import type { DisasContext } from './context.js';
import { byXlen, word2, xlen2, type Op2 } from './emit.js';
import { R, type Operands } from './operands.js';
import { M, RV64, Zmmul, all, insn, type Emit, type Insn } from './table.js';

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

// Division. The IR's answers for a zero divisor and for overflow are RISC-V's; 32-bit values in 64 bits do not overflow.

type Divide = 'div' | 'divu' | 'rem' | 'remu';

const divide64 =
  (divide: Divide): Emit =>
  (c, a) =>
    c.tcg[divide](c.dest(a.rd), c.x(a.rs1), c.x(a.rs2));

/** Of the low halves; the result sign-extended. */
const divide32 =
  (divide: Divide, signed: boolean): Emit =>
  (c, a) => {
    const t = c.tcg.temp();
    c.tcg[divide](t, lowHalf(c, a, 'rs1', signed), lowHalf(c, a, 'rs2', signed));
    c.tcg.ext32s(c.dest(a.rd), t);
  };

function lowHalf(c: DisasContext, a: Operands, which: 'rs1' | 'rs2', signed: boolean): Temp {
  if (!signed) return unsignedLow(c, a[which]);
  if (c.xl32) return c.x(a[which]);
  const t = c.tcg.temp();
  c.tcg.ext32s(t, c.x(a[which]));
  return t;
}

const divw = divide32('div', true);
const divuw = divide32('divu', false);
const remw = divide32('rem', true);
const remuw = divide32('remu', false);

// prettier-ignore
export const RVM: readonly Insn[] = [
  insn('mul',    '0000001 rs2:5 rs1:5 000 rd:5 0110011', R, Zmmul, xlen2(mul)),
  insn('mulh',   '0000001 rs2:5 rs1:5 001 rd:5 0110011', R, Zmmul, byXlen(mulh64, high32(false, false))),
  insn('mulhsu', '0000001 rs2:5 rs1:5 010 rd:5 0110011', R, Zmmul, byXlen(mulhsu64, high32(false, true))),
  insn('mulhu',  '0000001 rs2:5 rs1:5 011 rd:5 0110011', R, Zmmul, byXlen(mulhu64, high32(true, true))),
  insn('div',    '0000001 rs2:5 rs1:5 100 rd:5 0110011', R, M, byXlen(divide64('div'), divw)),
  insn('divu',   '0000001 rs2:5 rs1:5 101 rd:5 0110011', R, M, byXlen(divide64('divu'), divuw)),
  insn('rem',    '0000001 rs2:5 rs1:5 110 rd:5 0110011', R, M, byXlen(divide64('rem'), remw)),
  insn('remu',   '0000001 rs2:5 rs1:5 111 rd:5 0110011', R, M, byXlen(divide64('remu'), remuw)),
  insn('mulw',   '0000001 rs2:5 rs1:5 000 rd:5 0111011', R, all(Zmmul, RV64), word2(mul)),
  insn('divw',   '0000001 rs2:5 rs1:5 100 rd:5 0111011', R, all(M, RV64), divw),
  insn('divuw',  '0000001 rs2:5 rs1:5 101 rd:5 0111011', R, all(M, RV64), divuw),
  insn('remw',   '0000001 rs2:5 rs1:5 110 rd:5 0111011', R, all(M, RV64), remw),
  insn('remuw',  '0000001 rs2:5 rs1:5 111 rd:5 0111011', R, all(M, RV64), remuw),
];
