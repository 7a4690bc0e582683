/**
 * Algebra on one op whose inputs are already resolved: constants fold, identities become `mov`, and forms are made canonical (a constant
 * comes second, `sub` of a constant is `add`, fields at bit 0 are `ext*`), so that backends meet fewer of them.
 */
import type { TcgContext, Temp } from './context.js';
import { evalCond, Folder, log2Exact, swapCond } from './fold.js';
import { Cond, Op, OP_BASE, OP_FIRST_INPUT, OP_FLAGS, OP_INPUTS, OP_OUTPUTS, OP_WIDE, OPS } from './opcodes.js';
import type { Values } from './values.js';

/** Ops without effects whose one output follows from their inputs. */
const FOLDABLE = Uint8Array.from(OPS, (op, number) =>
  Number(OP_OUTPUTS[number] === 1 && OP_INPUTS[number] > 0 && OP_FLAGS[number] === 0 && !op.name.startsWith('mov_')),
);

/** What is known of a condition. */
export enum Verdict {
  Never,
  Always,
  Unknown,
}

export class Simplifier {
  private ctx!: TcgContext;
  private readonly folder = new Folder();

  constructor(private readonly values: Values) {}

  begin(ctx: TcgContext): void {
    this.ctx = ctx;
  }

  /** Rewrites the op at word p in place. */
  simplify(p: number): void {
    const { ops } = this.ctx;
    const op = ops[p] as Op;
    if (FOLDABLE[op] === 0) return;
    if (OP_BASE[op] === Op.movcond_i32) return this.movcond(p, op);
    if (this.foldConstants(p, op)) return;
    switch (OP_INPUTS[op]) {
      case 1:
        return this.unary(p, op);
      case 2:
        return this.binary(p, op);
    }
  }

  /** Canonicalises and decides a comparison: words of a, b and the condition. */
  condition(p: number, a: number, b: number, c: number): Verdict {
    const { ctx } = this;
    const { ops } = ctx;
    if (ctx.isConst(ops[p + a]) && !ctx.isConst(ops[p + b])) {
      const t = ops[p + a];
      ops[p + a] = ops[p + b];
      ops[p + b] = t;
      ops[p + c] = swapCond(ops[p + c]);
    }
    const x = ops[p + a];
    const y = ops[p + b];
    if (x === y) return evalCond(ops[p + c], 0, 0, 0, 0) ? Verdict.Always : Verdict.Never;
    if (!ctx.isConst(y)) return Verdict.Unknown;
    const lo = ctx.constLo[y];
    const hi = ctx.constHi[y];
    if (ctx.isConst(x)) return evalCond(ops[p + c], ctx.constLo[x], ctx.constHi[x], lo, hi) ? Verdict.Always : Verdict.Never;
    return this.againstConstant(p, x, lo, hi, c, b);
  }

  private againstConstant(p: number, x: Temp, lo: number, hi: number, c: number, b: number): Verdict {
    const { ops } = this.ctx;
    const cond = ops[p + c] as Cond;
    const zero = lo === 0 && hi === 0;
    const impossible = (lo & ~this.values.zeroMaskLo(x)) !== 0 || (hi & ~this.values.zeroMaskHi(x)) !== 0;
    switch (cond) {
      case Cond.EQ:
        return impossible ? Verdict.Never : Verdict.Unknown;
      case Cond.NE:
        return impossible ? Verdict.Always : Verdict.Unknown;
      case Cond.LTU:
        if (zero) return Verdict.Never;
        if (lo !== 1 || hi !== 0) return Verdict.Unknown;
        ops[p + b] = this.constant(ops[p + b], 0);
        ops[p + c] = Cond.EQ;
        return Verdict.Unknown;
      case Cond.GEU:
        if (zero) return Verdict.Always;
        if (lo !== 1 || hi !== 0) return Verdict.Unknown;
        ops[p + b] = this.constant(ops[p + b], 0);
        ops[p + c] = Cond.NE;
        return Verdict.Unknown;
      case Cond.GTU:
        if (zero) ops[p + c] = Cond.NE;
        return Verdict.Unknown;
      case Cond.LEU:
        if (zero) ops[p + c] = Cond.EQ;
        return Verdict.Unknown;
      case Cond.LT:
        return zero && this.values.zeroMaskHi(x) >= 0 ? Verdict.Never : Verdict.Unknown;
      case Cond.GE:
        return zero && this.values.zeroMaskHi(x) >= 0 ? Verdict.Always : Verdict.Unknown;
      default:
        return Verdict.Unknown;
    }
  }

