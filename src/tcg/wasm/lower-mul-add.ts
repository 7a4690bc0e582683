/**
 * Fused multiply-add of plain operations, for engines without one (relaxed-simd.ts). Each takes the operands' values once, gives the result, and the
 * test that must fail besides the usual one of its exponent, in a shape that branch hints know.
 */
import { F64, Float, I64, Wasm, WRAP, type Expr } from './binaryen.js';
import type { BlockLowering } from './block-lowering.js';

export interface MulAdd {
  readonly result: Expr;
  /** Whether the result is not to be taken. */
  readonly fails: Expr;
}

const FRACTION = (1n << 52n) - 1n;
const SIGN = 1n << 63n;
const BIAS = 1023n;
const EPSILON = 2 ** -52;

/** Fraction bits of binary64 that binary32 has not: the value of a tie. */
const TIE = 1n << 28n;

/**
 * binary32, in binary64: the product is exact, so the sum is rounded to 53 bits, then to 24. The first rounding moves a sum to a tie of the second
 * or leaves it on its side of all ties, as those are binary64 numbers: the result is wrong at a tie only.
 */
export function mulAdd32(b: BlockLowering, a: Expr, y: Expr, c: Expr): MulAdd {
  const { m } = b;
  const wide = (value: Expr) => m.unary(Float.promote, value);
  const sum = b.spill(m.binary(Float.add[1], m.binary(Float.mul[1], wide(a), wide(y)), wide(c)), F64);
  const lost = m.binary(Wasm.and[1], m.unary(Float.toBits[1], m.get(sum, F64)), m.i64(2n * TIE - 1n));
  // lost = TIE: then, and only then, this is -1
  const distance = m.binary(Wasm.sub[0], m.unary(WRAP, lost), m.i32(Number(TIE) + 1));
  return { result: m.unary(Float.demote, m.get(sum, F64)), fails: m.binary(Wasm.geU[0], distance, m.i32(-1)) };
}

/**
 * binary64, by error-free transformations as the soft float does it (assembly/softfloat/native.ts, nativeMulAdd64, has the proof):
 * a b + c = s + t + u, p = RN(a b), u = a b - p exactly by 64-bit integers, s = RN(p + c), t = p + c - s exactly. The result is taken if
 * s + (t + u) rounds to the same number from both sides of the error of t + u.
 */
export function mulAdd64(b: BlockLowering, factor: Expr, otherFactor: Expr, addend: Expr): MulAdd {
  const { m } = b;
  const float = (value: Expr) => {
    const local = b.spill(value, F64);
    return () => m.get(local, F64);
  };
  const integer = (value: Expr) => {
    const local = b.spill(value, I64);
    return () => m.get(local, I64);
  };
  const { add, sub, mul, shl, shrU, and, or } = Wasm;
  const i = (operator: readonly [number, number], x: Expr, y: Expr) => m.binary(operator[1], x, y);
  const x = (operator: readonly [number, number], left: Expr, right: Expr) => m.binary(operator[1], left, right);
  const bitsOf = (value: Expr) => m.unary(Float.toBits[1], value);

  const a = float(factor);
  const c = float(addend);
  const y = float(otherFactor);
  const p = float(x(Float.mul, a(), y()));
  const s = float(x(Float.add, p(), c()));
  const [bitsA, bitsB, bitsP] = [a, y, p].map((value) => integer(bitsOf(value())));
  const field = (bits: Expr) => i(and, i(shrU, bits, m.i64(52n)), m.i64(0x7ffn));
  const [fieldA, fieldB] = [bitsA, bitsB].map((bits) => integer(field(bits())));
  const fields = integer(i(add, fieldA(), fieldB()));
  const significand = (bits: Expr) => i(or, i(and, bits, m.i64(FRACTION)), m.i64(FRACTION + 1n));
  // the product's error as an integer, and its unit with the product's sign
  const k = i(sub, field(bitsP()), i(sub, fields(), m.i64(BIAS + 52n)));
  const error = i(sub, i(mul, significand(bitsA()), significand(bitsB())), i(shl, significand(bitsP()), k));
  const unit = i(or, i(shl, i(sub, fields(), m.i64(BIAS + 104n)), m.i64(52n)), i(and, bitsP(), m.i64(-SIGN)));
  const u = x(Float.mul, m.unary(Float.fromS64[1], error), m.unary(Float.fromBits[1], unit));
  // the sum's error (TwoSum)
  const w = float(x(Float.sub, s(), p()));
  const t = x(Float.add, x(Float.sub, p(), x(Float.sub, s(), w())), x(Float.sub, c(), w()));
  const v = float(x(Float.add, t, u));
  const end = (scale: number) => x(Float.add, s(), x(Float.mul, v(), m.f64(scale)));
  const r = float(end(1 - EPSILON));
  // normal factors whose product's error is a normal number too
  const isNormal = (bits: Expr) => m.binary(Wasm.ne[1], bits, m.i64(0n));
  const tests = [
    isNormal(fieldA()),
    isNormal(fieldB()),
    i(Wasm.geU, fields(), m.i64(2n * BIAS - 1022n + 104n)),
    x(Float.eq, r(), end(1 + EPSILON)),
  ];
  const all = tests.reduce((left, right) => m.binary(Wasm.and[0], left, right));
  return { result: r(), fails: m.unary(Wasm.eqz[0], all) };
}
