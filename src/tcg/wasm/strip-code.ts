/** Loops without checks in the function's code: the test at a loop's start that leads to its copy (lower-strip.ts), and the end of the copy's trips. */
import { ENV_EXIT_REQUEST } from '../../../assembly/shared/layout.js';
import { Float, I32, I64, Wasm, type Expr, type ValueType } from './binaryen.js';
import type { Bitsets } from './bitset.js';
import { extended } from './block-lowering.js';
import type { FunctionCode } from './function-code.js';
import { enterStrip, tripsBefore, type StripLocals } from './lower-strip.js';
import { nextCopies, type StripPlan, type TbIr, type Unchecked } from './region.js';

export class StripCode {
  private readonly locals = new Map<StripPlan, StripLocals>();

  constructor(private readonly fn: FunctionCode) {}

  /** The start of a loop that has a copy without checks: tests the budget, and goes there (`go`: as the block's successors) if it can. */
  start(list: Expr[], ir: TbIr, plan: StripPlan, dirty: Bitsets, classes: Uint8Array, go: (k: number) => Expr): void {
    const { fn } = this;
    const { m, budget, locals } = fn;
    const attempt = fn.attempt!;
    const test: Expr[] = [];
    fn.testBudget(test, ir, dirty, (g) => classes[g]);
    // icount mode: every trip is tested, elsewhere it may be some trips later. The copy is tested by where it stops: there a trip must fit.
    if (fn.target.icount) list.push(...test.splice(0));
    const request = fn.target.icount ? m.i32(plan.icount) : m.loadEnv(4, false, I32, ENV_EXIT_REQUEST);
    const floor = locals.create(I32);
    const wanted = locals.create(I32);
    const global = (g: number): Expr => {
      if (classes[g] !== 0) return extended(m, m.get(locals.narrowOf(g), I32), classes[g]);
      const type = locals.typeOfGlobal(g);
      const value = m.get(locals.ofGlobal(g), type);
      return type === I64 ? value : m.unary(Float.toBits[1], value);
    };
    const host = { m, traits: fn.target.traits, global, local: (type: ValueType) => locals.create(type), label: fn.label };
    const after = (trips: Expr) => m.binary(Wasm.sub[0], m.get(budget, I32), m.binary(Wasm.mul[0], trips, m.i32(plan.icount)));
    const notBelow = (value: Expr): Expr => {
      const tee = m.tee(wanted, value, I32);
      return m.if(m.binary(Wasm.gtS[0], tee, m.get(floor, I32)), m.get(wanted, I32), m.get(floor, I32));
    };
    const stop = (trips: Expr) => notBelow(after(trips));
    const strip = this.localsOf(plan);
    const enter = (): Expr => {
      // the one of most trips that fits; a single one does, else there would be no way in
      const unrolled = plan.copies.flatMap(({ trips }, k) => (trips > 1 ? m.if(this.fits(plan, trips), go(k + 1)) : [])).reverse();
      return m.sequence([...unrolled, go(1)]);
    };
    test.push(
      m.set(floor, request),
      m.set(strip.stop, stop(m.i32(tripsBefore(ir.tripCount)))),
      m.if(m.binary(Wasm.eq[0], m.get(budget, I32), m.get(attempt, I32)), enterStrip(host, plan, strip, budget, stop, enter)),
      m.set(attempt, m.get(strip.stop, I32)),
    );
    list.push(m.if(m.binary(Wasm.leS[0], m.get(budget, I32), m.get(attempt, I32)), m.sequence(test)));
  }

  /** The end of a copy's trips (`go`: as the block's successors): round again, or by fewer trips, or when its pages end to the loop, which looks for the next ones. */
  goRound(list: Expr[], unchecked: Unchecked, go: (k: number) => Expr): void {
    const { m, budget, attempt } = this.fn;
    const next = nextCopies(unchecked);
    next.forEach(({ trips }, k) => list.push(m.if(this.fits(unchecked.plan, trips), go(k))));
    list.push(m.set(attempt!, m.get(budget, I32)), go(next.length));
  }

  /** Whether some more trips stay in their pages, and in the budget. */
  private fits(plan: StripPlan, trips: number): Expr {
    const { m, budget } = this.fn;
    const before = (trips - 1) * plan.icount;
    const left = before === 0 ? m.get(budget, I32) : m.binary(Wasm.sub[0], m.get(budget, I32), m.i32(before));
    return m.binary(Wasm.gtS[0], left, m.get(this.localsOf(plan).stop, I32));
  }

  /** By op: the local with what is to be added to an access's guest address. */
  addendsOf({ plan, streams }: Unchecked): (op: number) => number | undefined {
    const { addends } = this.localsOf(plan);
    return (op) => {
      const stream = streams.get(op);
      return stream === undefined ? undefined : addends[stream];
    };
  }

  private localsOf(plan: StripPlan): StripLocals {
    const { locals } = this.fn;
    let found = this.locals.get(plan);
    if (!found) {
      found = { stop: locals.create(I32), addends: plan.streams.map(() => locals.create(I32)) };
      this.locals.set(plan, found);
    }
    return found;
  }
}
