/** The basic blocks of a region's function, one after the other. */
import { LOCATOR_RESUME } from '../../../assembly/shared/layout.js';
import type { EnvTest } from '../inline-float.js';
import { PC } from '../ir-buffer.js';
import type { TargetTraits } from '../target-traits.js';
import { clobbersGlobals, INPUT_WORDS, isMemoryOp, Op, OP_WORDS, syncsGlobals } from '../opcodes.js';
import type { AccessGroup, GroupedAccess } from './access-groups.js';
import { EXTEND_U32, I32, I64, NONE, WRAP, type Expr } from './binaryen.js';
import type { Bitsets } from './bitset.js';
import { chasedLoads } from './chased-loads.js';
import { BlockLowering } from './block-lowering.js';
import type { Block } from './cfg.js';
import { FaultExits } from './fault-exits.js';
import { locatorOf, withoutPc, type FunctionCode, type Insn } from './function-code.js';
import { lowerFloat, type InlineHost } from './lower-float.js';
import { leaveBlock } from './lower-jumps.js';
import { lowerMemory, type MemoryHost } from './lower-memory.js';
import { lowerOp } from './lower-ops.js';
import { lowerScore } from './lower-score.js';
import { OwnValues } from './own-values.js';
import type { TbIr } from './region.js';
import { StripCode } from './strip-code.js';
import { globalCountOf } from './target-info.js';

/** Lowers block after block; in between it is what the ops of the running one need of their surroundings. */
export class BlockCode implements MemoryHost, InlineHost {
  private readonly strips: StripCode;
  private readonly ownValues: OwnValues;
  // The running block
  private ir!: TbIr;
  private tb = 0;
  private b = 0;
  private chased: ReadonlySet<number> | undefined;
  private dirty!: Bitsets;
  private faults!: FaultExits;
  private groups!: ReadonlyMap<number, GroupedAccess>;
  private addends: ((op: number) => number | undefined) | undefined;
  // The running op: its number, that in its block, its instruction
  op = 0;
  private row = 0;
  private insn: Insn = { index: -1, offset: 0 };

  constructor(private readonly fn: FunctionCode) {
    this.strips = new StripCode(fn);
    this.ownValues = new OwnValues(fn.facts.region, globalCountOf(fn.target));
  }

  /** Appends the code of block `b`, with its terminator, to `list`; `go(k)` jumps to its successor k. */
  emit(b: number, list: Expr[], jump: (k: number) => Expr): void {
    const { fn } = this;
    const { m, facts } = fn;
    const block = facts.cfg.blocks[b];
    const go = (k: number): Expr => m.sequence([...this.renew(block, block.succ[k]), jump(k)]);
    const ir = facts.region.tbs[block.tb];
    const dirty = facts.flow.dirtyAt(b);
    const { dead, reload, pcWanted } = facts.flow.liveness(b);
    const atStart = facts.widths.atStart(b);
    const { classes: faultClasses, mixed } = facts.widths.faultClasses(b, dirty);
    const lowering = new BlockLowering(m, fn.locals, ir, block, fn.shared[block.tb], fn.target, facts.widths, atStart, mixed);
    if (block.isTbStart && ir.strip) {
      this.widenFor(lowering, block, mixed);
      this.strips.start(lowering.list, ir, ir.strip, dirty, atStart, go);
    } else if (facts.budgetTests[b] !== 0) fn.testBudget(lowering.list, ir, dirty, (g) => atStart[g]);
    if (block.isTbStart) fn.startTb(lowering.list, ir, pcWanted);
    for (const g of facts.flow.liveIn.members(b)) if (mixed[g] !== 0 && atStart[g] !== 0) lowering.widen(g);

    // From here on no jump is made until the block ends: making one may lower the block that it leads to.
    this.ir = ir;
    this.tb = block.tb;
    this.b = b;
    this.chased = undefined;
    this.dirty = dirty;
    this.faults = new FaultExits(lowering.list, m, {
      label: fn.label,
      store: (into, globals) => fn.storeDirty(into, globals, (g) => faultClasses[g]),
      leave: (into) => fn.leaveInside(into, block.tb),
    });
    this.insn = insnBefore(ir, block.first);
    this.groups = facts.groups[b];
    this.groupHosts.clear();
    this.addends = ir.unchecked && this.strips.addendsOf(ir.unchecked);
    for (let k = block.first; k < block.end; k++) {
      const p = k * OP_WORDS;
      const opcode = ir.ops[p];
      this.op = k;
      this.row = k - block.first;
      if (opcode === Op.insn_start) this.insn = { index: this.insn.index + 1, offset: ir.ops[p + 1] };
      if (dead[this.row]) continue;
      lowering.begin(k);
      if (!lowerOp(lowering, ir.ops, p)) {
        if (isMemoryOp(opcode)) lowerMemory(lowering, this, ir.ops, p);
        else if (opcode === Op.call) this.call(lowering, p, reload.get(k) ?? []);
        else {
          this.end(lowering, block, mixed);
          leaveBlock(fn, this.strips, lowering, block, p, this.writeBack(lowering, b), go);
          list.push(...lowering.list);
          return;
        }
      }
      lowering.finish();
    }
    this.end(lowering, block, mixed);
    list.push(...lowering.list);
    if (block.succ.length > 0) list.push(go(0));
    else {
      // A TB without an end: the verifier forbids it, but a function must not fall off either.
      fn.exit(list, dirty.members(block.end - block.first), m.i32(0), (g) => lowering.classOf(g));
    }
  }

