/**
 * Pauses of this thread: how long it keeps its event loop waiting, in CPU time of the thread, since a busy machine stops it for longer than
 * anything that it does itself. The clock's time is told beside it: on an idle machine the two agree.
 */
import { readFileSync } from 'node:fs';

export interface Pause {
  readonly cpuMs: number;
  readonly clockMs: number;
  /** What the thread did meanwhile, as the caller tells it, ms or counts. */
  readonly parts: Readonly<Record<string, number>>;
}

const NONE: Pause = { cpuMs: 0, clockMs: 0, parts: {} };

/** CPU time of this thread, to a scheduler's tick of 1 to 4 ms (Linux: Documentation/scheduler/sched-stats.rst); the clock's where nobody tells. */
function threadMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

export class PauseProbe {
  private pause = NONE;
  private timer: NodeJS.Timeout | undefined;
  private at = { cpuMs: 0, clockMs: 0, parts: {} as Record<string, number> };

  /** `counters`: sums that only ever go up; a pause tells by how much. */
  constructor(private readonly counters: () => Record<string, number>) {}

  start(): void {
    this.look();
    this.timer = setInterval(() => this.next(), 1);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The longest since the last call. */
  take(): Pause {
    const { pause } = this;
    this.pause = NONE;
    return pause;
  }

  private look(): void {
    this.at = { cpuMs: threadMs(), clockMs: performance.now(), parts: this.counters() };
  }

  private next(): void {
    const before = this.at;
    this.look();
    const cpuMs = this.at.cpuMs - before.cpuMs;
    if (cpuMs <= this.pause.cpuMs) return;
    const parts = Object.fromEntries(Object.entries(this.at.parts).map(([name, sum]) => [name, sum - before.parts[name]]));
    this.pause = { cpuMs, clockMs: this.at.clockMs - before.clockMs, parts };
  }
}
