/**
 * Floating-point helpers that a backend may carry out itself. The TCG knows nothing of a target's FP state: the helper table says what env must
 * look like for the host's arithmetic (IEEE 754, round to nearest even, no flags) to be right. Where that, or the operands, leave any
 * doubt about the result or a flag, the backend calls the helper, or leaves for tci to do so.
 *
 * Operands and results are i64. How they hold binary32 values is a trait of the target (target-traits.ts).
 */

/** (u64 at `offset` in env & mask) === value. Once true it stays so until a helper that writes globals is called. */
export interface EnvTest {
  readonly offset: number;
  readonly mask: bigint;
  readonly value: bigint;
}

/**
 * `nearest` ops round to nearest even and may be inexact; they are right under `rounding`'s test if the result is finite and, but for add,
 * sub and sqrt, not tiny; so is what is `rounded`. `toInt32`, `toInt64` truncate. The rest is exact: a NaN among the operands leaves it to the helper.
 */
// prettier-ignore
export type FloatOp =
  | 'add' | 'sub' | 'mul' | 'div' | 'sqrt'
  | 'reciprocal' | 'reciprocalSqrt' // 1 / a, and 1 / sqrt(a), rounded twice
  | 'mulAdd' | 'mulSub' | 'negMulSub' | 'negMulAdd' // a b + c, a b - c, -(a b) + c, -(a b) - c, rounded once
  | 'min' | 'max' // the lesser zero is the negative one
  | 'eq' | 'lt' | 'le'
  | 'toInt32' | 'toInt64' // sign-extended
  | 'fromInt32' | 'fromUint32' | 'fromInt64' | 'fromUint64'
  | 'widen' // binary32 to this format
  | 'narrow' // this format to binary32
  | 'single' // to binary32 and back
  | 'toSingle'; // to binary32, if that changes nothing: else the helper

export interface InlineFloat {
  readonly op: FloatOp;
  readonly bits: 32 | 64;
  /** Which argument (a constant) is the rounding mode, and for its values what env must be like. Other values: the helper. Absent: no rounding. */
  readonly rounding?: { readonly arg: number; readonly when: ReadonlyMap<number, EnvTest> };
  /** What env must be like, if there is no argument that tells. Absent: anything. */
  readonly env?: EnvTest;
  /** A binary64 result is rounded to binary32, once, and held as binary64. */
  readonly rounded?: 32;
  /** The result changes its sign after rounding. */
  readonly negated?: boolean;
  /** Arguments at the end that make no difference. */
  readonly ignoredArgs?: number;
}
