// Floating-point arithmetic as PowerPC has it (PEM, sections 3.3 and D.3 to D.6): which NaN a result is, which exception a NaN or an infinity makes, what
// FPRF, FR and FI say. The numbers themselves are the soft float's. Nothing here looks at a CPU.
import { add, sub } from '../../softfloat/add';
import { toFormat, toI32 } from '../../softfloat/convert';
import { div } from '../../softfloat/div';
import { mulAdd } from '../../softfloat/fma';
import {
  DZ, fractionMask, isInfinite, isNaN, isSignaling, isZero, magnitudeOf, NV, NX, OF, quietBit, raise, rebias, RTZ, signBit, signOf, takeRaised, UF,
} from '../../softfloat/formats';
import { mul } from '../../softfloat/mul';
import { sqrt } from '../../softfloat/sqrt';
import {
  FPOP_ADD, FPOP_CTIW, FPOP_CTIWZ, FPOP_DIV, FPOP_MADD, FPOP_MSUB, FPOP_MUL, FPOP_NMADD, FPOP_NMSUB, FPOP_OPERATION, FPOP_RES, FPOP_RSP, FPOP_RSQRTE, FPOP_SINGLE,
  FPOP_SUB, FPSCR_FI, FPSCR_FPRF_SHIFT, FPSCR_FR, FPSCR_OE, FPSCR_OX, FPSCR_UE, FPSCR_UX, FPSCR_VXCVI, FPSCR_VXIDI, FPSCR_VXIMZ, FPSCR_VXISI, FPSCR_VXSNAN,
  FPSCR_VXSQRT, FPSCR_VXZDZ, FPSCR_XX, FPSCR_ZX,
} from './shared/ppc';

// What the last call of `compute` found, beside the result.
/** Exceptions: bits of FPSCR. */
export let computedExceptions: u32 = 0;
/** FPRF at its place. */
export let computedFlags: u32 = 0;
/** FR and FI. */
export let computedFraction: u32 = 0;

const ONE: u64 = 0x3ff0_0000_0000_0000;
/** What an invalid operation gives. */
const DEFAULT_NAN: u64 = 0x7ff8_0000_0000_0000;
/** Bits that binary32 does not have. */
const LOW_FRACTION: u64 = 0x1fff_ffff;
const LEAST_NORMAL: u64 = 0x0010_0000_0000_0000;
/** The same of binary32, as a binary64 number. */
const LEAST_NORMAL_SINGLE: u64 = 0x3810_0000_0000_0000;

@inline
function quiet(a: u64): u64 {
  return a | quietBit<u64>();
}

@inline
function isNegating(operation: i32): bool {
  return operation == FPOP_NMADD || operation == FPOP_NMSUB;
}

@inline
function isFused(operation: i32): bool {
  return operation >= FPOP_MADD && operation <= FPOP_NMSUB;
}

/** In non-IEEE mode denormalized numbers are zeros of their sign (MPC750 user's manual, tables 2-5 and 2-6). */
@inline
function flushed(a: u64, least: u64): u64 {
  return magnitudeOf<u64>(a) < least ? a & signBit<u64>() : a;
}

/** `compute` with FPSCR[NI] set. What is flushed to zero is not exact, and was tiny: which the manuals do not say. */
export function computeFlushing(op: u32, a: u64, b: u64, c: u64, mode: u32, enables: u32): u64 {
  const result = compute(op, flushed(a, LEAST_NORMAL), flushed(b, LEAST_NORMAL), flushed(c, LEAST_NORMAL), mode, enables);
  const operation = (op & FPOP_OPERATION) as i32;
  if (operation == FPOP_CTIW || operation == FPOP_CTIWZ) return result;
  const isSingle = (op & FPOP_SINGLE) != 0;
  const zero = flushed(result, isSingle ? LEAST_NORMAL_SINGLE : LEAST_NORMAL);
  if (zero == result) return result;
  computedExceptions |= FPSCR_UX | FPSCR_XX;
  computedFraction = FPSCR_FI;
  computedFlags = classOf(zero, isSingle) << FPSCR_FPRF_SHIFT;
  return zero;
}

/**
 * The result of an operation (FPOP_*) of finite and infinite numbers, NaNs among them. `mode`: of softfloat. `enables`: FPSCR_OE and FPSCR_UE make results out
 * of range keep their significand (PEM, section 3.3.6.2.1), the others do not matter here.
 */
export function compute(op: u32, a: u64, b: u64, c: u64, mode: u32, enables: u32): u64 {
  const operation = (op & FPOP_OPERATION) as i32;
  computedExceptions = computedFraction = 0;
  if (operation == FPOP_CTIW) return convert(b, mode);
  if (operation == FPOP_CTIWZ) return convert(b, RTZ);
  let result: u64;
  const invalid = invalidOf(operation, a, b, c);
  if (anyNaN(operation, a, b, c)) {
    computedExceptions = invalid;
    result = nanOf(operation, a, b, c);
    // frsp is to cut it off; operands of other operations that are no binary32 numbers give what the processor likes: here what QEMU does.
    if ((op & FPOP_SINGLE) != 0) result &= ~LOW_FRACTION;
  } else if (invalid != 0) {
    computedExceptions = invalid;
    result = DEFAULT_NAN;
  } else {
    result = number(op, a, b, c, mode, enables);
  }
  computedFlags = classOf(result, (op & FPOP_SINGLE) != 0) << FPSCR_FPRF_SHIFT;
  return result;
}

