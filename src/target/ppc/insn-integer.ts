/** Integer instructions (PEM, section 4.2.1, and chapter 8). */
import { Cond } from '../../tcg/opcodes.js';
import type { TcgContext, Temp } from '../../tcg/context.js';
import { CA, OV, SO, type DisasContext } from './context.js';
import { maskOf, type Operands } from './operands.js';
import { insn, type Emit, type Insn } from './table.js';

// ---- Forms ---------------------------------------------------------------------------------------------------------------------

const d = (name: string, opcode: number, syntax: string, emit: Emit): Insn => insn(name, `${opcode}:6 rt:5 ra:5 simm:16`, syntax, emit);
const logicalImmediate = (name: string, opcode: number, emit: Emit): Insn =>
  insn(name, `${opcode}:6 rt:5 ra:5 uimm:16`, 'ra,rt,uimm', emit);
/** XO form: with OE and Rc. */
const xo = (name: string, extended: number, emit: Emit): Insn =>
  insn(name, `31:6 rt:5 ra:5 rb:5 oe:1 ${extended}:9 rc:1`, 'rt,ra,rb', emit);
const xoUnary = (name: string, extended: number, emit: Emit): Insn =>
  insn(name, `31:6 rt:5 ra:5 0:5 oe:1 ${extended}:9 rc:1`, 'rt,ra', emit);
const high = (name: string, extended: number, emit: Emit): Insn => insn(name, `31:6 rt:5 ra:5 rb:5 ${extended}:10 rc:1`, 'rt,ra,rb', emit);
const x = (name: string, extended: number, emit: Emit): Insn => insn(name, `31:6 rt:5 ra:5 rb:5 ${extended}:10 rc:1`, 'ra,rt,rb', emit);
const xUnary = (name: string, extended: number, emit: Emit): Insn => insn(name, `31:6 rt:5 ra:5 0:5 ${extended}:10 rc:1`, 'ra,rt', emit);

// ---- Sums ----------------------------------------------------------------------------------------------------------------------

const OVERFLOW_BIT = 31;
const ONES = 0xffff_ffff;

/** What comes in at the lowest bit of a sum. */
type CarryIn = 0 | 1 | Temp;

interface Sum {
  /** CA gets the carry. */
  readonly carries: boolean;
  /** 0, 1 or CA. */
  readonly carryIn: CarryIn;
}

/** rD = a + b + carry; both are zero-extended, or constants. */
function sum(c: DisasContext, o: Operands, a: Temp, b: Temp, { carries, carryIn }: Sum, oe: boolean, record: boolean): void {
  const { tcg } = c;
  const rd = c.r(o.rt);
  const wide = tcg.temp();
  tcg.add(wide, a, b);
  if (carryIn === 1) tcg.addi(wide, wide, 1);
  else if (carryIn !== 0) tcg.add(wide, wide, carryIn);
  const overflow = oe ? overflowOf(tcg, wide, a, b) : undefined;
  tcg.ext32u(rd, wide);
  if (carries) tcg.extract(CA, wide, 32, 1);
  if (overflow !== undefined) c.setOverflow(overflow);
  if (record) c.record(rd);
}

/** Whether both operands have a sign that the sum has not. */
function overflowOf(tcg: TcgContext, result: Temp, a: Temp, b: Temp): Temp {
  const [t, u] = [tcg.temp(), tcg.temp()];
  tcg.xor(t, result, a);
  tcg.xor(u, result, b);
  tcg.and(t, t, u);
  tcg.extract(t, t, OVERFLOW_BIT, 1);
  return t;
}

/** The one's complement of a register. */
function complement(c: DisasContext, n: number): Temp {
  const t = c.tcg.temp();
  c.tcg.xori(t, c.r(n), ONES);
  return t;
}

const PLAIN: Sum = { carries: false, carryIn: 0 };
const CARRYING: Sum = { carries: true, carryIn: 0 };
const EXTENDED: Sum = { carries: true, carryIn: CA };

const add =
  (how: Sum): Emit =>
  (c, o) =>
    sum(c, o, c.r(o.ra), c.r(o.rb), how, o.oe, o.record);
