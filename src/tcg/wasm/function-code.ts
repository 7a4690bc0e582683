/** What all blocks of a region's function have in common: its locals, how it is entered, and how it leaves with env as it must be. */
import {
  ENV_BUDGET,
  ENV_EXIT_REQUEST,
  TABLE_TBS,
  TB_EXIT_INSIDE,
  TB_EXIT_REQUESTED,
  LOCATOR_REFUND_SHIFT,
} from '../../../assembly/shared/layout.js';
import type { EnvTest } from '../inline-float.js';
import { PC } from '../ir-buffer.js';
import { I32, I64, Wasm, type Expr, type WasmModule } from './binaryen.js';
import type { Bitsets } from './bitset.js';
import { extended } from './block-lowering.js';
import type { RegionFacts } from './facts.js';
import { FunctionLocals } from './function-locals.js';
import { envTestKey } from './inline-exits.js';
import { setLimitByEnv } from './lower-float.js';
import type { TbIr } from './region.js';
import type { SharedTemp } from './shared-temps.js';
import { globalCountOf, type TargetInfo } from './target-info.js';

/** Where a global is: the width class of what its i32 local holds, or 0 if it is in its i64 one. */
export type WidthOf = (global: number) => number;

export class FunctionCode {
  readonly locals: FunctionLocals;
  /** Local of the instructions left. */
  readonly budget: number;
  /** Local with the budget at which a loop tries to go on without checks (strip-code.ts), if the region has such a loop. */
  readonly attempt: number | undefined;
  /** By TB: locals of the temps that live across its blocks. */
  readonly shared: readonly ReadonlyMap<number, number>[];
  /** By env test of inline operations that leave: the local of their range's limit, made at the entry. */
  private readonly limits: ReadonlyMap<string, number>;
  private guess: number | undefined;
  private labels = 0;
  /** Local of the pc of the region's first TB in this address space: where the others are is known from that. */
  private readonly base: number;

  constructor(
    readonly m: WasmModule,
    readonly facts: RegionFacts,
    readonly target: TargetInfo,
    /** Where its part of the module's table begins. */
    private readonly table: number,
  ) {
    this.locals = new FunctionLocals(globalCountOf(target), facts.floats, target.words);
    this.budget = this.locals.create(I32);
    this.base = this.locals.create(I64);
    if (facts.region.tbs.some(({ strip }) => strip)) this.attempt = this.locals.create(I32);
    this.limits = new Map(facts.inlineExits.envTests.map((test) => [envTestKey(test), this.locals.create(I32)]));
    const localOf = ({ isI64, slot }: SharedTemp): number => this.locals.acrossBlocks(isI64 ? I64 : I32, slot);
    this.shared = facts.sharedTemps.map((temps) => new Map([...temps].map(([temp, shared]) => [temp, localOf(shared)])));
  }

  readonly label = (): string => `${this.labels++}`;
  readonly limitOf = (test: EnvTest): number => this.limits.get(envTestKey(test))!;

  /** Local with what the last access without translation added to its address. */
  get guessedAddend(): number {
    return (this.guess ??= this.locals.create(I32));
  }

  // ---- Entering

  enter(list: Expr[]): void {
    const { m } = this;
    list.push(m.set(this.budget, m.loadEnv(4, false, I32, ENV_BUDGET)));
    if (this.attempt !== undefined) list.push(m.set(this.attempt, m.get(this.budget, I32)));
    this.testEnv(list);
  }

  /** What env allows of inline operations: at an entry, and after what may have changed it. */
  testEnv(list: Expr[]): void {
    for (const test of this.facts.inlineExits.envTests) list.push(setLimitByEnv(this.m, this.limitOf(test), test));
  }

  /** At the start of TB `entry`, with the pc in env. */
  loadLive(list: Expr[], entry: number): void {
    const { m } = this;
    const { flow, cfg } = this.facts;
    const pc = m.loadEnv(8, false, I64, this.target.globalOffset[PC]);
    list.push(m.set(this.base, m.binary(Wasm.sub[1], pc, m.i64(this.distanceTo(this.facts.region.tbs[entry])))));
    for (const g of flow.liveIn.members(cfg.startOf[entry])) list.push(this.loadGlobal(g));
  }

  private distanceTo(ir: TbIr): bigint {
    return BigInt.asIntN(64, ir.pc - this.facts.region.tbs[0].pc);
  }
  /** A TB's pc in this address space. */
  pcOf(ir: TbIr): Expr {
    const { m } = this;
    const distance = this.distanceTo(ir);
    const base = m.get(this.base, I64);
    return distance === 0n ? base : m.binary(Wasm.add[1], base, m.i64(distance));
  }