// ---- NaNs and invalid operations -------------------------------------------------------------------------------------------

function usesA(operation: i32): bool {
  return operation <= FPOP_NMSUB;
}
function usesB(operation: i32): bool {
  return operation != FPOP_MUL;
}
function usesC(operation: i32): bool {
  return operation == FPOP_MUL || isFused(operation);
}

function anyNaN(operation: i32, a: u64, b: u64, c: u64): bool {
  return (usesA(operation) && isNaN<u64>(a)) || (usesB(operation) && isNaN<u64>(b)) || (usesC(operation) && isNaN<u64>(c));
}

/** The first NaN in the order frA, frB, frC. */
function nanOf(operation: i32, a: u64, b: u64, c: u64): u64 {
  if (usesA(operation) && isNaN<u64>(a)) return quiet(a);
  return quiet(usesB(operation) && isNaN<u64>(b) ? b : c);
}

/** VX... bits of operands that an operation is not defined for. */
function invalidOf(operation: i32, a: u64, b: u64, c: u64): u32 {
  let found: u32 = 0;
  if ((usesA(operation) && isSignaling<u64>(a)) || (usesB(operation) && isSignaling<u64>(b)) || (usesC(operation) && isSignaling<u64>(c))) {
    found = FPSCR_VXSNAN;
  }
  switch (operation) {
    case FPOP_ADD:
    case FPOP_SUB:
      if (isInfinite<u64>(a) && isInfinite<u64>(b) && (a == b) == (operation == FPOP_SUB)) found |= FPSCR_VXISI;
      break;
    case FPOP_DIV:
      if (isInfinite<u64>(a) && isInfinite<u64>(b)) found |= FPSCR_VXIDI;
      if (isZero<u64>(a) && isZero<u64>(b)) found |= FPSCR_VXZDZ;
      break;
    case FPOP_RSQRTE:
      if (signOf<u64>(b) != 0 && !isNaN<u64>(b) && !isZero<u64>(b)) found |= FPSCR_VXSQRT;
      break;
    case FPOP_MUL:
      if (isInfiniteByZero(a, c)) found |= FPSCR_VXIMZ;
      break;
    default:
      if (!isFused(operation)) break;
      if (isInfiniteByZero(a, c)) found |= FPSCR_VXIMZ;
      else if (isOppositeInfinity(operation, a, b, c)) found |= FPSCR_VXISI;
  }
  return found;
}

function isInfiniteByZero(a: u64, c: u64): bool {
  return (isInfinite<u64>(a) && isZero<u64>(c)) || (isZero<u64>(a) && isInfinite<u64>(c));
}

/** Whether a c and the addend are infinities that cancel. */
function isOppositeInfinity(operation: i32, a: u64, b: u64, c: u64): bool {
  if (!isInfinite<u64>(b) || isNaN<u64>(a) || isNaN<u64>(c) || (!isInfinite<u64>(a) && !isInfinite<u64>(c))) return false;
  const differ = ((a ^ b ^ c) & signBit<u64>()) != 0;
  return differ == (operation == FPOP_MADD || operation == FPOP_NMADD);
}

// ---- Numbers -----------------------------------------------------------------------------------------------------------------

/** The operation in binary64, of operands that are defined for it and no NaNs. Raises softfloat's flags. */
function exactly(operation: i32, a: u64, b: u64, c: u64, mode: u32): u64 {
  switch (operation) {
    case FPOP_ADD: return add<u64>(a, b, mode);
    case FPOP_SUB: return sub<u64>(a, b, mode);
    case FPOP_MUL: return mul<u64>(a, c, mode);
    case FPOP_DIV: return div<u64>(a, b, mode);
    case FPOP_RSP: return b;
    case FPOP_RES: return div<u64>(ONE, b, mode);
    case FPOP_RSQRTE: {
      const root = sqrt<u64>(b, mode);
      return div<u64>(ONE, root, mode);
    }
    case FPOP_MADD:
    case FPOP_NMADD: return mulAdd<u64>(a, c, b, mode);
    default: return mulAdd<u64>(a, c, b ^ signBit<u64>(), mode);
  }
}

/**
 * binary32's result as a binary64 number: once rounded to odd to 53 bits, and then to 24, which is right for any operands, as 53 >= 24 + 2 (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
 */
function single(operation: i32, a: u64, b: u64, c: u64, mode: u32, enables: u32): u64 {
  let wide = exactly(operation, a, b, c, RTZ);
  const flags = takeRaised();
  if ((flags & NX) != 0) wide |= 1;
  else if (isZero<u64>(wide)) {
    // the sign of a sum that cancels is the rounding mode's
    wide = exactly(operation, a, b, c, mode);
    takeRaised();
  }
  raise(flags & (DZ | NV));
  rebias(enables);
  const narrow = toFormat<u64, u32>(wide, mode);
  rebias(0);
  return widened(narrow);
}

