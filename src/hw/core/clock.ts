/**
 * Clocks and timers (QEMU's util/qemu-timer). Times are ns since the machine was made, as bigints: an idle guest's virtual time jumps from deadline to
 * deadline, and passes 2^53 ns (104 days) in no time. One ClockSet a machine; the host's clock is injected.
 */
import type { HostTime } from './replay.js';

export enum ClockType {
  /** Runs always, host's monotonic time. For timeouts that the guest does not see. */
  Realtime,
  /** The guest's time: stops with the VM; counts instructions in icount mode. */
  Virtual,
  /** Wall clock, ns since 1970. */
  Host,
  /** As Virtual without icount: runs in real time while the VM runs. */
  VirtualRt,
}

export interface HostClock {
  /** Monotonic time in ns from any origin: the process's uptime and the like, exact for 104 days. */
  monotonicNs(): number;
  /** Wall clock in ms since 1970-01-01 UTC. */
  epochMs(): number;
}

/** A clock that moves only when told: for tests. */
export class ManualHostClock implements HostClock {
  ns = 0;
  constructor(public startEpochMs = Date.UTC(2024, 0, 1)) {}
  monotonicNs(): number {
    return this.ns;
  }
  epochMs(): number {
    return this.startEpochMs + this.ns / 1e6;
  }
}

const NOT_PENDING = -1n;

/** The last moment, ns: 292 years. A timer that is set for a later one is not pending. */
const LAST_NS = (1n << 63n) - 1n;

/** A one-shot timer; re-arm it in its callback to repeat. */
export class Timer {
  /** Absolute expiry in ns of its clock; -1 when not pending. */
  private expire = NOT_PENDING;
  /** Order of arming, to break ties (first armed fires first). */
  sequence = 0;

  constructor(
    private readonly clocks: ClockSet,
    readonly clock: ClockType,
    readonly callback: () => void,
  ) {}

  get pending(): boolean {
    return this.expire !== NOT_PENDING;
  }
  /** Absolute ns; -1 when not pending. */
  get expireTime(): bigint {
    return this.expire;
  }

  /** Arms the timer for the absolute time `ns` of its clock (in the past: fires at the next occasion; after LAST_NS: never). */
  modNs(ns: bigint): void {
    this.del();
    if (ns > LAST_NS) return;
    this.expire = ns > 0n ? ns : 0n;
    this.clocks.arm(this);
  }
  /** Arms the timer `ns` from now. */
  startNs(ns: number): void {
    this.modNs(this.clocks.now(this.clock) + BigInt(Math.ceil(ns)));
  }
  del(): void {
    if (!this.pending) return;
    this.expire = NOT_PENDING;
    this.clocks.disarm(this);
  }
  /** Only for ClockSet: the timer has left the queue. */
  expired(): void {
    this.expire = NOT_PENDING;
  }
}

export interface IcountOptions {
  /** An instruction takes 2^shift ns of virtual time; with `auto` at first. */
  readonly shift: number;
  /** The shift is changed so that guest time keeps with the host's. */
  readonly auto?: boolean;
  /** A guest that is ahead of the host's time waits for it. */
  readonly align?: boolean;
  /** Idle time passes as fast as the host's; default: it is skipped, unless `auto`. */
  readonly sleep?: boolean;
  /** What comes from outside is logged in `rrfile`, or is read from there. */
  readonly rr?: 'record' | 'replay';
  readonly rrfile?: string;
  /** A snapshot from which the log goes on: made by the recording, loaded by the replay. */
  readonly rrsnapshot?: string;
}

/** Shift of `-icount shift=auto` before anything is known of the host's speed (QEMU's). */
export const FIRST_SHIFT = 3;
export const MAX_SHIFT = 10;

export class ClockSet {
  private readonly queues: Timer[][] = [[], [], [], []];
  private readonly origin: number;
  private sequence = 0;
  private running = false;
  /** Guest time goes on, but its timers wait (QEMU's qemu_clock_enable): while an instruction is stepped. */
  guestTimersWait = false;
  /** Virtual time = (real since resumedAt) * speed + base while running. */
  private virtualBase = 0n;
  private resumedAt = 0;
  private speed = 1;
  /** Icount: instructions executed (told by the main loop) and warps. */
  private instructions: (() => number) | undefined;
  private warpBias = 0n;
  private currentShift: number;
  /** Called when a timer has become the earliest of its clock: the main loop re-plans its slice. */
  onDeadlineChange: () => void = () => {};

  constructor(
    private readonly host: HostClock,
    readonly icount?: IcountOptions,
    /** Recording, or replaying, what of the host's time the guest sees. */
    private readonly hostTime?: HostTime,
  ) {
    this.origin = host.monotonicNs();
    this.currentShift = icount?.shift ?? 0;
  }

  /** For devices, which the guest asks. */
  now(clock: ClockType): bigint {
    const value = this.read(clock);
    return this.hostTime && clock !== ClockType.Virtual ? this.hostTime.readClock(clock, value) : value;
  }

