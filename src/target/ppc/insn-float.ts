/** Floating-point instructions (PEM, section 4.2.2, and chapter 8). */
import { MO_32, MO_64 } from '../../../assembly/shared/layout.js';
import * as E from '../../../assembly/target/ppc/shared/env.js';
import * as P from '../../../assembly/target/ppc/shared/ppc.js';
import { Cond, type HelperDef } from '../../tcg/opcodes.js';
import type { Temp } from '../../tcg/context.js';
import { FP, type DisasContext } from './context.js';
import { H } from './helpers.js';
import { displaced, indexed, type Addressing } from './insn-memory.js';
import type { Operands } from './operands.js';
import { insn, type Emit, type Insn } from './table.js';

/** Of FPSCR, what Rc copies into CR1: FX, FEX, VX, OX. */
const SUMMARY_SHIFT = 28;

/** All need MSR[FP]. */
const float =
  (emit: Emit): Emit =>
  (c, o) =>
    c.fpAvailable ? emit(c, o) : c.raise(P.EXC_FP_UNAVAILABLE);

function recordFloat(c: DisasContext, o: Operands): void {
  if (!o.record) return;
  const { tcg } = c;
  const t = tcg.temp();
  tcg.ld32u(t, E.PPC_FPSCR);
  c.setFieldFrom(1, t, SUMMARY_SHIFT);
}

// ---- Arithmetic ------------------------------------------------------------------------------------------------------------------

/** Registers that an operation takes, as PPC_FP_A, B, C have them. */
type Takes = 'ab' | 'ac' | 'acb' | 'b';

function operandsOf(c: DisasContext, o: Operands, takes: Takes): Record<'a' | 'b' | 'c', Temp> {
  const none = c.tcg.constI64(0);
  return {
    a: takes.includes('a') ? c.f(o.ra) : none,
    b: takes.includes('b') ? c.f(o.rb) : none,
    c: takes.includes('c') ? c.f(o.rc) : none,
  };
}

/** frD = op(...), and what FR, FI and FPRF will be made of is noted. */
const arithmetic =
  (op: number, takes: Takes, helper: HelperDef): Emit =>
  (c, o) => {
    const { tcg } = c;
    const from = operandsOf(c, o, takes);
    if (c.fpStrict) strict(c, op, o.rt, from);
    else {
      tcg.movi(FP.op, op);
      tcg.mov(FP.a, from.a);
      tcg.mov(FP.b, from.b);
      tcg.mov(FP.c, from.c);
      tcg.movi(FP.compared, 0);
      tcg.movi(FP.converted, 0);
      tcg.call(helper, c.f(o.rt), ...[...takes].map((name) => from[name as 'a' | 'b' | 'c']));
    }
    recordFloat(c, o);
  };

/** The helper does everything. */
function strict(c: DisasContext, op: number, d: number, from: Record<'a' | 'b' | 'c', Temp>): void {
  const { tcg } = c;
  tcg.call(H.fpStrict, -1, tcg.constI64(op), tcg.constI64(d), from.a, from.b, from.c);
}

/** To an integer: FPRF stays, FR and FI are made later. */
const conversion =
  (op: number, helper: HelperDef): Emit =>
  (c, o) => {
    const { tcg } = c;
    if (c.fpStrict) strict(c, op, o.rt, operandsOf(c, o, 'b'));
    else {
      tcg.movi(FP.converted, op);
      tcg.mov(FP.v, c.f(o.rb));
      tcg.call(helper, c.f(o.rt), c.f(o.rb));
    }
    recordFloat(c, o);
  };

const compare =
  (ordered: boolean, lt: HelperDef, eq: HelperDef): Emit =>
  (c, o) => {
    const { tcg } = c;
    const [a, b] = [c.f(o.ra), c.f(o.rb)];
    if (c.fpStrict) {
      const flags = tcg.temp();
      tcg.call(H.fcmpStrict, flags, a, b, tcg.constI64(Number(ordered)));
      c.setFieldFrom(o.crfd, flags, 0);
      return;
    }
    const [less, greater, equal, none] = [tcg.temp(), tcg.temp(), tcg.temp(), tcg.temp()];
    tcg.call(lt, less, a, b);
    tcg.call(lt, greater, b, a);
    tcg.call(eq, equal, a, b);
    tcg.or(none, less, greater);
    tcg.or(none, none, equal);
    tcg.xori(none, none, 1);
    c.setField(o.crfd, [less, greater, equal], none);
    tcg.movi(FP.compared, 1);
    tcg.mov(FP.x, a);
    tcg.mov(FP.y, b);
  };

/** frA >= 0 (minus zero, too) ? frC : frB; a NaN is not. */
const fsel: Emit = (c, o) => {
  const { tcg } = c;
  const [isNumber, isMinusZero] = [tcg.temp(), tcg.temp()];
  tcg.setcond(Cond.LEU, isNumber, c.f(o.ra), tcg.constI64(0x7ff0_0000_0000_0000n));
  tcg.setcond(Cond.EQ, isMinusZero, c.f(o.ra), tcg.constI64(1n << 63n));
  tcg.or(isNumber, isNumber, isMinusZero);
  tcg.movcond(Cond.NE, c.f(o.rt), isNumber, tcg.constI64(0), c.f(o.rc), c.f(o.rb));
  recordFloat(c, o);
};

