/**
 * Control-flow integrity: Zicfilp's landing pads, which are an auipc with rd = x0, and Zicfiss's shadow stack, whose instructions are may-be operations.
 * Source: unprivileged ISA manual, "Control-flow Integrity (CFI)".
 */
import { RV_SSP } from '../../../assembly/target/riscv/shared/env.js';
import { CAUSE_SOFTWARE_CHECK, CHECK_LANDING_PAD } from '../../../assembly/target/riscv/shared/riscv.js';
import { Cond } from '../../tcg/opcodes.js';
import { Jump, type DisasContext } from './context.js';
import { H } from './helpers.js';
import type { Emit } from './table.js';

const [RA, T0, T2] = [1, 5, 7];
const LABEL_SHIFT = 12;
const LABEL_BITS = 20;
/** The opcode of auipc, and rd = x0. */
const LPAD_MASK = 0xfff;
const LPAD = 0x017;

/** Raises at an instruction to which an indirect call must not have led. False: it may have. */
export function failsLanding(c: DisasContext, word: number): boolean {
  if ((word & LPAD_MASK) === LPAD && !c.isMisalignedBy4()) return false;
  c.raiseWithValue(CAUSE_SOFTWARE_CHECK, c.tcg.constI64(CHECK_LANDING_PAD));
  return true;
}

/** A landing pad takes calls whose x7 holds its label, which is in bits 31:12; label 0 takes all. */
export function landingPad(c: DisasContext, imm: number): void {
  if (!c.landingPadExpected) return;
  const { tcg } = c;
  const label = imm >>> LABEL_SHIFT;
  if (label !== 0) {
    const given = tcg.temp();
    const matches = tcg.newLabel();
    tcg.extract(given, c.x(T2), LABEL_SHIFT, LABEL_BITS);
    tcg.brcond(Cond.EQ, given, tcg.constI64(label), matches);
    c.raiseWithValue(CAUSE_SOFTWARE_CHECK, tcg.constI64(CHECK_LANDING_PAD));
    c.jump = Jump.Next;
    tcg.setLabel(matches);
  }
  c.setLandingPadExpected(false);
}

/** Returns, and calls that software guards itself, need no landing pad. */
export const expectsLandingPad = (c: DisasContext, rs1: number): boolean => c.landingPads && rs1 !== RA && rs1 !== T0 && rs1 !== T2;

// Shadow stack

const isLink = (r: number): boolean => r === RA || r === T0;

/** sspush and sspopchk of a link register, ssrdp; where they are none, or there is no shadow stack, the may-be operation. */
export const sspush =
  (otherwise: Emit): Emit =>
  (c, a) => {
    if (!c.shadowStack || a.rd !== 0 || a.rs1 !== 0 || !isLink(a.rs2)) return otherwise(c, a);
    c.tcg.call(H.sspush, -1, c.x(a.rs2));
  };

export const sspopchkOrRead =
  (otherwise: Emit): Emit =>
  (c, a) => {
    if (c.shadowStack && a.rd === 0 && isLink(a.rs1)) c.tcg.call(H.sspopchk, -1, c.x(a.rs1));
    else if (c.shadowStack && a.rd !== 0 && a.rs1 === 0) readPointer(c, a.rd);
    else otherwise(c, a);
  };

function readPointer(c: DisasContext, rd: number): void {
  const ssp = c.tcg.temp();
  c.tcg.ld(ssp, RV_SSP);
  c.setXlen(rd, ssp);
}

/** c.sspush x1 and c.sspopchk x5. */
export const compressedPush: Emit = (c) => void (c.shadowStack && c.tcg.call(H.sspush, -1, c.x(RA)));
export const compressedPopCheck: Emit = (c) => void (c.shadowStack && c.tcg.call(H.sspopchk, -1, c.x(T0)));
