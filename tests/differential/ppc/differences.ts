/**
 * What QEMU does otherwise than the manual, by the field of a slot that shows it. What would show in other registers, too, the programs leave out (kinds.ts):
 * - FX is set with every exception that an operation has, in the manual only with one that was not there before (PEM, table 2-3): it is always set here.
 * - Comparisons clear FI, which in the manual belongs to operations that round.
 * - fnmadd and fnmsub negate before they round (PEM, section 8.2: the result of fmadd with its sign changed).
 * - dcbz drops one's own reservation of its block, which only stores of others, lwarx and stwcx. end (PEM, chapter 8, lwarx and stwcx.).
 * - FPSCR[NI] changes nothing; in the manuals denormalized numbers are zeros while it is set (MPC750 user's manual, tables 2-5 and 2-6).
 * - eciwx and ecowx are exchanged (310 and 438 are their extended opcodes; PEM, chapter 8), and do not look at EAR.
 * - fres(0) is 1/2, and fres and frsqrte set XX and FI, which they do not alter (PEM, section 8.2).
 */
import type { Difference } from './session.js';

/** FR: QEMU never sets it (PEM, table 2-3: the last operation's fraction was incremented when it was rounded). */
const FR = 0x0004_0000;
/** FPRF's class bit: QEMU takes a denormalized binary32 result for a normalized number (PEM, section 3.3.6 and table 2-4). */
const CLASS = 0x0001_0000;

/** Infinity times zero, plus a signalling NaN: QEMU forgets the NaN. */
const VXSNAN = 0x0100_0000;
const VXIMZ = 0x0010_0000;

/** Whether only that differs which is known to. */
export function isAllowed({ what, ours, theirs }: Omit<Difference, 'slot'>, _version: number): boolean {
  if (what !== 'fpscr') return false;
  const ofClass = (ours & CLASS) !== 0 ? CLASS : 0;
  const ofNan = (ours & VXIMZ) !== 0 && (ours & VXSNAN) !== 0 ? VXSNAN : 0;
  return ((ours ^ theirs) & ~(FR | ofClass | ofNan)) === 0;
}