  private end(b: BlockLowering, block: Block, mixed: Uint8Array): void {
    b.forget();
    this.faults.close();
    this.widenFor(b, block, mixed);
  }

  /** Before the op that ends the block; returns what is dirty then. */
  private writeBack(lowering: BlockLowering, b: number): number[] {
    const dirty = this.dirty.members(this.row);
    if (this.fn.facts.writeBacks[b] === 0) return dirty;
    this.fn.storeDirty(lowering.list, withoutPc(dirty), (g) => lowering.classOf(g));
    return dirty.filter((g) => g === PC);
  }

  /** Before a jump: narrow globals that a successor wants wide. */
  private widenFor(b: BlockLowering, block: Block, mixed: Uint8Array): void {
    const { widths, flow } = this.fn.facts;
    const wanted = new Set<number>();
    for (const to of block.succ) {
      const classes = widths.atStart(to);
      for (const g of flow.liveIn.members(to)) if (classes[g] === 0 && mixed[g] === 0 && b.classOf(g) !== 0) wanted.add(g);
    }
    for (const g of wanted) b.widen(g);
  }

  /** On the way to another block: i32 locals get a value of their own (own-values.ts). */
  private renew({ tb }: Block, to: number): Expr[] {
    const { m, facts, locals, budget } = this.fn;
    const globals = this.ownValues.between(tb, facts.cfg.blocks[to].tb);
    if (globals.size === 0) return [];
    const classes = facts.widths.atStart(to);
    const narrow = facts.flow.liveIn.members(to).filter((g) => globals.has(g) && classes[g] !== 0);
    return [budget, ...narrow.map((g) => locals.narrowOf(g))].map((local) =>
      m.set(local, m.unary(WRAP, m.unary(EXTEND_U32, m.get(local, I32)))),
    );
  }

  // ---- Calls

  private call(b: BlockLowering, p: number, reload: number[]): void {
    const { helpers } = this.fn.target;
    if (syncsGlobals(helpers[this.ir.ops[p + 2]])) this.faults.close();
    if (!lowerFloat(b, helpers, p, this)) this.callHelper(b, p, reload);
  }

  private callHelper(b: BlockLowering, p: number, reload: number[]): void {
    const { fn } = this;
    const { m } = fn;
    const { ops } = this.ir;
    const helper = fn.target.helpers[ops[p + 2]];
    const scored = lowerScore(m, helper, this.ir, p, () => b.scratch(I32));
    if (scored !== undefined) return void b.list.push(scored);
    const name = `helper_${helper.name}`;
    const params = Array.from({ length: helper.args }, () => I64);
    const resultType = helper.result ? I64 : NONE;
    m.importFunction(name, [I32, ...params], resultType);
    const args = params.map((_, i) => b.use(ops[p + 3 + i]));
    let call = m.call(name, [m.env(), ...args], resultType);
    if (helper.pure) {
      if (ops[p + 1] >= 0) b.define(ops[p + 1], call, false);
      return;
    }
    if (syncsGlobals(helper)) fn.storeDirty(b.list, this.dirty.members(this.row), (g) => b.classOf(g));
    // What is no plain arithmetic may ask for the time, or for the instruction counter.
    fn.storeBudget(b.list);
    const result = helper.result && ops[p + 1] >= 0 ? b.scratch(I64) : -1;
    if (result >= 0) call = m.set(result, call);
    else if (helper.result) call = m.drop(call);
    b.list.push(call);
    if (helper.mayFault) this.faultTest(b.list, syncsGlobals(helper));
    if (clobbersGlobals(helper)) {
      b.forget();
      fn.testEnv(b.list);
      b.forgetClasses();
      for (const g of reload) {
        b.beforeWrite(fn.locals.isWord(g) ? fn.locals.narrowOf(g) : fn.locals.ofGlobal(g));
        b.list.push(fn.loadGlobal(g));
      }
    }
    if (result >= 0) b.define(ops[p + 1], m.get(result, I64), false);
  }

