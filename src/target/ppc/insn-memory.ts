/** Loads, stores, caches (PEM, sections 4.2.3, 4.3 and 4.4, and chapter 8). */
import { MO_16, MO_32, MO_8, MO_ALIGN, MO_SIGN } from '../../../assembly/shared/layout.js';
import { FEATURE_ALIGN_CONTROL, FEATURE_EAR } from '../../../assembly/target/ppc/shared/oea.js';
import { Cond } from '../../tcg/opcodes.js';
import type { Temp } from '../../tcg/context.js';
import { RESERVE, RESERVE_VALUE, SO, type DisasContext } from './context.js';
import { H } from './helpers.js';
import type { Operands } from './operands.js';
import { synchronize } from './synchronize.js';
import { insn, type Emit, type Insn } from './table.js';

const WORD = 4;

/** Where an access is, and what it leaves in rA. */
export type Addressing = (c: DisasContext, o: Operands) => Temp;

export const displaced: Addressing = (c, o) => c.address(o.ra, o.simm);
export const indexed: Addressing = (c, o) => c.indexed(o.ra, o.rb);

/** A value that is to outlive a write of rA. */
function kept(c: DisasContext, address: Temp): Temp {
  const t = c.tcg.temp();
  c.tcg.mov(t, address);
  return t;
}

/** Loads with update; rA = 0 and rA = rD are invalid forms. */
const load =
  (memop: number, at: Addressing, { update = false, reversed = false } = {}): Emit =>
  (c, o) => {
    const { tcg } = c;
    if (update && (o.ra === 0 || o.ra === o.rt)) return c.illegal();
    const address = at(c, o);
    const ordered = reversed ? c.reversed(memop) : c.memop(memop);
    if ((memop & MO_SIGN) === 0) tcg.qemuLd(c.r(o.rt), address, ordered, c.mmuIdx);
    else {
      const t = tcg.temp();
      tcg.qemuLd(t, address, ordered, c.mmuIdx);
      tcg.ext32u(c.r(o.rt), t);
    }
    if (update) tcg.mov(c.r(o.ra), address);
  };

const store =
  (memop: number, at: Addressing, { update = false, reversed = false } = {}): Emit =>
  (c, o) => {
    if (update && o.ra === 0) return c.illegal();
    const address = at(c, o);
    c.tcg.qemuSt(c.r(o.rt), address, reversed ? c.reversed(memop) : c.memop(memop), c.mmuIdx);
    if (update) c.tcg.mov(c.r(o.ra), address);
  };

/** The addresses of consecutive words. */
function wordAfter(c: DisasContext, address: Temp, n: number): Temp {
  if (n === 0) return address;
  const t = c.tcg.temp();
  c.tcg.addi(t, address, WORD * n);
  c.tcg.ext32u(t, t);
  return t;
}

/** In little-endian mode multiples and strings are not done. */
function raisesAlignment(c: DisasContext, o: Operands, at: Addressing): boolean {
  if (!c.littleEndian) return false;
  c.tcg.call(H.alignment, -1, at(c, o));
  c.exit();
  return true;
}

/** No register is written before the last word is there. */
const lmw: Emit = (c, o) => {
  if (raisesAlignment(c, o, displaced)) return;
  const { tcg } = c;
  const address = kept(c, displaced(c, o));
  // the words behind the first one have its alignment
  const words = Array.from({ length: 32 - o.rt }, (_, n) => {
    const t = tcg.temp();
    tcg.qemuLd(t, wordAfter(c, address, n), n === 0 ? c.wordAligned(MO_32) : c.memop(MO_32), c.mmuIdx);
    return t;
  });
  words.forEach((word, n) => tcg.mov(c.r(o.rt + n), word));
};
/** By the helper of strings: generated code that left in the middle of it would have stored some words already. */
const stmw: Emit = (c, o) => {
  if (raisesAlignment(c, o, displaced)) return;
  const { tcg } = c;
  const address = displaced(c, o);
  c.mustBeWord(address);
  tcg.call(H.stsw, -1, address, tcg.constI64(WORD * (32 - o.rt)), tcg.constI64(o.rt));
};