/** rB - rA as ~rA + rB + 1. */
const subf =
  (how: Sum): Emit =>
  (c, o) =>
    sum(c, o, complement(c, o.ra), c.r(o.rb), how, o.oe, o.record);
const subfPlain: Emit = (c, o) => {
  if (o.oe) return subf({ carries: false, carryIn: 1 })(c, o);
  const { tcg } = c;
  const t = tcg.temp();
  tcg.sub(t, c.r(o.rb), c.r(o.ra));
  tcg.ext32u(c.r(o.rt), t);
  if (o.record) c.record(c.r(o.rt));
};
/** rA, or its complement, with a constant: minus one or zero. */
const unarySum =
  (complemented: boolean, constant: number): Emit =>
  (c, o) =>
    sum(c, o, complemented ? complement(c, o.ra) : c.r(o.ra), c.tcg.constI64(constant), EXTENDED, o.oe, o.record);

const neg: Emit = (c, o) => {
  const { tcg } = c;
  const t = tcg.temp();
  const overflow = tcg.temp();
  if (o.oe) tcg.setcond(Cond.EQ, overflow, c.r(o.ra), tcg.constI64(0x8000_0000));
  tcg.neg(t, c.r(o.ra));
  tcg.ext32u(c.r(o.rt), t);
  if (o.oe) c.setOverflow(overflow);
  if (o.record) c.record(c.r(o.rt));
};

const addImmediate =
  (scale: number): Emit =>
  (c, o) => {
    const { tcg } = c;
    const value = o.simm * scale;
    if (o.ra === 0) return tcg.movi(c.r(o.rt), value >>> 0);
    const t = tcg.temp();
    tcg.addi(t, c.r(o.ra), value);
    tcg.ext32u(c.r(o.rt), t);
  };
const addic =
  (record: boolean): Emit =>
  (c, o) =>
    sum(c, o, c.r(o.ra), c.tcg.constI64(o.simm >>> 0), CARRYING, false, record);
const subfic: Emit = (c, o) => sum(c, o, complement(c, o.ra), c.tcg.constI64(o.simm >>> 0), { carries: true, carryIn: 1 }, false, false);

// ---- Products and quotients ----------------------------------------------------------------------------------------------------

const mulli: Emit = (c, o) => {
  const { tcg } = c;
  const t = tcg.temp();
  tcg.muli(t, c.r(o.ra), o.simm);
  tcg.ext32u(c.r(o.rt), t);
};

const mullw: Emit = (c, o) => {
  const { tcg } = c;
  const t = tcg.temp();
  if (!o.oe) tcg.mul(t, c.r(o.ra), c.r(o.rb));
  else tcg.mul(t, c.signed(c.r(o.ra)), c.signed(c.r(o.rb)));
  tcg.ext32u(c.r(o.rt), t);
  if (o.oe) {
    const overflow = tcg.temp();
    tcg.setcond(Cond.NE, overflow, t, c.signed(t));
    c.setOverflow(overflow);
  }
  if (o.record) c.record(c.r(o.rt));
};

const mulhw =
  (isSigned: boolean): Emit =>
  (c, o) => {
    const { tcg } = c;
    const t = tcg.temp();
    if (isSigned) tcg.mul(t, c.signed(c.r(o.ra)), c.signed(c.r(o.rb)));
    else tcg.mul(t, c.r(o.ra), c.r(o.rb));
    tcg.shri(c.r(o.rt), t, 32);
    if (o.record) c.record(c.r(o.rt));
  };

