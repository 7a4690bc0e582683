/**
 * Liveness, backwards. At the end of a TB, at a label, and wherever the guest state must be exact (an op that may fault, a helper that reads
 * globals, or one that is inline in generated code, which may leave there), all globals are live; at a label or jump all locals too. Temps die at labels and jumps, but live on across a conditional branch.
 */
import { TempKind, type TcgContext } from './context.js';
import { Op, OP_FIRST_INPUT, OP_FLAGS, OP_INPUTS, OP_OUTPUTS, OP_WIDE, OP_WORDS, OpFlag } from './opcodes.js';

export class Liveness {
  private live = new Uint8Array(256);
  private life = new Uint8Array(256);
  private locals: number[] = [];

  /** With `remove`, dead ops go and ctx is compacted. The answer is `analyzeLiveness`'s: bits of dying operands, a byte an op. */
  run(ctx: TcgContext, remove: boolean): Uint8Array {
    const { ops } = ctx;
    this.begin(ctx);
    const { live, life } = this;
    const count = ctx.opCount;
    let w = count;
    for (let k = count - 1; k >= 0; k--) {
      const p = k * OP_WORDS;
      if (remove) {
        if (this.dead(ctx, p)) continue;
        this.narrow(ops, p);
      }
      const op = ops[p] as Op;
      const outputs = OP_OUTPUTS[op];
      let dying = 0;
      for (let i = 1; i <= outputs; i++) {
        const t = ops[p + i];
        if (t < 0) continue;
        if (live[t] === 0) dying |= 1 << (i - 1);
        live[t] = 0;
      }
      if (OP_FLAGS[op] !== 0) this.effects(ctx, op, p);
      const first = OP_FIRST_INPUT[op];
      const last = first + OP_INPUTS[op];
      for (let i = first; i < last; i++) {
        const t = ops[p + i];
        if (t >= 0 && live[t] === 0 && ctx.tempKind[t] !== TempKind.Const) dying |= 1 << (i - 1);
      }
      for (let i = first; i < last; i++) if (ops[p + i] >= 0) live[ops[p + i]] = 1;
      w--;
      life[w] = dying;
      if (w !== k) ops.copyWithin(w * OP_WORDS, p, p + OP_WORDS);
    }
    if (w > 0) {
      ops.copyWithin(0, w * OP_WORDS, count * OP_WORDS);
      life.copyWithin(0, w, count);
      ctx.opCount = count - w;
    }
    return life.subarray(0, ctx.opCount);
  }

  private begin(ctx: TcgContext): void {
    if (this.live.length < ctx.tempCount) this.live = new Uint8Array(2 * ctx.tempCount);
    if (this.life.length < ctx.opCount) this.life = new Uint8Array(2 * ctx.opCount);
    this.locals.length = 0;
    for (let t = ctx.globalCount; t < ctx.tempCount; t++) if (ctx.tempKind[t] === TempKind.Local) this.locals.push(t);
    this.leave(ctx);
  }

  /** No side effects, and nobody reads what it makes. */
  private dead(ctx: TcgContext, p: number): boolean {
    const { ops } = ctx;
    const op = ops[p] as Op;
    if (op === Op.call) return ctx.helpers[ops[p + 2]].pure === true && (ops[p + 1] < 0 || this.live[ops[p + 1]] === 0);
    if (op === Op.nop || op === Op.discard) return true;
    if (OP_FLAGS[op] !== 0) return false;
    for (let i = 1; i <= OP_OUTPUTS[op]; i++) if (this.live[ops[p + i]] !== 0) return false;
    return true;
  }

  /** A two-word op of which only one word is wanted. */
  private narrow(ops: Int32Array, p: number): void {
    const op = ops[p] as Op;
    if (OP_OUTPUTS[op] !== 2) return;
    const wide = OP_WIDE[op];
    const lowDead = this.live[ops[p + 1]] === 0;
    const highDead = this.live[ops[p + 2]] === 0;
    const product = op - wide === Op.mulu2_i32 || op - wide === Op.muls2_i32;
    if (product && highDead) this.replace(ops, p, Op.mul_i32 + wide, ops[p + 1], ops[p + 3], ops[p + 4]);
    else if (product && lowDead) {
      const high = op - wide === Op.mulu2_i32 ? Op.muluh_i32 : Op.mulsh_i32;
      this.replace(ops, p, high + wide, ops[p + 2], ops[p + 3], ops[p + 4]);
    } else if (!product && highDead) {
      const low = op - wide === Op.add2_i32 ? Op.add_i32 : Op.sub_i32;
      this.replace(ops, p, low + wide, ops[p + 1], ops[p + 3], ops[p + 5]);
    }
  }

  private replace(ops: Int32Array, p: number, op: Op, d: number, a: number, b: number): void {
    ops[p] = op;
    ops[p + 1] = d;
    ops[p + 2] = a;
    ops[p + 3] = b;
  }

  /** What an op demands of the state before it, beyond its inputs. */
  private effects(ctx: TcgContext, op: Op, p: number): void {
    switch (op) {
      case Op.goto_tb:
      case Op.goto_ptr:
      case Op.exit_tb:
        return this.leave(ctx);
      case Op.br:
      case Op.set_label:
        this.live.fill(0, ctx.globalCount, ctx.tempCount);
        return this.merge(ctx);
      case Op.brcond_i32:
      case Op.brcond_i64:
        return this.merge(ctx);
      case Op.call: {
        const helper = ctx.helpers[ctx.ops[p + 2]];
        if (helper.mayFault || helper.inline || (!helper.noReadGlobals && !helper.pure)) this.live.fill(1, 0, ctx.globalCount);
        return;
      }
      default:
        if (OP_FLAGS[op] & OpFlag.MAY_FAULT) this.live.fill(1, 0, ctx.globalCount);
    }
  }

  private leave(ctx: TcgContext): void {
    this.live.fill(1, 0, ctx.globalCount);
    this.live.fill(0, ctx.globalCount, ctx.tempCount);
  }

  private merge(ctx: TcgContext): void {
    this.live.fill(1, 0, ctx.globalCount);
    for (const local of this.locals) this.live[local] = 1;
  }
}
