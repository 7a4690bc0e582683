/**
 * TBs that run so often at once that they will go on: they need not run in tci as often as others before they get code. Of those whose second 2,048 executions
 * take up to 8 ms two in five come to 16,384, as do half of those that have their fourth within 40 ms; of all that run 4,096 times one in five (ten programs,
 * bench/RESULTS.md).
 */

/** Executions in tci between two looks at a TB. */
export const BURST = 1 << 11;
/** ms that they may take: those up to the second look, the third, all later ones. */
const AT_MOST_MS = [8, 24, 40];
/** TBs that are remembered. */
const CAPACITY = 1 << 16;

export class Bursts {
  /** When TBs were looked at last. */
  private readonly lastLook = new Map<number, number>();

  /** Whether a TB that has run `count` times, a multiple of BURST, is that busy. */
  isBusy(tb: number, count: number, nowMs: number): boolean {
    const last = this.lastLook.get(tb);
    if (this.lastLook.size >= CAPACITY) this.lastLook.clear();
    this.lastLook.set(tb, nowMs);
    // the memory of a TB that is gone may be another's now
    if (last === undefined || count < 2 * BURST) return false;
    return nowMs - last <= AT_MOST_MS[Math.min(count / BURST, AT_MOST_MS.length + 1) - 2];
  }

  clear(): void {
    this.lastLook.clear();
  }
}
