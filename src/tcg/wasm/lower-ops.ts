/** IR ops without control flow or memory to wasm expressions: one row an op, both widths by index 0 (i32) and 1 (i64). */
import { Cond, Op } from '../opcodes.js';
import { EXTEND32, EXTEND_S32, EXTEND_U32, I32, I64, Wasm, WRAP, type Expr, type ValueType } from './binaryen.js';
import type { BlockLowering } from './block-lowering.js';
import { WidthClass } from './value-widths.js';

type Width = 0 | 1;
/** Lowers the op at word p. `w`: 0 for the i32 form, 1 for the i64 form. */
type Lower = (b: BlockLowering, ops: Int32Array, p: number, w: Width) => void;
type OperatorPair = readonly [number, number];

const TYPES: readonly [ValueType, ValueType] = [I32, I64];
const BITS = [32, 64] as const;
const CONDITIONS: Record<Cond, OperatorPair> = {
  [Cond.EQ]: Wasm.eq, [Cond.NE]: Wasm.ne, [Cond.LT]: Wasm.ltS, [Cond.GE]: Wasm.geS, [Cond.LE]: Wasm.leS, [Cond.GT]: Wasm.gtS,
  [Cond.LTU]: Wasm.ltU, [Cond.GEU]: Wasm.geU, [Cond.LEU]: Wasm.leU, [Cond.GTU]: Wasm.gtU,
}; // prettier-ignore

const constant = (b: BlockLowering, w: Width, value: bigint | number): Expr => (w ? b.m.i64(BigInt(value)) : b.m.i32(Number(value)));
const mask = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
/** Mask as a constant of the width (i32: as signed). */
const maskOf = (b: BlockLowering, w: Width, bits: bigint): Expr =>
  w ? b.m.i64(BigInt.asIntN(64, bits)) : b.m.i32(Number(BigInt.asIntN(32, bits)));

const UNSIGNED: Record<Cond, Cond> = {
  [Cond.EQ]: Cond.EQ, [Cond.NE]: Cond.NE, [Cond.LT]: Cond.LTU, [Cond.GE]: Cond.GEU, [Cond.LE]: Cond.LEU, [Cond.GT]: Cond.GTU,
  [Cond.LTU]: Cond.LTU, [Cond.GEU]: Cond.GEU, [Cond.LEU]: Cond.LEU, [Cond.GTU]: Cond.GTU,
}; // prettier-ignore

/** a cond b as an i32 truth value. */
export function compare(b: BlockLowering, cond: Cond, left: number, right: number): Expr {
  const { m } = b;
  const classes = b.classOf(left) & b.classOf(right);
  // Extended alike, two values stand to each other as their low halves; zero-extended ones are never negative.
  if ((classes & (WidthClass.SIGNED | WidthClass.ZERO)) !== 0) {
    if ((classes & WidthClass.SIGNED) === 0) cond = UNSIGNED[cond];
    if (cond === Cond.EQ && b.isConstValue(right, 0)) return m.unary(Wasm.eqz[0], b.low(left));
    return m.binary(CONDITIONS[cond][0], b.low(left), b.low(right));
  }
  const w = b.isI64(left) ? 1 : 0;
  if (cond === Cond.EQ && b.isConstValue(right, 0)) return m.unary(Wasm.eqz[w], b.full(left));
  return m.binary(CONDITIONS[cond][w], b.full(left), b.full(right));
}

const binary =
  (operator: OperatorPair): Lower =>
  (b, ops, p, w) =>
    b.define(ops[p + 1], b.m.binary(operator[w], b.use(ops[p + 2]), b.use(ops[p + 3])));

/** operator(a, not b) */
const binaryNot =
  (operator: OperatorPair): Lower =>
  (b, ops, p, w) =>
    b.define(ops[p + 1], b.m.binary(operator[w], b.use(ops[p + 2]), invert(b, w, b.use(ops[p + 3]))));

/** not operator(a, b) */
const notBinary =
  (operator: OperatorPair): Lower =>
  (b, ops, p, w) =>
    b.define(ops[p + 1], invert(b, w, b.m.binary(operator[w], b.use(ops[p + 2]), b.use(ops[p + 3]))));

const invert = (b: BlockLowering, w: Width, value: Expr): Expr => b.m.binary(Wasm.xor[w], value, constant(b, w, -1));

const unary =
  (make: (b: BlockLowering, value: Expr, w: Width) => Expr): Lower =>
  (b, ops, p, w) =>
    b.define(ops[p + 1], make(b, b.use(ops[p + 2]), w));

