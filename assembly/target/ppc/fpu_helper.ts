// Floating-point instructions. Two kinds of helper: while FPSCR enables no exception and rounds to nearest (no TBF_FP_STRICT), `helper_f...` gives a result
// and accrues exceptions, and generated code notes what FR, FI and FPRF are to be made of (fpscr.ts); otherwise `helper_fp_strict` does all of it.
import { accrue, fpscr, raiseIfEnabled, replaceBits, roundingMode, settle, writeFpscr } from './fpscr';
import { compareFlags, compute, computeFlushing, computedExceptions, computedFlags, computedFraction, loadSingle, storeSingle } from './fpu';
import { isNaN, isSignaling, RNE } from '../../softfloat/formats';
import { FPOP_ADD, FPOP_CTIW, FPOP_CTIWZ, FPOP_DIV, FPOP_MADD, FPOP_MSUB, FPOP_MUL, FPOP_NMADD, FPOP_NMSUB, FPOP_OPERATION, FPOP_RES, FPOP_RSP, FPOP_RSQRTE, FPOP_SINGLE, FPOP_SUB, FPSCR_FI, FPSCR_FPCC, FPSCR_FPRF, FPSCR_FPRF_SHIFT, FPSCR_FR, FPSCR_NI, FPSCR_VE, FPSCR_VXSNAN, FPSCR_VXVC, FPSCR_VX_ALL, FPSCR_XX, FPSCR_ZE, FPSCR_ZX } from './shared/ppc';
import { ppc } from './env';
import { PPC_FPR } from './shared/env';

function fast(env: usize, op: u32, a: u64, b: u64, c: u64): u64 {
  const result = compute(op, a, b, c, RNE, 0);
  if (computedExceptions != 0) accrue(env, computedExceptions);
  return result;
}

/** Whether inexact results change nothing any more. */
@inline
function inexactIsSet(env: usize): bool {
  return (ppc(env).fpscr & FPSCR_XX) != 0;
}

/** Well inside the range of normal numbers, those of binary32 if `single`: neither tiny nor an overflow, nor NaN. */
@inline
function isSafe(result: f64, single: bool): bool {
  const size = Math.abs(result);
  return single ? size > 2.3509887016445750e-38 && size < 1.7014118346046923e+38 : size > 4.4501477170144028e-308 && size < 8.9884656743115795e+307;
}

/** Whether rounding to binary32 what was rounded to binary64 before may go wrong: at ties. */
@inline
function isTie(wide: f64): bool {
  return (reinterpret<u64>(wide) & 0x1fff_ffff) == 0x1000_0000;
}

// The host's arithmetic gives the same number; the exceptions that it hides are not to be, or already there.

@inline
function settled(env: usize, op: u32, a: u64, b: u64, c: u64, wide: f64): u64 {
  if (inexactIsSet(env)) {
    if ((op & FPOP_SINGLE) == 0) {
      if (isSafe(wide, false)) return reinterpret<u64>(wide);
    } else if (!isTie(wide) && isSafe(wide, true)) return reinterpret<u64>(<f64>(<f32>wide));
  }
  return fast(env, op, a, b, c);
}

