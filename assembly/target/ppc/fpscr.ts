// FPSCR (PEM, section 2.1.4). Bits that say something of the last operation only (FR, FI, FPRF) are made here when somebody looks: generated code notes the
// operation and its operands (PPC_FP_*), which costs it next to nothing, and does it again if need be. Sticky bits are always right.
import { raiseProgram } from './raise';
import { msr, updateTbFlags } from './cpu';
import { compareFlags, compute, computedFlags, computedFraction } from './fpu';
import {
  FPSCR_ENABLES, FPSCR_FEX, FPSCR_FI, FPSCR_FPCC, FPSCR_FPRF, FPSCR_FPRF_SHIFT, FPSCR_FR, FPSCR_FX, FPSCR_RN, FPSCR_STICKY, FPSCR_VX, FPSCR_VX_ALL, MSR_FE0, MSR_FE1,
  PPC_FPSCR, PPC_FP_A, PPC_FP_B, PPC_FP_C, PPC_FP_COMPARED, PPC_FP_CONVERTED, PPC_FP_OP, PPC_FP_V, PPC_FP_X, PPC_FP_Y, PROGRAM_FP,
} from './shared/ppc';

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
  const old = load<u32>(env, PPC_FPSCR);
  const fresh = exceptions & FPSCR_STICKY & ~old;
  if (fresh != 0) store<u32>(env, summed(old | exceptions | FPSCR_FX), PPC_FPSCR);
}

/** Whether XX is set, so that no one can tell another inexact result from an exact one. */
@inline
export function replaceBits(env: usize, mask: u32, bits: u32): void {
  store<u32>(env, (load<u32>(env, PPC_FPSCR) & ~mask) | bits, PPC_FPSCR);
}

/** The softfloat's rounding mode for FPSCR[RN]. */
@inline
export function roundingMode(fpscr: u32): u32 {
  const rn = fpscr & FPSCR_RN;
  return rn < 2 ? rn : 5 - rn;
}

/** Brings FR, FI and FPRF up to date. */
export function settle(env: usize): void {
  const mode = roundingMode(load<u32>(env, PPC_FPSCR));
  const op = load<u32>(env, PPC_FP_OP);
  if (op != 0) {
    compute(op, load<u64>(env, PPC_FP_A), load<u64>(env, PPC_FP_B), load<u64>(env, PPC_FP_C), mode, 0);
    replaceBits(env, FPSCR_FPRF | FPSCR_FR | FPSCR_FI, computedFlags | computedFraction);
    store<u64>(env, 0, PPC_FP_OP);
  }
  const conversion = load<u32>(env, PPC_FP_CONVERTED);
  if (conversion != 0) {
    compute(conversion, 0, load<u64>(env, PPC_FP_V), 0, mode, 0);
    replaceBits(env, FPSCR_FR | FPSCR_FI, computedFraction);
    store<u64>(env, 0, PPC_FP_CONVERTED);
  }
  if (load<u32>(env, PPC_FP_COMPARED) != 0) {
    replaceBits(env, FPSCR_FPCC, compareFlags(load<u64>(env, PPC_FP_X), load<u64>(env, PPC_FP_Y)) << FPSCR_FPRF_SHIFT);
    store<u64>(env, 0, PPC_FP_COMPARED);
  }
}

export function fpscr(env: usize): u32 {
  settle(env);
  return load<u32>(env, PPC_FPSCR);
}

/** Writes the bits of `mask`; the summaries among them stay what they are. */
export function writeFpscr(env: usize, value: u32, mask: u32): void {
  settle(env);
  store<u32>(env, summed((load<u32>(env, PPC_FPSCR) & ~mask) | (value & mask)), PPC_FPSCR);
  updateTbFlags(env);
}

export function setFpscr(env: usize, value: u32): void {
  writeFpscr(env, value, u32.MAX_VALUE);
}

/** An enabled exception is pending, and MSR wants to hear of it. */
export function raiseIfEnabled(env: usize): void {
  if ((load<u32>(env, PPC_FPSCR) & FPSCR_FEX) != 0 && (msr(env) & (MSR_FE0 | MSR_FE1)) != 0) raiseProgram(env, PROGRAM_FP);
}
