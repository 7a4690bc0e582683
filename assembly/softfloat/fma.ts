// Fused multiply-add: one rounding (IEEE 754-2019 clause 5.4.1).

import {
  NV, cancelledZero, exponentOf, infinity, invalid, isFinite, isInfinite, isNaN, isZero, nanResult, raise, signOf, significandOf,
  isSignaling, withSign,
} from './formats';
import { mulHigh } from './mul';
import { roundPack } from './round-pack';

/** a * b + c. Infinity times zero is invalid even if c is a quiet NaN (RISC-V unprivileged manual, "F" extension). */
export function mulAdd<T>(a: u64, b: u64, c: u64, rm: u32): u64 {
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if (!isFinite<T>(a) || !isFinite<T>(b) || !isFinite<T>(c)) return mulAddSpecial<T>(sign, a, b, c);
  const signC = signOf<T>(c);
  if (isZero<T>(a) || isZero<T>(b)) return !isZero<T>(c) || signC == sign ? c : cancelledZero<T>(rm);

  // The product as 128 bits, value (hi:lo) * 2^(exponent - 124): leading bit at 124 or 125. The widest format leaves its lowest
  // 20 bits zero.
  const x = significandOf<T>(a), y = significandOf<T>(b);
  let exponent = exponentOf<T>(a) + exponentOf<T>(b);
  let hi = mulHigh(x, y), lo = x * y;
  let resultSign = sign;
  if (!isZero<T>(c)) {
    // The addend at the same scale: leading bit at 124, the lowest 72 bits zero.
    const z = significandOf<T>(c);
    let addHi = z >> 2, addLo = z << 62;
    const exponentC = exponentOf<T>(c);
    const distance = exponent - exponentC;
    // The smaller one is shifted with a sticky bit. If bits really fall out, the two are three or more exponents apart, so a
    // subtraction cancels two places at most, and the sticky bit stays far below the rounding position.
    if (distance > 0) {
      const sticky = lostBits(addHi, addLo, distance);
      addLo = lowShifted(addHi, addLo, distance) | sticky;
      addHi = distance > 63 ? 0 : addHi >> distance;
    } else if (distance < 0) {
      const sticky = lostBits(hi, lo, -distance);
      lo = lowShifted(hi, lo, -distance) | sticky;
      hi = distance < -63 ? 0 : hi >> -distance;
      exponent = exponentC;
    }
    if (signC == sign) {
      lo += addLo;
      hi += addHi + u64(lo < addLo);
    } else {
      if (hi < addHi || (hi == addHi && lo < addLo)) {
        resultSign ^= 1;
        const borrow = u64(addLo < lo);
        lo = addLo - lo;
        hi = addHi - hi - borrow;
      } else {
        const borrow = u64(lo < addLo);
        lo -= addLo;
        hi -= addHi + borrow;
      }
      if ((hi | lo) == 0) return cancelledZero<T>(rm);
    }
  }

  // Leading bit to bit 126 (the sum is below 2^127), which is bit 62 of hi; the rest is sticky.
  if (hi == 0) {
    hi = lo;
    lo = 0;
    exponent -= 64;
    if (<i64>hi < 0) {
      lo = hi << 63;
      hi >>= 1;
      exponent++;
    }
  }
  const shift = <i32>clz(hi) - 1;
  if (shift > 0) {
    hi = (hi << shift) | (lo >> (64 - shift));
    lo <<= shift;
  }
  return roundPack<T>(resultSign, exponent + 2 - shift, hi | u64(lo != 0), rm);
}

function mulAddSpecial<T>(sign: u32, a: u64, b: u64, c: u64): u64 {
  const infiniteProduct = isInfinite<T>(a) || isInfinite<T>(b);
  if (infiniteProduct && (isZero<T>(a) || isZero<T>(b))) return invalid<T>();
  if (isNaN<T>(a) || isNaN<T>(b) || isNaN<T>(c)) {
    if (isSignaling<T>(c)) raise(NV);
    return nanResult<T>(a, b);
  }
  if (!infiniteProduct) return c;
  if (isInfinite<T>(c) && signOf<T>(c) != sign) return invalid<T>();
  return withSign<T>(sign, infinity<T>());
}

/** 1 if any of the `count` (> 0) lowest bits of hi:lo is set. */
// @ts-ignore: decorator
@inline function lostBits(hi: u64, lo: u64, count: i32): u64 {
  if (count > 127) return u64((hi | lo) != 0);
  if (count > 63) return u64((lo | (hi & (((<u64>1) << (count & 63)) - 1))) != 0);
  return u64((lo & (((<u64>1) << count) - 1)) != 0);
}

/** Low word of hi:lo >> count, count > 0. */
// @ts-ignore: decorator
@inline function lowShifted(hi: u64, lo: u64, count: i32): u64 {
  if (count > 127) return 0;
  if (count > 63) return hi >> (count & 63);
  return (lo >> count) | (hi << (64 - count));
}