  // ---- Folding -------------------------------------------------------------------------------------------------------

  private foldConstants(p: number, op: Op): boolean {
    const { ctx, folder } = this;
    const { ops } = ctx;
    const inputs = OP_INPUTS[op];
    const a = ops[p + 2];
    if (!ctx.isConst(a)) return false;
    const b = inputs > 1 ? ops[p + 3] : a;
    if (!ctx.isConst(b)) return false;
    const n = p + OP_FIRST_INPUT[op] + inputs;
    if (!folder.fold(op, ctx.constLo[a], ctx.constHi[a], ctx.constLo[b], ctx.constHi[b], ops[n], ops[n + 1])) return false;
    this.toConst(p, op, folder.lo, folder.hi);
    return true;
  }

  // ---- One input -----------------------------------------------------------------------------------------------------

  private unary(p: number, op: Op): void {
    const { ops } = this.ctx;
    const a = ops[p + 2];
    switch (OP_BASE[op] as Op) {
      case Op.ext8s_i32:
        if (this.values.signBits(a) >= 57) this.toMov(p, op, a);
        return;
      case Op.ext16s_i32:
        if (this.values.signBits(a) >= 49) this.toMov(p, op, a);
        return;
      case Op.ext32s_i64:
        if (this.values.signBits(a) >= 33) this.toMov(p, op, a);
        return;
      case Op.ext8u_i32:
        if (this.fits(a, 0xff, 0)) this.toMov(p, op, a);
        return;
      case Op.ext16u_i32:
        if (this.fits(a, 0xffff, 0)) this.toMov(p, op, a);
        return;
      case Op.ext32u_i64:
        if (this.fits(a, -1, 0)) this.toMov(p, op, a);
        return;
      case Op.extract_i32:
        return this.extract(p, op, a, ops[p + 3], ops[p + 4]);
      case Op.sextract_i32:
        return this.sextract(p, op, a, ops[p + 3], ops[p + 4]);
    }
  }

  private extract(p: number, op: Op, a: Temp, pos: number, len: number): void {
    if (pos !== 0) {
      if (pos + len === this.width(op)) this.toShift(p, op, Op.shr_i32, a, pos);
      return;
    }
    this.folder.shr(-1, -1, 64 - len);
    if (len === this.width(op) || this.fits(a, this.folder.lo, this.folder.hi)) this.toMov(p, op, a);
    else if (len === 8) this.toUnary(p, op, Op.ext8u_i32, a);
    else if (len === 16) this.toUnary(p, op, Op.ext16u_i32, a);
    else if (len === 32) this.ctx.ops[p] = Op.ext32u_i64;
  }

  private sextract(p: number, op: Op, a: Temp, pos: number, len: number): void {
    if (pos !== 0) {
      if (pos + len === this.width(op)) this.toShift(p, op, Op.sar_i32, a, pos);
      return;
    }
    if (this.values.signBits(a) >= 65 - len) this.toMov(p, op, a);
    else if (len === 8) this.toUnary(p, op, Op.ext8s_i32, a);
    else if (len === 16) this.toUnary(p, op, Op.ext16s_i32, a);
    else if (len === 32) this.ctx.ops[p] = Op.ext32s_i64;
  }

  // ---- Two inputs ----------------------------------------------------------------------------------------------------

  private binary(p: number, op: Op): void {
    const { ctx } = this;
    const { ops } = ctx;
    switch (OP_BASE[op] as Op) {
      case Op.setcond_i32:
        return this.setcond(p, op);
      case Op.deposit_i32:
        return this.deposit(p, op, ops[p + 2], ops[p + 3], ops[p + 4], ops[p + 5]);
      case Op.add_i32:
      case Op.mul_i32:
      case Op.and_i32:
      case Op.or_i32:
      case Op.xor_i32:
      case Op.eqv_i32:
      case Op.nand_i32:
      case Op.nor_i32:
      case Op.muluh_i32:
      case Op.mulsh_i32:
        if (ctx.isConst(ops[p + 2])) {
          const t = ops[p + 2];
          ops[p + 2] = ops[p + 3];
          ops[p + 3] = t;
        }
    }
    const a = ops[p + 2];
    const b = ops[p + 3];
    if (ctx.isConst(b)) this.withConstant(p, op, a, ctx.constLo[b], ctx.constHi[b]);
    else if (ctx.isConst(a)) this.ofConstant(p, op, ctx.constLo[a], ctx.constHi[a], b);
    else if (a === b) this.sameInputs(p, op, a);
  }

