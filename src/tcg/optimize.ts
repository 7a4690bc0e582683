/**
 * The optimiser: one pass forwards over each extended basic block (copies, constants, known bits, unreachable code), one backwards (dead
 * code). Ops only ever become fewer, so both rewrite `ctx.ops` in place. Between them shifts become rotations (rotations.ts). Afterwards there
 * is no nop, no discard, no `mov d, d`.
 */
import { TempKind, type TcgContext, type Temp } from './context.js';
import { KnownBits } from './known-bits.js';
import { Liveness } from './liveness.js';
import { clobbersGlobals, Op, OP_FIRST_INPUT, OP_FLAGS, OP_INPUTS, OP_OUTPUTS, OP_WORDS, OpFlag } from './opcodes.js';
import { Rotations } from './rotations.js';
import { Simplifier, Verdict } from './simplify.js';
import { Values } from './values.js';

/** Scratch memory of the passes, one set a context so that it is reused from TB to TB. */
const optimizers = new WeakMap<TcgContext, Optimizer>();

export function optimize(ctx: TcgContext): void {
  const optimizer = optimizerOf(ctx);
  optimizer.forward(ctx);
  optimizer.rotations.run(ctx);
  optimizer.liveness.run(ctx, true);
}

/** The forward pass alone (file tests, debugging). */
export function optimizeForward(ctx: TcgContext): void {
  optimizerOf(ctx).forward(ctx);
}

/** The backward pass alone: dead code goes. */
export function eliminateDead(ctx: TcgContext): void {
  optimizerOf(ctx).liveness.run(ctx, true);
}

/**
 * What dies where, a byte an op (valid until the next call): bit i is set if the temp in operand word i + 1 is an input that nobody reads
 * after this op, or an output that nobody reads at all. Globals count as read wherever the guest state must be exact; constants never die.
 */
export function analyzeLiveness(ctx: TcgContext): Uint8Array {
  return optimizerOf(ctx).liveness.run(ctx, false);
}

function optimizerOf(ctx: TcgContext): Optimizer {
  let optimizer = optimizers.get(ctx);
  if (!optimizer) optimizers.set(ctx, (optimizer = new Optimizer()));
  return optimizer;
}

class Optimizer {
  readonly liveness = new Liveness();
  readonly rotations = new Rotations();
  private readonly values = new Values();
  private readonly simplifier = new Simplifier(this.values);
  private readonly bits = new KnownBits(this.values);
  /** Branches to each label that are still there. */
  private labelUses = new Int32Array(64);

  forward(ctx: TcgContext): void {
    const { ops } = ctx;
    const { values, simplifier, bits } = this;
    values.begin(ctx);
    simplifier.begin(ctx);
    this.countLabelUses(ctx);
    const end = ctx.opCount * OP_WORDS;
    let reachable = true;
    let w = 0;
    for (let r = 0; r < end; r += OP_WORDS) {
      const op = ops[r] as Op;
      if (!reachable && op !== Op.set_label) {
        this.dropBranch(op, ops, r);
        continue;
      }
      if (w !== r) ops.copyWithin(w, r, r + OP_WORDS);
      const first = w + OP_FIRST_INPUT[op];
      for (let i = first; i < first + OP_INPUTS[op]; i++) {
        if (ops[i] >= 0) ops[i] = values.resolve(ops[i]);
      }
      switch (op) {
        case Op.nop:
          continue;
        case Op.discard:
          values.writeUnknown(ops[w + 1]);
          continue;
        case Op.set_label: {
          const label = ops[w + 1];
          w = this.dropJumpsTo(label, ops, w);
          if (this.labelUses[label] === 0) {
            // Reached by falling in, if at all: no merge. After a dropped jump the code before it falls in again.
            if (!reachable && !endsBlock(ops, w)) reachable = true;
            continue;
          }
          values.forget();
          reachable = true;
          ops[w] = op;
          ops[w + 1] = label;
          w += OP_WORDS;
          continue;
        }
        case Op.brcond_i32:
        case Op.brcond_i64: {
          const verdict = simplifier.condition(w, 1, 2, 3);
          if (verdict === Verdict.Never) {
            this.labelUses[ops[w + 4]]--;
            continue;
          }
          if (verdict === Verdict.Always) {
            ops[w] = Op.br;
            ops[w + 1] = ops[w + 4];
            reachable = false;
          }
          w += OP_WORDS;
          continue;
        }
        case Op.call:
          this.call(ctx, w);
          w += OP_WORDS;
          continue;
      }
      simplifier.simplify(w);
      const final = ops[w] as Op;
      if (final === Op.mov_i64 || final === Op.mov_i32) {
        if (this.mov(ctx, w)) w += OP_WORDS;
        continue;
      }
      const outputs = OP_OUTPUTS[final];
      if (outputs === 1) {
        bits.compute(ctx, w);
        values.write(ops[w + 1], bits.lo, bits.hi, bits.signs);
      } else if (outputs === 2) {
        values.writeUnknown(ops[w + 1]);
        values.writeUnknown(ops[w + 2]);
      }
      if (OP_FLAGS[final] & OpFlag.END) reachable = false;
      w += OP_WORDS;
    }
    ctx.opCount = w / OP_WORDS;
  }

