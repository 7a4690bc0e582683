/** A region to one wasm function (env: i32, entry: i32) -> i32. */
import {
  ENV_BUDGET,
  ENV_EXIT_REQUEST,
  ENV_TB_FLAGS,
  TABLE_TBS,
  TABLE_USED,
  TB_EXIT_REQUESTED,
  TB_EXIT_RESUME,
} from '../../../assembly/shared/layout.js';
import type { EnvTest } from '../inline-float.js';
import { PC } from '../ir-buffer.js';
import { clobbersGlobals, isMemoryOp, Op, OP_WORDS, syncsGlobals } from '../opcodes.js';
import { EXTEND_U32, Float, I32, I64, NONE, Wasm, type Expr, type ValueType, type WasmModule } from './binaryen.js';
import type { Bitsets } from './bitset.js';
import { BlockLowering, extended } from './block-lowering.js';
import type { Block, Cfg } from './cfg.js';
import type { RegionFacts } from './facts.js';
import { FaultExits } from './fault-exits.js';
import { ENTRY, ENV, FunctionLocals } from './function-locals.js';
import type { GlobalFlow } from './global-flow.js';
import { envTestKey, type InlineExits } from './inline-exits.js';
import { jumpCacheCell } from './jump-cache.js';
import { lowerFloat, setLimitByEnv } from './lower-float.js';
import { lowerMemory, type MemoryHost } from './lower-memory.js';
import { compare, lowerOp } from './lower-ops.js';
import { enterStrip, tripsBefore, type StripLocals } from './lower-strip.js';
import { runPasses } from './pipeline.js';
import type { Region, StripPlan, TbIr, Unchecked } from './region.js';
import type { SharedTemp } from './shared-temps.js';
import { structure, type FlowNode } from './structure.js';
import { globalCountOf, type TargetInfo } from './target-info.js';
import type { ValueWidths } from './value-widths.js';

/** Adds the region's function to the module, under `name`. `table`: where its part of the module's table begins. */
export function lowerRegion(module: WasmModule, name: string, region: Region, target: TargetInfo, table: number): void {
  new RegionLowering(module, region, target, table).lower(name);
}

class RegionLowering {
  private readonly facts: RegionFacts;
  private readonly region: Region;
  private readonly cfg: Cfg;
  private readonly flow: GlobalFlow;
  private readonly widths: ValueWidths;
  private readonly inlineExits: InlineExits;
  private readonly locals: FunctionLocals;
  private readonly budget: number;
  /** Local that says where a fault happened; made when the first fault exit is. */
  private locator = -1;
  private labels = 0;
  /** Local with the budget at which a loop tries to go on without checks (lower-strip.ts), if the region has such a loop. */
  private readonly attempt: number | undefined;
  private readonly stripLocals = new Map<StripPlan, StripLocals>();
  /** By TB: locals of the temps that live across its blocks. */
  private readonly shared: readonly ReadonlyMap<number, number>[];
  /** By env test of inline operations that leave: the local of their range's limit, made at the entry. */
  private readonly limits: ReadonlyMap<string, number>;

  constructor(
    private readonly m: WasmModule,
    original: Region,
    private readonly target: TargetInfo,
    private readonly table: number,
  ) {
    const facts = (this.facts = runPasses(original, target));
    this.region = facts.region;
    this.cfg = facts.cfg;
    this.flow = facts.flow;
    this.widths = facts.widths;
    this.inlineExits = facts.inlineExits;
    this.locals = new FunctionLocals(globalCountOf(target), facts.floats);
    this.budget = this.locals.create(I32);
    if (facts.region.tbs.some(({ strip }) => strip)) this.attempt = this.locals.create(I32);
    this.limits = new Map(facts.inlineExits.envTests.map((test) => [envTestKey(test), this.locals.create(I32)]));
    const localOf = ({ isI64, slot }: SharedTemp): number => this.locals.acrossBlocks(isI64 ? I64 : I32, slot);
    this.shared = facts.sharedTemps.map((temps) => new Map([...temps].map(([temp, shared]) => [temp, localOf(shared)])));
  }

  lower(name: string): void {
    const { m, locals } = this;
    const body = structure(m, this.nodes(), () => locals.create(I32));
    m.addFunction(name, [I32, I32], I32, locals.types, body);
  }

