/**
 * Floating-point helpers as wasm's own arithmetic (see InlineFloat): the operation is done, and its result taken if a cheap test of it and of env
 * shows that the helper would have given the same bits and no new flag. Else the helper is called.
 *
 * The tests look at results only: a finite sum, product, quotient or root has operands in order, and rules out invalid, divide by zero and
 * overflow; a magnitude of at least twice the smallest normal number rules out underflow; env says that inexact has accrued already.
 */
import type { EnvTest, FloatOp, InlineFloat } from '../inline-float.js';
import { Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import { EXTEND_S32, EXTEND_U32, F32, F64, Float, I32, I64, Relaxed, Wasm, WRAP, type Expr, type WasmModule } from './binaryen.js';
import type { BlockLowering } from './block-lowering.js';
import { ENV } from './function-locals.js';
import { PC } from './global-flow.js';
import { mulAdd32, mulAdd64 } from './lower-mul-add.js';
import type { Region } from './region.js';

/** All ones above a binary32 value. */
const BOX = -0x1_0000_0000n;

const EXPONENT = [
  { shift: 23, max: 0xff },
  { shift: 52, max: 0x7ff },
] as const;

/** Index of a format in tables of operators. */
type Format = 0 | 1;

interface Context {
  readonly b: BlockLowering;
  readonly m: WasmModule;
  readonly f: Format;
  /** Argument k as a float of the op's format; as often as wanted. */
  arg(k: number): Expr;
  /** Argument k as it is. */
  raw(k: number): Expr;
  /** The engine has a multiply-add that rounds once. */
  readonly fusedMulAdd: boolean;
  /** Truth values that must all hold. */
  readonly tests: Expr[];
  /** An upper limit of a result's range: `value`, or 0 if env does not allow the operation; env then needs no test of its own. */
  limit(value: number): Expr;
}

/** A value as an i64, or as a binary64 number. */
type Value = { readonly bits: Expr } | { readonly double: Expr };
/** Makes the value and adds the tests of it. */
type Lower = (c: Context) => Value;

function box(c: Context, bits: Expr): Expr {
  return c.m.binary(Wasm.or[1], c.m.unary(EXTEND_U32, bits), c.m.i64(BOX));
}

/** A float result of format `f` as a register holds it, in a local; `least`: the smallest exponent field that is safe. */
function checked(c: Context, result: Expr, least: number, f: Format = c.f): Value {
  const { m, b } = c;
  const type = f ? F64 : F32;
  const number = b.spill(result, type);
  const { shift, max } = EXPONENT[f];
  const high = m.binary(Wasm.shrU[f], m.unary(Float.toBits[f], m.get(number, type)), f ? m.i64(BigInt(shift)) : m.i32(shift));
  const field = m.binary(Wasm.and[0], f ? m.unary(WRAP, high) : high, m.i32(max));
  const fromLeast = least > 0 ? m.binary(Wasm.sub[0], field, m.i32(least)) : field;
  c.tests.push(m.binary(Wasm.ltU[0], fromLeast, c.limit(max - least)));
  return f ? { double: m.get(number, F64) } : { bits: box(c, m.unary(Float.toBits[0], m.get(number, F32))) };
}

/** Exponent fields from here on are safe from underflow: 1 includes the smallest normal number, to which tiny results may round. */
const NOT_TINY = 2;

const binary =
  (operator: readonly [number, number], least: number): Lower =>
  (c) =>
    checked(c, c.m.binary(operator[c.f], c.arg(0), c.arg(1)), least);

/** Exact unless an operand is a NaN, and then the result is one. */
const select =
  (operator: readonly [number, number]): Lower =>
  (c) =>
    notNan(c, c.m.binary(operator[c.f], c.arg(0), c.arg(1)));

function notNan(c: Context, result: Expr): Value {
  const { m, b, f } = c;
  const local = b.spill(result, f ? F64 : F32);
  const get = () => m.get(local, f ? F64 : F32);
  c.tests.push(m.binary(Float.eq[f], get(), get()));
  return f ? { double: get() } : { bits: box(c, m.unary(Float.toBits[0], get())) };
}

const comparison =
  (operator: readonly [number, number]): Lower =>
  (c) => {
    const { m, f } = c;
    const ordered = (k: number) => m.binary(Float.eq[f], c.arg(k), c.arg(k));
    c.tests.push(ordered(0), ordered(1));
    return { bits: m.unary(EXTEND_U32, m.binary(operator[f], c.arg(0), c.arg(1))) };
  };

/** Truncation, of what is well inside the range. */
const truncate =
  (operator: readonly [number, number], bits: 32 | 64): Lower =>
  (c) => {
    const { m, f } = c;
    const limit = f ? m.f64(2 ** (bits - 1)) : m.unary(Float.demote, m.f64(2 ** (bits - 1)));
    c.tests.push(m.binary(Float.lt[f], m.unary(Float.abs[f], c.arg(0)), limit));
    const value = m.unary(operator[f], c.arg(0));
    return { bits: bits === 32 ? m.unary(EXTEND_S32, value) : value };
  };

/** From an integer: never tiny, never too large. */
const fromInt =
  (operator: readonly [number, number], bits: 32 | 64): Lower =>
  (c) => {
    const { m, f } = c;
    const value = m.unary(operator[f], bits === 32 ? m.unary(WRAP, c.raw(0)) : c.raw(0));
    return f ? { double: value } : { bits: box(c, m.unary(Float.toBits[0], value)) };
  };

const fused =
  (negateProduct: boolean, negateAddend: boolean): Lower =>
  (c) => {
    const { b, m, f, tests } = c;
    const negated = (k: number) => m.unary(Float.neg[f], c.arg(k));
    const addend = negateAddend ? negated(2) : c.arg(2);
    if (c.fusedMulAdd) {
      const operation = negateProduct ? Relaxed.nmadd : Relaxed.madd;
      return checked(c, m.relaxed(operation, f, [c.arg(0), c.arg(1), addend]), NOT_TINY);
    }
    const mulAdd = f ? mulAdd64 : mulAdd32;
    return checked(c, mulAdd(b, tests, negateProduct ? negated(0) : c.arg(0), c.arg(1), addend), NOT_TINY);
  };

const LOWER: Record<FloatOp, Lower> = {
  add: binary(Float.add, 0),
  sub: binary(Float.sub, 0),
  mul: binary(Float.mul, NOT_TINY),
  div: binary(Float.div, NOT_TINY),
  sqrt: (c) => checked(c, c.m.unary(Float.sqrt[c.f], c.arg(0)), 0),
  mulAdd: fused(false, false),
  mulSub: fused(false, true),
  negMulSub: fused(true, false),
  negMulAdd: fused(true, true),
  min: select(Float.min),
  max: select(Float.max),
  eq: comparison(Float.eq),
  lt: comparison(Float.lt),
  le: comparison(Float.le),
  toInt32: truncate(Float.truncS32, 32),
  toInt64: truncate(Float.truncS64, 64),
  fromInt32: fromInt(Float.fromS32, 32),
  fromUint32: fromInt(Float.fromU32, 32),
  fromInt64: fromInt(Float.fromS64, 64),
  fromUint64: fromInt(Float.fromU64, 64),
  widen(c) {
    const { m, b } = c;
    c.tests.push(isBoxed(m, c.raw(0)));
    const local = b.spill(m.unary(Float.promote, m.unary(Float.fromBits[0], m.unary(WRAP, c.raw(0)))), F64);
    c.tests.push(m.binary(Float.eq[1], m.get(local, F64), m.get(local, F64)));
    return { double: m.get(local, F64) };
  },
  narrow: (c) => checked(c, c.m.unary(Float.demote, c.arg(0)), NOT_TINY, 0),
};

const FROM_INT: ReadonlySet<FloatOp> = new Set<FloatOp>(['fromInt32', 'fromUint32', 'fromInt64', 'fromUint64', 'widen']);

const isBoxed = (m: WasmModule, value: Expr): Expr => m.binary(Wasm.geU[1], value, m.i64(BOX));

/** Lowers a call of a helper with an `inline` description, whose arguments start at word p + 3; false if the helper must be called anyway. */
export function lowerFloat(b: BlockLowering, helper: HelperDef, ops: Int32Array, p: number, fusedMulAdd = false): boolean {
  const { inline } = helper;
  if (inline === undefined || ops[p + 1] < 0) return false;
  const envTest = roundingTest(b, inline, ops, p);
  if (envTest === undefined) return false;

  const { m } = b;
  const f: Format = inline.bits === 64 ? 1 : 0;
  const temps = operandTemps(inline, helper, ops, p);
  const operands = temps.map((temp) => b.operand(temp));
  const raw = (k: number) => operands[k]();
  const doubles = f && !FROM_INT.has(inline.op) ? temps.map((temp) => b.floatOperand(temp)) : [];
  const arg = (k: number) => (f ? doubles[k]() : m.unary(Float.fromBits[0], m.unary(WRAP, raw(k))));
  const tests: Expr[] = [];
  // The conjunction of the values is boxed iff each one is.
  if (!f && !FROM_INT.has(inline.op)) {
    tests.push(
      isBoxed(
        m,
        operands.map((get) => get()).reduce((all, value) => m.binary(Wasm.and[1], all, value)),
      ),
    );
  }
  let tested = envTest === 'always';
  const limit = (most: number): Expr => {
    if (envTest === 'always') return m.i32(most);
    tested = true;
    return limitByEnv(b, envTest, most);
  };
  const value = LOWER[inline.op]({ b, m, f, arg, raw, fusedMulAdd, tests, limit });
  if (!tested && envTest !== 'always') tests.push(testEnv(b, envTest));
  const d = ops[p + 1];
  const isFloat = b.isFloat(d);
  const bits = (v: Value) => ('bits' in v ? v.bits : m.unary(Float.toBits[1], v.double));
  const double = (v: Value) => ('double' in v ? v.double : m.unary(Float.fromBits[1], v.bits));
  if (tests.length === 0) {
    if (isFloat) b.defineFloat(d, double(value));
    else b.define(d, bits(value));
    return true;
  }
  const result = b.scratch(isFloat ? F64 : I64);
  m.importFunction(`helper_${helper.name}`, [I32, ...Array.from({ length: helper.args }, () => I64)], I64);
  const args = operands.map((get) => get());
  for (let k = temps.length; k < helper.args; k++) args.push(b.use(ops[p + 3 + k]));
  const call = m.call(`helper_${helper.name}`, [m.get(ENV, I32), ...args], I64);
  const all = tests.reduce((left, right) => m.binary(Wasm.and[0], left, right));
  const called: Value = { bits: call };
  b.list.push(m.if(all, m.set(result, isFloat ? double(value) : bits(value)), m.set(result, isFloat ? double(called) : bits(called))));
  if (isFloat) b.defineFloat(d, m.get(result, F64));
  else b.define(d, m.get(result, I64), false);
  return true;
}

/** The arguments that the operation is done on. */
function operandTemps(inline: InlineFloat, helper: HelperDef, ops: Int32Array, p: number): number[] {
  const used = helper.args - (inline.ignoredArgs ?? (inline.rounding ? 1 : 0));
  return Array.from(ops.subarray(p + 3, p + 3 + used));
}

const TO_INT: ReadonlySet<FloatOp> = new Set<FloatOp>(['eq', 'lt', 'le', 'toInt32', 'toInt64']);

/** Globals of a region that inline operations take or give as binary64 numbers: they are kept as such. */
export function floatGlobals(region: Region, helpers: readonly HelperDef[], globalCount: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { ops, opCount } of region.tbs) {
    for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) {
      if (ops[p] !== Op.call) continue;
      const helper = helpers[ops[p + 2]];
      const { inline } = helper;
      if (inline?.bits !== 64) continue;
      const takes = FROM_INT.has(inline.op) ? [] : operandTemps(inline, helper, ops, p);
      const gives = TO_INT.has(inline.op) || inline.op === 'narrow' ? [] : [ops[p + 1]];
      for (const temp of [...takes, ...gives]) if (temp > PC && temp < globalCount) found.add(temp);
    }
  }
  return found;
}