  /** d = a op constant */
  private withConstant(p: number, op: Op, a: Temp, lo: number, hi: number): void {
    const { ops } = this.ctx;
    const zero = (lo | hi) === 0;
    const ones = lo === -1 && hi === -1;
    switch (OP_BASE[op] as Op) {
      case Op.add_i32:
        if (zero) this.toMov(p, op, a);
        return;
      case Op.sub_i32:
        if (zero) return this.toMov(p, op, a);
        this.folder.fold(this.sized(op, Op.neg_i32), lo, hi, 0, 0, 0, 0);
        ops[p] = this.sized(op, Op.add_i32);
        ops[p + 3] = this.constantLike(op, this.folder.lo, this.folder.hi);
        return;
      case Op.andc_i32:
        ops[p] = this.sized(op, Op.and_i32);
        ops[p + 3] = this.constantLike(op, ~lo, ~hi);
        return this.and(p, op, a, ~lo, ~hi);
      case Op.and_i32:
        return this.and(p, op, a, lo, hi);
      case Op.orc_i32:
        ops[p] = this.sized(op, Op.or_i32);
        ops[p + 3] = this.constantLike(op, ~lo, ~hi);
        return this.withConstant(p, ops[p], a, ~lo, ~hi);
      case Op.or_i32:
        if (zero) this.toMov(p, op, a);
        else if (ones) this.toConst(p, op, -1, -1);
        return;
      case Op.eqv_i32:
        ops[p] = this.sized(op, Op.xor_i32);
        ops[p + 3] = this.constantLike(op, ~lo, ~hi);
        return this.withConstant(p, ops[p], a, ~lo, ~hi);
      case Op.xor_i32:
        if (zero) this.toMov(p, op, a);
        else if (ones) this.toUnary(p, op, Op.not_i32, a);
        return;
      case Op.shl_i32:
      case Op.shr_i32:
      case Op.sar_i32:
      case Op.rotl_i32:
      case Op.rotr_i32:
        if (zero) this.toMov(p, op, a);
        return;
      case Op.mul_i32: {
        if (zero) return this.toConst(p, op, 0, 0);
        if (lo === 1 && hi === 0) return this.toMov(p, op, a);
        if (ones) return this.toUnary(p, op, Op.neg_i32, a);
        const shift = this.log2(op, lo, hi);
        if (shift > 0) this.toShift(p, op, Op.shl_i32, a, shift);
        return;
      }
      case Op.div_i32:
        if (lo === 1 && hi === 0) this.toMov(p, op, a);
        return;
      case Op.rem_i32:
        if (lo === 1 && hi === 0) this.toConst(p, op, 0, 0);
        return;
      case Op.divu_i32: {
        const shift = this.log2(op, lo, hi);
        if (shift === 0) this.toMov(p, op, a);
        else if (shift > 0) this.toShift(p, op, Op.shr_i32, a, shift);
        return;
      }
      case Op.remu_i32: {
        if (this.log2(op, lo, hi) < 0) return;
        const maskHi = hi - (lo === 0 ? 1 : 0);
        ops[p] = this.sized(op, Op.and_i32);
        ops[p + 3] = this.constantLike(op, lo - 1, maskHi);
        return this.and(p, op, a, (lo - 1) | 0, maskHi | 0);
      }
    }
  }

  private and(p: number, op: Op, a: Temp, lo: number, hi: number): void {
    const maskLo = this.values.zeroMaskLo(a);
    const maskHi = this.values.zeroMaskHi(a);
    if ((maskLo & lo) === 0 && (maskHi & hi) === 0) this.toConst(p, op, 0, 0);
    else if ((maskLo & ~lo) === 0 && (maskHi & ~hi) === 0) this.toMov(p, op, a);
  }

  /** d = constant op b, where the order matters */
  private ofConstant(p: number, op: Op, lo: number, hi: number, b: Temp): void {
    const zero = (lo | hi) === 0;
    switch (OP_BASE[op] as Op) {
      case Op.sub_i32:
        if (zero) this.toUnary(p, op, Op.neg_i32, b);
        return;
      case Op.andc_i32:
        if (zero) this.toConst(p, op, 0, 0);
        else if (lo === -1 && hi === -1) this.toUnary(p, op, Op.not_i32, b);
        return;
      case Op.orc_i32:
        if (zero) this.toUnary(p, op, Op.not_i32, b);
        else if (lo === -1 && hi === -1) this.toConst(p, op, -1, -1);
        return;
      case Op.shl_i32:
      case Op.shr_i32:
      case Op.sar_i32:
      case Op.rotl_i32:
      case Op.rotr_i32:
        if (zero) this.toConst(p, op, 0, 0);
        return;
    }
  }