  /** The flow graph: entry code, then one node a reachable block. */
  private nodes(): FlowNode[] {
    const { region, cfg } = this;
    const entries = region.entries;
    const stubs = entries.length > 1 ? entries.length : 0;
    const numberOf = new Int32Array(cfg.blocks.length).fill(-1);
    cfg.order.forEach((b, i) => (numberOf[b] = 1 + stubs + i));
    const start = (entry: number) => numberOf[cfg.startOf[entry]];
    const nodes: FlowNode[] = [];
    if (stubs === 0) {
      const emit: FlowNode['emit'] = (list, go) => {
        this.enter(list);
        this.loadLive(list, entries[0]);
        list.push(go(0));
      };
      nodes.push({ succ: [start(entries[0])], emit });
    } else {
      nodes.push({ succ: entries.map((_, i) => 1 + i), emit: (list, go) => this.emitDispatch(list, go) });
      for (const entry of entries) {
        const emit: FlowNode['emit'] = (list, go) => {
          this.loadLive(list, entry);
          list.push(go(0));
        };
        nodes.push({ succ: [start(entry)], emit });
      }
    }
    for (const b of cfg.order) {
      nodes.push({ succ: cfg.blocks[b].succ.map((to) => numberOf[to]), emit: (list, go) => this.emitBlock(b, list, go) });
    }
    return nodes;
  }

  private emitDispatch(list: Expr[], go: (k: number) => Expr): void {
    const { m } = this;
    const n = this.region.entries.length;
    this.enter(list);
    if (n === 2) {
      list.push(m.if(m.get(ENTRY, I32), go(1)), go(0));
      return;
    }
    const names = Array.from({ length: n }, (_, i) => `e${i}`);
    let inner: Expr[] = [m.brTable(names.slice(1), names[0], m.binary(Wasm.sub[0], m.get(ENTRY, I32), m.i32(1)))];
    for (let k = 0; k < n; k++) inner = [m.labelled(names[k], inner), go(k)];
    list.push(...inner);
  }

  private enter(list: Expr[]): void {
    const { m } = this;
    list.push(m.store(4, I32, m.tableAddress(), m.i32(1), this.table + TABLE_USED));
    list.push(m.set(this.budget, m.load(4, false, I32, m.get(ENV, I32), ENV_BUDGET)));
    if (this.attempt !== undefined) list.push(m.set(this.attempt, m.get(this.budget, I32)));
    this.testEnv(list);
  }

  /** What env allows of inline operations: at an entry, and after what may have changed it. */
  private testEnv(list: Expr[]): void {
    for (const test of this.inlineExits.envTests) list.push(setLimitByEnv(this.m, this.limits.get(envTestKey(test))!, test));
  }

  private loadLive(list: Expr[], entry: number): void {
    for (const g of this.flow.liveIn.members(this.cfg.startOf[entry])) list.push(this.loadGlobal(g));
  }

  private loadGlobal(g: number): Expr {
    const { m } = this;
    return m.set(this.locals.ofGlobal(g), m.load(8, false, this.locals.typeOfGlobal(g), m.get(ENV, I32), this.target.globalOffset[g]));
  }

  // leaving

  private storeBudget(list: Expr[]): void {
    const { m } = this;
    list.push(m.store(4, I32, m.get(ENV, I32), m.get(this.budget, I32), ENV_BUDGET));
  }

  /** `formOf`: where each global is. */
  private storeDirty(list: Expr[], dirty: readonly number[], formOf: (global: number) => number): void {
    const { m } = this;
    for (const g of dirty) {
      const form = formOf(g);
      if (form !== 0) {
        const value = extended(m, m.get(this.locals.narrowOf(g), I32), form);
        list.push(m.store(8, I64, m.get(ENV, I32), value, this.target.globalOffset[g]));
        continue;
      }
      const type = this.locals.typeOfGlobal(g);
      list.push(m.store(8, type, m.get(ENV, I32), m.get(this.locals.ofGlobal(g), type), this.target.globalOffset[g]));
    }
  }

  private storePc(list: Expr[], pc: bigint): void {
    const { m } = this;
    list.push(m.store(8, I64, m.get(ENV, I32), m.i64(BigInt.asIntN(64, pc)), this.target.globalOffset[PC]));
  }

  private exit(list: Expr[], dirty: readonly number[], value: Expr, formOf: (global: number) => number): void {
    this.storeDirty(list, dirty, formOf);
    this.storeBudget(list);
    list.push(this.m.return(value));
  }

