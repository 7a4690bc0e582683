// Multiplication (IEEE 754-2019 clause 5.4.1).

import {
  exponentOf, infinity, invalid, isFinite, isNaN, isZero, nanResult, signOf, significandOf, withSign,
} from './formats';
import { roundPackCarry } from './round-pack';

/** Upper 64 bits of the 128-bit product. */
// @ts-ignore: decorator
@inline export function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffff_ffff, a1 = a >> 32, b0 = b & 0xffff_ffff, b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  return a1 * b1 + (middle >> 32) + (((middle & 0xffff_ffff) + a0 * b1) >> 32);
}

export function mul<T>(a: u64, b: u64, rm: u32): u64 {
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if (!isFinite<T>(a) || !isFinite<T>(b)) {
    if (isNaN<T>(a) || isNaN<T>(b)) return nanResult<T>(a, b);
    return isZero<T>(a) || isZero<T>(b) ? invalid<T>() : withSign<T>(sign, infinity<T>());
  }
  if (isZero<T>(a) || isZero<T>(b)) return withSign<T>(sign, 0);

  const exponent = exponentOf<T>(a) + exponentOf<T>(b);
  const x = significandOf<T>(a) << 1, y = significandOf<T>(b) << 1;
  // Both leading bits at 63: the upper half of the product has its own at 62 or 63.
  // A significand of 32 bits or less is all in the upper half of its word: one exact product will do.
  const product = sizeof<T>() < 8
    ? (x >> 32) * (y >> 32)
    : mulHigh(x, y) | u64(x * y != 0);
  return roundPackCarry<T>(sign, exponent, product, rm);
}
