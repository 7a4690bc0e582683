// The floating-point helpers of RISC-V F, D, Zfh, Zfbfmin and Zfa: operands unboxed, rounding mode resolved, result boxed, flags accrued.
// RISC-V unprivileged manual, chapters "F", "D", "Zfh", "BF16", "Zfa".
//
// Arguments and results are raw 64-bit f registers (or x registers, for integers). rm is 0 to 4, or 7 for frm; a reserved mode never
// gets here: the frontend makes it an illegal instruction.

import { hart } from './env';
import { NX, RM_DYN, RNE, canonicalNaN, signBit, takeRaised } from '../../softfloat/formats';
import { add } from '../../softfloat/add';
import { classify, eq, le, leQuiet, lt, ltQuiet, maximum, maxNumber, minimum, minNumber } from '../../softfloat/compare';
import { fromSigned, fromUnsigned, roundToIntegral, toFormat, toI32, toI32Modular, toI64, toU32, toU64 } from '../../softfloat/convert';
import { div } from '../../softfloat/div';
import { mulAdd } from '../../softfloat/fma';
import { mul } from '../../softfloat/mul';
import {
  nativeAdd, nativeDiv, nativeMul, nativeMulAdd32, nativeMulAdd64, nativeNarrow, nativeSqrt32, nativeSqrt64, nativeWiden,
} from '../../softfloat/native';
import { sqrt } from '../../softfloat/sqrt';

// ---- Register format ---------------------------------------------------------------------------------------------------

/** The upper bits of a narrower number in a register, all ones ("NaN Boxing of Narrower Values"). */
// @ts-ignore: decorator
@inline function boxing<T>(): u64 {
  const bits = sizeof<T>() * 8;
  return bits == 64 ? 0 : u64.MAX_VALUE << bits;
}

/** The number in a register; one that is not boxed properly counts as the canonical NaN. */
// @ts-ignore: decorator
@inline function unbox<T>(a: u64): u64 {
  if (sizeof<T>() == 8) return a;
  return a >= boxing<T>() ? a & ~boxing<T>() : canonicalNaN<T>();
}

// @ts-ignore: decorator
@inline function roundingMode(env: usize, rm: u64): u32 {
  return <u32>rm == RM_DYN ? hart(env).frm : <u32>rm;
}

/** Whether NX has already accrued, so that no one can tell another inexact result from an exact one. */
// @ts-ignore: decorator
@inline function inexactAccrued(env: usize): bool {
  return (hart(env).fflags & NX) != 0;
}

/** Accrues the flags of the operation whose result this is. */
// @ts-ignore: decorator
@inline function accrued(env: usize, result: u64): u64 {
  const flags = takeRaised();
  if (flags) hart(env).fflags |= flags;
  return result;
}

/** Accrues the flags and boxes the result. */
// @ts-ignore: decorator
@inline function boxed<T>(env: usize, result: u64): u64 {
  return accrued(env, result) | boxing<T>();
}

// ---- Operations by format ----------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline function sum<T>(env: usize, a: u64, b: u64, rm: u64): u64 {
  const mode = roundingMode(env, rm);
  if (sizeof<T>() > 2 && mode == RNE) {
    const inexact = inexactAccrued(env);
    return boxed<T>(env, sizeof<T>() == 8 ? nativeAdd<f64, u64>(a, b, inexact) : nativeAdd<f32, u32>(a, b, inexact));
  }
  return boxed<T>(env, add<T>(a, b, mode));
}

// @ts-ignore: decorator
@inline function fadd<T>(env: usize, a: u64, b: u64, rm: u64): u64 {
  return sum<T>(env, unbox<T>(a), unbox<T>(b), rm);
}

// @ts-ignore: decorator
@inline function fsub<T>(env: usize, a: u64, b: u64, rm: u64): u64 {
  return sum<T>(env, unbox<T>(a), unbox<T>(b) ^ signBit<T>(), rm);
}

// @ts-ignore: decorator
@inline function fmul<T>(env: usize, a: u64, b: u64, rm: u64): u64 {
  const mode = roundingMode(env, rm);
  const x = unbox<T>(a), y = unbox<T>(b);
  if (sizeof<T>() > 2 && mode == RNE) {
    const inexact = inexactAccrued(env);
    return boxed<T>(env, sizeof<T>() == 8 ? nativeMul<f64, u64>(x, y, inexact) : nativeMul<f32, u32>(x, y, inexact));
  }
  return boxed<T>(env, mul<T>(x, y, mode));
}

