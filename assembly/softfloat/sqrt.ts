// Square root (IEEE 754-2019 clause 5.4.1).

import { exponentOf, infinity, invalid, isNaN, isZero, nanResult, signOf, significandOf } from './formats';
import { roundPack } from './round-pack';

export function sqrt<T>(a: u64, rm: u32): u64 {
  if (isNaN<T>(a)) return nanResult<T>(a, a);
  if (isZero<T>(a)) return a;
  if (signOf<T>(a)) return invalid<T>();
  if (a == infinity<T>()) return a;

  const exponent = exponentOf<T>(a);
  const odd = exponent & 1;
  const x = (significandOf<T>(a) >> 10) << odd; // a 53- or 54-bit integer with 53 significant bits
  // The host's square root of 2^52 x rounds to nearest: an integer q of 53 bits, off by less than half. As |2^52 x - q^2| <= q,
  // arithmetic modulo 2^64 gives the remainder exactly. As in div.ts, its sign as a sticky bit decides every rounding
  // (a square root is never a tie, and never subnormal).
  const q = <u64>Math.sqrt(<f64>x * 4503599627370496.0);
  const remainder = <i64>((x << 52) - q * q);
  return roundPack<T>(0, exponent >> 1, (q << 10) + u64(i64(remainder > 0) - i64(remainder < 0)), rm);
}