const and = (bits: bigint) => unary((b, value, w) => b.m.binary(Wasm.and[w], value, maskOf(b, w, bits)));

/** A zero divisor gives -1 and the dividend (docs/ir.md); wasm traps on it, and on the quotient that overflows. A frontend may have seen to both. */
function divideSigned(b: BlockLowering, ops: Int32Array, p: number, w: Width, remainder: boolean): void {
  const { m } = b;
  const operator = remainder ? Wasm.remS[w] : Wasm.divS[w];
  const [d, dividend, divisor] = [ops[p + 1], ops[p + 2], ops[p + 3]];
  if (b.divisionIsGuarded || (b.isConst(divisor) && !b.isConstValue(divisor, 0) && !b.isConstValue(divisor, -1))) {
    return b.define(d, m.binary(operator, b.use(dividend), b.use(divisor)));
  }
  const num = b.operand(dividend);
  const den = b.operand(divisor);
  const isZero = () => m.unary(Wasm.eqz[w], den());
  if (remainder) return b.define(d, m.if(isZero(), num(), m.binary(operator, num(), den())));
  // 0 and -1, and no others, are at most 1 after adding 1
  const special = m.binary(Wasm.leU[w], m.binary(Wasm.add[w], den(), constant(b, w, 1)), constant(b, w, 1));
  const result = m.select(isZero(), constant(b, w, -1), m.binary(Wasm.sub[w], constant(b, w, 0), num()));
  b.define(d, m.if(special, result, m.binary(operator, num(), den())));
}

function divideUnsigned(b: BlockLowering, ops: Int32Array, p: number, w: Width, remainder: boolean): void {
  const { m } = b;
  const operator = remainder ? Wasm.remU[w] : Wasm.divU[w];
  const [d, dividend, divisor] = [ops[p + 1], ops[p + 2], ops[p + 3]];
  if (b.divisionIsGuarded || (b.isConst(divisor) && !b.isConstValue(divisor, 0)))
    return b.define(d, m.binary(operator, b.use(dividend), b.use(divisor)));
  const num = b.operand(dividend);
  const den = b.operand(divisor);
  b.define(d, m.if(m.unary(Wasm.eqz[w], den()), remainder ? num() : constant(b, w, -1), m.binary(operator, num(), den())));
}

/** clz and ctz: the third operand is the result for zero. */
const countZeros =
  (operator: OperatorPair): Lower =>
  (b, ops, p, w) => {
    const { m } = b;
    const [d, a, ifZero] = [ops[p + 1], ops[p + 2], ops[p + 3]];
    if (b.isConstValue(ifZero, BITS[w])) return b.define(d, m.unary(operator[w], b.use(a)));
    const value = b.operand(a);
    b.define(d, m.select(m.unary(Wasm.eqz[w], value()), b.use(ifZero), m.unary(operator[w], value())));
  };

// bits

function deposit(b: BlockLowering, ops: Int32Array, p: number, w: Width): void {
  const { m } = b;
  const [d, base, field, pos, len] = [ops[p + 1], ops[p + 2], ops[p + 3], ops[p + 4], ops[p + 5]];
  if (len === BITS[w]) return b.define(d, b.use(field));
  const hole = m.binary(Wasm.and[w], b.use(base), maskOf(b, w, ~(mask(len) << BigInt(pos))));
  let value = b.use(field);
  if (pos + len < BITS[w]) value = m.binary(Wasm.and[w], value, maskOf(b, w, mask(len)));
  if (pos > 0) value = m.binary(Wasm.shl[w], value, constant(b, w, pos));
  b.define(d, m.binary(Wasm.or[w], hole, value));
}

function extract(b: BlockLowering, ops: Int32Array, p: number, w: Width): void {
  const { m } = b;
  const [pos, len] = [ops[p + 3], ops[p + 4]];
  let value = b.use(ops[p + 2]);
  if (pos > 0) value = m.binary(Wasm.shrU[w], value, constant(b, w, pos));
  if (pos + len < BITS[w]) value = m.binary(Wasm.and[w], value, maskOf(b, w, mask(len)));
  b.define(ops[p + 1], value);
}

function signExtract(b: BlockLowering, ops: Int32Array, p: number, w: Width): void {
  const { m } = b;
  const [pos, len] = [ops[p + 3], ops[p + 4]];
  let value = b.use(ops[p + 2]);
  if (pos + len === BITS[w]) {
    if (pos > 0) value = m.binary(Wasm.shrS[w], value, constant(b, w, pos));
  } else if (len === 8 || len === 16 || (len === 32 && w === 1)) {
    if (pos > 0) value = m.binary(Wasm.shrU[w], value, constant(b, w, pos));
    value = m.unary(len === 8 ? Wasm.extend8[w] : len === 16 ? Wasm.extend16[w] : EXTEND32, value);
  } else {
    value = m.binary(Wasm.shl[w], value, constant(b, w, BITS[w] - pos - len));
    value = m.binary(Wasm.shrS[w], value, constant(b, w, BITS[w] - len));
  }
  b.define(ops[p + 1], value);
}