  /** The pointer of a TB of the region. */
  private tbPointer(index: number): Expr {
    const { m } = this;
    return m.load(4, false, I32, m.tableAddress(), this.table + TABLE_TBS + 4 * (this.region.tbs[index].copyOf ?? index));
  }

  /** Leaves with the state that `dirty` describes and a pc that is known. */
  private exitAt(pc: bigint, dirty: Bitsets, row: number, value: number, formOf: (global: number) => number): Expr {
    const list: Expr[] = [];
    this.storePc(list, pc);
    this.exit(list, withoutPc(dirty.members(row)), this.m.i32(value), formOf);
    return this.m.sequence(list);
  }

  // blocks

  private emitBlock(b: number, list: Expr[], go: (k: number) => Expr): void {
    const block = this.cfg.blocks[b];
    const ir = this.region.tbs[block.tb];
    const dirty = this.flow.dirtyAt(b);
    const { dead, reload, pcWanted } = this.flow.liveness(b, dirty);
    const atStart = this.widths.atStart(b);
    const { forms: faultForms, mixed } = this.widths.faultForms(b, dirty);
    const globalCount = globalCountOf(this.target);
    const lowering = new BlockLowering(this.m, this.locals, ir, block, this.shared[block.tb], globalCount, this.widths, atStart, mixed);
    if (block.isTbStart && ir.strip) {
      this.widenFor(lowering, block, mixed);
      this.startStrip(lowering.list, ir, ir.strip, dirty, atStart, () => go(1));
    } else if (this.facts.budgetTests[b] !== 0) this.testBudget(lowering.list, ir, dirty, (g) => atStart[g]);
    if (block.isTbStart) this.startTb(lowering.list, ir, pcWanted);
    for (const g of this.flow.liveIn.members(b)) if (mixed[g] !== 0 && atStart[g] !== 0) lowering.widen(g);

    const faults = new FaultExits(lowering.list, this.m, {
      label: () => `${this.labels++}`,
      locator: () => (this.locator < 0 ? (this.locator = this.locals.create(I32)) : this.locator),
      store: (into, globals) => this.storeDirty(into, globals, (g) => faultForms[g]),
      leave: (into, locator) => this.leaveFault(into, block.tb, locator),
    });
    let insn = insnBefore(ir, block.first);
    let row = 0;
    const groups = this.facts.groups[b];
    const addends = ir.unchecked && this.addendsOf(ir.unchecked);
    let op = 0;
    const host: MemoryHost = {
      get op() {
        return op;
      },
      get grouped() {
        return groups.get(op);
      },
      groupHosts: new Map(),
      tellsStores: this.target.lockstep ?? false,
      importRuntime: (name, params, result) => this.m.importFunction(name, [I32, ...params], result),
      beforeRuntime: (into) => this.target.icount && this.storeBudget(into),
      faultTest: (into, synced) => faults.test(into, locatorOf(ir, insn), synced ? [] : withoutPc(dirty.members(row))),
      get addend() {
        return addends?.(op);
      },
      leave: ir.sideExitOnMiss ? () => faults.go(locatorOf(ir, insn) | RESUME, withoutPc(dirty.members(row))) : undefined,
    };
    for (let k = block.first; k < block.end; k++) {
      const p = k * OP_WORDS;
      const opcode = ir.ops[p];
      op = k;
      row = k - block.first;
      if (opcode === Op.insn_start) insn = { index: insn.index + 1, offset: ir.ops[p + 1] };
      if (dead[row]) continue;
      lowering.begin(k);
      if (!lowerOp(lowering, ir.ops, p)) {
        if (isMemoryOp(opcode)) lowerMemory(lowering, host, ir.ops, p);
        else if (opcode === Op.call) {
          if (syncsGlobals(this.target.helpers[ir.ops[p + 2]])) faults.close();
          const inline = {
            fusedMulAdd: this.target.fusedMulAdd ?? false,
            singles: this.target.traits.singles,
            leave: this.inlineExits.has(block.tb, k)
              ? () => faults.go(locatorOf(ir, insn) | RESUME, withoutPc(dirty.members(row)))
              : undefined,
            limitOf: (test: EnvTest) => this.limits.get(envTestKey(test))!,
            label: () => `${this.labels++}`,
          };
          if (!lowerFloat(lowering, this.target.helpers, p, inline)) {
            this.lowerCall(lowering, ir.ops, p, dirty.members(row), reload.get(k) ?? [], host);
          }
        } else {
          lowering.forget();
          faults.close();
          this.widenFor(lowering, block, mixed);
          this.terminate(lowering, block, ir, p, dirty.members(row), go);
          list.push(...lowering.list);
          return;
        }
      }
      lowering.finish();
    }
    lowering.forget();
    faults.close();
    this.widenFor(lowering, block, mixed);
    list.push(...lowering.list);
    if (block.succ.length > 0) list.push(go(0));
    else {
      // A TB without an end: the verifier forbids it, but a function must not fall off either.
      this.exit(list, dirty.members(block.end - block.first), this.m.i32(0), (g) => lowering.formOf(g));
    }
  }