  loadGlobal(g: number): Expr {
    const { m } = this;
    if (this.locals.isWord(g)) return m.set(this.locals.narrowOf(g), m.loadEnv(4, false, I32, this.target.globalOffset[g]));
    return m.set(this.locals.ofGlobal(g), m.loadEnv(8, false, this.locals.typeOfGlobal(g), this.target.globalOffset[g]));
  }

  /** Charges a TB's instructions, but for those of a copy without checks (endPass). */
  startTb(list: Expr[], ir: TbIr, pcWanted: boolean): void {
    if (!ir.unchecked) this.charge(list, ir.icount);
    if (pcWanted) list.push(this.m.set(this.locals.ofGlobal(PC), this.pcOf(ir)));
  }

  private charge(list: Expr[], icount: number): void {
    const { m, budget } = this;
    list.push(m.set(budget, m.binary(Wasm.sub[0], m.get(budget, I32), m.i32(icount))));
  }
  /** On all ways out of a TB but that to the next TB of the same copy without checks: charges what such a copy has done since its start. */
  endPass(list: Expr[], { unchecked }: TbIr): void {
    if (unchecked) this.charge(list, unchecked.uncharged);
  }

  // ---- Leaving

  storeBudget(list: Expr[]): void {
    const { m } = this;
    list.push(m.storeEnv(4, I32, m.get(this.budget, I32), ENV_BUDGET));
  }

  storeDirty(list: Expr[], dirty: readonly number[], widthOf: WidthOf): void {
    const { m } = this;
    for (const g of dirty) {
      const widthClass = widthOf(g);
      if (widthClass !== 0) {
        const value = extended(m, m.get(this.locals.narrowOf(g), I32), widthClass);
        list.push(m.storeEnv(8, I64, value, this.target.globalOffset[g]));
        continue;
      }
      const type = this.locals.typeOfGlobal(g);
      list.push(m.storeEnv(8, type, m.get(this.locals.ofGlobal(g), type), this.target.globalOffset[g]));
    }
  }

  exit(list: Expr[], dirty: readonly number[], value: Expr, widthOf: WidthOf): void {
    this.storeDirty(list, dirty, widthOf);
    this.storeBudget(list);
    list.push(this.m.return(value));
  }

  /** The pointer of a TB of the region. */
  tbPointer(index: number): Expr {
    const { m } = this;
    return m.load(4, false, I32, m.tableAddress(), this.table + TABLE_TBS + 4 * (this.facts.region.tbs[index].copyOf ?? index));
  }

  /** Leaves at a TB's start if the budget is gone, or on request. */
  testBudget(list: Expr[], ir: TbIr, dirty: Bitsets, widthOf: WidthOf): void {
    const { m, budget } = this;
    // The same test as tci's: in icount mode the whole TB must fit, else there must be something left. A request is above every budget.
    const request = m.loadEnv(4, false, I32, ENV_EXIT_REQUEST);
    const left = this.target.icount ? m.binary(Wasm.sub[0], m.get(budget, I32), m.i32(ir.icount - 1)) : m.get(budget, I32);
    const leave = m.binary(Wasm.leS[0], left, request);
    const exit: Expr[] = [];
    this.storePc(exit, this.pcOf(ir));
    this.exit(exit, withoutPc(dirty.members(0)), m.i32(TB_EXIT_REQUESTED), widthOf);
    list.push(m.if(leave, m.sequence(exit)));
  }

  /** What all fault exits of a TB end with: the dispatcher does the rest, for a region has hundreds of such places. */
  leaveInside(list: Expr[], index: number): void {
    const { m } = this;
    const ir = this.facts.region.tbs[index];
    this.endPass(list, ir);
    this.storePc(list, this.pcOf(ir));
    this.storeBudget(list);
    list.push(m.return(m.binary(Wasm.or[0], this.tbPointer(index), m.i32(TB_EXIT_INSIDE))));
  }

  private storePc(list: Expr[], pc: Expr): void {
    const { m } = this;
    list.push(m.storeEnv(8, I64, pc, this.target.globalOffset[PC]));
  }
}

export const withoutPc = (globals: number[]): number[] => globals.filter((g) => g !== PC);

/** A guest instruction of a TB: which one, and its pc offset. */
export interface Insn {
  readonly index: number;
  readonly offset: number;
}

/** Where a fault exit leaves from. */
export const locatorOf = (ir: TbIr, { index, offset }: Insn): number => (offset & 0xffff) | ((ir.icount - index) << LOCATOR_REFUND_SHIFT);