/** Swaps neighbours of `unit` bits in every lane: ((x & m) << unit) | ((x >> unit) & m). */
function swapNeighbours(b: BlockLowering, value: Expr, unit: number, lanes: bigint, w: Width): Expr {
  const { m } = b;
  const local = b.spill(value, TYPES[w]);
  const low = m.binary(Wasm.and[w], m.get(local, TYPES[w]), maskOf(b, w, lanes));
  const high = m.binary(Wasm.shrU[w], m.get(local, TYPES[w]), constant(b, w, unit));
  return m.binary(Wasm.or[w], m.binary(Wasm.shl[w], low, constant(b, w, unit)), m.binary(Wasm.and[w], high, maskOf(b, w, lanes)));
}

/** Two rotations, each of which brings two bytes to their places: one operation less than by neighbours. */
function byteSwap32(b: BlockLowering, value: Expr): Expr {
  const { m } = b;
  const local = b.spill(value, I32);
  const left = m.binary(Wasm.rotl[0], m.get(local, I32), m.i32(8));
  const right = m.binary(Wasm.rotr[0], m.get(local, I32), m.i32(8));
  return m.binary(Wasm.or[0], m.binary(Wasm.and[0], left, m.i32(0x00ff_00ff)), m.binary(Wasm.and[0], right, m.i32(0xff00_ff00 | 0)));
}

/** Reverses the low `bytes` bytes of a value; the bytes above must be zero. */
export function byteSwap(b: BlockLowering, value: Expr, bytes: number, w: Width): Expr {
  const { m } = b;
  if (bytes === 1) return value;
  if (bytes === 4 && w === 0) return byteSwap32(b, value);
  const swapped = swapNeighbours(b, value, 8, 0x00ff_00ff_00ff_00ffn & mask(bytes * 8), w);
  if (bytes === 2) return swapped;
  if (bytes === 4) return swapNeighbours(b, swapped, 16, 0xffffn, w);
  return m.binary(Wasm.rotl[1], swapNeighbours(b, swapped, 16, 0x0000_ffff_0000_ffffn, w), m.i64(32n));
}

const bswap =
  (bytes: number): Lower =>
  (b, ops, p, w) => {
    let value = b.use(ops[p + 2]);
    if (bytes * 8 < BITS[w]) value = b.m.binary(Wasm.and[w], value, maskOf(b, w, mask(bytes * 8)));
    b.define(ops[p + 1], byteSwap(b, value, bytes, w));
  };

// wide arithmetic

/** High half of an unsigned 64 x 64 product, by 32-bit halves. */
function highUnsigned(b: BlockLowering, x: () => Expr, y: () => Expr): Expr {
  const { m } = b;
  const low = (v: Expr) => m.binary(Wasm.and[1], v, m.i64(0xffff_ffffn));
  const high = (v: Expr) => m.binary(Wasm.shrU[1], v, m.i64(32n));
  const mul = (l: Expr, r: Expr) => m.binary(Wasm.mul[1], l, r);
  const add = (l: Expr, r: Expr) => m.binary(Wasm.add[1], l, r);
  const hold = (v: Expr) => {
    const local = b.spill(v, I64);
    return () => m.get(local, I64);
  };
  const xl = hold(low(x())), xh = hold(high(x())), yl = hold(low(y())), yh = hold(high(y())); // prettier-ignore
  const middle = hold(add(mul(xh(), yl()), high(mul(xl(), yl()))));
  const other = hold(add(mul(xl(), yh()), low(middle())));
  return add(add(mul(xh(), yh()), high(middle())), high(other()));
}

/** High half of the product of x and y in 64 bits. */
function highHalf(b: BlockLowering, x: () => Expr, y: () => Expr, signed: boolean): Expr {
  const { m } = b;
  const high = highUnsigned(b, x, y);
  if (!signed) return high;
  const ifNegative = (v: Expr, other: Expr) => m.binary(Wasm.and[1], m.binary(Wasm.shrS[1], v, m.i64(63n)), other);
  return m.binary(Wasm.sub[1], m.binary(Wasm.sub[1], high, ifNegative(x(), y())), ifNegative(y(), x()));
}