  /** Before a jump: narrow globals that a successor wants wide. */
  private widenFor(b: BlockLowering, block: Block, mixed: Uint8Array): void {
    const wanted = new Set<number>();
    for (const to of block.succ) {
      const forms = this.widths.atStart(to);
      for (const g of this.flow.liveIn.members(to)) if (forms[g] === 0 && mixed[g] === 0 && b.formOf(g) !== 0) wanted.add(g);
    }
    for (const g of wanted) b.widen(g);
  }

  /** Leaves if the budget is gone, or on request. */
  private testBudget(list: Expr[], ir: TbIr, dirty: Bitsets, formOf: (global: number) => number): void {
    const { m, budget } = this;
    // The same test as tci's: in icount mode the whole TB must fit, else there must be something left. A request is above every budget.
    const request = m.load(4, false, I32, m.get(ENV, I32), ENV_EXIT_REQUEST);
    const left = this.target.icount ? m.binary(Wasm.sub[0], m.get(budget, I32), m.i32(ir.icount - 1)) : m.get(budget, I32);
    const leave = m.binary(Wasm.leS[0], left, request);
    list.push(m.if(leave, this.exitAt(ir.pc, dirty, 0, TB_EXIT_REQUESTED, formOf)));
  }

  /** The start of a loop that has a copy without checks: tests the budget, and goes there (`enter`) if it can. */
  private startStrip(list: Expr[], ir: TbIr, plan: StripPlan, dirty: Bitsets, forms: Uint8Array, enter: () => Expr): void {
    const { m, budget, locals } = this;
    const attempt = this.attempt!;
    const test: Expr[] = [];
    this.testBudget(test, ir, dirty, (g) => forms[g]);
    // icount mode: every trip is tested, elsewhere it may be some trips later. The copy is tested by where it stops: there a trip must fit.
    if (this.target.icount) list.push(...test.splice(0));
    const request = this.target.icount ? m.i32(plan.icount) : m.load(4, false, I32, m.get(ENV, I32), ENV_EXIT_REQUEST);
    const floor = locals.create(I32);
    const wanted = locals.create(I32);
    const global = (g: number): Expr => {
      if (forms[g] !== 0) return extended(m, m.get(locals.narrowOf(g), I32), forms[g]);
      const type = locals.typeOfGlobal(g);
      const value = m.get(locals.ofGlobal(g), type);
      return type === I64 ? value : m.unary(Float.toBits[1], value);
    };
    const host = { m, global, local: (type: ValueType) => locals.create(type), label: () => `${this.labels++}` };
    const after = (trips: Expr) => m.binary(Wasm.sub[0], m.get(budget, I32), m.binary(Wasm.mul[0], trips, m.i32(plan.icount)));
    const notBelow = (value: Expr): Expr => {
      const tee = m.tee(wanted, value, I32);
      return m.if(m.binary(Wasm.gtS[0], tee, m.get(floor, I32)), m.get(wanted, I32), m.get(floor, I32));
    };
    const stop = (trips: Expr) => notBelow(after(trips));
    const strip = this.localsOf(plan);
    test.push(
      m.set(floor, request),
      m.set(strip.stop, stop(m.i32(tripsBefore(ir.tripCount)))),
      m.if(m.binary(Wasm.eq[0], m.get(budget, I32), m.get(attempt, I32)), enterStrip(host, plan, strip, budget, stop, enter)),
      m.set(attempt, m.get(strip.stop, I32)),
    );
    list.push(m.if(m.binary(Wasm.leS[0], m.get(budget, I32), m.get(attempt, I32)), m.sequence(test)));
  }

