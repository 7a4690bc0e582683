/**
 * Instructions of the operating environment: MSR, SPRs, segment registers, TLBs, return from exceptions.
 * Sources: PEM, 8.2 and chapter 2; MPC603e user's manual, 2.3.8 (tlbld, tlbli).
 */
import { FEATURE_SOFTWARE_TLB, SPR_DABR, SPR_IABR } from '../../../assembly/target/ppc/shared/oea.js';
import type { Temp } from '../../tcg/context.js';
import { CTR, LR, type DisasContext } from './context.js';
import { H } from './helpers.js';
import type { Operands } from './operands.js';
import { May, type Spr } from './sprs.js';
import { insn, type Emit, type Insn } from './table.js';
import { PPC_MSR, PPC_SR } from '../../../assembly/target/ppc/shared/env.js';

/** What user mode may not do. */
const privileged =
  (emit: Emit): Emit =>
  (c, a) =>
    c.userMode ? c.privileged() : emit(c, a);

// MSR

const mfmsr: Emit = (c, a) => c.tcg.ld32u(c.r(a.rt), PPC_MSR);

/** Interrupts may become enabled, and other memory be seen. */
const mtmsr: Emit = (c, a) => {
  c.tcg.call(H.mtmsr, -1, c.r(a.rt));
  c.lookupAfter();
};

/** The helper sets pc. */
const rfi: Emit = (c) => {
  c.tcg.call(H.rfi, -1);
  c.lookup();
};

// SPRs

/** Bit 0 of the SPR field says that a register is a supervisor's (PEM, table 8-9). */
const SUPERVISORS = 0x10;
/** Numbers that no supervisor may use, by what QEMU does with those that a model does not have. */
const NO_READ = [0, 4, 5, 6];
const NO_WRITE = [0];

/** One that the model does not have: the manual leaves open what becomes of it. Source: QEMU. */
function unknown(c: DisasContext, number: number, isWrite: boolean): void {
  const never = isWrite ? NO_WRITE : NO_READ;
  if (c.userMode || ((number & SUPERVISORS) === 0 && never.includes(number))) return c.privileged();
  const { tcg } = c;
  tcg.call(H.noSpr, -1, tcg.constI64(number), tcg.constI64(Number(isWrite)));
}

const mayOf = (c: DisasContext, spr: Spr): May => (c.userMode ? spr.user : spr.supervisor);

function readSpr(c: DisasContext, d: Temp, spr: Spr): void {
  const { tcg } = c;
  if (spr.at === 'xer') tcg.call(H.mfxer, d);
  else if (spr.at === 'lr') tcg.mov(d, LR);
  else if (spr.at === 'ctr') tcg.mov(d, CTR);
  else if (spr.isCounter) {
    // As of the end of the TB, where the count of instructions is exact.
    tcg.call(H.mfpmc, d, tcg.constI64(spr.number));
    c.goOnAfter();
  } else if (spr.at !== 'helper') tcg.ld32u(d, spr.at);
  else {
    tcg.call(H.mfspr, d, tcg.constI64(spr.number));
    // The count of instructions, which is time then, is exact where a TB ends.
    if (c.icount) c.goOnAfter();
  }
}

const mfspr: Emit = (c, a) => {
  const spr = c.sprs.get(a.spr);
  if (!spr) return unknown(c, a.spr, false);
  if (mayOf(c, spr) === May.Nothing) return c.privileged();
  readSpr(c, c.r(a.rt), spr);
};

function masked(c: DisasContext, value: Temp, mask: number): Temp {
  if (mask === 0xffff_ffff) return value;
  const t = c.tcg.temp();
  c.tcg.and(t, value, c.tcg.constI64(mask));
  return t;
}

