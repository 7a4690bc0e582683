/**
 * Floating-point helpers as wasm's own arithmetic (see InlineFloat): the operation is done, and its result taken if a cheap test of it and of env
 * shows that the helper would have given the same bits and no new flag. Else the helper is called.
 *
 * The tests look at results only: a finite sum, product, quotient or root has operands in order, and rules out invalid, divide by zero and
 * overflow; a magnitude of at least twice the smallest normal number rules out underflow; env says that inexact has accrued already.
 */
import type { EnvTest, FloatOp, InlineFloat } from '../inline-float.js';
import { TempKind } from '../ir-buffer.js';
import type { TargetTraits } from '../target-traits.js';
import { Op, OP_FLAGS, OP_WORDS, OpFlag, type HelperDef, clobbersGlobals, OUTPUT_WORDS } from '../opcodes.js';
import { EXTEND_S32, EXTEND_U32, F32, F64, Float, I32, I64, Relaxed, Wasm, WRAP, type Expr, type WasmModule } from './binaryen.js';
import type { BlockLowering } from './block-lowering.js';
import { envTestKey, envTestOf } from './inline-exits.js';
import { mulAdd32, mulAdd64 } from './lower-mul-add.js';
import type { TbIr } from './region.js';

/** All ones above a binary32 value. */
const BOX = -0x1_0000_0000n;

/**
 * Range tests look at the upper 32 bits of a number, without its sign: `bits << 1`, less what is not to be there at the lower end, must be below the
 * limit. One limit serves all, so that one local can hold it, which is 0 if env allows nothing. It is what binary32 needs: Infinity less two
 * exponents; in binary64 it is 2^1002 and more.
 */
const LIMIT = -0x0300_0000;
/** The smallest number that is not tiny, as `bits << 1`: exponent field 2, as tiny results may round to the smallest normal number. */
const NOT_TINY = [2 << 24, 2 << 21] as const;
/** For operations that never raise underflow. */
const ANY = [0, 0] as const;

/** Index of a format in tables of operators. */
type Format = 0 | 1;

/** A condition for the operation's result to be taken. */
interface Test {
  readonly fails: Expr;
  /** Another one that will do, if this fails. */
  readonly rescue?: Expr;
}

/** How inline operations stand in their region. */
export interface InlineHost {
  /** The engine has a multiply-add that rounds once. */
  readonly fusedMulAdd: boolean;
  readonly traits: TargetTraits;
  /** Leaves before this op's instruction, for tci to do it. Absent: the helper is called. */
  readonly leave: (() => Expr) | undefined;
  /** Where operations leave: the local that holds LIMIT, or 0 if env allows nothing. */
  limitOf(test: EnvTest): number;
  /** A number that no other label of the function has. */
  label(): string;
}

interface Context {
  readonly b: BlockLowering;
  readonly m: WasmModule;
  readonly f: Format;
  /** Argument k as a float of the op's format; as often as wanted. */
  arg(k: number): Expr;
  /** Argument k as it is. */
  raw(k: number): Expr;
  readonly fusedMulAdd: boolean;
  readonly boxes: boolean;
  readonly inline: InlineFloat;
  readonly tests: Test[];
  /** Whether env allows the operation; undefined if it needs nothing. */
  allowed(): Expr | undefined;
  /** The limit of range tests; env then needs no test of its own. */
  limit(): Expr;
}

/** A value as an i64, or as a binary64 number. */
type Value = { readonly bits: Expr } | { readonly double: Expr };
/** Makes the value and adds the tests of it. */
type Lower = (c: Context) => Value;

const not = (m: WasmModule, truth: Expr): Expr => m.unary(Wasm.eqz[0], truth);

// Branch hints (branch-hints.ts) know failing tests by their shape: (x - a >= b), (x << 1 >= b), a float that is not equal to itself, ...

/** The magnitude of a number's upper 32 bits. */
function magnitude(m: WasmModule, number: Expr, f: Format): Expr {
  const bits = m.unary(Float.toBits[f], number);
  return m.binary(Wasm.shl[0], f ? m.unary(WRAP, m.binary(Wasm.shrU[1], bits, m.i64(32n))) : bits, m.i32(1));
}