  private localsOf(plan: StripPlan): StripLocals {
    let found = this.stripLocals.get(plan);
    if (!found) {
      found = { stop: this.locals.create(I32), addends: plan.streams.map(() => this.locals.create(I32)) };
      this.stripLocals.set(plan, found);
    }
    return found;
  }

  private addendsOf({ plan, streams }: Unchecked): (op: number) => number | undefined {
    const { addends } = this.localsOf(plan);
    return (op) => {
      const stream = streams.get(op);
      return stream === undefined ? undefined : addends[stream];
    };
  }

  /** Charges the TB's instructions. */
  private startTb(list: Expr[], ir: TbIr, pcWanted: boolean): void {
    const { m, budget } = this;
    list.push(m.set(budget, m.binary(Wasm.sub[0], m.get(budget, I32), m.i32(ir.icount))));
    if (pcWanted) list.push(m.set(this.locals.ofGlobal(PC), m.i64(BigInt.asIntN(64, ir.pc))));
  }

  /** What all fault exits of a TB end with. `locator`: see locatorOf; with RESUME, tci goes on. */
  private leaveFault(list: Expr[], index: number, locator: number): void {
    const { m, budget } = this;
    const ir = this.region.tbs[index];
    const offset = m.unary(EXTEND_U32, m.binary(Wasm.and[0], m.get(locator, I32), m.i32(0xffff)));
    const pc = m.binary(Wasm.add[1], m.i64(BigInt.asIntN(64, ir.pc)), offset);
    list.push(m.store(8, I64, m.get(ENV, I32), pc, this.target.globalOffset[PC]));
    const refund = m.binary(Wasm.and[0], m.binary(Wasm.shrU[0], m.get(locator, I32), m.i32(16)), m.i32(0x7fff));
    list.push(m.store(4, I32, m.get(ENV, I32), m.binary(Wasm.add[0], m.get(budget, I32), refund), ENV_BUDGET));
    const isFault = m.binary(Wasm.geS[0], m.get(locator, I32), m.i32(0));
    const resume = () => m.binary(Wasm.or[0], this.tbPointer(index), m.i32(TB_EXIT_RESUME));
    list.push(m.return(ir.sideExitOnMiss ? m.select(isFault, m.i32(0), resume()) : m.i32(0)));
  }

  private lowerCall(b: BlockLowering, ops: Int32Array, p: number, dirty: number[], reload: number[], host: MemoryHost): void {
    const { m } = this;
    const helper = this.target.helpers[ops[p + 2]];
    const name = `helper_${helper.name}`;
    const params = Array.from({ length: helper.args }, () => I64);
    const resultType = helper.result ? I64 : NONE;
    m.importFunction(name, [I32, ...params], resultType);
    const args = params.map((_, i) => b.use(ops[p + 3 + i]));
    let call = m.call(name, [m.get(ENV, I32), ...args], resultType);
    if (helper.pure) {
      if (ops[p + 1] >= 0) b.define(ops[p + 1], call, false);
      return;
    }
    if (syncsGlobals(helper)) this.storeDirty(b.list, dirty, (g) => b.formOf(g));
    // Who can raise is no plain arithmetic: it may ask for the time, or for the instruction counter.
    if (syncsGlobals(helper) || helper.mayFault) this.storeBudget(b.list);
    const result = helper.result && ops[p + 1] >= 0 ? b.scratch(I64) : -1;
    if (result >= 0) call = m.set(result, call);
    else if (helper.result) call = m.drop(call);
    b.list.push(call);
    if (helper.mayFault) host.faultTest(b.list, syncsGlobals(helper));
    if (clobbersGlobals(helper)) {
      b.forget();
      this.testEnv(b.list);
      b.forgetForms();
      for (const g of reload) {
        b.beforeWrite(this.locals.ofGlobal(g));
        b.list.push(this.loadGlobal(g));
      }
    }
    if (result >= 0) b.define(ops[p + 1], m.get(result, I64), false);
  }