/** NB = 0 says 32 bytes. */
const bytesOf = (o: Operands): number => o.rb || 32;
const baseOnly: Addressing = (c, o) => c.ra0(o.ra);

const lswi: Emit = (c, o) => {
  if (raisesAlignment(c, o, baseOnly)) return;
  const registers = Math.ceil(bytesOf(o) / WORD);
  if (((o.ra - o.rt) & 31) < registers && o.ra !== 0) return c.illegal();
  const { tcg } = c;
  tcg.call(H.lsw, -1, baseOnly(c, o), tcg.constI64(bytesOf(o)), tcg.constI64(o.rt));
};
const stswi: Emit = (c, o) => {
  if (raisesAlignment(c, o, baseOnly)) return;
  const { tcg } = c;
  tcg.call(H.stsw, -1, baseOnly(c, o), tcg.constI64(bytesOf(o)), tcg.constI64(o.rt));
};
const lswx: Emit = (c, o) => {
  if (raisesAlignment(c, o, indexed)) return;
  const { tcg } = c;
  tcg.call(H.lswx, -1, indexed(c, o), tcg.constI64(o.rt), tcg.constI64(o.ra), tcg.constI64(o.rb));
};
const stswx: Emit = (c, o) => {
  if (raisesAlignment(c, o, indexed)) return;
  c.tcg.call(H.stswx, -1, indexed(c, o), c.tcg.constI64(o.rt));
};

// ---- Reservations ----------------------------------------------------------------------------------------------------------------

const lwarx: Emit = (c, o) => {
  const { tcg } = c;
  const address = kept(c, indexed(c, o));
  tcg.qemuLd(c.r(o.rt), address, c.memop(MO_32) | MO_ALIGN, c.mmuIdx);
  tcg.mov(RESERVE, address);
  tcg.mov(RESERVE_VALUE, c.r(o.rt));
};

/** Stores if the address is the reserved one and memory holds what was seen there: QEMU's way, which any store of the same value in between escapes. */
const stwcx: Emit = (c, o) => {
  const { tcg } = c;
  const [address, isDone] = [tcg.local(), tcg.local()];
  const [reserved, end] = [tcg.newLabel(), tcg.newLabel()];
  tcg.mov(address, indexed(c, o));
  tcg.movi(isDone, 0);
  tcg.brcond(Cond.EQ, address, RESERVE, reserved);
  // what is reserved is word-aligned
  c.mustBeWord(address);
  tcg.br(end);
  tcg.setLabel(reserved);
  const old = tcg.temp();
  tcg.atomicCmpxchg(old, address, RESERVE_VALUE, c.r(o.rt), c.memop(MO_32) | MO_ALIGN, c.mmuIdx);
  tcg.setcond(Cond.EQ, isDone, old, RESERVE_VALUE);
  tcg.setLabel(end);
  c.forgetCompared();
  const never = tcg.constI64(0);
  c.setField(0, [never, never, isDone], SO);
  tcg.movi(RESERVE, -1);
};

// ---- External control --------------------------------------------------------------------------------------------------------------

/** To the device that EAR[RID] names: there is none, and the word is memory's, as in QEMU. */
const external =
  (isStore: boolean): Emit =>
  (c, o) => {
    const { tcg } = c;
    const address = kept(c, indexed(c, o));
    if (c.has(FEATURE_EAR)) tcg.call(H.external, -1, address, tcg.constI64(Number(isStore)));
    const memop = c.memop(MO_32) | (c.has(FEATURE_ALIGN_CONTROL) ? MO_ALIGN : 0);
    if (isStore) tcg.qemuSt(c.r(o.rt), address, memop, c.mmuIdx);
    else tcg.qemuLd(c.r(o.rt), address, memop, c.mmuIdx);
  };

// ---- Caches and order --------------------------------------------------------------------------------------------------------------

const nothing: Emit = () => undefined;

/** Memory is coherent: what is left is the right to load. */
const touch: Emit = (c, o) => c.tcg.qemuLd(c.tcg.temp(), indexed(c, o), MO_8, c.mmuIdx);