/** The full 64-bit product of two i32 values. */
function product32(b: BlockLowering, x: Expr, y: Expr, signed: boolean): Expr {
  const extend = signed ? EXTEND_S32 : EXTEND_U32;
  return b.m.binary(Wasm.mul[1], b.m.unary(extend, x), b.m.unary(extend, y));
}

const multiplyHigh =
  (signed: boolean): Lower =>
  (b, ops, p, w) => {
    const { m } = b;
    if (w === 1) return b.define(ops[p + 1], highHalf(b, b.operand(ops[p + 2]), b.operand(ops[p + 3]), signed));
    const product = product32(b, b.use(ops[p + 2]), b.use(ops[p + 3]), signed);
    b.define(ops[p + 1], m.unary(WRAP, m.binary(Wasm.shrU[1], product, m.i64(32n))));
  };

const multiplyWide =
  (signed: boolean): Lower =>
  (b, ops, p, w) => {
    const { m } = b;
    if (w === 0) {
      const product = b.spill(product32(b, b.use(ops[p + 3]), b.use(ops[p + 4]), signed), I64);
      b.define(ops[p + 1], m.unary(WRAP, m.get(product, I64)), false, 0);
      b.define(ops[p + 2], m.unary(WRAP, m.binary(Wasm.shrU[1], m.get(product, I64), m.i64(32n))), false, 1);
      return;
    }
    const x = b.operand(ops[p + 3]);
    const y = b.operand(ops[p + 4]);
    const high = b.spill(highHalf(b, x, y, signed), I64);
    b.define(ops[p + 1], m.binary(Wasm.mul[1], x(), y()), false, 0);
    b.define(ops[p + 2], m.get(high, I64), false, 1);
  };

/** add2: (rl, rh) = (al, ah) + (bl, bh), with the carry out of the low half; sub2 likewise with the borrow. */
const addWide =
  (operator: OperatorPair, subtract: boolean): Lower =>
  (b, ops, p, w) => {
    const { m } = b;
    const type = TYPES[w];
    const al = b.operand(ops[p + 3]);
    const bl = b.operand(ops[p + 5]);
    const low = b.spill(m.binary(operator[w], al(), bl()), type);
    const carry = subtract ? m.binary(Wasm.ltU[w], al(), bl()) : m.binary(Wasm.ltU[w], m.get(low, type), al());
    const halves = m.binary(operator[w], b.use(ops[p + 4]), b.use(ops[p + 6]));
    const high = b.spill(m.binary(operator[w], halves, w ? m.unary(EXTEND_U32, carry) : carry), type);
    b.define(ops[p + 1], m.get(low, type), false, 0);
    b.define(ops[p + 2], m.get(high, type), false, 1);
  };

// env fields: not pure, helpers and stores change them

const loadEnv =
  (bytes: number, signed: boolean): Lower =>
  (b, ops, p, w) =>
    b.define(ops[p + 1], b.m.loadEnv(bytes || 4 << w, signed, TYPES[w], ops[p + 2]), false);

const storeEnv =
  (bytes: number): Lower =>
  (b, ops, p, w) => {
    const value = b.use(ops[p + 1]);
    b.list.push(b.m.storeEnv(bytes || 4 << w, TYPES[w], value, ops[p + 2]));
  };

const setcond: Lower = (b, ops, p) => {
  const truth = compare(b, ops[p + 4], ops[p + 2], ops[p + 3]);
  b.define(ops[p + 1], truth);
};

const movcond: Lower = (b, ops, p) => {
  const condition = compare(b, ops[p + 6], ops[p + 2], ops[p + 3]);
  b.define(ops[p + 1], b.m.select(condition, b.use(ops[p + 4]), b.use(ops[p + 5])));
};

/** By opcode: how it is lowered. Ops that are missing here are control flow, memory and calls. */
const TABLE: { lower: Lower; w: Width }[] = [];

const both = (op: Op, lower: Lower): void => {
  TABLE[op] = { lower, w: 0 };
  TABLE[op + 1] = { lower, w: 1 };
};
const wide = (op: Op, lower: Lower): void => void (TABLE[op] = { lower, w: 1 });

