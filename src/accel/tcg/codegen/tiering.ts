/** Which TBs get code, and when: what is hot, what its page's past says, how much of the worker's time there is. */
import { TB_EXEC_COUNT, TB_FUNC, TB_PHYS_PAGE0, TB_STATE, TB_STATE_QUEUED } from '../../../../assembly/shared/layout.js';
import { BURST, Bursts } from './bursts.js';
import { HotQueue } from './hot-queue.js';
import { HotThreshold } from './hot-threshold.js';
import { PageCooling } from './page-cooling.js';
import type { TbReader } from './regions.js';

/**
 * A guest instruction costs 3 ns in tci and under 1 ns in a region; making its code costs 60 to 100 us of CPU time. So code pays for itself
 * after some 30,000 executions. A worker's time is cheaper than the machine thread's, and its share is bounded.
 */
export const SYNC_THRESHOLD = 1 << 15;
export const WORKER_THRESHOLD = 1 << 14;
/**
 * The worker's share of the time since it was first asked for something, and what it may use beyond that at first. Code that would be made sooner mostly
 * does not run long enough to pay for itself, but what is hot in the first seconds does (bench/RESULTS.md).
 */
const WORKER_SHARE = 0.35;
const WORKER_ADVANCE_MS = 1000;
/** Guest instructions, 30 ms of tci at least, after which a TB has its code whatever the worker's share: it has lost more than the code costs. */
const OVERDUE = 1e7;

export class Tiering {
  readonly queue: HotQueue;
  readonly cooling = new PageCooling();
  private readonly threshold: HotThreshold | undefined;
  private readonly bursts = new Bursts();
  /** When the worker was first asked for something; before that its share does not grow. */
  private firstRequest: number | undefined;

  constructor(
    private readonly tbs: TbReader,
    private readonly initialThreshold: number,
    /** Sets after how many executions more the runtime reports a TB; undefined: it stays as it is, and each report is of a hot TB. */
    setThreshold: ((count: number) => void) | undefined,
    /** Milliseconds. */
    private readonly now: () => number,
  ) {
    this.queue = new HotQueue(tbs);
    if (setThreshold) this.threshold = new HotThreshold(initialThreshold, () => setThreshold(this.reportedEvery));
  }

  /** Executions in tci that make a TB hot, now. */
  get value(): number {
    return this.threshold?.value ?? this.initialThreshold;
  }

  /** Executions in tci between two reports of a TB. With a backlog nobody looks for bursts. */
  get reportedEvery(): number {
    return this.threshold && this.value === this.initialThreshold ? BURST : this.value;
  }

  /** Whether a TB that tci has reported has run as often as it must to get code. */
  isDue(tb: number): boolean {
    if (!this.threshold) return true;
    const count = this.tbs.get(tb, TB_EXEC_COUNT);
    return (count & (this.value - 1)) === 0 || this.bursts.isBusy(tb, count, this.now());
  }

  /** It is valid, and no region is entered at it, or will be soon. */
  isWanted(tb: number): boolean {
    return this.tbs.isValid(tb) && this.tbs.get(tb, TB_FUNC) === 0 && (this.tbs.get(tb, TB_STATE) & TB_STATE_QUEUED) === 0;
  }

  /** Whether a TB that has run that often gets code; if not, it has to become hot once more. */
  isHot(tb: number): boolean {
    if (!this.isWanted(tb)) return false;
    if (!this.cooling.isCooling(this.tbs.get(tb, TB_PHYS_PAGE0))) return true;
    this.tbs.set(tb, TB_EXEC_COUNT, 0);
    return false;
  }

  /** Code of a TB's page went to waste. */
  wasted(tb: number): void {
    this.cooling.wasted(this.tbs.get(tb, TB_PHYS_PAGE0));
  }

  /** The worker is asked for something. */
  asks(start: number): void {
    this.firstRequest ??= start;
  }

  adjust(): void {
    if (this.firstRequest !== undefined) this.threshold?.adjust(this.now(), this.queue.length);
  }

  /** The heat that a TB must have to get code now; undefined: nothing that waits has it. `madeMs`: what the worker has used. */
  leastHeat(madeMs: number): number | undefined {
    const least = this.spareMs(madeMs) > 0 ? 0 : OVERDUE;
    return this.queue.hasHeat(least) ? least : undefined;
  }

  /** The worker has not had its share. */
  hasSpare(madeMs: number): boolean {
    return this.spareMs(madeMs) > 0;
  }

  /** All TBs are gone. */
  clear(): void {
    this.queue.clear();
    this.cooling.clear();
    this.bursts.clear();
  }

  /** What the worker may use before it has had its share. */
  private spareMs(madeMs: number): number {
    if (this.firstRequest === undefined) return WORKER_ADVANCE_MS;
    return WORKER_ADVANCE_MS + WORKER_SHARE * (this.now() - this.firstRequest) - madeMs;
  }
}
