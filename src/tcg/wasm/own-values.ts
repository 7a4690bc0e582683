/**
 * Copies of loops without checks (strip-plan.ts) that have more values than the host has registers. Firefox's Ion gives all values of a local one register, throughout the
 * function; where none is free all the way, they are on the stack at every jump back, even in a loop that leaves registers free. So each i32 local that such a copy uses gets a
 * value of its own on the way in, and on the way out, from two operations that undo one another: Ion does not see it, V8 does, and has no code for them. SHA-256 takes a
 * fifth less time in Firefox (docs/engines.md).
 */
import { INPUT_WORDS, OP_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import type { Region, StripPlan, TbIr } from './region.js';
import { staysLong } from './strip-plan.js';

/** Globals that a trip has to do with, at least. */
const MANY = 12;

const NONE: ReadonlySet<number> = new Set();

export class OwnValues {
  private readonly found = new Map<StripPlan, ReadonlySet<number>>();

  constructor(
    private readonly region: Region,
    private readonly globalCount: number,
  ) {}

  /** Globals that get values of their own on the way from one TB to another. */
  between(from: number, to: number): ReadonlySet<number> {
    const { tbs } = this.region;
    const [left, entered] = [tbs[from].unchecked, tbs[to].unchecked];
    if (left?.copy === entered?.copy) return NONE;
    return this.globalsOf((entered ?? left)!.plan);
  }

  private globalsOf(plan: StripPlan): ReadonlySet<number> {
    let globals = this.found.get(plan);
    if (!globals) {
      const used = new Set<number>();
      for (const ir of this.region.tbs) if (ir.unchecked?.copy === plan.copies[0]) addGlobals(ir, this.globalCount, used);
      globals = used.size >= MANY && plan.streams.every(staysLong) ? used : NONE;
      this.found.set(plan, globals);
    }
    return globals;
  }
}

function addGlobals({ ops, opCount }: TbIr, globalCount: number, used: Set<number>): void {
  for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) {
    for (const at of [...INPUT_WORDS[ops[p]], ...OUTPUT_WORDS[ops[p]]])
      if (ops[p + at] >= 0 && ops[p + at] < globalCount) used.add(ops[p + at]);
  }
}
