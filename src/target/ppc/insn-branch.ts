/** Branches, CR, traps and system calls (PEM, sections 4.2.4 and 4.2.5, and chapter 8). */
import { Cond } from '../../tcg/opcodes.js';
import type { TcgContext, Temp } from '../../tcg/context.js';
import { CTR, INSN, LR, PC, type DisasContext } from './context.js';
import { H } from './helpers.js';
import { BO_ALWAYS, BO_NO_CTR, BO_TRUE, BO_ZERO, type Operands } from './operands.js';
import { synchronize } from './synchronize.js';
import { insn, type Emit, type Insn } from './table.js';

// ---- Branches ----------------------------------------------------------------------------------------------------------------------

function setLink(c: DisasContext): void {
  c.tcg.movi(LR, (c.pc + INSN) >>> 0);
}

/** After a branch to wherever `go` leads. */
function leave(c: DisasContext, go: () => void): void {
  if (!c.traceBranches) return go();
  c.trace();
}

/** Branches to a constant address, linked through a slot of the TB. */
function goTo(c: DisasContext, slot: number, target: number): void {
  leave(c, () => c.gotoTb(slot, target));
}
/** With tracing, pc must be there before the trace exception. */
function traced(c: DisasContext, target: Temp): void {
  if (c.traceBranches) c.tcg.mov(PC, target);
}

const b: Emit = (c, o) => {
  const displacement = ((o.word & 0x03ff_fffc) << 6) >> 6;
  const target = ((o.word & 2) !== 0 ? displacement : c.pc + displacement) >>> 0;
  if (o.record) setLink(c);
  traced(c, c.tcg.constI64(target));
  goTo(c, 0, target);
};

/** Decrements CTR if BO says so, and jumps to the label if the branch is not taken. False: it always is. */
function conditions(c: DisasContext, bo: number, bi: number, notTaken: number): boolean {
  const { tcg } = c;
  const counts = (bo & BO_NO_CTR) === 0;
  if (counts) {
    const t = tcg.temp();
    tcg.subi(t, CTR, 1);
    tcg.ext32u(CTR, t);
    tcg.brcondi((bo & BO_ZERO) !== 0 ? Cond.NE : Cond.EQ, CTR, 0, notTaken);
  }
  const looks = (bo & BO_ALWAYS) === 0;
  if (looks) c.branchOnBit(bi, (bo & BO_TRUE) === 0, notTaken);
  return counts || looks;
}

/** The way on of a conditional branch. */
function fallThrough(c: DisasContext, label: number): void {
  const next = (c.pc + INSN) >>> 0;
  c.tcg.setLabel(label);
  traced(c, c.tcg.constI64(next));
  goTo(c, 1, next);
}

const bc: Emit = (c, o) => {
  const target = ((o.word & 2) !== 0 ? o.bd : c.pc + o.bd) >>> 0;
  const notTaken = c.tcg.newLabel();
  if (o.record) setLink(c);
  const isConditional = conditions(c, o.rt, o.ra, notTaken);
  traced(c, c.tcg.constI64(target));
  goTo(c, 0, target);
  if (isConditional) fallThrough(c, notTaken);
};

/** To the address in a register: LR or CTR. */
const bcRegister =
  (register: Temp): Emit =>
  (c, o) => {
    const { tcg } = c;
    // A CTR that counts and tells where to go is an invalid form.
    if (register === CTR && (o.rt & BO_NO_CTR) === 0) return c.illegal();
    const notTaken = tcg.newLabel();
    const target = tcg.local();
    tcg.andi(target, register, 0xffff_fffc);
    if (o.record) setLink(c);
    const isConditional = conditions(c, o.rt, o.ra, notTaken);
    tcg.mov(PC, target);
    leave(c, () => c.lookup());
    if (isConditional) fallThrough(c, notTaken);
  };

// ---- CR ----------------------------------------------------------------------------------------------------------------------------

type Op2 = (t: TcgContext, d: Temp, a: Temp, b: Temp) => void;