  /** For who works the machine. */
  read(clock: ClockType): bigint {
    switch (clock) {
      case ClockType.Realtime:
        return BigInt(Math.floor(this.realtime()));
      case ClockType.Host:
        return BigInt(Math.floor(this.host.epochMs() * 1000)) * 1000n;
      case ClockType.Virtual:
        return this.icount ? this.instructionTime() : this.virtualRt();
      case ClockType.VirtualRt:
        return this.virtualRt();
    }
  }
  /** Guest time in ns. */
  get virtualNow(): bigint {
    return this.read(ClockType.Virtual);
  }

  timer(clock: ClockType, callback: () => void): Timer {
    return new Timer(this, clock, callback);
  }

  /** Guest time runs from now on. */
  start(): void {
    if (this.running) return;
    this.resumedAt = this.realtime();
    this.running = true;
  }
  /** Guest time stands still from now on. */
  stop(): void {
    this.virtualBase = this.virtualRt();
    this.running = false;
  }
  /** How many ns of virtual time pass in a ns of real time (not in icount mode). */
  setSpeed(factor: number): void {
    this.virtualBase = this.virtualRt();
    this.resumedAt = this.realtime();
    this.speed = factor;
  }

  /** Icount mode: where the count of executed instructions comes from. */
  setInstructionSource(source: () => number): void {
    this.instructions = source;
  }
  /** Icount mode, all CPUs idle: virtual time jumps to `ns`. False: it is there already. */
  warpTo(ns: bigint): boolean {
    const now = this.instructionTime();
    if (ns <= now) return false;
    this.warpBias += ns - now;
    return true;
  }
  /** Icount mode: instructions executed. */
  get instructionCount(): number {
    return this.instructions?.() ?? 0;
  }
  /** Icount mode: an instruction takes 2^shift ns; one that is set is for instructions from now on. */
  get shift(): number {
    return this.currentShift;
  }
  set shift(shift: number) {
    const now = this.instructionTime();
    this.currentShift = shift;
    this.warpBias += now - this.instructionTime();
  }
  /** Pending timers in the order in which they were armed, which decides between those of the same moment. */
  get pending(): readonly Timer[] {
    return this.queues.flat().sort((a, b) => a.sequence - b.sequence);
  }

  /** Sets virtual time (loadvm). */
  setVirtual(ns: bigint): void {
    this.virtualBase = ns;
    this.resumedAt = this.realtime();
    if (this.icount) this.warpBias += ns - this.instructionTime();
  }

  /** Absolute expiry of the earliest timer of `clock`; undefined if there is none. */
  deadline(clock: ClockType): bigint | undefined {
    return this.queues[clock][0]?.expireTime;
  }

  /** Real ns until the earliest timer of any running clock is due (0: now; Infinity: none). */
  hostNsToDeadline(): number {
    let least = Infinity;
    for (const clock of [ClockType.Realtime, ClockType.Virtual, ClockType.Host, ClockType.VirtualRt]) {
      const deadline = this.deadline(clock);
      if (deadline === undefined) continue;
      const guest = clock === ClockType.Virtual || clock === ClockType.VirtualRt;
      if (guest && (!this.running || this.guestTimersWait)) continue;
      least = Math.min(least, Math.max(0, Number(deadline - this.read(clock))) / (guest ? this.speed : 1));
    }
    return least;
  }

  /** Fires what is due, timers of a clock in order of expiry. Timers armed by a callback wait for the next call. */
  runTimers(): boolean {
    let any = false;
    for (let clock = 0; clock < this.queues.length; clock++) {
      const guest = clock === (ClockType.Virtual as number) || clock === (ClockType.VirtualRt as number);
      if (this.queues[clock].length === 0 || (guest && (!this.running || this.guestTimersWait))) continue;
      const now = this.firing(clock);
      if (now === undefined) continue;
      const limit = this.sequence;
      for (;;) {
        const index = this.queues[clock].findIndex((t) => t.expireTime <= now && t.sequence <= limit);
        if (index < 0) break;
        const [timer] = this.queues[clock].splice(index, 1);
        timer.expired();
        timer.callback();
        any = true;
      }
    }
    return any;
  }

  /** Only for Timer. */
  arm(timer: Timer): void {
    const queue = this.queues[timer.clock];
    timer.sequence = ++this.sequence;
    let at = queue.length;
    while (at > 0 && queue[at - 1].expireTime > timer.expireTime) at--;
    queue.splice(at, 0, timer);
    if (at === 0) this.onDeadlineChange();
  }
  /** Only for Timer. */
  disarm(timer: Timer): void {
    const queue = this.queues[timer.clock];
    const at = queue.indexOf(timer);
    if (at >= 0) queue.splice(at, 1);
  }

  /** The time at which timers of `clock` are due; undefined: none fires now. */
  private firing(clock: ClockType): bigint | undefined {
    const now = this.read(clock);
    if (!this.hostTime || clock === ClockType.Virtual) return now;
    return this.hostTime.timersFire(clock, this.queues[clock][0].expireTime, now);
  }

  private realtime(): number {
    return this.host.monotonicNs() - this.origin;
  }
  private virtualRt(): bigint {
    return this.running ? this.virtualBase + BigInt(Math.floor((this.realtime() - this.resumedAt) * this.speed)) : this.virtualBase;
  }
  private instructionTime(): bigint {
    return (BigInt(this.instructionCount) << BigInt(this.currentShift)) + this.warpBias;
  }
}