  /** A goto_ptr that stays in the region if the pc is that of a TB which is known to follow; else it falls through. */
  private jumpIndirect(b: BlockLowering, tb: number, go: (k: number) => Expr): void {
    const { m } = this;
    const { indirect } = this.region.tbs[tb];
    const base = this.region.tbs[indirect[0].to].pc;
    const distance = b.spill(m.binary(Wasm.sub[1], m.get(this.locals.ofGlobal(PC), I64), m.i64(BigInt.asIntN(64, base))), I64);
    const changes = this.facts.flagChanges[tb];
    const flags = changes ? b.spill(m.load(8, false, I64, m.get(ENV, I32), ENV_TB_FLAGS), I64) : -1;
    const tests = indirect.map(({ to, guarded }, k) => {
      const target = this.region.tbs[to];
      const wanted = m.i64(BigInt.asIntN(64, target.pc - base));
      let test = m.binary(Wasm.eq[1], m.get(distance, I64), wanted);
      if (changes) test = m.binary(Wasm.and[0], test, m.binary(Wasm.eq[1], m.get(flags, I64), m.i64(flagsOf(target))));
      if (guarded) test = m.if(test, this.jumpCacheHas(target.pc, to), m.i32(0));
      return m.if(test, go(k));
    });
    b.finish();
    if (!changes) b.list.push(...tests);
    else {
      // What changes the flags may enable an interrupt that is pending: then the dispatcher is asked for.
      const request = m.load(4, false, I32, m.get(ENV, I32), ENV_EXIT_REQUEST);
      b.list.push(m.if(m.binary(Wasm.eq[0], request, m.i32(0)), m.sequence(tests)));
    }
  }

  private jumpCacheHas(pc: bigint, index: number): Expr {
    const { m } = this;
    const { cache, offset } = jumpCacheCell(this.target.traits, pc);
    const cell = m.load(4, false, I32, m.load(4, false, I32, m.get(ENV, I32), cache), offset);
    return m.binary(Wasm.eq[0], cell, this.tbPointer(index));
  }

  private terminate(b: BlockLowering, block: Block, ir: TbIr, p: number, dirty: number[], go: (k: number) => Expr): void {
    const { m } = this;
    const { ops } = ir;
    const formOf = (g: number) => b.formOf(g);
    switch (ops[p]) {
      case Op.brcond_i32:
      case Op.brcond_i64: {
        const condition = compare(b, ops[p + 3], ops[p + 1], ops[p + 2]);
        b.finish();
        b.list.push(m.if(condition, go(0)), go(1));
        return;
      }
      case Op.br:
        b.list.push(go(0));
        return;
      case Op.goto_tb:
        if (ir.unchecked && block.succ.length > 1) {
          // The copy goes round; when its pages end the loop looks for the next ones.
          const isOver = m.binary(Wasm.leS[0], m.get(this.budget, I32), m.get(this.localsOf(ir.unchecked.plan).stop, I32));
          b.list.push(m.if(isOver, m.sequence([m.set(this.attempt!, m.get(this.budget, I32)), go(1)])), go(0));
        } else if (block.succ.length > 0) b.list.push(go(0));
        else this.exit(b.list, dirty, m.binary(Wasm.or[0], this.tbPointer(block.tb), m.i32(ops[p + 1])), formOf);
        return;
      case Op.goto_ptr:
        if (block.succ.length > 0) this.jumpIndirect(b, block.tb, go);
        this.exit(b.list, dirty, m.i32(0), formOf);
        return;
      case Op.exit_tb:
        this.exit(b.list, dirty, m.i32(ops[p + 1]), formOf);
        return;
      default:
        throw new RangeError(`no lowering for op ${Op[ops[p]]}`);
    }
  }
}

const withoutPc = (globals: number[]): number[] => globals.filter((g) => g !== PC);

/** TB_FLAGS and TB_CS_BASE, as one load has them. */
const flagsOf = ({ flags, csBase }: TbIr): bigint => BigInt.asIntN(64, (BigInt(csBase) << 32n) | BigInt(flags >>> 0));

/** A guest instruction of a TB: which one, and its pc offset. */
interface Insn {
  readonly index: number;
  readonly offset: number;
}

/** Where a fault exit leaves from: the instruction's pc offset, and above it (15 bits) the instructions of the TB that have not run. */
const locatorOf = (ir: TbIr, insn: Insn): number => (insn.offset & 0xffff) | ((ir.icount - insn.index) << 16);
/** In a locator: not a fault, the instruction is to be done in tci. */
const RESUME = 1 << 31;

/** The instruction that op `first` belongs to, if it does not begin one. */
function insnBefore(ir: TbIr, first: number): Insn {
  let insn: Insn = { index: -1, offset: 0 };
  for (let k = 0; k < first; k++) {
    if (ir.ops[k * OP_WORDS] === Op.insn_start) insn = { index: insn.index + 1, offset: ir.ops[k * OP_WORDS + 1] };
  }
  return insn;
}