/** Bits are 0 or 1: what an operation sets above is cut off. */
const crLogic =
  (op: Op2): Emit =>
  (c, o) => {
    const t = c.tcg.temp();
    const a = c.crBit(o.ra);
    op(c.tcg, t, a, o.ra === o.rb ? a : c.crBit(o.rb));
    c.tcg.andi(t, t, 1);
    c.setCrBit(o.rt, t);
  };

const mcrf: Emit = (c, o) => {
  if (o.crfd !== o.crfs) c.moveField(o.crfd, o.crfs);
};

const mfcr: Emit = (c, o) => c.tcg.call(H.mfcr, c.r(o.rt));

const mtcrf: Emit = (c, o) => {
  for (let field = 0; field < 8; field++) if (((o.crm >>> (7 - field)) & 1) !== 0) c.setFieldFrom(field, c.r(o.rt), 28 - 4 * field);
};

// ---- Traps and system calls --------------------------------------------------------------------------------------------------------

const sc: Emit = (c) => {
  c.tcg.movi(PC, (c.pc + INSN) >>> 0);
  c.tcg.call(H.sc, -1);
  c.exit();
};

const trap = (c: DisasContext, o: Operands, other: Temp): void => {
  if (o.rt === 0) return;
  c.tcg.call(H.tw, -1, c.r(o.ra), other, c.tcg.constI64(o.rt));
};

// ---- Rows --------------------------------------------------------------------------------------------------------------------------

const crRow = (name: string, extended: number, op: Op2): Insn =>
  insn(name, `19:6 crbd:5 crba:5 crbb:5 ${extended}:10 0:1`, 'crbd,crba,crbb', crLogic(op));

// prettier-ignore
export const BRANCH: readonly Insn[] = [
  insn('twi',   '3:6 to:5 ra:5 simm:16',              'to,ra,simm', (c, o) => trap(c, o, c.tcg.constI64(o.simm >>> 0))),
  insn('tw',    '31:6 to:5 ra:5 rb:5 4:10 0:1',       'to,ra,rb', (c, o) => trap(c, o, c.r(o.rb))),
  insn('bc',    '16:6 bo:5 bi:5 bd:14 aa:1 lk:1',     'bo,bi,target', bc),
  insn('sc',    '17:6 0:5 0:5 0:4 0:7 0:3 1:1 0:1',   '', sc),
  insn('b',     '18:6 li:24 aa:1 lk:1',               'target', b),
  insn('mcrf',  '19:6 crfd:3 0:2 crfs:3 0:2 0:5 0:10 0:1', 'crfd,crfs', mcrf),
  insn('bclr',  '19:6 bo:5 bi:5 0:5 16:10 lk:1',      'bo,bi', bcRegister(LR)),
  insn('bcctr', '19:6 bo:5 bi:5 0:5 528:10 lk:1',     'bo,bi', bcRegister(CTR)),
  insn('isync', '19:6 0:5 0:5 0:5 150:10 0:1',        '', synchronize),
  crRow('crnor',  33,  (t, d, a, b) => t.nor(d, a, b)),
  crRow('crandc', 129, (t, d, a, b) => t.andc(d, a, b)),
  crRow('crxor',  193, (t, d, a, b) => t.xor(d, a, b)),
  crRow('crnand', 225, (t, d, a, b) => t.nand(d, a, b)),
  crRow('crand',  257, (t, d, a, b) => t.and(d, a, b)),
  crRow('creqv',  289, (t, d, a, b) => t.eqv(d, a, b)),
  crRow('crorc',  417, (t, d, a, b) => t.orc(d, a, b)),
  crRow('cror',   449, (t, d, a, b) => t.or(d, a, b)),
  insn('mfcr',  '31:6 rt:5 0:5 0:5 19:10 0:1',        'rt', mfcr),
  insn('mtcrf', '31:6 rt:5 0:1 crm:8 0:1 144:10 0:1', 'crm,rt', mtcrf),
];