/** The bits of a binary32 number as an i64. */
function hold({ m, boxes }: Context, bits: Expr): Expr {
  const extended = m.unary(EXTEND_U32, bits);
  return boxes ? m.binary(Wasm.or[1], extended, m.i64(BOX)) : extended;
}

/** A float of format `f` as a register holds it. */
const valueOf = (c: Context, get: () => Expr, f: Format): Value =>
  f ? { double: get() } : { bits: hold(c, c.m.unary(Float.toBits[0], get())) };

/** Fraction bits of binary64 that binary32 has not, and the value of a tie of them. */
const LOST = 0x1fff_ffffn;
const TIE = 0x1000_0000n;

/** Adds the test of a binary64 result that is to be rounded again, to binary32: at ties, and only there, that is not rounding once. */
function notATie({ m, b, tests }: Context, number: Expr): void {
  const lost = b.spill(m.binary(Wasm.and[1], m.unary(Float.toBits[1], number), m.i64(LOST)), I64);
  // of a tie, and of nothing else, this is -1
  const distance = m.binary(Wasm.sub[0], m.unary(WRAP, m.get(lost, I64)), m.i32(Number(TIE) + 1));
  tests.push({ fails: m.binary(Wasm.geU[0], distance, m.i32(-1)) });
}

/** A binary64 number rounded to binary32. `rescue`: what makes a zero exact. */
function asSingle(c: Context, number: Expr, rescue?: () => Expr): Value {
  const { m, b } = c;
  const narrow = b.spill(m.unary(Float.demote, number), F32);
  const fromLeast = m.binary(Wasm.sub[0], magnitude(m, m.get(narrow, F32), 0), m.i32(NOT_TINY[0]));
  c.tests.push({ fails: m.binary(Wasm.geU[0], fromLeast, c.limit()), rescue: rescue?.() });
  return { double: m.unary(Float.promote, m.get(narrow, F32)) };
}

/** A float result of format `f`, in a local; `least`: the least that is safe. `rescue`: what makes other finite results safe. */
function checked(c: Context, result: Expr, least: readonly [number, number], rescue?: (get: () => Expr) => Expr, f: Format = c.f): Value {
  const { m, b } = c;
  const type = f ? F64 : F32;
  const local = b.spill(result, type);
  const get = () => m.get(local, type);
  if (c.inline.rounded === 32) {
    notATie(c, get());
    const exactZero = rescue ?? ((zero: () => Expr) => isZero(c, zero()));
    return asSingle(c, get(), () => exactZero(get));
  }
  const size = magnitude(m, get(), f);
  const fromLeast = least[f] === 0 ? size : m.binary(Wasm.sub[0], size, m.i32(least[f]));
  c.tests.push({ fails: m.binary(Wasm.geU[0], fromLeast, c.limit()), rescue: rescue?.(get) });
  return valueOf(c, get, f);
}

const zero = (m: WasmModule, f: Format): Expr => (f ? m.f64(0) : m.unary(Float.fromBits[0], m.i32(0)));
const one = ({ m, f }: Context): Expr => (f ? m.f64(1) : m.unary(Float.fromBits[0], m.i32(0x3f80_0000)));
const isZero = ({ m, f }: Context, value: Expr): Expr => m.binary(Float.eq[f], value, zero(m, f));
const either = (m: WasmModule, left: Expr, right: Expr): Expr => m.binary(Wasm.or[0], left, right);
const all = (m: WasmModule, tests: Expr[]): Expr => tests.reduce((left, right) => m.binary(Wasm.and[0], left, right));

const sum =
  (operator: readonly [number, number]): Lower =>
  (c) =>
    checked(c, c.m.binary(operator[c.f], c.arg(0), c.arg(1)), ANY);

/** A zero is exact if a factor is zero. */
const product: Lower = (c) =>
  checked(c, c.m.binary(Float.mul[c.f], c.arg(0), c.arg(1)), NOT_TINY, (get) =>
    all(c.m, [isZero(c, get()), either(c.m, isZero(c, c.arg(0)), isZero(c, c.arg(1)))]),
  );

