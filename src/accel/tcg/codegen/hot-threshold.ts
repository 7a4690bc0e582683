/**
 * How often a TB must run in tci before it goes to code generation. A worker with a backlog gets fewer TBs, one that has time to spare more;
 * powers of two, since the runtime reports at every multiple.
 */
const LEAST = 1024;
const MOST = 1 << 17;
/** Waiting TBs above which the threshold goes up. */
const BACKLOG = 64;
/** Spare time of the worker, ms, with nothing waiting: then it goes down below where it began; back to there with nothing waiting alone. */
const SPARE_MS = 500;
/** ms between two looks. */
const INTERVAL_MS = 250;

export class HotThreshold {
  private nextLook = 0;
  private readonly initial: number;

  constructor(
    public value: number,
    private readonly apply: (value: number) => void,
  ) {
    this.initial = value;
  }

  /** `spareMs`: what the worker may use before it has had its share. */
  adjust(nowMs: number, waiting: number, spareMs: number): void {
    if (nowMs < this.nextLook) return;
    this.nextLook = nowMs + INTERVAL_MS;
    if (waiting > BACKLOG) this.set(this.value * 2);
    else if (waiting === 0 && (this.value > this.initial || spareMs > SPARE_MS)) this.set(this.value / 2);
  }

  private set(value: number): void {
    const bounded = Math.min(MOST, Math.max(LEAST, value));
    if (bounded === this.value) return;
    this.value = bounded;
    this.apply(bounded);
  }
}