// @ts-ignore: decorator
@inline function fdiv<T>(env: usize, a: u64, b: u64, rm: u64): u64 {
  const mode = roundingMode(env, rm);
  const x = unbox<T>(a), y = unbox<T>(b);
  if (sizeof<T>() > 2 && mode == RNE) {
    const inexact = inexactAccrued(env);
    return boxed<T>(env, sizeof<T>() == 8 ? nativeDiv<f64, u64>(x, y, inexact) : nativeDiv<f32, u32>(x, y, inexact));
  }
  return boxed<T>(env, div<T>(x, y, mode));
}

// @ts-ignore: decorator
@inline function fsqrt<T>(env: usize, a: u64, rm: u64): u64 {
  const mode = roundingMode(env, rm);
  const x = unbox<T>(a);
  if (sizeof<T>() > 2 && mode == RNE) {
    const inexact = inexactAccrued(env);
    return boxed<T>(env, sizeof<T>() == 8 ? nativeSqrt64(x, inexact) : nativeSqrt32(x, inexact));
  }
  return boxed<T>(env, sqrt<T>(x, mode));
}

/** (-1)^negateProduct * a * b + (-1)^negateAddend * c. */
// @ts-ignore: decorator
@inline function fused<T>(env: usize, a: u64, b: u64, c: u64, rm: u64, negateProduct: bool, negateAddend: bool): u64 {
  const mode = roundingMode(env, rm);
  const x = unbox<T>(a) ^ (negateProduct ? signBit<T>() : 0);
  const y = unbox<T>(b);
  const z = unbox<T>(c) ^ (negateAddend ? signBit<T>() : 0);
  if (sizeof<T>() == 4 && mode == RNE) return boxed<T>(env, nativeMulAdd32(x, y, z));
  if (sizeof<T>() == 8 && mode == RNE) return boxed<T>(env, nativeMulAdd64(x, y, z, inexactAccrued(env)));
  return boxed<T>(env, mulAdd<T>(x, y, z, mode));
}

// @ts-ignore: decorator
@inline function narrow<From, To>(env: usize, a: u64, rm: u64): u64 {
  const mode = roundingMode(env, rm);
  if (sizeof<From>() == 8 && sizeof<To>() == 4 && mode == RNE) return boxed<To>(env, nativeNarrow(a));
  return boxed<To>(env, toFormat<From, To>(unbox<From>(a), mode));
}

// @ts-ignore: decorator
@inline function widen<From, To>(env: usize, a: u64): u64 {
  if (sizeof<From>() == 4) return boxed<To>(env, nativeWiden(unbox<From>(a)));
  return boxed<To>(env, toFormat<From, To>(unbox<From>(a), RNE));
}

// ---- F: binary32 ------------------------------------------------------------------------------------------------------

export function helper_fadd_s(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fadd<u32>(env, a, b, rm);
}

export function helper_fsub_s(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fsub<u32>(env, a, b, rm);
}

export function helper_fmul_s(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fmul<u32>(env, a, b, rm);
}

export function helper_fdiv_s(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fdiv<u32>(env, a, b, rm);
}

export function helper_fsqrt_s(env: usize, a: u64, rm: u64): u64 {
  return fsqrt<u32>(env, a, rm);
}

export function helper_fmadd_s(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u32>(env, a, b, c, rm, false, false);
}

export function helper_fmsub_s(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u32>(env, a, b, c, rm, false, true);
}

export function helper_fnmsub_s(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u32>(env, a, b, c, rm, true, false);
}

export function helper_fnmadd_s(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u32>(env, a, b, c, rm, true, true);
}

