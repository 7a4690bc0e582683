/**
 * What a guest hears of its host, recorded or replayed: what a machine asks of whoever does that (src/replay). Only in icount mode, where all else repeats.
 *
 * A moment is a number that grows by one whenever anything of the machine's state changes by itself: an instruction or an exception, a jump of idle time,
 * timers that fire. Between two of them the machine stands still, and takes what comes from outside.
 */
import type { ClockType } from './clock.js';
import type { CpuState } from './cpu.js';
import type { MachineState } from './machine.js';
import type { ShutdownCause } from './runstate.js';

/** Clocks of the host's, of which the guest hears by devices. */
export interface HostTime {
  /** A device reads the clock, which says `value`. */
  readClock(clock: ClockType, value: bigint): bigint;
  /** The clock's first timer is due at `deadline`, and it is `now`. When those due are to fire: at that time; undefined: not at this moment. */
  timersFire(clock: ClockType, deadline: bigint, now: bigint): bigint | undefined;
}

export type ReplayMode = 'record' | 'play';

export interface Replay extends HostTime {
  readonly mode: ReplayMode;
  readonly filename: string;
  moment: number;
  /** Entropy for the guest. */
  randomBytes(count: number): Uint8Array;

  // ---- of the main loop
  /** The machine has been made, and is to run for the first time. */
  begin(machine: MachineState): void | Promise<void>;
  /** The state has changed so many times. */
  pass(count: number): void;
  /** Between two slices of a running machine that waits for no disk: devices hear what is due at this moment. */
  /** `allWait`: to be called before time that passed while no CPU could run. */
  deliver(allWait: () => void): void;
  /** How far a slice may go before something is due; 0: something is now, and comes in the next round. */
  limit(): number;
  /** No CPU can run until something comes from outside. True: nothing will. */
  starves(): boolean;
  /** So much of the host's time has passed that idle guest time jumps to `ns`. */
  warp(ns: bigint): void;
  /** An instruction takes 2^shift ns from now on, since the host is as fast as it is. */
  changeShift(shift: number): void;
  /** Somebody outside wants a reset. */
  reset(cause: ShutdownCause): void;
  /** The CPU has come to a break- or watchpoint; true: it is to go on. */
  passesBy(cpu: CpuState): boolean;
  /** The run is over, and why. */
  finish(cause: ShutdownCause | 'stopped', exitCode: number): void;
}