/** The manual leaves a quotient that there is not undefined: QEMU's is the dividend. */
const divw =
  (isSigned: boolean): Emit =>
  (c, o) => {
    const { tcg } = c;
    const x = isSigned ? c.signed(c.r(o.ra)) : c.r(o.ra);
    const y = isSigned ? c.signed(c.r(o.rb)) : c.r(o.rb);
    const zero = tcg.constI64(0);
    const one = tcg.constI64(1);
    const isBad = tcg.temp();
    tcg.setcond(Cond.EQ, isBad, y, zero);
    if (isSigned) {
      const [least, minus] = [tcg.temp(), tcg.temp()];
      tcg.setcond(Cond.EQ, least, x, tcg.constI64(-0x8000_0000));
      tcg.setcond(Cond.EQ, minus, y, tcg.constI64(-1));
      tcg.and(least, least, minus);
      tcg.or(isBad, isBad, least);
    }
    const divisor = tcg.temp();
    tcg.movcond(Cond.NE, divisor, isBad, zero, one, y);
    const quotient = tcg.temp();
    if (isSigned) tcg.div(quotient, x, divisor);
    else tcg.divu(quotient, x, divisor);
    tcg.ext32u(c.r(o.rt), quotient);
    if (o.oe) c.setOverflow(isBad);
    if (o.record) c.record(c.r(o.rt));
  };

// ---- Comparisons ---------------------------------------------------------------------------------------------------------------

// L asks for 64 bits, which there are not: processors of 32 bits ignore it.
const compare =
  (isSigned: boolean): Emit =>
  (c, o) =>
    c.setCompared(o.crfd, c.r(o.ra), c.r(o.rb), isSigned);
const cmpi: Emit = (c, o) => c.setCompared(o.crfd, c.r(o.ra), c.tcg.constI64(o.simm), true);
const cmpli: Emit = (c, o) => c.setCompared(o.crfd, c.r(o.ra), c.tcg.constI64(o.uimm), false);

// ---- Logic ---------------------------------------------------------------------------------------------------------------------

type Op2 = (t: TcgContext, d: Temp, a: Temp, b: Temp) => void;

const logic =
  (op: Op2): Emit =>
  (c, o) => {
    op(c.tcg, c.r(o.ra), c.r(o.rt), c.r(o.rb));
    if (o.record) c.record(c.r(o.ra));
  };
/** One that sets the upper half. */
const logicLow =
  (op: Op2): Emit =>
  (c, o) => {
    const t = c.tcg.temp();
    op(c.tcg, t, c.r(o.rt), c.r(o.rb));
    c.tcg.ext32u(c.r(o.ra), t);
    if (o.record) c.record(c.r(o.ra));
  };
const logicImmediate =
  (op: 'andi' | 'ori' | 'xori', scale: number, record = false): Emit =>
  (c, o) => {
    c.tcg[op](c.r(o.ra), c.r(o.rt), (o.uimm * scale) >>> 0);
    if (record) c.record(c.r(o.ra));
  };

const extend =
  (op: 'ext8s' | 'ext16s'): Emit =>
  (c, o) => {
    const t = c.tcg.temp();
    c.tcg[op](t, c.r(o.rt));
    c.tcg.ext32u(c.r(o.ra), t);
    if (o.record) c.record(c.r(o.ra));
  };

const cntlzw: Emit = (c, o) => {
  const { tcg } = c;
  const t = tcg.temp();
  tcg.clz(t, c.r(o.rt), tcg.constI64(64));
  tcg.subi(c.r(o.ra), t, 32);
  if (o.record) c.record(c.r(o.ra));
};

// ---- Rotations and shifts ------------------------------------------------------------------------------------------------------

/** A register rotated to the left by a constant. */
function rotated(c: DisasContext, rs: number, count: number): Temp {
  if (count === 0) return c.r(rs);
  const { tcg } = c;
  const low = tcg.temp('i32');
  tcg.extrlI64I32(low, c.r(rs));
  tcg.rotli32(low, low, count);
  const t = tcg.temp();
  tcg.extuI32I64(t, low);
  return t;
}

const rlwinm: Emit = (c, o) => {
  const { tcg } = c;
  const ra = c.r(o.ra);
  const rs = c.r(o.rt);
  const [sh, mask] = [o.rb, maskOf(o.rc, o.me)];
  const wrapped = sh === 0 ? 0 : 2 ** sh - 1; // bits that came round
  if ((mask & wrapped) === 0) {
    const t = tcg.temp();
    tcg.shli(t, rs, sh);
    if (mask === ONES - wrapped) tcg.ext32u(ra, t);
    else tcg.andi(ra, t, mask);
  } else if ((mask & ~wrapped) === 0) {
    const t = tcg.temp();
    tcg.shri(t, rs, 32 - sh);
    if (mask === wrapped) tcg.mov(ra, t);
    else tcg.andi(ra, t, mask);
  } else if (mask === ONES) tcg.mov(ra, rotated(c, o.rt, sh));
  else tcg.andi(ra, rotated(c, o.rt, sh), mask);
  if (o.record) c.record(ra);
};

