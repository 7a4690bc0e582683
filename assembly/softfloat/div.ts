// Division (IEEE 754-2019 clause 5.4.1).

import {
  DZ,
  exponentOf,
  infinity,
  invalid,
  isFinite,
  isInfinite,
  isNaN,
  isZero,
  nanResult,
  raise,
  signOf,
  significandOf,
  withSign,
} from './formats';
import { roundPack } from './round-pack';

export function div<T>(a: u64, b: u64, rm: u32): u64 {
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if (!isFinite<T>(a) || !isFinite<T>(b)) {
    if (isNaN<T>(a) || isNaN<T>(b)) return nanResult<T>(a, b);
    if (isFinite<T>(a)) return withSign<T>(sign, 0);
    return isInfinite<T>(b) ? invalid<T>() : withSign<T>(sign, infinity<T>());
  }
  if (isZero<T>(b)) {
    if (isZero<T>(a)) return invalid<T>();
    raise(DZ);
    return withSign<T>(sign, infinity<T>());
  }
  if (isZero<T>(a)) return withSign<T>(sign, 0);

  let exponent = exponentOf<T>(a) - exponentOf<T>(b);
  let x = significandOf<T>(a) >> 10;
  const y = significandOf<T>(b) >> 10; // 53-bit integers
  if (x < y) {
    x <<= 1;
    exponent--;
  }
  // 1 <= x/y < 2. The host's division rounds to nearest: q = 2^52 x/y within half a unit, and never a tie (a quotient of
  // p-bit numbers has no p+1-bit expansion that ends in 1). The remainder 2^52 x - q y is at most y/2 < 2^52 in magnitude, so
  // arithmetic modulo 2^64 gives it exactly; its sign says on which side of q the true quotient lies. That side, as a
  // sticky bit ten places below, is all that rounding in any mode and at any coarser place needs.
  const q = <u64>((<f64>x / <f64>y) * 4503599627370496.0);
  const remainder = <i64>((x << 52) - q * y);
  return roundPack<T>(sign, exponent, (q << 10) + u64(i64(remainder > 0) - i64(remainder < 0)), rm);
}