/** Moves, which leave FPSCR alone. */
const move =
  (emit: (c: DisasContext, d: Temp, b: Temp) => void): Emit =>
  (c, o) => {
    emit(c, c.f(o.rt), c.f(o.rb));
    recordFloat(c, o);
  };
const SIGN = 1n << 63n;

// ---- FPSCR -------------------------------------------------------------------------------------------------------------------------

const mffs: Emit = (c, o) => {
  c.tcg.call(H.mffs, c.f(o.rt));
  recordFloat(c, o);
};

/** After a change of what FPSCR asks for. */
function goOn(c: DisasContext, o: Operands): void {
  recordFloat(c, o);
  c.lookupAfter();
}

/** Bits of FPSCR that cannot be written: they follow from others. */
const SUMMARIES = P.FPSCR_FEX | P.FPSCR_VX;
/** Reserved. */
const RESERVED_BIT = 0x800;

function writeFpscr(c: DisasContext, value: Temp, mask: number): void {
  c.tcg.call(H.mtfsf, -1, value, c.tcg.constI64((mask & ~SUMMARIES & ~RESERVED_BIT) >>> 0));
}

const mtfsf: Emit = (c, o) => {
  const fields = (o.word >>> 17) & 0xff;
  let mask = 0;
  for (let n = 0; n < 8; n++) if (((fields >>> n) & 1) !== 0) mask |= 15 << (4 * n);
  writeFpscr(c, c.f(o.rb), mask);
  goOn(c, o);
};
const mtfsfi: Emit = (c, o) => {
  const shift = 4 * (7 - o.crfd);
  writeFpscr(c, c.tcg.constI64(((o.word >>> 12) & 15) * 2 ** shift), 15 << shift);
  goOn(c, o);
};
const bitMask = (o: Operands): number => (0x8000_0000 >>> o.rt) & ~SUMMARIES & ~RESERVED_BIT;
const mtfsb0: Emit = (c, o) => {
  if (bitMask(o) !== 0) writeFpscr(c, c.tcg.constI64(0), bitMask(o));
  goOn(c, o);
};
const mtfsb1: Emit = (c, o) => {
  if (bitMask(o) !== 0) c.tcg.call(H.mtfsb1, -1, c.tcg.constI64(bitMask(o) >>> 0));
  goOn(c, o);
};
const mcrfs: Emit = (c, o) => {
  const { tcg } = c;
  const field = tcg.temp();
  tcg.call(H.mcrfs, field, tcg.constI64(o.crfs));
  c.setFieldFrom(o.crfd, field, 0);
};

// ---- Loads and stores --------------------------------------------------------------------------------------------------------------

const load =
  (single: boolean, at: Addressing, update = false): Emit =>
  (c, o) => {
    const { tcg } = c;
    if (update && o.ra === 0) return c.illegal();
    const address = at(c, o);
    if (single) {
      const bits = tcg.temp();
      tcg.qemuLd(bits, address, c.wordAligned(MO_32), c.mmuIdx);
      tcg.call(H.lfs, c.f(o.rt), bits);
    } else tcg.qemuLd(c.f(o.rt), address, c.wordAligned(MO_64), c.mmuIdx);
    if (update) tcg.mov(c.r(o.ra), address);
  };

const store =
  (single: boolean, at: Addressing, update = false): Emit =>
  (c, o) => {
    const { tcg } = c;
    if (update && o.ra === 0) return c.illegal();
    let value = c.f(o.rt);
    if (single) {
      value = tcg.temp();
      tcg.call(H.stfs, value, c.f(o.rt));
    }
    const address = at(c, o);
    tcg.qemuSt(value, address, c.wordAligned(single ? MO_32 : MO_64), c.mmuIdx);
    if (update) tcg.mov(c.r(o.ra), address);
  };

const stfiwx: Emit = (c, o) => c.tcg.qemuSt(c.f(o.rt), indexed(c, o), c.wordAligned(MO_32), c.mmuIdx);

// ---- Rows --------------------------------------------------------------------------------------------------------------------------

const SYNTAX: Record<Takes, string> = { ab: 'frt,fra,frb', ac: 'frt,fra,frc', acb: 'frt,fra,frc,frb', b: 'frt,frb' };
const pattern = (opcode: number, takes: Takes, extended: number): string => {
  const register = (name: string): string => (takes.includes(name) ? `fr${name}:5` : '0:5');
  return `${opcode}:6 frt:5 ${register('a')} ${register('b')} ${register('c')} ${extended}:5 rc:1`;
};
const aForm = (name: string, opcode: number, extended: number, takes: Takes, emit: Emit): Insn =>
  insn(name, pattern(opcode, takes, extended), SYNTAX[takes], float(emit));
