// The host's own arithmetic where it provably gives the same bits and the same flags as the soft operations, in round-to-nearest-even
// (wasm knows no other mode, and hides the flags). Whatever a condition here does not cover goes to the soft operation.
//
// wasm's f32 and f64 operations are those of IEEE 754-2019: correctly rounded, RNE, subnormals kept; only NaN bits are
// unspecified, so a NaN result is never used. What has to be shown is that no flag is missed:
//   NV, DZ  give a NaN or an infinity from finite operands: only finite results are used. (A finite sum, product or root means
//           finite operands.)
//   OF      gives an infinity in RNE: the same.
//   UF      needs an inexact result that is tiny after rounding: its magnitude is then at most the smallest normal number, so strictly
//           larger ones are safe. Sums are multiples of the smallest subnormal: a tiny sum is exact.
//   NX      does not matter when fflags already has it (`inexact` below). Otherwise exactness is decided as each comment says.
//
// F is the host's type of the format T: f64 for u64, f32 for u32.

import {
  NX, RNE, fractionBits, fractionMask, infinity, isFinite, isInfinite, isZero, magnitudeOf, raise, signBit, significandOf,
} from './formats';
import { add } from './add';
import { div } from './div';
import { mulAdd } from './fma';
import { mul } from './mul';
import { sqrt } from './sqrt';
import { toFormat } from './convert';

// @ts-ignore: decorator
@inline function fromBits<F, T>(a: u64): F {
  return reinterpret<F>(<T>a);
}

// @ts-ignore: decorator
@inline function toBits<F, T>(x: F): u64 {
  return <u64>reinterpret<T>(x);
}

/** Finite and above the smallest normal number in magnitude. */
// @ts-ignore: decorator
@inline function isSafe<T>(a: u64): bool {
  const lowest = fractionMask<T>() + 2;
  return magnitudeOf<T>(a) - lowest < infinity<T>() - lowest;
}

/** The rounding error of s = x + y (Knuth's TwoSum: exact for all finite operands unless an intermediate overflows). */
// @ts-ignore: decorator
@inline function sumError<F>(x: F, y: F, s: F): F {
  const v = s - x;
  return (x - (s - v)) + (y - v);
}

export function nativeAdd<F, T>(a: u64, b: u64, inexact: bool): u64 {
  const x = fromBits<F, T>(a), y = fromBits<F, T>(b);
  const s: F = x + y;
  const bits = toBits<F, T>(s);
  // Error zero: exact. An intermediate that overflows leaves an infinity or a NaN in the error, hence the soft way.
  if (isFinite<T>(bits) && (inexact || sumError<F>(x, y, s) == <F>0)) return bits;
  return add<T>(a, b, RNE);
}

export function nativeMul<F, T>(a: u64, b: u64, inexact: bool): u64 {
  const bits = toBits<F, T>(fromBits<F, T>(a) * fromBits<F, T>(b));
  if (isSafe<T>(bits)) {
    if (inexact) return bits;
    // With odd parts of m and n bits, the product's odd part has m + n - 1 or m + n bits; it is exact iff it fits the significand.
    const length = 126 - <i32>ctz(significandOf<T>(a)) - <i32>ctz(significandOf<T>(b));
    if (length <= fractionBits<T>() + 1) return bits;
    if (length > fractionBits<T>() + 2) {
      raise(NX);
      return bits;
    }
  } else if (isZero<T>(bits) && (isZero<T>(a) || isZero<T>(b))) {
    return bits;
  }
  return mul<T>(a, b, RNE);
}

export function nativeDiv<F, T>(a: u64, b: u64, inexact: bool): u64 {
  if (inexact) {
    const bits = toBits<F, T>(fromBits<F, T>(a) / fromBits<F, T>(b));
    // A zero from a zero dividend or an infinite divisor is exact; the other operand is then in order, or the quotient were a NaN.
    if (isSafe<T>(bits) || (isZero<T>(bits) && (isZero<T>(a) || isInfinite<T>(b)))) return bits;
  }
  return div<T>(a, b, RNE);
}

export function nativeSqrt64(a: u64, inexact: bool): u64 {
  if (inexact) {
    const bits = reinterpret<u64>(Math.sqrt(reinterpret<f64>(a)));
    if (isFinite<u64>(bits)) return bits; // zero, or normal: the root of the smallest subnormal is 2^-537
  }
  return sqrt<u64>(a, RNE);
}

export function nativeSqrt32(a: u64, inexact: bool): u64 {
  if (inexact) {
    const bits = <u64>reinterpret<u32>(Mathf.sqrt(reinterpret<f32>(<u32>a)));
    if (isFinite<u32>(bits)) return bits;
  }
  return sqrt<u32>(a, RNE);
}

