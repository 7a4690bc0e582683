// The interchange formats of IEEE 754-2019 clause 3.4 and the state that every operation shares.
//
// A format is named by the unsigned integer type of its width: T = u16 is binary16, u32 binary32, u64 binary64; bfloat16, which is no
// interchange format, is i16. A number travels as its bit pattern in the low bits of a u64. Functions generic in T are instantiated by format, so that every width below is a
// constant to the compiler.

// Rounding modes: the values of frm and of the rm field (RISC-V unprivileged manual, "Floating-Point Control and Status Register").
export const RNE: u32 = 0;
export const RTZ: u32 = 1;
export const RDN: u32 = 2;
export const RUP: u32 = 3;
export const RMM: u32 = 4;
/** In an instruction: take the mode from frm. */
export const RM_DYN: u32 = 7;

// Accrued exceptions: the bits of fflags.
export const NX: u32 = 1;
export const UF: u32 = 2;
export const OF: u32 = 4;
export const DZ: u32 = 8;
export const NV: u32 = 16;

let raised: u32 = 0;
let rebiased: u32 = 0;

/** From here on results that overflow (OF) or are tiny (UF) get another exponent instead. Only for targets with the trait TRAPS_RANGE. */
// @ts-ignore: decorator
@inline export function rebias(flags: u32): void {
  rebiased = flags;
}

/** Whether results that would raise `flag` are rebiased. */
// @ts-ignore: decorator
@inline export function isRebiased(flag: u32): bool {
  return (rebiased & flag) != 0;
}

/** Notes exceptions of the operation in progress. */
// @ts-ignore: decorator
@inline export function raise(flags: u32): void {
  raised |= flags;
}

/** Returns the exceptions noted since the last call, and forgets them. */
// @ts-ignore: decorator
@inline export function takeRaised(): u32 {
  const flags = raised;
  raised = 0;
  return flags;
}

/** Width of the trailing significand field. */
// @ts-ignore: decorator
@inline export function fractionBits<T>(): i32 {
  return sizeof<T>() == 8 ? 52 : sizeof<T>() == 4 ? 23 : isSigned<T>() ? 7 : 10;
}

/** Largest biased exponent, that of infinities and NaNs. */
// @ts-ignore: decorator
@inline export function maxExponentField<T>(): i32 {
  return sizeof<T>() == 8 ? 0x7ff : sizeof<T>() == 4 || isSigned<T>() ? 0xff : 0x1f;
}

// @ts-ignore: decorator
@inline export function bias<T>(): i32 {
  return maxExponentField<T>() >> 1;
}

// @ts-ignore: decorator
@inline export function signBit<T>(): u64 {
  const bits = sizeof<T>() * 8;
  return (<u64>1) << (bits - 1);
}

// @ts-ignore: decorator
@inline export function fractionMask<T>(): u64 {
  return ((<u64>1) << fractionBits<T>()) - 1;
}

// @ts-ignore: decorator
@inline export function infinity<T>(): u64 {
  return (<u64>maxExponentField<T>()) << fractionBits<T>();
}

/** The one NaN that RISC-V operations produce: positive, quiet, the rest of the fraction zero. */
// @ts-ignore: decorator
@inline export function canonicalNaN<T>(): u64 {
  return infinity<T>() | quietBit<T>();
}

// @ts-ignore: decorator
@inline export function quietBit<T>(): u64 {
  const bit = fractionBits<T>() - 1;
  return (<u64>1) << bit;
}

/** 1 if negative (also of zeros and NaNs). */
// @ts-ignore: decorator
@inline export function signOf<T>(a: u64): u32 {
  return <u32>(a >> (sizeof<T>() * 8 - 1));
}

// @ts-ignore: decorator
@inline export function withSign<T>(sign: u32, magnitude: u64): u64 {
  return (sign ? signBit<T>() : 0) | magnitude;
}

// @ts-ignore: decorator
@inline export function magnitudeOf<T>(a: u64): u64 {
  return a & (signBit<T>() - 1);
}

// @ts-ignore: decorator
@inline export function isNaN<T>(a: u64): bool {
  return magnitudeOf<T>(a) > infinity<T>();
}

// @ts-ignore: decorator
@inline export function isSignaling<T>(a: u64): bool {
  return isNaN<T>(a) && (a & quietBit<T>()) == 0;
}

// @ts-ignore: decorator
@inline export function isInfinite<T>(a: u64): bool {
  return magnitudeOf<T>(a) == infinity<T>();
}

/** Neither infinite nor NaN. */
// @ts-ignore: decorator
@inline export function isFinite<T>(a: u64): bool {
  return magnitudeOf<T>(a) < infinity<T>();
}

// @ts-ignore: decorator
@inline export function isZero<T>(a: u64): bool {
  return magnitudeOf<T>(a) == 0;
}

// The decomposed form of a finite number other than zero: value = (-1)^sign * significand * 2^(exponent - 62), where the
// significand's leading bit is bit 62. Subnormals are normalised, so the exponent may lie below the format's range.

/** Unbiased exponent of a finite number other than zero. */
// @ts-ignore: decorator
@inline export function exponentOf<T>(a: u64): i32 {
  const magnitude = magnitudeOf<T>(a);
  const field = <i32>(magnitude >> fractionBits<T>());
  return field != 0 ? field - bias<T>() : 64 - bias<T>() - fractionBits<T>() - <i32>clz(magnitude);
}

/** Significand of a finite number other than zero, leading bit at bit 62. */
// @ts-ignore: decorator
@inline export function significandOf<T>(a: u64): u64 {
  const magnitude = magnitudeOf<T>(a);
  const fraction = a & fractionMask<T>();
  return magnitude > fractionMask<T>()
    ? (fraction | (fractionMask<T>() + 1)) << (62 - fractionBits<T>())
    : fraction << (clz(fraction) - 1);
}

/** The result of an operation with a NaN operand; a signalling one is invalid. */
export function nanResult<T>(a: u64, b: u64): u64 {
  if (isSignaling<T>(a) || isSignaling<T>(b)) raise(NV);
  return canonicalNaN<T>();
}

/** The result of an invalid operation. */
export function invalid<T>(): u64 {
  raise(NV);
  return canonicalNaN<T>();
}

/** The zero that x + (-x) gives (IEEE 754-2019 clause 6.3). */
// @ts-ignore: decorator
@inline export function cancelledZero<T>(rm: u32): u64 {
  return rm == RDN ? signBit<T>() : 0;
}
