/**
 * How often a TB must run in tci before it goes to code generation. A worker with a backlog gets fewer TBs; powers of two, since the runtime reports at every multiple.
 * Never fewer executions than at first, even if the worker has nothing to do: such code costs more, in all, than it saves (bench/RESULTS.md).
 */
const MOST = 1 << 17;
/** Waiting TBs above which the threshold goes up. */
const BACKLOG = 64;
/** ms between two looks. */
const INTERVAL_MS = 250;

export class HotThreshold {
  private nextLook = 0;
  private readonly initial: number;

  constructor(
    public value: number,
    private readonly changed: () => void,
  ) {
    this.initial = value;
  }

  adjust(nowMs: number, waiting: number): void {
    if (nowMs < this.nextLook) return;
    this.nextLook = nowMs + INTERVAL_MS;
    if (waiting > BACKLOG) this.set(this.value * 2);
    else if (waiting === 0) this.set(this.value / 2);
  }

  private set(value: number): void {
    const bounded = Math.min(MOST, Math.max(this.initial, value));
    if (bounded === this.value) return;
    this.value = bounded;
    this.changed();
  }
}