  /** False if the mov at word w is not needed. */
  private mov(ctx: TcgContext, w: number): boolean {
    const { ops } = ctx;
    const { values } = this;
    const d = ops[w + 1];
    const a = ops[w + 2];
    if (d === a || values.resolve(d) === a) return false;
    if (w > 0 && this.isResultOf(ctx, w - OP_WORDS, a)) {
      // `op tmp, ..; mov x10, tmp`: let the op write x10. The mov stays the other way round and mostly turns out dead.
      ops[w - OP_WORDS + 1] = d;
      ops[w + 1] = a;
      ops[w + 2] = d;
      values.rename(a, d);
      return true;
    }
    values.writeCopy(d, a);
    return true;
  }

  /** Whether the op at word p is what made temp a, and nothing else. */
  private isResultOf(ctx: TcgContext, p: number, a: Temp): boolean {
    const kind = ctx.tempKind[a] as TempKind;
    if (kind !== TempKind.Temp && kind !== TempKind.Local) return false;
    const op = ctx.ops[p] as Op;
    return ctx.ops[p + 1] === a && OP_OUTPUTS[op] === 1 && op !== Op.mov_i32 && op !== Op.mov_i64;
  }

  private call(ctx: TcgContext, w: number): void {
    const { ops } = ctx;
    const helper = ctx.helpers[ops[w + 2]];
    if (clobbersGlobals(helper)) {
      for (let global = 0; global < ctx.globalCount; global++) this.values.writeUnknown(global);
    }
    if (ops[w + 1] >= 0) this.values.writeUnknown(ops[w + 1]);
  }

  private countLabelUses(ctx: TcgContext): void {
    const { ops } = ctx;
    if (ctx.labelCount === 0) return;
    if (this.labelUses.length < ctx.labelCount) this.labelUses = new Int32Array(2 * ctx.labelCount);
    this.labelUses.fill(0, 0, ctx.labelCount);
    const end = ctx.opCount * OP_WORDS;
    for (let p = 0; p < end; p += OP_WORDS) {
      const label = branchTarget(ops, p);
      if (label >= 0) this.labelUses[label]++;
    }
  }

  private dropBranch(op: Op, ops: Int32Array, p: number): void {
    if (op !== Op.br && op !== Op.brcond_i32 && op !== Op.brcond_i64) return;
    this.labelUses[branchTarget(ops, p)]--;
  }

  /** Branches right before their own label go nowhere: the new end of the output. */
  private dropJumpsTo(label: number, ops: Int32Array, w: number): number {
    while (w > 0 && branchTarget(ops, w - OP_WORDS) === label) {
      w -= OP_WORDS;
      this.labelUses[label]--;
    }
    return w;
  }
}

function branchTarget(ops: Int32Array, p: number): number {
  switch (ops[p] as Op) {
    case Op.br:
      return ops[p + 1];
    case Op.brcond_i32:
    case Op.brcond_i64:
      return ops[p + 4];
    default:
      return -1;
  }
}

/** Whether control cannot fall out of the op before word w. */
function endsBlock(ops: Int32Array, w: number): boolean {
  if (w === 0) return false;
  const op = ops[w - OP_WORDS] as Op;
  return (OP_FLAGS[op] & OpFlag.END) !== 0 && op !== Op.brcond_i32 && op !== Op.brcond_i64;
}
