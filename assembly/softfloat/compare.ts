// Comparisons, minimum and maximum, classification (IEEE 754-2019 clauses 5.6.1, 5.7.2, 9.6; RISC-V unprivileged manual, "F" and "Zfa").

import {
  NV, canonicalNaN, fractionMask, isInfinite, isNaN, isSignaling, isZero, magnitudeOf, nanResult, quietBit, raise, signOf,
} from './formats';

/** A signed integer that orders numbers; both zeros give 0. Not for NaNs. */
// @ts-ignore: decorator
@inline function orderKey<T>(a: u64): i64 {
  const magnitude = <i64>magnitudeOf<T>(a);
  return signOf<T>(a) ? -magnitude : magnitude;
}

/** As orderKey, with -0 below +0. */
// @ts-ignore: decorator
@inline function totalKey<T>(a: u64): i64 {
  const magnitude = <i64>magnitudeOf<T>(a);
  return signOf<T>(a) ? ~magnitude : magnitude;
}

// @ts-ignore: decorator
@inline function unordered<T>(a: u64, b: u64, signaling: bool): bool {
  if (!isNaN<T>(a) && !isNaN<T>(b)) return false;
  if (signaling || isSignaling<T>(a) || isSignaling<T>(b)) raise(NV);
  return true;
}

/** compareQuietEqual. */
export function eq<T>(a: u64, b: u64): bool {
  return !unordered<T>(a, b, false) && orderKey<T>(a) == orderKey<T>(b);
}

/** compareSignalingLess. */
export function lt<T>(a: u64, b: u64): bool {
  return !unordered<T>(a, b, true) && orderKey<T>(a) < orderKey<T>(b);
}

/** compareSignalingLessEqual. */
export function le<T>(a: u64, b: u64): bool {
  return !unordered<T>(a, b, true) && orderKey<T>(a) <= orderKey<T>(b);
}

/** compareQuietLess. */
export function ltQuiet<T>(a: u64, b: u64): bool {
  return !unordered<T>(a, b, false) && orderKey<T>(a) < orderKey<T>(b);
}

/** compareQuietLessEqual. */
export function leQuiet<T>(a: u64, b: u64): bool {
  return !unordered<T>(a, b, false) && orderKey<T>(a) <= orderKey<T>(b);
}

/** The number if exactly one operand is a NaN, else the canonical NaN; for the ...Number operations. */
function numberOf<T>(a: u64, b: u64): u64 {
  if (isSignaling<T>(a) || isSignaling<T>(b)) raise(NV);
  if (!isNaN<T>(a)) return a;
  return isNaN<T>(b) ? canonicalNaN<T>() : b;
}

/** minimumNumber. */
export function minNumber<T>(a: u64, b: u64): u64 {
  if (isNaN<T>(a) || isNaN<T>(b)) return numberOf<T>(a, b);
  return totalKey<T>(a) < totalKey<T>(b) ? a : b;
}

/** maximumNumber. */
export function maxNumber<T>(a: u64, b: u64): u64 {
  if (isNaN<T>(a) || isNaN<T>(b)) return numberOf<T>(a, b);
  return totalKey<T>(a) > totalKey<T>(b) ? a : b;
}

/** minimum: a NaN operand makes the result NaN. */
export function minimum<T>(a: u64, b: u64): u64 {
  if (isNaN<T>(a) || isNaN<T>(b)) return nanResult<T>(a, b);
  return totalKey<T>(a) < totalKey<T>(b) ? a : b;
}

/** maximum: a NaN operand makes the result NaN. */
export function maximum<T>(a: u64, b: u64): u64 {
  if (isNaN<T>(a) || isNaN<T>(b)) return nanResult<T>(a, b);
  return totalKey<T>(a) > totalKey<T>(b) ? a : b;
}

/** The ten-bit mask of FCLASS: -inf, -normal, -subnormal, -0, +0, +subnormal, +normal, +inf, signalling NaN, quiet NaN from bit 0 up. */
export function classify<T>(a: u64): u64 {
  if (isNaN<T>(a)) return a & quietBit<T>() ? 1 << 9 : 1 << 8;
  const rank = isZero<T>(a) ? 0 : magnitudeOf<T>(a) <= fractionMask<T>() ? 1 : isInfinite<T>(a) ? 3 : 2;
  const bit = signOf<T>(a) ? 3 - rank : 4 + rank;
  return (<u64>1) << bit;
}
