/**
 * The code of one basic block in the making: statements, and for each temp where its value is: a wasm local, or an expression that is
 * still to be placed (used once, pure), so that most temps never become locals.
 */
import { TempKind, TYPE_I64 } from '../ir-buffer.js';
import { Op, OP_WORDS, INPUT_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import { EXTEND_S32, EXTEND_U32, F64, Float, I32, I64, Wasm, WRAP, type Expr, type ValueType, type WasmModule } from './binaryen.js';
import type { FunctionLocals } from './function-locals.js';
import type { TbIr } from './region.js';
import { globalCountOf, type TargetInfo } from './target-info.js';
import { WidthClass, classOfConst, WORD, type ValueWidths } from './value-widths.js';
import type { Block } from './cfg.js';

interface Pending {
  readonly expr: Expr;
  /** Locals that the expression reads. */
  readonly reads: readonly number[];
  readonly size: number;
  readonly widthClass: number;
}

/** An i32 as the 64-bit value that its width class says. */
export function extended(m: WasmModule, expr: Expr, widthClass: number): Expr {
  if (widthClass & WidthClass.ZERO) return m.unary(EXTEND_U32, expr);
  if (widthClass & WidthClass.SIGNED) return m.unary(EXTEND_S32, expr);
  throw new RangeError('the upper half of a value is read that was not to be wanted');
}

/**
 * The same for an i64 local, which is wide on another way too. V8 11 (Node 20) takes what is zero-extended for the i32 itself; where two ways meet with their
 * values in one place, its move optimiser makes one move of both, as wide as either: the other way's upper half is lost. So a zero-extension that is not the
 * sign-extension as well is made by shifts, which are instructions of their own.
 */
function widened(m: WasmModule, expr: Expr, widthClass: number): Expr {
  if (widthClass & WidthClass.SIGNED) return m.unary(EXTEND_S32, expr);
  return m.binary(Wasm.shrU[1], m.binary(Wasm.shl[1], extended(m, expr, widthClass), m.i64(32n)), m.i64(32n));
}

/** A page is further than this from the end of the host's addresses. */
const MAX_OFFSET = 2048;
/** Larger trees are cut by a local: engines recurse over them. */
const MAX_TREE = 24;

export class BlockLowering {
  readonly list: Expr[] = [];
  /** No division has a divisor of 0, or a quotient that does not fit. */
  readonly divisionIsGuarded: boolean;
  private readonly globalCount: number;
  private readonly pending = new Map<number, Pending>();
  private readonly localOf = new Map<number, number>();
  /** Width classes of the temps in `localOf`. */
  private readonly tempClass = new Map<number, number>();
  /** Width classes of the globals at this point. */
  private readonly globalClass: Uint8Array;
  /** The running op's: narrow if it is made as i32. */
  private widthClass = 0;
  private readonly usesLeft = new Map<number, number>();
  /** Uses of output i of op k until its next definition: at 2 * (k - first) + i. */
  private readonly uses: Int32Array;
  private readonly freed: number[] = [];
  private readonly memory = new Map<string, number>();
  private reads: number[] = [];
  private size = 0;
  private op = 0;

  constructor(
    readonly m: WasmModule,
    private readonly locals: FunctionLocals,
    readonly ir: TbIr,
    private readonly block: Block,
    /** Locals of the temps that live across blocks of this TB. */
    private readonly shared: ReadonlyMap<number, number>,
    target: TargetInfo,
    private readonly widths: ValueWidths,
    atStart: Uint8Array,
    /** Globals that are kept in both locals while they are narrow. */
    private readonly mixed: Uint8Array,
  ) {
    this.globalCount = globalCountOf(target);
    this.divisionIsGuarded = target.traits.division === 'guarded';
    this.uses = this.countUses();
    this.globalClass = atStart.slice();
  }

  private countUses(): Int32Array {
    const { ops } = this.ir;
    const { first, end } = this.block;
    const uses = new Int32Array(2 * (end - first));
    const count = new Map<number, number>();
    for (let k = end - 1; k >= first; k--) {
      const p = k * OP_WORDS;
      const outputs = OUTPUT_WORDS[ops[p]];
      for (let i = 0; i < outputs.length; i++) {
        const temp = ops[p + outputs[i]];
        uses[2 * (k - first) + i] = count.get(temp) ?? 0;
        count.set(temp, 0);
      }
      for (const at of INPUT_WORDS[ops[p]]) if (ops[p + at] >= 0) count.set(ops[p + at], (count.get(ops[p + at]) ?? 0) + 1);
    }
    return uses;
  }

  /** Starts op k: nothing is read yet. */
  begin(k: number): void {
    this.op = k;
    this.widthClass = this.widths.classOf(this.block.tb, k);
    this.reads = [];
    this.size = 0;
  }

  /** Ends an op: scratch locals and temps that were used for the last time are free. */
  finish(): void {
    for (const local of this.freed) this.locals.release(local);
    this.freed.length = 0;
  }

  isI64(temp: number): boolean {
    return this.ir.tempType[temp] === TYPE_I64;
  }
  typeOf(temp: number): ValueType {
    return this.isI64(temp) ? I64 : I32;
  }
  isConst(temp: number): boolean {
    return this.ir.tempKind[temp] === TempKind.Const;
  }
  /** Signed value of a constant temp. */
  constOf(temp: number): bigint {
    return (BigInt(this.ir.constHi[temp]) << 32n) | BigInt(this.ir.constLo[temp] >>> 0);
  }
  isConstValue(temp: number, value: number): boolean {
    return this.isConst(temp) && this.ir.constLo[temp] === value && this.ir.constHi[temp] === value >> 31;
  }

  /** Whether the running op is made as i32: `use` and `operand` then give low halves. */
  get isNarrow(): boolean {
    return this.widthClass !== 0;
  }

  /** The width class of a 64-bit input: 0 if it is held as i64. */
  classOf(temp: number): number {
    if (this.isConst(temp)) return this.isI64(temp) ? classOfConst(this.ir.constLo[temp], this.ir.constHi[temp]) : 0;
    if (temp < this.globalCount) return this.globalClass[temp];
    return (this.pending.get(temp)?.widthClass ?? this.tempClass.get(temp)) || 0;
  }

  /** The value of an input, once, in the width of the running op. */
  use(temp: number): Expr {
    return this.isNarrow ? this.low(temp) : this.full(temp);
  }

  /** All bits of an input, once. */
  full(temp: number): Expr {
    if (this.isConst(temp)) return this.constant(temp);
    const widthClass = this.classOf(temp);
    const expr = this.held(temp);
    return widthClass === 0 ? expr : extended(this.m, expr, widthClass);
  }

  /** The low half of an input, once, as i32. */
  low(temp: number): Expr {
    if (this.isConst(temp)) return this.m.i32(this.ir.constLo[temp]);
    const isWide = this.isI64(temp) && this.classOf(temp) === 0;
    const expr = this.held(temp);
    return isWide ? this.m.unary(WRAP, expr) : expr;
  }

  /** An input, once, as it is held. */
  private held(temp: number): Expr {
    this.size++;
    const waiting = this.pending.get(temp);
    if (waiting) {
      this.pending.delete(temp);
      this.reads.push(...waiting.reads);
      this.size += waiting.size;
      return waiting.expr;
    }
    const widthClass = this.classOf(temp);
    const local = this.localFor(temp);
    this.reads.push(local);
    return widthClass === 0 ? this.read(local, temp) : this.m.get(local, I32);
  }

  /** Whether a temp is a global in an F64 local. */
  isFloat(temp: number): boolean {
    return temp < this.globalCount && this.locals.typeOfGlobal(temp) === F64;
  }
  private read(local: number, temp: number): Expr {
    if (this.isFloat(temp)) return this.m.unary(Float.toBits[1], this.m.get(local, F64));
    return this.m.get(local, this.typeOf(temp));
  }

  private constant(temp: number): Expr {
    return this.isI64(temp) ? this.m.i64(this.constOf(temp)) : this.m.i32(this.ir.constLo[temp]);
  }

  /** The value of an input, in the width of the running op, as often as wanted: each call makes another expression for it. */
  operand(temp: number): () => Expr {
    return this.isNarrow ? this.lowOperand(temp) : this.fullOperand(temp);
  }

  private fullOperand(temp: number): () => Expr {
    if (this.isConst(temp)) return () => this.constant(temp);
    const get = this.heldOperand(temp);
    return () => (get.widthClass === 0 ? get.expr() : extended(this.m, get.expr(), get.widthClass));
  }

  /**
   * Host address of an access that needs no check, and what is to be added to it: `addend` is what the page is away from the guest's. A sum that is made only for
   * the access is split, so that its constant goes into the access.
   */
  hostOf(temp: number, addend: number): { host: Expr; offset: number } {
    const sum = this.pending.has(temp) ? this.sumOf(temp) : undefined;
    if (sum) this.pending.delete(temp);
    const low = this.low(sum ? sum.base : temp);
    return { host: this.m.binary(Wasm.add[0], low, this.m.get(addend, I32)), offset: sum?.offset ?? 0 };
  }

  /** A temp of this block as a global that still has that value, plus a small constant; of an address of 32 bits, modulo 2^32. */
  private sumOf(temp: number): { base: number; offset: number } | undefined {
    const { ops } = this.ir;
    for (let k = this.op - 1; k >= this.block.first; k--) {
      const p = k * OP_WORDS;
      if (!OUTPUT_WORDS[ops[p]].some((at) => ops[p + at] === temp)) continue;
      if (ops[p] === Op.ext32u_i64 && ops[p + 2] >= this.globalCount) {
        temp = ops[p + 2];
        continue;
      }
      const [base, constant] = [ops[p + 2], ops[p + 3]];
      if (ops[p] !== Op.add_i64 || base >= this.globalCount || !this.isConst(constant)) return undefined;
      const offset = this.ir.constLo[constant];
      if (this.ir.constHi[constant] !== 0 || offset < 0 || offset > MAX_OFFSET) return undefined;
      for (let later = k + 1; later < this.op; later++) {
        const q = later * OP_WORDS;
        if (OUTPUT_WORDS[ops[q]].some((at) => ops[q + at] === base)) return undefined;
      }
      return { base, offset };
    }
    return undefined;
  }

  /** The low half of an input as often as wanted. */
  lowOperand(temp: number): () => Expr {
    if (this.isConst(temp)) return () => this.m.i32(this.ir.constLo[temp]);
    const get = this.heldOperand(temp);
    return () => (get.widthClass === 0 && this.isI64(temp) ? this.m.unary(WRAP, get.expr()) : get.expr());
  }

  private heldOperand(temp: number): { expr: () => Expr; widthClass: number } {
    const widthClass = this.classOf(temp);
    this.size += 2;
    const waiting = this.pending.get(temp);
    const type = widthClass === 0 ? this.typeOf(temp) : I32;
    if (waiting) {
      this.pending.delete(temp);
      const local = this.spill(waiting.expr, type);
      return { expr: () => this.m.get(local, type), widthClass };
    }
    const local = this.localFor(temp);
    this.reads.push(local);
    return { expr: () => (widthClass === 0 ? this.read(local, temp) : this.m.get(local, I32)), widthClass };
  }

  /** The same of an i64 as a binary64 number. */
  floatOperand(temp: number): () => Expr {
    if (this.isFloat(temp)) {
      const local = this.localFor(temp);
      this.reads.push(local);
      return () => this.m.get(local, F64);
    }
    const bits = this.operand(temp);
    return () => this.m.unary(Float.fromBits[1], bits());
  }

  /** A local that holds all of an input for the length of this op. */
  useLocal(temp: number): number {
    this.size += 2;
    if (this.isConst(temp) || this.isFloat(temp) || this.pending.has(temp) || this.classOf(temp) !== 0) {
      return this.spill(this.full(temp), this.typeOf(temp));
    }
    const local = this.localFor(temp);
    this.reads.push(local);
    return local;
  }

  private localFor(temp: number): number {
    if (temp < this.globalCount) return this.globalClass[temp] === 0 ? this.locals.ofGlobal(temp) : this.locals.narrowOf(temp);
    const common = this.shared.get(temp);
    if (common !== undefined) return common;
    const local = this.localOf.get(temp);
    if (local === undefined) throw new RangeError(`temp ${temp} is read before it is written`);
    const left = this.usesLeft.get(temp)! - 1;
    this.usesLeft.set(temp, left);
    if (left === 0) this.freed.push(local);
    return local;
  }

  /** A scratch local for the length of this op. */
  scratch(type: ValueType): number {
    const local = this.allocate(type);
    this.freed.push(local);
    this.reads.push(local);
    return local;
  }

  /** A local that is kept until it is released. */
  hold(type: ValueType): number {
    return this.allocate(type);
  }
  release(local: number): void {
    this.locals.release(local);
  }

  /** An i32 that stays as it is until `forget`: made once. */
  remembered(key: string, make: () => Expr): number {
    let local = this.memory.get(key);
    if (local === undefined) {
      local = this.allocate(I32);
      this.list.push(this.m.set(local, make()));
      this.memory.set(key, local);
    }
    return local;
  }
  /** Env may have changed in any way, or the block ends. */
  forget(): void {
    for (const local of this.memory.values()) this.locals.release(local);
    this.memory.clear();
  }

  /** Puts an expression into a scratch local. */
  spill(expr: Expr, type: ValueType): number {
    const local = this.scratch(type);
    this.list.push(this.m.set(local, expr));
    return local;
  }

  /** A local that no expression reads which is still to be placed: neither a pending one nor that of the running op. */
  private allocate(type: ValueType): number {
    return this.locals.allocate(type, (local) => {
      if (this.reads.includes(local)) return false;
      for (const p of this.pending.values()) if (p.reads.includes(local)) return false;
      return true;
    });
  }

  /** Gives output `index` of the running op its value (i32 if the op is narrow). `pure`: may be placed later, or never. */
  define(temp: number, expr: Expr, pure = true, index = 0): void {
    const { widthClass, m } = this;
    if (widthClass !== 0 && temp < this.globalCount && this.widths.canNarrow(this.block.tb, temp))
      return this.defineNarrow(temp, expr, widthClass);
    // Made in 64 bits, of which the upper half is zero.
    if (widthClass === 0 && this.locals.isWord(temp)) return this.defineNarrow(temp, m.unary(WRAP, expr), WORD);
    const fixed = temp < this.globalCount ? this.locals.ofGlobal(temp) : this.shared.get(temp);
    if (fixed !== undefined) {
      const value = widthClass === 0 ? expr : widened(m, expr, widthClass);
      this.beforeWrite(fixed);
      this.list.push(m.set(fixed, this.isFloat(temp) ? m.unary(Float.fromBits[1], value) : value));
      if (temp < this.globalCount) this.globalClass[temp] = 0;
      return;
    }
    this.pending.delete(temp); // an earlier value whose only user was dead
    const uses = this.uses[2 * (this.op - this.block.first) + index];
    if (pure && uses === 0) return;
    if (pure && uses === 1 && this.size <= MAX_TREE) {
      this.pending.set(temp, { expr, reads: this.reads, size: this.size, widthClass });
      return;
    }
    this.keep(temp, expr, widthClass, uses);
    if (uses === 0) this.freed.push(this.localOf.get(temp)!);
  }

  private defineNarrow(global: number, expr: Expr, widthClass: number): void {
    const local = this.locals.narrowOf(global);
    this.beforeWrite(local);
    this.list.push(this.m.set(local, expr));
    this.globalClass[global] = widthClass;
    if (this.mixed[global] !== 0) this.widen(global);
  }

  /** Puts a narrow global into its i64 local too. */
  widen(global: number): void {
    const local = this.locals.ofGlobal(global);
    this.beforeWrite(local);
    this.list.push(this.m.set(local, widened(this.m, this.m.get(this.locals.narrowOf(global), I32), this.globalClass[global])));
  }

  /** All globals have changed in env: those that are wanted are loaded again. */
  forgetClasses(): void {
    this.widths.forget(this.globalClass);
  }

  private keep(temp: number, expr: Expr, widthClass: number, uses: number): void {
    const local = this.allocate(widthClass === 0 ? this.typeOf(temp) : I32);
    this.list.push(this.m.set(local, expr));
    this.localOf.set(temp, local);
    this.tempClass.set(temp, widthClass);
    this.usesLeft.set(temp, uses);
  }

  /** Sets a global that `isFloat` to a binary64 number. */
  defineFloat(global: number, expr: Expr): void {
    const local = this.locals.ofGlobal(global);
    this.beforeWrite(local);
    this.list.push(this.m.set(local, expr));
  }

  /** A local is about to change: expressions that read it are placed now. */
  beforeWrite(local: number): void {
    for (const [temp, waiting] of this.pending) {
      if (!waiting.reads.includes(local)) continue;
      this.pending.delete(temp);
      this.keep(temp, waiting.expr, waiting.widthClass, 1);
    }
  }
}