/** A zero is exact if the dividend is one. */
const quotient: Lower = (c) =>
  checked(c, c.m.binary(Float.div[c.f], c.arg(0), c.arg(1)), NOT_TINY, (get) => all(c.m, [isZero(c, get()), isZero(c, c.arg(0))]));

/** Exact unless an operand is a NaN, and then the result is one. */
const select =
  (operator: readonly [number, number]): Lower =>
  (c) => {
    const { b, m, f } = c;
    const type = f ? F64 : F32;
    const local = b.spill(m.binary(operator[f], c.arg(0), c.arg(1)), type);
    const get = () => m.get(local, type);
    c.tests.push({ fails: m.binary(Float.ne[f], get(), get()) });
    return valueOf(c, get, f);
  };

const comparison =
  (operator: readonly [number, number]): Lower =>
  (c) => {
    const { b, m, f } = c;
    const type = f ? F64 : F32;
    // a NaN if an operand is one; also of infinities with different signs
    const local = b.spill(m.binary(Float.add[f], c.arg(0), c.arg(1)), type);
    const ordered = (k: number) => m.binary(Float.eq[f], c.arg(k), c.arg(k));
    c.tests.push({ fails: m.binary(Float.ne[f], m.get(local, type), m.get(local, type)), rescue: all(m, [ordered(0), ordered(1)]) });
    return { bits: m.unary(EXTEND_U32, m.binary(operator[f], c.arg(0), c.arg(1))) };
  };

/** Truncation, of what is well inside the range. */
const truncate =
  (operator: readonly [number, number], bits: 32 | 64): Lower =>
  (c) => {
    const { m, f } = c;
    const exponent = bits - 1 + (f ? 1023 : 127);
    c.tests.push({ fails: m.binary(Wasm.geU[0], magnitude(m, c.arg(0), f), m.i32(exponent << (f ? 21 : 24))) });
    const value = m.unary(operator[f], c.arg(0));
    return { bits: bits === 32 ? m.unary(EXTEND_S32, value) : value };
  };

/** From an integer: never tiny, never too large. */
const fromInt =
  (operator: readonly [number, number], bits: 32 | 64): Lower =>
  (c) => {
    const { m, f } = c;
    const value = m.unary(operator[f], bits === 32 ? m.unary(WRAP, c.raw(0)) : c.raw(0));
    return valueOf(c, () => value, f);
  };

/** With a zero for a factor, the sum is the addend, or a zero. */
const fused =
  (negateProduct: boolean, negateAddend: boolean): Lower =>
  (c) => {
    const { b, m, f, tests } = c;
    const negated = (k: number) => m.unary(Float.neg[f], c.arg(k));
    const addend = negateAddend ? negated(2) : c.arg(2);
    if (c.fusedMulAdd) {
      const operation = negateProduct ? Relaxed.nmadd : Relaxed.madd;
      const result = m.relaxed(operation, f, [c.arg(0), c.arg(1), addend]);
      const zeroFactor = () => either(m, isZero(c, c.arg(0)), isZero(c, c.arg(1)));
      if (c.inline.rounded === 32) return checked(c, result, NOT_TINY, (get) => all(m, [isZero(c, get()), zeroFactor()]));
      return checked(c, result, NOT_TINY, (get) => {
        const isFinite = m.binary(Float.eq[f], m.binary(Float.sub[f], get(), get()), zero(m, f));
        const allowed = c.allowed();
        const exact = [isFinite, zeroFactor()];
        return all(m, allowed === undefined ? exact : [...exact, allowed]);
      });
    }
    const mulAdd = f ? mulAdd64 : mulAdd32;
    const { result, fails } = mulAdd(b, negateProduct ? negated(0) : c.arg(0), c.arg(1), addend);
    tests.push({ fails });
    return checked(c, result, NOT_TINY);
  };