/** Bits of rS in the place of bits of rA. */
const rlwimi: Emit = (c, o) => {
  const { tcg } = c;
  const ra = c.r(o.ra);
  const [sh, mb, me] = [o.rb, o.rc, o.me];
  const mask = maskOf(mb, me);
  if (mb <= me && sh === 31 - me) tcg.deposit(ra, ra, c.r(o.rt), sh, me - mb + 1);
  else {
    const [kept, put] = [tcg.temp(), tcg.temp()];
    tcg.andi(put, rotated(c, o.rt, sh), mask);
    tcg.andi(kept, ra, ~mask >>> 0);
    tcg.or(ra, kept, put);
  }
  if (o.record) c.record(ra);
};

const rlwnm: Emit = (c, o) => {
  const { tcg } = c;
  const [low, count] = [tcg.temp('i32'), tcg.temp('i32')];
  tcg.extrlI64I32(low, c.r(o.rt));
  tcg.extrlI64I32(count, c.r(o.rb));
  tcg.andi32(count, count, 31);
  tcg.rotl32(low, low, count);
  const t = tcg.temp();
  tcg.extuI32I64(t, low);
  tcg.andi(c.r(o.ra), t, maskOf(o.rc, o.me));
  if (o.record) c.record(c.r(o.ra));
};

/** The six bits of a shift count. */
function shiftCount(c: DisasContext, rb: number): Temp {
  const t = c.tcg.temp();
  c.tcg.andi(t, c.r(rb), 63);
  return t;
}

const slw: Emit = (c, o) => {
  const t = c.tcg.temp();
  c.tcg.shl(t, c.r(o.rt), shiftCount(c, o.rb));
  c.tcg.ext32u(c.r(o.ra), t);
  if (o.record) c.record(c.r(o.ra));
};
const srw: Emit = (c, o) => {
  c.tcg.shr(c.r(o.ra), c.r(o.rt), shiftCount(c, o.rb));
  if (o.record) c.record(c.r(o.ra));
};

/** CA: the value is negative, and ones were lost. */
const sraw: Emit = (c, o) => {
  const { tcg } = c;
  const value = c.signed(c.r(o.rt));
  const count = shiftCount(c, o.rb);
  const [result, again, isNegative] = [tcg.temp(), tcg.temp(), tcg.temp()];
  tcg.sar(result, value, count);
  tcg.shl(again, result, count);
  tcg.setcond(Cond.NE, again, again, value);
  tcg.setcond(Cond.LT, isNegative, value, tcg.constI64(0));
  tcg.ext32u(c.r(o.ra), result);
  tcg.and(CA, again, isNegative);
  if (o.record) c.record(c.r(o.ra));
};
const srawi: Emit = (c, o) => {
  const { tcg } = c;
  const value = c.signed(c.r(o.rt));
  const [result, lost, isNegative] = [tcg.temp(), tcg.temp(), tcg.temp()];
  const sh = o.rb;
  tcg.sari(result, value, sh);
  if (sh === 0) tcg.movi(CA, 0);
  else {
    tcg.andi(lost, value, 2 ** sh - 1);
    tcg.setcondi(Cond.NE, lost, lost, 0);
    tcg.setcond(Cond.LT, isNegative, value, tcg.constI64(0));
    tcg.and(CA, lost, isNegative);
  }
  tcg.ext32u(c.r(o.ra), result);
  if (o.record) c.record(c.r(o.ra));
};

const rotate = (name: string, opcode: number, count: 'sh' | 'rb', emit: Emit): Insn =>
  insn(name, `${opcode}:6 rt:5 ra:5 ${count}:5 mb:5 me:5 rc:1`, `ra,rt,${count},mb,me`, emit);