/** A binary32 number that is no NaN as a binary64 one. */
@inline
function widened(narrow: u64): u64 {
  return reinterpret<u64>(<f64>reinterpret<f32>(<u32>narrow));
}

function rounded(op: u32, a: u64, b: u64, c: u64, mode: u32, enables: u32): u64 {
  if ((op & FPOP_SINGLE) != 0) return single((op & FPOP_OPERATION) as i32, a, b, c, mode, enables);
  rebias(enables);
  const result = exactly((op & FPOP_OPERATION) as i32, a, b, c, mode);
  rebias(0);
  return result;
}

function number(op: u32, a: u64, b: u64, c: u64, mode: u32, enables: u32): u64 {
  const operation = (op & FPOP_OPERATION) as i32;
  const trapped = ((enables & FPSCR_OE) != 0 ? OF : 0) | ((enables & FPSCR_UE) != 0 ? UF : 0);
  takeRaised();
  let result = rounded(op, a, b, c, mode, trapped);
  let flags = takeRaised();
  const isEstimate = operation == FPOP_RES || operation == FPOP_RSQRTE;
  // an estimate is not said to be inexact
  if (isEstimate) flags &= ~NX;
  if ((flags & DZ) != 0) computedExceptions |= FPSCR_ZX;
  if ((flags & OF) != 0) computedExceptions |= FPSCR_OX;
  if ((flags & UF) != 0) computedExceptions |= FPSCR_UX;
  if ((flags & NX) != 0) {
    computedExceptions |= FPSCR_XX;
    computedFraction = FPSCR_FI;
    // of an overflow that is not trapped FR is undefined
    if ((flags & OF) == 0 || (trapped & OF) != 0) {
      if (rounded(op, a, b, c, RTZ, trapped) != result) computedFraction |= FPSCR_FR;
      takeRaised();
    }
  }
  if (isNegating(operation)) result ^= signBit<u64>();
  return result;
}

/** FPRF of a result. */
export function classOf(a: u64, isSingle: bool): u32 {
  const negative = signOf<u64>(a) != 0;
  if (isNaN<u64>(a)) return 0x11;
  if (isInfinite<u64>(a)) return negative ? 0x09 : 0x05;
  if (isZero<u64>(a)) return negative ? 0x12 : 0x02;
  if (magnitudeOf<u64>(a) < (isSingle ? LEAST_NORMAL_SINGLE : LEAST_NORMAL)) return negative ? 0x18 : 0x14;
  return negative ? 0x08 : 0x04;
}

// ---- Conversions and comparisons ---------------------------------------------------------------------------------------------

/** To an integer of 32 bits, sign-extended, as QEMU has it: the upper half of the register is undefined. FPRF is too. */
function convert(b: u64, mode: u32): u64 {
  takeRaised();
  if (isNaN<u64>(b)) {
    computedExceptions = isSignaling<u64>(b) ? FPSCR_VXSNAN | FPSCR_VXCVI : FPSCR_VXCVI;
    return 0x8000_0000;
  }
  const result = toI32<u64>(b, mode);
  const flags = takeRaised();
  if ((flags & NV) != 0) computedExceptions = FPSCR_VXCVI;
  else if ((flags & NX) != 0) {
    computedExceptions = FPSCR_XX;
    computedFraction = FPSCR_FI;
    if (toI32<u64>(b, RTZ) != result) computedFraction |= FPSCR_FR;
    takeRaised();
  }
  return result;
}

@inline
export function isLess(a: u64, b: u64): bool {
  return reinterpret<f64>(a) < reinterpret<f64>(b);
}

/** FPCC: less, greater, equal, unordered from bit 3 down. */
export function compareFlags(a: u64, b: u64): u32 {
  const x = reinterpret<f64>(a), y = reinterpret<f64>(b);
  return x < y ? 8 : x > y ? 4 : x == y ? 2 : 1;
}

// ---- Loads and stores --------------------------------------------------------------------------------------------------------

/** binary32 to binary64, as lfs does it: no NaN becomes a quiet one (PEM, section D.6). */
export function loadSingle(bits: u32): u64 {
  if (isNaN<u32>(bits)) {
    return ((((bits >> 31) as u64) << 63) | 0x7ff0_0000_0000_0000) | ((bits & (fractionMask<u32>() as u32)) as u64) << 29;
  }
  return widened(bits);
}

/** The other way, as stfs does it: bits are dropped, nothing is rounded (PEM, section D.7). */
export function storeSingle(a: u64): u32 {
  const field = ((a >> 52) & 0x7ff) as i32;
  if (field > 896 || isZero<u64>(a)) return (((a >> 32) & 0xc000_0000) | ((a >> 29) & 0x3fff_ffff)) as u32;
  const sign = ((a >> 63) << 31) as u32;
  if (field < 874) return sign; // undefined in the manual
  const significand = (a & fractionMask<u64>()) | (fractionMask<u64>() + 1);
  return sign | ((significand >> (29 + 897 - field)) as u32);
}
