/** Hot TBs that wait for code generation. The worker gets the hottest first; what finds no room stays in tci and asks again. */
import { TB_EXEC_COUNT, TB_ICOUNT } from '../../../../assembly/shared/layout.js';
import type { TbReader } from './regions.js';

/** TBs that may wait: a worker needs seconds for so many, and what is left behind by then has mostly gone cold. */
const CAPACITY = 512;

export class HotQueue {
  /** TBs, and their executions when they were reported. */
  private readonly waiting = new Map<number, number>();
  /** TBs that were sent back for want of room. */
  turnedAway = 0;
  /** Most that ever waited. */
  peak = 0;

  constructor(
    private readonly tbs: TbReader,
    private readonly capacity = CAPACITY,
  ) {}

  get length(): number {
    return this.waiting.size;
  }

  add(tb: number): void {
    this.waiting.set(tb, this.tbs.get(tb, TB_EXEC_COUNT));
    this.peak = Math.max(this.peak, this.waiting.size);
    if (this.waiting.size > this.capacity) this.prune();
  }

  /**
   * All that wait, hottest first (what generated code would have saved); the queue is empty then. A TB whose count has begun again since it was reported is
   * inside of a region that came meanwhile, and waits no longer: it would get a second copy of the same loop, entered there.
   */
  drain(): number[] {
    for (const [tb, count] of this.waiting) if (this.tbs.get(tb, TB_EXEC_COUNT) < count) this.waiting.delete(tb);
    const list = this.byHeat();
    this.waiting.clear();
    return list;
  }

  /** Puts back what a batch had no room for. */
  restore(list: readonly number[]): void {
    for (const tb of list) this.add(tb);
  }

  clear(): void {
    this.waiting.clear();
  }

  /** Guest instructions that tci has run in it. */
  heat(tb: number): number {
    return this.tbs.get(tb, TB_EXEC_COUNT) * this.tbs.get(tb, TB_ICOUNT);
  }

  hasHeat(least: number): boolean {
    for (const tb of this.waiting.keys()) if (this.heat(tb) >= least) return true;
    return false;
  }

  private byHeat(): number[] {
    const heat = new Map<number, number>();
    for (const tb of this.waiting.keys()) heat.set(tb, this.heat(tb));
    return [...heat.keys()].sort((a, b) => heat.get(b)! - heat.get(a)!);
  }

  /** The colder half has to become hot once more. */
  private prune(): void {
    const list = this.drain();
    const keep = this.capacity >> 1;
    this.restore(list.slice(0, keep));
    for (const tb of list.slice(keep)) {
      this.turnedAway++;
      if (this.tbs.isValid(tb)) this.tbs.set(tb, TB_EXEC_COUNT, 0);
    }
  }
}