  // ---- For memory accesses, and for inline floating point

  get traits(): TargetTraits {
    return this.fn.target.traits;
  }
  readonly groupHosts = new Map<AccessGroup, number>();

  guessedAddend(mmuIdx: number): number | undefined {
    if (((this.traits.untranslated >> mmuIdx) & 1) === 0) return undefined;
    this.chased ??= chasedLoads(this.ir.ops, this.fn.facts.cfg, this.b);
    const { first, last } = this.grouped?.group ?? { first: this.op, last: this.op };
    for (const op of this.chased) if (op >= first && op <= last) return this.fn.guessedAddend;
    return undefined;
  }
  get isAwaited(): boolean {
    const { ops } = this.ir;
    const loaded = ops[this.op * OP_WORDS] === Op.qemu_ld_i64 ? ops[this.op * OP_WORDS + 1] : -1;
    if (loaded < 0) return false;
    const block = this.fn.facts.cfg.blocks[this.b];
    // Not isOwnLoop: with loops that end with a conditional branch, chasemem takes 15 % longer (bench/RESULTS.md).
    const first = block.succ.includes(this.b) ? block.first : this.op + 1;
    for (let p = first * OP_WORDS; p < block.end * OP_WORDS; p += OP_WORDS) {
      if (INPUT_WORDS[ops[p]].some((at) => ops[p + at] === loaded)) return true;
    }
    return false;
  }
  get tellsStores(): boolean {
    return this.fn.target.lockstep ?? false;
  }
  get grouped(): GroupedAccess | undefined {
    return this.groups.get(this.op);
  }
  get addend(): number | undefined {
    return this.addends?.(this.op);
  }
  importRuntime(name: string, params: readonly number[], result: number): void {
    this.fn.m.importFunction(name, [I32, ...params], result);
  }
  beforeRuntime(list: Expr[]): void {
    if (this.fn.target.icount) this.fn.storeBudget(list);
  }
  faultTest(list: Expr[], synced = false): void {
    this.faults.test(list, locatorOf(this.ir, this.insn), synced ? [] : this.written());
  }
  /** Present where the running op may leave for tci to do its instruction. */
  get leave(): (() => Expr) | undefined {
    const { ir, tb, op, fn } = this;
    const leaves = isMemoryOp(ir.ops[op * OP_WORDS]) ? ir.sideExitOnMiss : fn.facts.inlineExits.has(tb, op);
    return leaves ? this.sideExit : undefined;
  }
  private readonly sideExit = (): Expr => this.faults.go(locatorOf(this.ir, this.insn) | LOCATOR_RESUME, this.written());

  get fusedMulAdd(): boolean {
    return this.fn.target.fusedMulAdd ?? false;
  }
  limitOf(test: EnvTest): number {
    return this.fn.limitOf(test);
  }
  label(): string {
    return this.fn.label();
  }

  /** What an exit before the running op writes back. */
  private written(): number[] {
    return withoutPc(this.dirty.members(this.row));
  }
}

/** The instruction that op `first` belongs to, if it does not begin one. */
function insnBefore(ir: TbIr, first: number): Insn {
  let insn: Insn = { index: -1, offset: 0 };
  for (let k = 0; k < first; k++) {
    if (ir.ops[k * OP_WORDS] === Op.insn_start) insn = { index: insn.index + 1, offset: ir.ops[k * OP_WORDS + 1] };
  }
  return insn;
}