function roundingTest(b: BlockLowering, inline: InlineFloat, ops: Int32Array, p: number): EnvTest | 'always' | undefined {
  if (inline.rounding === undefined) return 'always';
  const mode = ops[p + 3 + inline.rounding.arg];
  return b.isConst(mode) ? inline.rounding.when.get(Number(b.constOf(mode))) : undefined;
}

const envAllows = ({ m }: BlockLowering, { offset, mask, value }: EnvTest): Expr =>
  m.binary(Wasm.eq[1], m.binary(Wasm.and[1], m.load(8, false, I64, m.get(ENV, I32), offset), m.i64(mask)), m.i64(value));

/** Once a block: only what may change anything in env can make it false again (flags accrue). */
function testEnv(b: BlockLowering, test: EnvTest): Expr {
  const { offset, mask, value } = test;
  return b.m.get(
    b.remembered(`${offset} ${mask} ${value}`, () => envAllows(b, test)),
    I32,
  );
}

/** The same as an unsigned limit: one comparison and branch instead of two truth values (a tenth of n-body's time). */
function limitByEnv(b: BlockLowering, test: EnvTest, most: number): Expr {
  const { m } = b;
  const { offset, mask, value } = test;
  const make = () => m.select(envAllows(b, test), m.i32(most), m.i32(0));
  return m.get(b.remembered(`${offset} ${mask} ${value} ${most}`, make), I32);
}