const LOWER: Record<FloatOp, Lower> = {
  add: sum(Float.add),
  sub: sum(Float.sub),
  mul: product,
  div: quotient,
  sqrt: (c) => checked(c, c.m.unary(Float.sqrt[c.f], c.arg(0)), ANY),
  reciprocal: (c) => checked(c, c.m.binary(Float.div[c.f], one(c), c.arg(0)), NOT_TINY),
  reciprocalSqrt: (c) => checked(c, c.m.binary(Float.div[c.f], one(c), c.m.unary(Float.sqrt[c.f], c.arg(0))), NOT_TINY),
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
    if (c.boxes) c.tests.push({ fails: isNotBoxed(m, c.raw(0)) });
    const local = b.spill(m.unary(Float.promote, m.unary(Float.fromBits[0], m.unary(WRAP, c.raw(0)))), F64);
    c.tests.push({ fails: m.binary(Float.ne[1], m.get(local, F64), m.get(local, F64)) });
    return { double: m.get(local, F64) };
  },
  // A zero is exact if it was one.
  narrow: (c) => checked(c, c.m.unary(Float.demote, c.arg(0)), NOT_TINY, () => isZero(c, c.arg(0)), 0),
  single: (c) => asSingle(c, c.arg(0), () => isZero(c, c.arg(0))),
  toSingle(c) {
    const { m, b } = c;
    const narrow = b.spill(m.unary(Float.demote, c.arg(0)), F32);
    c.tests.push({ fails: m.binary(Float.ne[1], m.unary(Float.promote, m.get(narrow, F32)), c.arg(0)) });
    return { bits: m.unary(EXTEND_U32, m.unary(Float.toBits[0], m.get(narrow, F32))) };
  },
};

export const TO_INT: ReadonlySet<FloatOp> = new Set<FloatOp>(['eq', 'lt', 'le', 'toInt32', 'toInt64', 'toSingle']);
export const FROM_INT: ReadonlySet<FloatOp> = new Set<FloatOp>(['fromInt32', 'fromUint32', 'fromInt64', 'fromUint64', 'widen']);

const isNotBoxed = (m: WasmModule, value: Expr): Expr =>
  m.binary(Wasm.ne[0], m.unary(WRAP, m.binary(Wasm.shrU[1], value, m.i64(32n))), m.i32(-1));

/** So many ops back, what made an operand is looked for. */
const BOX_DISTANCE = 64;

/** Whether a temp is certain to be a binary32 number in its box before the op at word p: it was loaded or calculated in this block. */
function isBoxed({ ops, tempKind, constHi }: TbIr, p: number, temp: number, helpers: readonly HelperDef[]): boolean {
  for (let q = p - OP_WORDS; q >= Math.max(0, p - BOX_DISTANCE * OP_WORDS); q -= OP_WORDS) {
    const op = ops[q];
    if (op === Op.set_label || (OP_FLAGS[op] & OpFlag.END) !== 0) return false;
    const helper = op === Op.call ? helpers[ops[q + 2]] : undefined;
    if (OUTPUT_WORDS[op].some((at) => ops[q + at] === temp)) {
      if (helper) return helper.inline !== undefined && givesSingle(helper.inline);
      return op === Op.or_i64 && tempKind[ops[q + 3]] === TempKind.Const && constHi[ops[q + 3]] === -1;
    }
    if (helper && clobbersGlobals(helper)) return false;
  }
  return false;
}

const givesSingle = ({ op, bits }: InlineFloat): boolean => op === 'narrow' || (bits === 32 && !TO_INT.has(op));

