// The one place where a result is rounded to its format.

import {
  NX, OF, RDN, RMM, RNE, RUP, UF,
  bias, fractionBits, infinity, isRebiased, maxExponentField, raise, withSign,
} from './formats';
import { TINY_BEFORE_ROUNDING, TRAPS_RANGE } from '../target/traits/linked';

/** Shifts right; bits that fall out make the lowest bit sticky, so that rounding still sees that the value is not exact. */
// @ts-ignore: decorator
@inline export function shiftRightJam(value: u64, count: i32): u64 {
  if (count > 63) return u64(value != 0);
  return (value >> count) | u64(value & (((<u64>1) << count) - 1) ? 1 : 0);
}

/** What to add below the last place so that truncation then rounds by rm (RNE needs its ties mended: see callers). */
// @ts-ignore: decorator
@inline export function roundIncrement(rm: u32, sign: u32, mask: u64): u64 {
  if (rm == RNE || rm == RMM) return (mask >> 1) + 1;
  return rm == (sign ? RDN : RUP) ? mask : 0;
}

/**
 * Rounds (-1)^sign * significand * 2^(exponent - 62) to the format and raises NX, UF, OF. The leading bit of the significand is bit 62;
 * its lowest bit may be sticky: it must then lie below the rounding position by two places or more, which all formats here ensure.
 * Tininess is detected before or after rounding, as the target has it (IEEE 754-2019 clause 7.5).
 */
export function roundPack<T>(sign: u32, exponent: i32, significand: u64, rm: u32): u64 {
  const dropped = 62 - fractionBits<T>();
  const mask: u64 = ((<u64>1) << dropped) - 1;
  const increment = roundIncrement(rm, sign, mask);
  let field = exponent + bias<T>();
  if (TRAPS_RANGE) field = inRange<T>(field, significand + increment);
  let tiny = false;
  if (field <= 0) {
    // Tiny unless rounding to full precision, exponent unbounded, already carries up to the smallest normal number.
    tiny = TINY_BEFORE_ROUNDING || field < 0 || significand + increment < (<u64>1) << 63;
    significand = shiftRightJam(significand, 1 - field);
    field = 1;
  } else if (field >= maxExponentField<T>() - 1) {
    if (field >= maxExponentField<T>() || significand + increment >= (<u64>1) << 63) {
      raise(OF | NX);
      return withSign<T>(sign, infinity<T>() - u64(increment == 0));
    }
  }
  const rest = significand & mask;
  let rounded = (significand + increment) >> dropped;
  if (rest != 0) {
    raise(tiny ? NX | UF : NX);
    if (rm == RNE && rest == (mask >> 1) + 1) rounded &= ~1;
  }
  // The leading bit of `rounded`, if at its place, adds one to the field; a carry adds another; a subnormal has none.
  return withSign<T>(sign, ((<u64>(field - 1)) << fractionBits<T>()) + rounded);
}

/**
 * The exponent field of a result that is not to overflow, or not to be tiny, because a trap handler will get it: the excess is 3/4 of the format's range of
 * exponents (IEEE 754-1985 clause 7.3). `rounded`: the significand, before truncation.
 */
// @ts-ignore: decorator
@inline function inRange<T>(field: i32, rounded: u64): i32 {
  const excess = 3 * ((maxExponentField<T>() + 1) >> 2);
  if (field <= 0 && isRebiased(UF)) {
    raise(UF);
    return field + excess;
  }
  if (isRebiased(OF) && (field >= maxExponentField<T>() || (field == maxExponentField<T>() - 1 && rounded >= (<u64>1) << 63))) {
    raise(OF);
    return field - excess;
  }
  return field;
}

/** As roundPack, for a significand with its leading bit at bit 62 or bit 63. */
// @ts-ignore: decorator
@inline export function roundPackCarry<T>(sign: u32, exponent: i32, significand: u64, rm: u32): u64 {
  const carry = significand >> 63;
  return roundPack<T>(sign, exponent + <i32>carry, (significand >> carry) | (significand & carry), rm);
}