export function helper_fmin_s(env: usize, a: u64, b: u64): u64 {
  return boxed<u32>(env, minNumber<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fmax_s(env: usize, a: u64, b: u64): u64 {
  return boxed<u32>(env, maxNumber<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fminm_s(env: usize, a: u64, b: u64): u64 {
  return boxed<u32>(env, minimum<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fmaxm_s(env: usize, a: u64, b: u64): u64 {
  return boxed<u32>(env, maximum<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_feq_s(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>eq<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_flt_s(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>lt<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fle_s(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>le<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fltq_s(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>ltQuiet<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fleq_s(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>leQuiet<u32>(unbox<u32>(a), unbox<u32>(b)));
}

export function helper_fclass_s(env: usize, a: u64): u64 {
  return classify<u32>(unbox<u32>(a));
}

export function helper_fround_s(env: usize, a: u64, rm: u64): u64 {
  return boxed<u32>(env, roundToIntegral<u32>(unbox<u32>(a), roundingMode(env, rm), false));
}

export function helper_froundnx_s(env: usize, a: u64, rm: u64): u64 {
  return boxed<u32>(env, roundToIntegral<u32>(unbox<u32>(a), roundingMode(env, rm), true));
}

export function helper_fcvt_w_s(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI32<u32>(unbox<u32>(a), roundingMode(env, rm)));
}

export function helper_fcvt_wu_s(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU32<u32>(unbox<u32>(a), roundingMode(env, rm)));
}

export function helper_fcvt_l_s(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI64<u32>(unbox<u32>(a), roundingMode(env, rm)));
}

export function helper_fcvt_lu_s(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU64<u32>(unbox<u32>(a), roundingMode(env, rm)));
}

export function helper_fcvt_s_w(env: usize, x: u64, rm: u64): u64 {
  return boxed<u32>(env, fromSigned<u32>(<i64>(<i32>x), roundingMode(env, rm)));
}

export function helper_fcvt_s_wu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u32>(env, fromUnsigned<u32>(<u64>(<u32>x), roundingMode(env, rm)));
}

export function helper_fcvt_s_l(env: usize, x: u64, rm: u64): u64 {
  return boxed<u32>(env, fromSigned<u32>(<i64>x, roundingMode(env, rm)));
}

export function helper_fcvt_s_lu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u32>(env, fromUnsigned<u32>(x, roundingMode(env, rm)));
}

// ---- D: binary64 ------------------------------------------------------------------------------------------------------

export function helper_fadd_d(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fadd<u64>(env, a, b, rm);
}

export function helper_fsub_d(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fsub<u64>(env, a, b, rm);
}

export function helper_fmul_d(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fmul<u64>(env, a, b, rm);
}

export function helper_fdiv_d(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fdiv<u64>(env, a, b, rm);
}

export function helper_fsqrt_d(env: usize, a: u64, rm: u64): u64 {
  return fsqrt<u64>(env, a, rm);
}

export function helper_fmadd_d(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u64>(env, a, b, c, rm, false, false);
}

export function helper_fmsub_d(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u64>(env, a, b, c, rm, false, true);
}

export function helper_fnmsub_d(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u64>(env, a, b, c, rm, true, false);
}

export function helper_fnmadd_d(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u64>(env, a, b, c, rm, true, true);
}

export function helper_fmin_d(env: usize, a: u64, b: u64): u64 {
  return boxed<u64>(env, minNumber<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fmax_d(env: usize, a: u64, b: u64): u64 {
  return boxed<u64>(env, maxNumber<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fminm_d(env: usize, a: u64, b: u64): u64 {
  return boxed<u64>(env, minimum<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fmaxm_d(env: usize, a: u64, b: u64): u64 {
  return boxed<u64>(env, maximum<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_feq_d(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>eq<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_flt_d(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>lt<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fle_d(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>le<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fltq_d(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>ltQuiet<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fleq_d(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>leQuiet<u64>(unbox<u64>(a), unbox<u64>(b)));
}

export function helper_fclass_d(env: usize, a: u64): u64 {
  return classify<u64>(unbox<u64>(a));
}

export function helper_fround_d(env: usize, a: u64, rm: u64): u64 {
  return boxed<u64>(env, roundToIntegral<u64>(unbox<u64>(a), roundingMode(env, rm), false));
}

export function helper_froundnx_d(env: usize, a: u64, rm: u64): u64 {
  return boxed<u64>(env, roundToIntegral<u64>(unbox<u64>(a), roundingMode(env, rm), true));
}

export function helper_fcvt_w_d(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI32<u64>(unbox<u64>(a), roundingMode(env, rm)));
}

export function helper_fcvt_wu_d(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU32<u64>(unbox<u64>(a), roundingMode(env, rm)));
}

export function helper_fcvt_l_d(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI64<u64>(unbox<u64>(a), roundingMode(env, rm)));
}

export function helper_fcvt_lu_d(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU64<u64>(unbox<u64>(a), roundingMode(env, rm)));
}

export function helper_fcvt_d_w(env: usize, x: u64, rm: u64): u64 {
  return boxed<u64>(env, fromSigned<u64>(<i64>(<i32>x), roundingMode(env, rm)));
}

export function helper_fcvt_d_wu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u64>(env, fromUnsigned<u64>(<u64>(<u32>x), roundingMode(env, rm)));
}

export function helper_fcvt_d_l(env: usize, x: u64, rm: u64): u64 {
  return boxed<u64>(env, fromSigned<u64>(<i64>x, roundingMode(env, rm)));
}

export function helper_fcvt_d_lu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u64>(env, fromUnsigned<u64>(x, roundingMode(env, rm)));
}

// ---- Zfh: binary16 ----------------------------------------------------------------------------------------------------

export function helper_fadd_h(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fadd<u16>(env, a, b, rm);
}

export function helper_fsub_h(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fsub<u16>(env, a, b, rm);
}

export function helper_fmul_h(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fmul<u16>(env, a, b, rm);
}

export function helper_fdiv_h(env: usize, a: u64, b: u64, rm: u64): u64 {
  return fdiv<u16>(env, a, b, rm);
}

export function helper_fsqrt_h(env: usize, a: u64, rm: u64): u64 {
  return fsqrt<u16>(env, a, rm);
}

export function helper_fmadd_h(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u16>(env, a, b, c, rm, false, false);
}

export function helper_fmsub_h(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u16>(env, a, b, c, rm, false, true);
}

export function helper_fnmsub_h(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u16>(env, a, b, c, rm, true, false);
}

export function helper_fnmadd_h(env: usize, a: u64, b: u64, c: u64, rm: u64): u64 {
  return fused<u16>(env, a, b, c, rm, true, true);
}

export function helper_fmin_h(env: usize, a: u64, b: u64): u64 {
  return boxed<u16>(env, minNumber<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fmax_h(env: usize, a: u64, b: u64): u64 {
  return boxed<u16>(env, maxNumber<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fminm_h(env: usize, a: u64, b: u64): u64 {
  return boxed<u16>(env, minimum<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fmaxm_h(env: usize, a: u64, b: u64): u64 {
  return boxed<u16>(env, maximum<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_feq_h(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>eq<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_flt_h(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>lt<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fle_h(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>le<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fltq_h(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>ltQuiet<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fleq_h(env: usize, a: u64, b: u64): u64 {
  return accrued(env, <u64>leQuiet<u16>(unbox<u16>(a), unbox<u16>(b)));
}

export function helper_fclass_h(env: usize, a: u64): u64 {
  return classify<u16>(unbox<u16>(a));
}

export function helper_fround_h(env: usize, a: u64, rm: u64): u64 {
  return boxed<u16>(env, roundToIntegral<u16>(unbox<u16>(a), roundingMode(env, rm), false));
}

export function helper_froundnx_h(env: usize, a: u64, rm: u64): u64 {
  return boxed<u16>(env, roundToIntegral<u16>(unbox<u16>(a), roundingMode(env, rm), true));
}

export function helper_fcvt_w_h(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI32<u16>(unbox<u16>(a), roundingMode(env, rm)));
}

export function helper_fcvt_wu_h(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU32<u16>(unbox<u16>(a), roundingMode(env, rm)));
}

export function helper_fcvt_l_h(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toI64<u16>(unbox<u16>(a), roundingMode(env, rm)));
}

export function helper_fcvt_lu_h(env: usize, a: u64, rm: u64): u64 {
  return accrued(env, toU64<u16>(unbox<u16>(a), roundingMode(env, rm)));
}

export function helper_fcvt_h_w(env: usize, x: u64, rm: u64): u64 {
  return boxed<u16>(env, fromSigned<u16>(<i64>(<i32>x), roundingMode(env, rm)));
}

export function helper_fcvt_h_wu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u16>(env, fromUnsigned<u16>(<u64>(<u32>x), roundingMode(env, rm)));
}

export function helper_fcvt_h_l(env: usize, x: u64, rm: u64): u64 {
  return boxed<u16>(env, fromSigned<u16>(<i64>x, roundingMode(env, rm)));
}

export function helper_fcvt_h_lu(env: usize, x: u64, rm: u64): u64 {
  return boxed<u16>(env, fromUnsigned<u16>(x, roundingMode(env, rm)));
}

// ---- Between formats, and the odd one ------------------------------------------------------------------------------------

export function helper_fcvt_s_d(env: usize, a: u64, rm: u64): u64 {
  return narrow<u64, u32>(env, a, rm);
}

export function helper_fcvt_h_s(env: usize, a: u64, rm: u64): u64 {
  return narrow<u32, u16>(env, a, rm);
}

export function helper_fcvt_h_d(env: usize, a: u64, rm: u64): u64 {
  return narrow<u64, u16>(env, a, rm);
}

// rm is in the instruction but has no effect: widening is exact.

export function helper_fcvt_d_s(env: usize, a: u64, rm: u64): u64 {
  return widen<u32, u64>(env, a);
}

export function helper_fcvt_s_h(env: usize, a: u64, rm: u64): u64 {
  return widen<u16, u32>(env, a);
}

export function helper_fcvt_d_h(env: usize, a: u64, rm: u64): u64 {
  return widen<u16, u64>(env, a);
}

export function helper_fcvtmod_w_d(env: usize, a: u64): u64 {
  return accrued(env, toI32Modular(a));
}

// ---- Zfbfmin: bfloat16 ------------------------------------------------------------------------------------------------

export function helper_fcvt_bf16_s(env: usize, a: u64, rm: u64): u64 {
  return narrow<u32, i16>(env, a, rm);
}

/** Exact. */
export function helper_fcvt_s_bf16(env: usize, a: u64, rm: u64): u64 {
  return widen<i16, u32>(env, a);
}
