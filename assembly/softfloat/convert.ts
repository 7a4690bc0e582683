// Conversions among formats and between formats and integers, rounding to integral values
// (IEEE 754-2019 clauses 5.4.1, 5.8, 5.9; RISC-V unprivileged manual, "F" and "Zfa").

import {
  NV, NX, RDN, RMM, RNE, RUP, bias, canonicalNaN, exponentOf, fractionBits, fractionMask, infinity, isFinite, isInfinite, isNaN, isZero,
  magnitudeOf, nanResult, raise, RTZ, signOf, significandOf, isSignaling, withSign,
} from './formats';
import { roundIncrement, roundPack, roundPackCarry } from './round-pack';

/** From one format to another; exact when it widens. */
export function toFormat<From, To>(a: u64, rm: u32): u64 {
  if (isNaN<From>(a)) {
    if (isSignaling<From>(a)) raise(NV);
    return canonicalNaN<To>();
  }
  const sign = signOf<From>(a);
  if (isInfinite<From>(a)) return withSign<To>(sign, infinity<To>());
  if (isZero<From>(a)) return withSign<To>(sign, 0);
  return roundPack<To>(sign, exponentOf<From>(a), significandOf<From>(a), rm);
}

/** sign and magnitude of an integer to a format. */
export function fromMagnitude<T>(sign: u32, magnitude: u64, rm: u32): u64 {
  if (magnitude == 0) return 0;
  const shift = clz(magnitude);
  if (shift == 0) return roundPackCarry<T>(sign, 62, magnitude, rm);
  return roundPack<T>(sign, 63 - <i32>shift, magnitude << (shift - 1), rm);
}

// @ts-ignore: decorator
@inline export function fromSigned<T>(value: i64, rm: u32): u64 {
  return fromMagnitude<T>(u32(value < 0), <u64>(value < 0 ? -value : value), rm);
}

// @ts-ignore: decorator
@inline export function fromUnsigned<T>(value: u64, rm: u32): u64 {
  return fromMagnitude<T>(0, value, rm);
}

/**
 * To an integer between -lowest and highest (both magnitudes). Out of range saturates and raises only NV; NaN counts as
 * too large, whatever its sign. Returns the low 64 bits of the two's complement integer.
 */
export function toInteger<T>(a: u64, rm: u32, lowest: u64, highest: u64): u64 {
  const sign = signOf<T>(a);
  if (!isFinite<T>(a)) return saturate(isNaN<T>(a) ? 0 : sign, lowest, highest);
  if (isZero<T>(a)) return 0;
  const exponent = exponentOf<T>(a);
  if (exponent > 63) return saturate(sign, lowest, highest);
  const significand = significandOf<T>(a);
  let magnitude: u64, inexact = false;
  if (exponent > 61) {
    magnitude = significand << (exponent - 62);
  } else if (exponent >= -1) {
    const dropped = 62 - exponent; // 1 to 63
    const mask = ((<u64>1) << dropped) - 1;
    const rest = significand & mask;
    // Below 2^63 + 2^63: the sum cannot wrap.
    magnitude = (significand + roundIncrement(rm, sign, mask)) >> dropped;
    if (rm == RNE && rest == (mask >> 1) + 1) magnitude &= ~1;
    inexact = rest != 0;
  } else {
    // Below one half: only a directed mode away from zero leaves zero.
    magnitude = u64(rm == (sign ? RDN : RUP));
    inexact = true;
  }
  if (magnitude > (sign ? lowest : highest)) return saturate(sign, lowest, highest);
  if (inexact) raise(NX);
  return sign ? 0 - magnitude : magnitude;
}

function saturate(sign: u32, lowest: u64, highest: u64): u64 {
  raise(NV);
  return sign ? 0 - lowest : highest;
}

// The integer types' results as a 64-bit register holds them: both 32-bit ones sign-extended.

export function toI32<T>(a: u64, rm: u32): u64 {
  return toInteger<T>(a, rm, 0x8000_0000, 0x7fff_ffff);
}

export function toU32<T>(a: u64, rm: u32): u64 {
  return <u64>(<i64>(<i32>toInteger<T>(a, rm, 0, 0xffff_ffff)));
}

export function toI64<T>(a: u64, rm: u32): u64 {
  return toInteger<T>(a, rm, (<u64>1) << 63, <u64>i64.MAX_VALUE);
}

export function toU64<T>(a: u64, rm: u32): u64 {
  return toInteger<T>(a, rm, 0, u64.MAX_VALUE);
}

/** FCVTMOD.W.D (Zfa): the integer part modulo 2^32, sign-extended; infinities and NaNs give 0; flags as FCVT.W.D towards zero. */
export function toI32Modular(a: u64): u64 {
  toI32<u64>(a, RTZ);
  if (!isFinite<u64>(a) || magnitudeOf<u64>(a) <= fractionMask<u64>()) return 0;
  const exponent = exponentOf<u64>(a);
  if (exponent < 0 || exponent > 83) return 0; // from 2^84 on, every bit of the integer below 2^32 is zero
  const significand = significandOf<u64>(a);
  const magnitude = exponent > 62 ? significand << (exponent - 62) : significand >> (62 - exponent);
  return <u64>(<i64>(<i32>(signOf<u64>(a) ? 0 - magnitude : magnitude)));
}

/** roundToIntegral; with `exact`, NX is raised if the value changes (FROUNDNX), else never (FROUND). */
export function roundToIntegral<T>(a: u64, rm: u32, exact: bool): u64 {
  if (isNaN<T>(a)) return nanResult<T>(a, a);
  const field = <i32>(magnitudeOf<T>(a) >> fractionBits<T>());
  if (field >= bias<T>() + fractionBits<T>() || isZero<T>(a)) return a; // infinite or without a fraction
  const sign = signOf<T>(a);
  if (field < bias<T>() - 1) { // below one half
    if (exact) raise(NX);
    return withSign<T>(sign, rm == (sign ? RDN : RUP) ? oneOf<T>() : 0);
  }
  if (field < bias<T>()) { // below one
    if (exact) raise(NX);
    const up = rm == RNE ? (a & fractionMask<T>()) != 0 : rm == RMM || rm == (sign ? RDN : RUP);
    return withSign<T>(sign, up ? oneOf<T>() : 0);
  }
  const fraction = fractionBits<T>() + bias<T>() - field;
  const mask = ((<u64>1) << fraction) - 1;
  const rest = a & mask;
  if (rest == 0) return a;
  if (exact) raise(NX);
  // A carry out of the fraction is a carry into the exponent: the next power of two.
  let rounded = (a + roundIncrement(rm, sign, mask)) & ~mask;
  if (rm == RNE && rest == (mask >> 1) + 1) rounded &= ~(mask + 1);
  return rounded;
}

// @ts-ignore: decorator
@inline function oneOf<T>(): u64 {
  return (<u64>bias<T>()) << fractionBits<T>();
}