/**
 * binary32 fused multiply-add in binary64. The product is exact (48 bits, exponents far from the limits of binary64). The sum is
 * rounded to odd: if inexact, to the one of its two neighbours whose last bit is 1. Rounding that to 24 bits gives what rounding
 * the exact sum would give, as 53 >= 24 + 2 (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
 * rounding to odd", 2008); it also keeps the result inexact iff it was.
 */
export function nativeMulAdd32(a: u64, b: u64, c: u64): u64 {
  const p = <f64>reinterpret<f32>(<u32>a) * <f64>reinterpret<f32>(<u32>b);
  const z = <f64>reinterpret<f32>(<u32>c);
  let s = p + z;
  const error = sumError<f64>(p, z, s);
  if (error != 0) s = roundedToOdd(s, error); // also taken, without harm, for NaNs
  const r = <f32>s;
  const bits = <u64>reinterpret<u32>(r);
  if (isSafe<u32>(bits) || s == 0) {
    if (<f64>r != s) raise(NX);
    return bits;
  }
  return mulAdd<u32>(a, b, c, RNE);
}

/** Given s, nearest to s + error, error not zero: the neighbour of s + error with an odd last bit. */
// @ts-ignore: decorator
@inline function roundedToOdd(s: f64, error: f64): f64 {
  const bits = reinterpret<u64>(s);
  if (bits & 1) return s;
  // One step away from zero if the error has the sign of s, else towards it. s is not zero: zero sums are exact.
  return reinterpret<f64>((<i64>(bits ^ reinterpret<u64>(error)) >= 0) ? bits + 1 : bits - 1);
}

/**
 * binary64 fused multiply-add by error-free transformations: a b + c = s + t + u, where p = RN(a b), u = a b - p,
 * s = RN(p + c), t = p + c - s. Measured on Node 20: 7 ns, against 17 ns for mulAdd.
 *
 * u: with 53-bit integers A, B, P of a, b, p, u is A B - P 2^k in units of ulp(a) ulp(b), at most 2^52 in magnitude, so arithmetic modulo
 * 2^64 gives it exactly; the exponent condition keeps the unit a normal number (and p above 2^-919), so the scaling is exact too.
 * v = RN(t + u) is within half an ulp of t + u (exact if subnormal); multiplying by 1 -+ 2^-52 moves it by at least one ulp, or, if
 * it is subnormal, not beyond its exact value. So t + u lies between the two factors' products, and as rounding is monotonic,
 * s + t + u rounds to r if both ends do. Ties and near ties make the ends differ and take the soft way, as does everything that
 * overflows in between (an infinite or NaN r is not safe).
 */
export function nativeMulAdd64(a: u64, b: u64, c: u64, inexact: bool): u64 {
  const fieldA = (a >> 52) & 0x7ff, fieldB = (b >> 52) & 0x7ff;
  if (fieldA != 0 && fieldB != 0 && fieldA + fieldB >= 2 * 1023 - 1022 + 104) {
    const p = reinterpret<f64>(a) * reinterpret<f64>(b);
    const z = reinterpret<f64>(c);
    const s = p + z;
    const bitsP = reinterpret<u64>(p);
    const k = ((bitsP >> 52) & 0x7ff) - fieldA - fieldB + 1023 + 52; // 52 or 53
    const error = <i64>(integerOf(a) * integerOf(b) - (integerOf(bitsP) << k));
    const unit = reinterpret<f64>(((fieldA + fieldB - 1023 - 104) << 52) | (bitsP & signBit<u64>())); // with the sign of the product
    const v = sumError<f64>(p, z, s) + <f64>error * unit;
    const r = s + v * (1 - 2.220446049250313e-16);
    const bits = reinterpret<u64>(r);
    if (r == s + v * (1 + 2.220446049250313e-16) && isSafe<u64>(bits) && (inexact || v == 0)) return bits;
  }
  return mulAdd<u64>(a, b, c, RNE);
}

/** The significand of a normal binary64 number as a 53-bit integer. */
// @ts-ignore: decorator
@inline function integerOf(a: u64): u64 {
  return (a & fractionMask<u64>()) | (fractionMask<u64>() + 1);
}

/** binary64 to binary32. */
export function nativeNarrow(a: u64): u64 {
  const x = reinterpret<f64>(a);
  const r = <f32>x;
  const bits = <u64>reinterpret<u32>(r);
  if (isSafe<u32>(bits)) {
    if (<f64>r != x) raise(NX);
    return bits;
  }
  return toFormat<u64, u32>(a, RNE);
}

/** binary32 to binary64: exact but for NaNs. */
export function nativeWiden(a: u64): u64 {
  if (isFinite<u32>(a)) return reinterpret<u64>(<f64>reinterpret<f32>(<u32>a));
  return toFormat<u32, u64>(a, RNE);
}
