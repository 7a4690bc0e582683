/** A part of each turn of the host's event loop, for what is asked from outside: whoever asks much at once must not keep everybody else waiting. */

/** ms of a turn. */
const TURN_MS = 5;

export class Turn {
  private began: number | undefined;
  private waiting: (() => void)[] = [];

  constructor(
    /** Hears when there is time again. */
    private readonly again: () => void = () => {},
    private readonly ms = TURN_MS,
  ) {}

  /** False: what is left is for the next turn. */
  hasTime(): boolean {
    if (this.began !== undefined) return performance.now() - this.began < this.ms;
    this.began = performance.now();
    setTimeout(() => {
      this.began = undefined;
      for (const resolve of this.waiting.splice(0)) resolve();
      this.again();
    }, 0);
    return true;
  }
  /** After `hasTime` has said no: when there is some again. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