const mtspr: Emit = (c, a) => {
  const { tcg } = c;
  const spr = c.sprs.get(a.spr);
  if (!spr) return unknown(c, a.spr, true);
  if (mayOf(c, spr) !== May.Write) return c.privileged();
  const value = masked(c, c.r(a.rt), spr.mask);
  if (spr.at === 'xer') tcg.call(H.mtxer, -1, value);
  else if (spr.at === 'lr') tcg.mov(LR, value);
  else if (spr.at === 'ctr') tcg.mov(CTR, value);
  else if (spr.isMonitor) {
    tcg.call(H.mtpmu, -1, tcg.constI64(spr.number), value);
    c.lookupAfter();
  } else if (!spr.effect && spr.at !== 'helper') tcg.st32(value, spr.at);
  else {
    tcg.call(H.mtspr, -1, tcg.constI64(spr.number), value);
    // An interrupt may be pending now; TBs end at breakpoints, this one, too.
    if (spr.number === SPR_IABR || spr.number === SPR_DABR) c.exitAfter();
    else c.lookupAfter();
  }
};

// Segment registers

/** The number of the segment of an address in rB. */
function segmentOf(c: DisasContext, a: Operands): Temp {
  const n = c.tcg.temp();
  c.tcg.shri(n, c.r(a.rb), 28);
  return n;
}

const mtsr: Emit = (c, a) => c.tcg.call(H.mtsr, -1, c.tcg.constI64(a.ra & 15), c.r(a.rt));
const mtsrin: Emit = (c, a) => c.tcg.call(H.mtsr, -1, segmentOf(c, a), c.r(a.rt));
const mfsr: Emit = (c, a) => c.tcg.ld32u(c.r(a.rt), PPC_SR + 4 * (a.ra & 15));
const mfsrin: Emit = (c, a) => c.tcg.call(H.mfsr, c.r(a.rt), segmentOf(c, a));

// TLBs

const tlbie: Emit = (c, a) => c.tcg.call(H.tlbie, -1, c.r(a.rb));
/** One CPU: none is waited for. */
const tlbsync: Emit = () => undefined;
const tlbLoad =
  (helper: typeof H.tlbld): Emit =>
  (c, a) => {
    if ((c.features & FEATURE_SOFTWARE_TLB) === 0) return c.illegal();
    if (c.userMode) return c.privileged();
    c.tcg.call(helper, -1, c.r(a.rb));
    c.lookupAfter();
  };

// prettier-ignore
export const OEA: readonly Insn[] = [
  insn('mfmsr',   '31:6 rt:5 0:5 0:5 83:10 0:1',         'rt',       privileged(mfmsr)),
  insn('mtmsr',   '31:6 rt:5 0:5 0:5 146:10 0:1',        'rt',       privileged(mtmsr)),
  insn('rfi',     '19:6 0:5 0:5 0:5 50:10 0:1',          '',         privileged(rfi)),
  insn('mfspr',   '31:6 rt:5 spr:10 339:10 0:1',         'rt,spr',   mfspr),
  insn('mtspr',   '31:6 rt:5 spr:10 467:10 0:1',         'spr,rt',   mtspr),
  insn('mftb',    '31:6 rt:5 spr:10 371:10 0:1',         'rt,spr',   mfspr),
  insn('mtsr',    '31:6 rt:5 0:1 sr:4 0:5 210:10 0:1',   'sr,rt',    privileged(mtsr)),
  insn('mtsrin',  '31:6 rt:5 0:5 rb:5 242:10 0:1',       'rt,rb',    privileged(mtsrin)),
  insn('mfsr',    '31:6 rt:5 0:1 sr:4 0:5 595:10 0:1',   'rt,sr',    privileged(mfsr)),
  insn('mfsrin',  '31:6 rt:5 0:5 rb:5 659:10 0:1',       'rt,rb',    privileged(mfsrin)),
  insn('tlbie',   '31:6 0:5 0:5 rb:5 306:10 0:1',        'rb',       privileged(tlbie)),
  insn('tlbsync', '31:6 0:5 0:5 0:5 566:10 0:1',         '',         privileged(tlbsync)),
  insn('tlbld',   '31:6 0:5 0:5 rb:5 978:10 0:1',        'rb',       tlbLoad(H.tlbld)),
  insn('tlbli',   '31:6 0:5 0:5 rb:5 1010:10 0:1',       'rb',       tlbLoad(H.tlbli)),
];