const copy = unary((_, value) => value);
both(Op.mov_i32, (b, ops, p, w) =>
  b.isFloat(ops[p + 1]) && b.isFloat(ops[p + 2]) ? b.defineFloat(ops[p + 1], b.floatOperand(ops[p + 2])()) : copy(b, ops, p, w),
);
both(Op.setcond_i32, setcond);
both(Op.movcond_i32, movcond);
both(Op.add_i32, binary(Wasm.add));
both(Op.sub_i32, binary(Wasm.sub));
both(Op.mul_i32, binary(Wasm.mul));
both(
  Op.neg_i32,
  unary((b, value, w) => b.m.binary(Wasm.sub[w], constant(b, w, 0), value)),
);
both(Op.div_i32, (b, ops, p, w) => divideSigned(b, ops, p, w, false));
both(Op.rem_i32, (b, ops, p, w) => divideSigned(b, ops, p, w, true));
both(Op.divu_i32, (b, ops, p, w) => divideUnsigned(b, ops, p, w, false));
both(Op.remu_i32, (b, ops, p, w) => divideUnsigned(b, ops, p, w, true));
both(Op.and_i32, binary(Wasm.and));
both(Op.or_i32, binary(Wasm.or));
both(Op.xor_i32, binary(Wasm.xor));
both(
  Op.not_i32,
  unary((b, value, w) => invert(b, w, value)),
);
both(Op.andc_i32, binaryNot(Wasm.and));
both(Op.orc_i32, binaryNot(Wasm.or));
both(Op.eqv_i32, notBinary(Wasm.xor));
both(Op.nand_i32, notBinary(Wasm.and));
both(Op.nor_i32, notBinary(Wasm.or));
both(Op.shl_i32, binary(Wasm.shl));
both(Op.shr_i32, binary(Wasm.shrU));
both(Op.sar_i32, binary(Wasm.shrS));
both(Op.rotl_i32, binary(Wasm.rotl));
both(Op.rotr_i32, binary(Wasm.rotr));
both(
  Op.ext8s_i32,
  unary((b, value, w) => b.m.unary(Wasm.extend8[w], value)),
);
both(Op.ext8u_i32, and(0xffn));
both(
  Op.ext16s_i32,
  unary((b, value, w) => b.m.unary(Wasm.extend16[w], value)),
);
both(Op.ext16u_i32, and(0xffffn));
// These are i32 values already, whose width class says which extension is meant.
for (const op of [Op.ext32s_i64, Op.ext32u_i64, Op.ext_i32_i64, Op.extu_i32_i64, Op.extrl_i64_i32]) {
  wide(op, (b, ops, p) => b.define(ops[p + 1], b.low(ops[p + 2])));
}
wide(
  Op.extrh_i64_i32,
  unary((b, value) => b.m.unary(WRAP, b.m.binary(Wasm.shrU[1], value, b.m.i64(32n)))),
);
both(Op.deposit_i32, deposit);
both(Op.extract_i32, extract);
both(Op.sextract_i32, signExtract);
both(Op.bswap16_i32, bswap(2));
both(Op.bswap32_i32, bswap(4));
wide(Op.bswap64_i64, bswap(8));
both(Op.clz_i32, countZeros(Wasm.clz));
both(Op.ctz_i32, countZeros(Wasm.ctz));
both(
  Op.ctpop_i32,
  unary((b, value, w) => b.m.unary(Wasm.popcnt[w], value)),
);
both(Op.muluh_i32, multiplyHigh(false));
both(Op.mulsh_i32, multiplyHigh(true));
both(Op.mulu2_i32, multiplyWide(false));
both(Op.muls2_i32, multiplyWide(true));
both(Op.add2_i32, addWide(Wasm.add, false));
both(Op.sub2_i32, addWide(Wasm.sub, true));
both(Op.ld8u_i32, loadEnv(1, false));
both(Op.ld8s_i32, loadEnv(1, true));
both(Op.ld16u_i32, loadEnv(2, false));
both(Op.ld16s_i32, loadEnv(2, true));
both(Op.ld_i32, loadEnv(0, false));
wide(Op.ld32u_i64, loadEnv(4, false));
wide(Op.ld32s_i64, loadEnv(4, true));
both(Op.st8_i32, storeEnv(1));
both(Op.st16_i32, storeEnv(2));
both(Op.st_i32, storeEnv(0));
wide(Op.st32_i64, storeEnv(4));
const nothing: Lower = () => {};
for (const op of [Op.nop, Op.discard, Op.insn_start, Op.set_label]) wide(op, nothing);
// One vCPU a memory for now: the engine runs a thread's accesses in order as seen by itself, so a barrier costs nothing.
wide(Op.mb, nothing);

/** Lowers the op at word p; false if it is control flow, guest memory or a call. */
export function lowerOp(b: BlockLowering, ops: Int32Array, p: number): boolean {
  const row = TABLE[ops[p]];
  if (row === undefined) return false;
  row.lower(b, ops, p, b.isNarrow ? 0 : row.w);
  return true;
}