export function helper_fadd(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_ADD, a, b, 0, reinterpret<f64>(a) + reinterpret<f64>(b));
}
export function helper_fsub(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_SUB, a, b, 0, reinterpret<f64>(a) - reinterpret<f64>(b));
}
export function helper_fmul(env: usize, a: u64, c: u64): u64 {
  return settled(env, FPOP_MUL, a, 0, c, reinterpret<f64>(a) * reinterpret<f64>(c));
}
export function helper_fdiv(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_DIV, a, b, 0, reinterpret<f64>(a) / reinterpret<f64>(b));
}
export function helper_fmadd(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_MADD, a, b, c);
}
export function helper_fmsub(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_MSUB, a, b, c);
}
export function helper_fnmadd(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_NMADD, a, b, c);
}
export function helper_fnmsub(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_NMSUB, a, b, c);
}
export function helper_fadds(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_ADD | FPOP_SINGLE, a, b, 0, reinterpret<f64>(a) + reinterpret<f64>(b));
}
export function helper_fsubs(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_SUB | FPOP_SINGLE, a, b, 0, reinterpret<f64>(a) - reinterpret<f64>(b));
}
export function helper_fmuls(env: usize, a: u64, c: u64): u64 {
  return settled(env, FPOP_MUL | FPOP_SINGLE, a, 0, c, reinterpret<f64>(a) * reinterpret<f64>(c));
}
export function helper_fdivs(env: usize, a: u64, b: u64): u64 {
  return settled(env, FPOP_DIV | FPOP_SINGLE, a, b, 0, reinterpret<f64>(a) / reinterpret<f64>(b));
}
export function helper_fmadds(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_MADD | FPOP_SINGLE, a, b, c);
}
export function helper_fmsubs(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_MSUB | FPOP_SINGLE, a, b, c);
}
export function helper_fnmadds(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_NMADD | FPOP_SINGLE, a, b, c);
}
export function helper_fnmsubs(env: usize, a: u64, c: u64, b: u64): u64 {
  return fast(env, FPOP_NMSUB | FPOP_SINGLE, a, b, c);
}
export function helper_frsp(env: usize, b: u64): u64 {
  return settled(env, FPOP_RSP | FPOP_SINGLE, 0, b, 0, reinterpret<f64>(b));
}
export function helper_fres(env: usize, b: u64): u64 {
  const wide = 1 / reinterpret<f64>(b);
  // an estimate is not said to be inexact: no matter whether XX is set
  if (!isTie(wide) && isSafe(wide, true)) return reinterpret<u64>(<f64>(<f32>wide));
  return fast(env, FPOP_RES | FPOP_SINGLE, 0, b, 0);
}
export function helper_frsqrte(env: usize, b: u64): u64 {
  // rounded twice, as `compute` does it
  const estimate = 1 / Math.sqrt(reinterpret<f64>(b));
  if (isSafe(estimate, false)) return reinterpret<u64>(estimate);
  return fast(env, FPOP_RSQRTE, 0, b, 0);
}
export function helper_fctiw(env: usize, b: u64): u64 {
  return fast(env, FPOP_CTIW, 0, b, 0);
}
export function helper_fctiwz(env: usize, b: u64): u64 {
  return fast(env, FPOP_CTIWZ, 0, b, 0);
}

// ---- Comparisons: each accrues what the whole instruction does ---------------------------------------------------------------

function unordered(a: u64, b: u64, ordered: bool, enables: u32): u32 {
  if (!isNaN<u64>(a) && !isNaN<u64>(b)) return 0;
  const signaling = isSignaling<u64>(a) || isSignaling<u64>(b);
  if (!ordered) return signaling ? FPSCR_VXSNAN : 0;
  if (!signaling) return FPSCR_VXVC;
  return (enables & FPSCR_VE) != 0 ? FPSCR_VXSNAN : FPSCR_VXSNAN | FPSCR_VXVC;
}

@inline
function compared(env: usize, a: u64, b: u64, ordered: bool): void {
  const exceptions = unordered(a, b, ordered, 0);
  if (exceptions != 0) accrue(env, exceptions);
}

export function helper_fcmpu_lt(env: usize, a: u64, b: u64): u64 {
  compared(env, a, b, false);
  return u64(reinterpret<f64>(a) < reinterpret<f64>(b));
}
export function helper_fcmpu_eq(env: usize, a: u64, b: u64): u64 {
  compared(env, a, b, false);
  return u64(reinterpret<f64>(a) == reinterpret<f64>(b));
}
export function helper_fcmpo_lt(env: usize, a: u64, b: u64): u64 {
  compared(env, a, b, true);
  return u64(reinterpret<f64>(a) < reinterpret<f64>(b));
}
export function helper_fcmpo_eq(env: usize, a: u64, b: u64): u64 {
  compared(env, a, b, true);
  return u64(reinterpret<f64>(a) == reinterpret<f64>(b));
}