const mcrxr: Emit = (c, o) => {
  const { tcg } = c;
  c.setField(o.crfd, [SO, OV, CA], tcg.constI64(0));
  for (const bit of [SO, OV, CA]) tcg.movi(bit, 0);
};

// prettier-ignore
export const INTEGER: readonly Insn[] = [
  d('mulli',   7,  'rt,ra,simm', mulli),
  d('subfic',  8,  'rt,ra,simm', subfic),
  insn('cmpli', '10:6 crfd:3 0:1 l:1 ra:5 uimm:16', 'crfd,l,ra,uimm', cmpli),
  insn('cmpi',  '11:6 crfd:3 0:1 l:1 ra:5 simm:16', 'crfd,l,ra,simm', cmpi),
  d('addic',   12, 'rt,ra,simm', addic(false)),
  d('addic.',  13, 'rt,ra,simm', addic(true)),
  d('addi',    14, 'rt,ra0,simm', addImmediate(1)),
  d('addis',   15, 'rt,ra0,simm', addImmediate(0x1_0000)),
  rotate('rlwimi', 20, 'sh', rlwimi),
  rotate('rlwinm', 21, 'sh', rlwinm),
  rotate('rlwnm',  23, 'rb', rlwnm),
  logicalImmediate('ori',    24, logicImmediate('ori', 1)),
  logicalImmediate('oris',   25, logicImmediate('ori', 0x1_0000)),
  logicalImmediate('xori',   26, logicImmediate('xori', 1)),
  logicalImmediate('xoris',  27, logicImmediate('xori', 0x1_0000)),
  logicalImmediate('andi.',  28, logicImmediate('andi', 1, true)),
  logicalImmediate('andis.', 29, logicImmediate('andi', 0x1_0000, true)),
  insn('cmp',  '31:6 crfd:3 0:1 l:1 ra:5 rb:5 0:10 0:1',  'crfd,l,ra,rb', compare(true)),
  insn('cmpl', '31:6 crfd:3 0:1 l:1 ra:5 rb:5 32:10 0:1', 'crfd,l,ra,rb', compare(false)),
  xo('subfc',  8,   subf({ carries: true, carryIn: 1 })),
  xo('addc',   10,  add(CARRYING)),
  high('mulhwu', 11, mulhw(false)),
  x('slw',     24,  slw),
  xUnary('cntlzw', 26, cntlzw),
  x('and',     28,  logic((t, d, a, b) => t.and(d, a, b))),
  xo('subf',   40,  subfPlain),
  x('andc',    60,  logic((t, d, a, b) => t.andc(d, a, b))),
  high('mulhw', 75, mulhw(true)),
  xoUnary('neg', 104, neg),
  x('nor',     124, logicLow((t, d, a, b) => t.nor(d, a, b))),
  xo('subfe',  136, subf(EXTENDED)),
  xo('adde',   138, add(EXTENDED)),
  xoUnary('subfze', 200, unarySum(true, 0)),
  xoUnary('addze',  202, unarySum(false, 0)),
  xoUnary('subfme', 232, unarySum(true, ONES)),
  xoUnary('addme',  234, unarySum(false, ONES)),
  xo('mullw',  235, mullw),
  xo('add',    266, add(PLAIN)),
  x('eqv',     284, logicLow((t, d, a, b) => t.eqv(d, a, b))),
  x('xor',     316, logic((t, d, a, b) => t.xor(d, a, b))),
  x('orc',     412, logicLow((t, d, a, b) => t.orc(d, a, b))),
  x('or',      444, logic((t, d, a, b) => t.or(d, a, b))),
  xo('divwu',  459, divw(false)),
  x('nand',    476, logicLow((t, d, a, b) => t.nand(d, a, b))),
  xo('divw',   491, divw(true)),
  insn('mcrxr', '31:6 crfd:3 0:2 0:5 0:5 512:10 0:1', 'crfd', mcrxr),
  x('srw',     536, srw),
  x('sraw',    792, sraw),
  insn('srawi', '31:6 rt:5 ra:5 sh:5 824:10 rc:1', 'ra,rt,sh', srawi),
  xUnary('extsh', 922, extend('ext16s')),
  xUnary('extsb', 954, extend('ext8s')),
];