  private sameInputs(p: number, op: Op, a: Temp): void {
    switch (OP_BASE[op] as Op) {
      case Op.and_i32:
      case Op.or_i32:
        return this.toMov(p, op, a);
      case Op.sub_i32:
      case Op.xor_i32:
      case Op.andc_i32:
        return this.toConst(p, op, 0, 0);
      case Op.orc_i32:
      case Op.eqv_i32:
        return this.toConst(p, op, -1, -1);
      case Op.nand_i32:
      case Op.nor_i32:
        return this.toUnary(p, op, Op.not_i32, a);
    }
  }

  private setcond(p: number, op: Op): void {
    const { ctx } = this;
    const { ops } = ctx;
    const verdict = this.condition(p, 2, 3, 4);
    if (verdict !== Verdict.Unknown) return this.toConst(p, op, verdict === Verdict.Always ? 1 : 0, 0);
    const a = ops[p + 2];
    const b = ops[p + 3];
    const cond = ops[p + 4] as Cond;
    if (!ctx.isConst(b) || (cond !== Cond.EQ && cond !== Cond.NE) || !this.fits(a, 1, 0)) return;
    // a is a truth value already, compared with 0 or 1 (anything else was decided above).
    if ((cond === Cond.NE) === (ctx.constLo[b] === 0)) return this.toMov(p, op, a);
    ops[p] = this.sized(op, Op.xor_i32);
    ops[p + 3] = this.constantLike(op, 1, 0);
  }

  private movcond(p: number, op: Op): void {
    const { ops } = this.ctx;
    const verdict = this.condition(p, 2, 3, 6);
    if (verdict === Verdict.Always || ops[p + 4] === ops[p + 5]) this.toMov(p, op, ops[p + 4]);
    else if (verdict === Verdict.Never) this.toMov(p, op, ops[p + 5]);
  }

  private deposit(p: number, op: Op, a: Temp, b: Temp, pos: number, len: number): void {
    const { ctx } = this;
    const { ops } = ctx;
    if (len === this.width(op)) return this.toMov(p, op, b);
    if (!ctx.isConst(a) || (ctx.constLo[a] | ctx.constHi[a]) !== 0) return;
    if (pos === 0) {
      ops[p] = this.sized(op, Op.extract_i32);
      ops[p + 2] = b;
      ops[p + 3] = 0;
      ops[p + 4] = len;
      this.extract(p, op, b, 0, len);
    } else if (pos + len === this.width(op)) this.toShift(p, op, Op.shl_i32, b, pos);
  }

  // ---- Rewriting -----------------------------------------------------------------------------------------------------

  private toMov(p: number, op: Op, a: Temp): void {
    this.toUnary(p, op, Op.mov_i32, a);
  }

  private toConst(p: number, op: Op, lo: number, hi: number): void {
    this.toMov(p, op, this.constantLike(op, lo, hi));
  }

  private toUnary(p: number, op: Op, to: Op, a: Temp): void {
    const { ops } = this.ctx;
    ops[p] = this.sized(op, to);
    ops[p + 2] = a;
  }

  private toShift(p: number, op: Op, to: Op, a: Temp, n: number): void {
    this.toUnary(p, op, to, a);
    this.ctx.ops[p + 3] = this.constantLike(op, n, 0);
  }

  /** The op `to` (given as its _i32 form) in the width of op's output. */
  private sized(op: Op, to: Op): Op {
    return to + OP_WIDE[op];
  }

  private width(op: Op): number {
    return OP_WIDE[op] ? 64 : 32;
  }

  /** log2 of a constant operand read as unsigned in the op's width, -1 if it is no power of two. */
  private log2(op: Op, lo: number, hi: number): number {
    return log2Exact(lo, OP_WIDE[op] ? hi : 0);
  }

  private constantLike(op: Op, lo: number, hi: number): Temp {
    return OP_WIDE[op] ? this.ctx.constI64Parts(lo, hi) : this.ctx.constI32(lo);
  }

  /** A constant of the type of t. */
  private constant(t: Temp, value: number): Temp {
    return this.ctx.tempType[t] ? this.ctx.constI64Parts(value, 0) : this.ctx.constI32(value);
  }

  /** Whether all bits of t outside the mask are known to be zero. */
  private fits(t: Temp, lo: number, hi: number): boolean {
    return (this.values.zeroMaskLo(t) & ~lo) === 0 && (this.values.zeroMaskHi(t) & ~hi) === 0;
  }
}