/** An operation in binary64 and in binary32. */
const both = (name: string, extended: number, takes: Takes, op: number, double: HelperDef, single: HelperDef): Insn[] => [
  aForm(name, 63, extended, takes, arithmetic(op, takes, double)),
  aForm(`${name}s`, 59, extended, takes, arithmetic(op | P.FPOP_SINGLE, takes, single)),
];
const unary = (name: string, extended: number, emit: Emit): Insn =>
  insn(name, `63:6 frt:5 0:5 frb:5 ${extended}:10 rc:1`, 'frt,frb', float(emit));
const comparison = (name: string, extended: number, emit: Emit): Insn =>
  insn(name, `63:6 crfd:3 0:2 fra:5 frb:5 ${extended}:10 0:1`, 'crfd,fra,frb', float(emit));

function four(name: string, opcode: number, extended: number, access: typeof load, single: boolean): Insn[] {
  return [
    insn(name, `${opcode}:6 frt:5 ra:5 simm:16`, 'frt,disp(ra0)', float(access(single, displaced))),
    insn(`${name}u`, `${opcode + 1}:6 frt:5 ra:5 simm:16`, 'frt,disp(ra)', float(access(single, displaced, true))),
    insn(`${name}x`, `31:6 frt:5 ra:5 rb:5 ${extended}:10 0:1`, 'frt,ra0,rb', float(access(single, indexed))),
    insn(`${name}ux`, `31:6 frt:5 ra:5 rb:5 ${extended + 32}:10 0:1`, 'frt,ra,rb', float(access(single, indexed, true))),
  ];
}

// prettier-ignore
export const FLOAT: readonly Insn[] = [
  ...four('lfs',  48, 535, load, true),
  ...four('lfd',  50, 599, load, false),
  ...four('stfs', 52, 663, store, true),
  ...four('stfd', 54, 727, store, false),
  insn('stfiwx', '31:6 frt:5 ra:5 rb:5 983:10 0:1', 'frt,ra0,rb', float(stfiwx)),
  ...both('fdiv',   18, 'ab',  P.FPOP_DIV,   H.fdiv,   H.fdivs),
  ...both('fsub',   20, 'ab',  P.FPOP_SUB,   H.fsub,   H.fsubs),
  ...both('fadd',   21, 'ab',  P.FPOP_ADD,   H.fadd,   H.fadds),
  ...both('fmul',   25, 'ac',  P.FPOP_MUL,   H.fmul,   H.fmuls),
  ...both('fmsub',  28, 'acb', P.FPOP_MSUB,  H.fmsub,  H.fmsubs),
  ...both('fmadd',  29, 'acb', P.FPOP_MADD,  H.fmadd,  H.fmadds),
  ...both('fnmsub', 30, 'acb', P.FPOP_NMSUB, H.fnmsub, H.fnmsubs),
  ...both('fnmadd', 31, 'acb', P.FPOP_NMADD, H.fnmadd, H.fnmadds),
  aForm('fres',    59, 24, 'b', arithmetic(P.FPOP_RES | P.FPOP_SINGLE, 'b', H.fres)),
  aForm('frsqrte', 63, 26, 'b', arithmetic(P.FPOP_RSQRTE, 'b', H.frsqrte)),
  aForm('fsel',    63, 23, 'acb', fsel),
  unary('frsp',   12,  arithmetic(P.FPOP_RSP | P.FPOP_SINGLE, 'b', H.frsp)),
  unary('fctiw',  14,  conversion(P.FPOP_CTIW, H.fctiw)),
  unary('fctiwz', 15,  conversion(P.FPOP_CTIWZ, H.fctiwz)),
  unary('fneg',   40,  move((c, d, b) => c.tcg.xori(d, b, SIGN))),
  unary('fmr',    72,  move((c, d, b) => c.tcg.mov(d, b))),
  unary('fnabs',  136, move((c, d, b) => c.tcg.ori(d, b, SIGN))),
  unary('fabs',   264, move((c, d, b) => c.tcg.andi(d, b, SIGN - 1n))),
  comparison('fcmpu', 0,  compare(false, H.fcmpuLt, H.fcmpuEq)),
  comparison('fcmpo', 32, compare(true, H.fcmpoLt, H.fcmpoEq)),
  insn('mtfsb1', '63:6 crbd:5 0:5 0:5 38:10 rc:1', 'fbit', float(mtfsb1)),
  insn('mcrfs',  '63:6 crfd:3 0:2 crfs:3 0:2 0:5 64:10 0:1', 'crfd,crfs', float(mcrfs)),
  insn('mtfsb0', '63:6 crbd:5 0:5 0:5 70:10 rc:1', 'fbit', float(mtfsb0)),
  insn('mtfsfi', '63:6 crfd:3 0:2 0:5 imm:4 0:1 134:10 rc:1', 'ffield,imm4', float(mtfsfi)),
  insn('mffs',   '63:6 frt:5 0:5 0:5 583:10 rc:1', 'frt', float(mffs)),
  insn('mtfsf',  '63:6 0:1 fm:8 0:1 frb:5 711:10 rc:1', 'fm,frb', float(mtfsf)),
];