/** A comparison under TBF_FP_STRICT: less, greater, equal, unordered from bit 3 down. */
export function helper_fcmp_strict(env: usize, a: u64, b: u64, ordered: u64): u64 {
  settle(env);
  const flags = compareFlags(a, b);
  replaceBits(env, FPSCR_FPCC, flags << FPSCR_FPRF_SHIFT);
  const exceptions = unordered(a, b, ordered != 0, ppc(env).fpscr);
  if (exceptions != 0) {
    accrue(env, exceptions);
    if ((ppc(env).fpscr & FPSCR_VE) != 0) raiseIfEnabled(env);
  }
  return flags;
}

// ---- Exceptions enabled, other rounding modes --------------------------------------------------------------------------------

/** An arithmetic instruction or conversion with everything that FPSCR asks for: f[d] = op(a, b, c). */
export function helper_fp_strict(env: usize, op: u64, d: u64, a: u64, b: u64, c: u64): void {
  settle(env);
  const status = ppc(env).fpscr;
  const mode = roundingMode(status);
  const result = (status & FPSCR_NI) != 0 ? computeFlushing(op as u32, a, b, c, mode, status) : compute(op as u32, a, b, c, mode, status);
  const exceptions = computedExceptions;
  const isHeld = ((exceptions & FPSCR_VX_ALL) != 0 && (status & FPSCR_VE) != 0) || ((exceptions & FPSCR_ZX) != 0 && (status & FPSCR_ZE) != 0);
  const operation = ((op as u32) & FPOP_OPERATION) as i32;
  const isConversion = operation == FPOP_CTIW || operation == FPOP_CTIWZ;
  // what is held back leaves FPRF and the target alone
  if (isHeld) replaceBits(env, FPSCR_FR | FPSCR_FI, 0);
  else {
    if (isConversion) replaceBits(env, FPSCR_FR | FPSCR_FI, computedFraction);
    else replaceBits(env, FPSCR_FPRF | FPSCR_FR | FPSCR_FI, computedFlags | computedFraction);
    store<u64>(env + 8 * (d as u32), result, PPC_FPR);
  }
  if (exceptions == 0) return;
  accrue(env, exceptions);
  // Those that were enabled and have happened now; sticky ones of before have had their turn.
  if (isEnabled(exceptions, status)) raiseIfEnabled(env);
}

/** Whether one of the exceptions is enabled. */
function isEnabled(exceptions: u32, status: u32): bool {
  const invalid = (exceptions & FPSCR_VX_ALL) != 0 && (status & FPSCR_VE) != 0;
  return invalid || (((exceptions & 0x1e00_0000) >> 22) & status & 0x78) != 0;
}

// ---- FPSCR as an operand -----------------------------------------------------------------------------------------------------

export function helper_mffs(env: usize): u64 {
  return fpscr(env);
}

/** `mask`: the bits that are written. An exception that is enabled then, and was before or is set now, is raised. */
export function helper_mtfsf(env: usize, value: u64, mask: u64): void {
  writeFpscr(env, value as u32, mask as u32);
  raiseIfEnabled(env);
}

/** mtfsb1: as an exception bit that goes up, it sets FX. */
export function helper_mtfsb1(env: usize, bit: u64): void {
  settle(env);
  const before = ppc(env).fpscr;
  writeFpscr(env, bit as u32, bit as u32);
  if ((before & (bit as u32)) == 0) accrueFx(env, bit as u32);
  raiseIfEnabled(env);
}

function accrueFx(env: usize, bit: u32): void {
  if ((bit & (0x1e00_0000 | FPSCR_VX_ALL)) != 0) ppc(env).fpscr = ppc(env).fpscr | 0x8000_0000;
}

/** mcrfs: a field, and the exceptions in it are cleared. */
export function helper_mcrfs(env: usize, field: u64): u64 {
  const shift = 4 * (7 - (field as u32));
  const value = (fpscr(env) >> shift) & 15;
  writeFpscr(env, 0, (15 << shift) & (0x8000_0000 | 0x1e00_0000 | FPSCR_VX_ALL));
  return value;
}

// ---- Loads and stores --------------------------------------------------------------------------------------------------------

export function helper_lfs(env: usize, bits: u64): u64 {
  return loadSingle(bits as u32);
}
export function helper_stfs(env: usize, value: u64): u64 {
  return storeSingle(value);
}