/** Lowers the call at word p, if its helper has an `inline` description; false if it must be a call anyway. */
export function lowerFloat(b: BlockLowering, helpers: readonly HelperDef[], p: number, host: InlineHost): boolean {
  const { ops } = b.ir;
  const envTest = envTestOf(b.ir, p, helpers);
  if (envTest === undefined) return false;
  const helper = helpers[ops[p + 2]];
  const inline = helper.inline!;

  const { m } = b;
  const f: Format = inline.bits === 64 ? 1 : 0;
  const temps = operandTemps(inline, helper, ops, p);
  const operands = temps.map((temp) => b.operand(temp));
  const raw = (k: number) => operands[k]();
  const doubles = f && !FROM_INT.has(inline.op) ? temps.map((temp) => b.floatOperand(temp)) : [];
  const arg = (k: number) => (f ? doubles[k]() : m.unary(Float.fromBits[0], m.unary(WRAP, raw(k))));
  const tests: Test[] = [];
  const boxes = host.traits.singles === 'boxed';
  if (boxes && !f && !FROM_INT.has(inline.op)) {
    const unknown = operands.filter((_, k) => !isBoxed(b.ir, p, temps[k], helpers)).map((get) => get());
    // The conjunction of the values is boxed iff each one is.
    if (unknown.length > 0)
      tests.push({
        fails: isNotBoxed(
          m,
          unknown.reduce((left, right) => m.binary(Wasm.and[1], left, right)),
        ),
      });
  }
  let tested = envTest === 'always';
  const limit = (): Expr => {
    tested = true;
    if (envTest === 'always') return m.i32(LIMIT);
    if (host.leave) return m.get(host.limitOf(envTest), I32);
    return m.get(
      // once a block: only what may change anything in env can make it false again (flags accrue)
      b.remembered(envTestKey(envTest), () => limitByEnv(m, envTest)),
      I32,
    );
  };
  const allowed = () => (envTest === 'always' ? undefined : m.binary(Wasm.ne[0], limit(), m.i32(0)));
  const value = LOWER[inline.op]({ b, m, f, arg, raw, fusedMulAdd: host.fusedMulAdd, boxes, inline, tests, allowed, limit });
  // a range test of 0
  if (!tested) tests.push({ fails: m.binary(Wasm.geU[0], m.binary(Wasm.shl[0], m.i32(0), m.i32(1)), limit()) });
  const d = ops[p + 1];
  const isFloat = b.isFloat(d);
  const bits = (v: Value) => ('bits' in v ? v.bits : m.unary(Float.toBits[1], v.double));
  const double = (v: Value) => ('double' in v ? v.double : m.unary(Float.fromBits[1], v.bits));
  const finished = inline.negated ? { double: m.unary(Float.neg[1], double(value)) } : value;
  const failed = `c${host.label()}`;
  const fail = host.leave ?? (() => m.br(failed));
  const test = tests.map(({ fails, rescue }) => m.if(fails, rescue === undefined ? fail() : m.if(not(m, rescue), fail())));
  if (host.leave || tests.length === 0) {
    b.list.push(...test);
    if (isFloat) b.defineFloat(d, double(finished));
    else b.define(d, bits(finished));
    return true;
  }
  const result = b.scratch(isFloat ? F64 : I64);
  m.importFunction(`helper_${helper.name}`, [I32, ...Array.from({ length: helper.args }, () => I64)], I64);
  const args = operands.map((get) => get());
  for (let k = temps.length; k < helper.args; k++) args.push(b.use(ops[p + 3 + k]));
  const called: Value = { bits: m.call(`helper_${helper.name}`, [m.env(), ...args], I64) };
  const [done, set] = [`d${failed}`, (v: Value) => m.set(result, isFloat ? double(v) : bits(v))];
  b.list.push(m.labelled(done, [m.labelled(failed, [...test, set(finished), m.br(done)]), set(called)]));
  if (isFloat) b.defineFloat(d, m.get(result, F64));
  else b.define(d, m.get(result, I64), false);
  return true;
}

/** The arguments that the operation is done on. */
export function operandTemps(inline: InlineFloat, helper: HelperDef, ops: Int32Array, p: number): number[] {
  const used = helper.args - (inline.ignoredArgs ?? (inline.rounding ? 1 : 0));
  return Array.from(ops.subarray(p + 3, p + 3 + used));
}

/** What range tests compare with: the limit, or 0 if env does not allow the operation. One comparison and branch for both. */
const limitByEnv = (m: WasmModule, test: EnvTest): Expr => m.select(envAllows(m, test), m.i32(LIMIT), m.i32(0));

function envAllows(m: WasmModule, { offset, mask, value }: EnvTest): Expr {
  return m.binary(Wasm.eq[1], m.binary(Wasm.and[1], m.loadEnv(8, false, I64, offset), m.i64(mask)), m.i64(value));
}

/** The same for a whole region, in a local. By a branch: engines move a select, which is pure, into the loop where it is used. */
export const setLimitByEnv = (m: WasmModule, local: number, test: EnvTest): Expr =>
  m.if(envAllows(m, test), m.set(local, m.i32(LIMIT)), m.set(local, m.i32(0)));