/** Needs the right to store, too. */
const dcbi: Emit = (c, o) => {
  if (c.userMode) return c.privileged();
  const { tcg } = c;
  const [address, value] = [kept(c, indexed(c, o)), tcg.temp()];
  tcg.qemuLd(value, address, MO_8, c.mmuIdx);
  tcg.qemuSt(value, address, MO_8, c.mmuIdx);
};
const dcbz: Emit = (c, o) => c.tcg.call(H.dcbz, -1, indexed(c, o));
const icbi: Emit = (c, o) => c.tcg.call(H.icbi, -1, indexed(c, o));

const eieio: Emit = (c) => c.tcg.mb(0);

// ---- Rows --------------------------------------------------------------------------------------------------------------------------

const dForm = (name: string, opcode: number, emit: Emit): Insn => insn(name, `${opcode}:6 rt:5 ra:5 simm:16`, 'rt,disp(ra0)', emit);
const xForm = (name: string, extended: number, emit: Emit): Insn => insn(name, `31:6 rt:5 ra:5 rb:5 ${extended}:10 0:1`, 'rt,ra0,rb', emit);
const cache = (name: string, extended: number, emit: Emit): Insn => insn(name, `31:6 0:5 ra:5 rb:5 ${extended}:10 0:1`, 'ra0,rb', emit);

/** The four ways to address: displaced, with update, indexed, and both. */
function four(name: string, opcode: number, extended: number, access: typeof load, memop: number): Insn[] {
  return [
    dForm(name, opcode, access(memop, displaced)),
    insn(`${name}u`, `${opcode + 1}:6 rt:5 ra:5 simm:16`, 'rt,disp(ra)', access(memop, displaced, { update: true })),
    xForm(`${name}x`, extended, access(memop, indexed)),
    insn(`${name}ux`, `31:6 rt:5 ra:5 rb:5 ${extended + 32}:10 0:1`, 'rt,ra,rb', access(memop, indexed, { update: true })),
  ];
}

// prettier-ignore
export const MEMORY: readonly Insn[] = [
  ...four('lwz', 32, 23,  load, MO_32),
  ...four('lbz', 34, 87,  load, MO_8),
  ...four('stw', 36, 151, store, MO_32),
  ...four('stb', 38, 215, store, MO_8),
  ...four('lhz', 40, 279, load, MO_16),
  ...four('lha', 42, 343, load, MO_16 | MO_SIGN),
  ...four('sth', 44, 407, store, MO_16),
  dForm('lmw',  46, lmw),
  dForm('stmw', 47, stmw),
  xForm('lwbrx',  534, load(MO_32, indexed, { reversed: true })),
  xForm('lhbrx',  790, load(MO_16, indexed, { reversed: true })),
  xForm('stwbrx', 662, store(MO_32, indexed, { reversed: true })),
  xForm('sthbrx', 918, store(MO_16, indexed, { reversed: true })),
  xForm('lswx',   533, lswx),
  xForm('stswx',  661, stswx),
  insn('lswi',  '31:6 rt:5 ra:5 nb:5 597:10 0:1', 'rt,ra0,nb', lswi),
  insn('stswi', '31:6 rt:5 ra:5 nb:5 725:10 0:1', 'rt,ra0,nb', stswi),
  xForm('lwarx',  20, lwarx),
  xForm('eciwx',  310, external(false)),
  xForm('ecowx',  438, external(true)),
  insn('stwcx.', '31:6 rt:5 ra:5 rb:5 150:10 1:1', 'rt,ra0,rb', stwcx),
  cache('dcbst',  54,   touch),
  cache('dcbf',   86,   touch),
  cache('dcbtst', 246,  nothing),
  cache('dcbt',   278,  nothing),
  cache('dcbi',   470,  dcbi),
  cache('icbi',   982,  icbi),
  cache('dcbz',   1014, dcbz),
  insn('sync',  '31:6 0:5 0:5 0:5 598:10 0:1', '', synchronize),
  insn('eieio', '31:6 0:5 0:5 0:5 854:10 0:1', '', eieio),
];
