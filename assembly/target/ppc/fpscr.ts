// FPSCR (PEM, section 2.1.4). Bits that say something of the last operation only (FR, FI, FPRF) are made here when somebody looks: generated code notes the
// operation and its operands (PPC_FP_*), which costs it next to nothing, and does it again if need be. Sticky bits are always right.
import { raiseProgram } from './raise';
import { msr, updateTbFlags } from './cpu';
import { compareFlags, compute, computedFlags, computedFraction } from './fpu';
import { FPSCR_ENABLES, FPSCR_FEX, FPSCR_FI, FPSCR_FPCC, FPSCR_FPRF, FPSCR_FPRF_SHIFT, FPSCR_FR, FPSCR_FX, FPSCR_RN, FPSCR_STICKY, FPSCR_VX, FPSCR_VX_ALL, MSR_FE0, MSR_FE1, PROGRAM_FP } from './shared/ppc';
import { ppc } from './env';
import { PPC_FP_COMPARED, PPC_FP_CONVERTED, PPC_FP_OP } from './shared/env';

/** From VX, OX, UX, ZX, XX to the bits that enable them. */
const ENABLE_SHIFT = 22;

/** FEX and VX follow from the other bits. */
function summed(bits: u32): u32 {
  bits &= ~(FPSCR_FEX | FPSCR_VX);
  if ((bits & FPSCR_VX_ALL) != 0) bits |= FPSCR_VX;
  if (((bits >> ENABLE_SHIFT) & bits & FPSCR_ENABLES) != 0) bits |= FPSCR_FEX;
  return bits;
}

/** Sets exceptions in FPSCR. */
export function accrue(env: usize, exceptions: u32): void {
  const old = ppc(env).fpscr;
  const fresh = exceptions & FPSCR_STICKY & ~old;
  if (fresh != 0) ppc(env).fpscr = summed(old | exceptions | FPSCR_FX);
}

/** Whether XX is set, so that no one can tell another inexact result from an exact one. */
@inline
export function replaceBits(env: usize, mask: u32, bits: u32): void {
  ppc(env).fpscr = (ppc(env).fpscr & ~mask) | bits;
}

/** The softfloat's rounding mode for FPSCR[RN]. */
@inline
export function roundingMode(fpscr: u32): u32 {
  const rn = fpscr & FPSCR_RN;
  return rn < 2 ? rn : 5 - rn;
}

/** Brings FR, FI and FPRF up to date. */
export function settle(env: usize): void {
  const mode = roundingMode(ppc(env).fpscr);
  const op = load<u32>(env, PPC_FP_OP);
  if (op != 0) {
    compute(op, ppc(env).fpA, ppc(env).fpB, ppc(env).fpC, mode, 0);
    replaceBits(env, FPSCR_FPRF | FPSCR_FR | FPSCR_FI, computedFlags | computedFraction);
    ppc(env).fpOp = 0;
  }
  const conversion = load<u32>(env, PPC_FP_CONVERTED);
  if (conversion != 0) {
    compute(conversion, 0, ppc(env).fpV, 0, mode, 0);
    replaceBits(env, FPSCR_FR | FPSCR_FI, computedFraction);
    ppc(env).fpConverted = 0;
  }
  if (load<u32>(env, PPC_FP_COMPARED) != 0) {
    replaceBits(env, FPSCR_FPCC, compareFlags(ppc(env).fpX, ppc(env).fpY) << FPSCR_FPRF_SHIFT);
    ppc(env).fpCompared = 0;
  }
}

export function fpscr(env: usize): u32 {
  settle(env);
  return ppc(env).fpscr;
}

/** Writes the bits of `mask`; the summaries among them stay what they are. */
export function writeFpscr(env: usize, value: u32, mask: u32): void {
  settle(env);
  ppc(env).fpscr = summed((ppc(env).fpscr & ~mask) | (value & mask));
  updateTbFlags(env);
}

export function setFpscr(env: usize, value: u32): void {
  writeFpscr(env, value, u32.MAX_VALUE);
}

/** An enabled exception is pending, and MSR wants to hear of it. */
export function raiseIfEnabled(env: usize): void {
  if ((ppc(env).fpscr & FPSCR_FEX) != 0 && (msr(env) & (MSR_FE0 | MSR_FE1)) != 0) raiseProgram(env, PROGRAM_FP);
}
