/** Wakes a worker that sleeps in Atomics.wait: whoever has something for it rings after it has put that down. */
export class Bell {
  private readonly rung: Int32Array;
  private heard = 0;

  static create(): Bell {
    return new Bell(new SharedArrayBuffer(4));
  }
  constructor(readonly buffer: SharedArrayBuffer) {
    this.rung = new Int32Array(buffer);
  }

  ring(): void {
    Atomics.add(this.rung, 0, 1);
    Atomics.notify(this.rung, 0);
  }

  /** What was rung up to now is taken care of. */
  hear(): void {
    this.heard = Atomics.load(this.rung, 0);
  }
  /** Sleeps until it is rung, or was since `hear`, `ms` at most. */
  wait(ms: number): void {
    Atomics.wait(this.rung, 0, this.heard, ms);
  }
}
