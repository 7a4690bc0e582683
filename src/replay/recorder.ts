/** Records what a guest hears of its host. */
import type { ClockType } from '../hw/core/clock.js';
import type { MachineState } from '../hw/core/machine.js';
import type { Replay } from '../hw/core/replay.js';
import type { ShutdownCause } from '../hw/core/runstate.js';
import { HostError } from '../util/errors.js';
import type { PortEvent, ReplayChardev } from './chardev.js';
import { LogWriter, type LogSink } from './format.js';
import type { ReplayHead } from './head.js';
import { ReplayLog, type ReplayHost } from './log.js';
import { encode, type LogEntry } from './records.js';

/** ns of the host's: what was recorded is handed to the file so soon, and so often the state is noted. */
const FLUSH_NS = 100e6;
const CHECK_NS = 1e9;
/** What a guest asks for is followed by a check so soon: a reader looks ahead to the next event. */
const MOST_READS = 1024;
/** Bytes of input in a record. */
const MOST_INPUT = 1 << 16;

export class Recorder extends ReplayLog implements Replay {
  readonly mode = 'record';
  private readonly writer: LogWriter;
  /** What has come from outside, and is to be handed over. */
  private arrivals: { readonly port: ReplayChardev; readonly what: Uint8Array | PortEvent }[] = [];
  private resets: ShutdownCause[] = [];
  private hasBegun = false;
  /** The log is at its end. */
  private isOver = false;
  private reads = 0;
  private nextFlush = 0;
  private nextCheck = 0;

  constructor(
    filename: string,
    sink: LogSink,
    head: ReplayHead,
    host: ReplayHost,
    private readonly entropy: (count: number) => Uint8Array,
  ) {
    super(filename, host);
    this.writer = new LogWriter(sink, head);
  }

  private write(entry: LogEntry): void {
    if (this.isOver) return;
    try {
      const { kind, payload } = encode(entry);
      this.writer.record(kind, payload);
    } catch (error) {
      this.lost(error);
    }
  }
  private flush(): void {
    try {
      this.writer.flush();
    } catch (error) {
      this.lost(error);
    }
  }
  private lost(error: unknown): void {
    if (!(error instanceof HostError)) throw error;
    this.isOver = true;
    this.host.failed(new HostError(`cannot write the log '${this.filename}': ${error.message}`));
  }

  // ---- what the guest asks for

  randomBytes(count: number): Uint8Array {
    const bytes = this.entropy(count);
    this.write({ kind: 'random', bytes });
    this.reads++;
    return bytes;
  }
  readClock(clock: ClockType, value: bigint): bigint {
    this.write({ kind: 'clock', clock, value });
    this.reads++;
    return value;
  }

  // ---- what comes by itself

  arrived(port: ReplayChardev, what: Uint8Array | PortEvent): void {
    this.arrivals.push({ port, what });
  }
  reset(cause: ShutdownCause): void {
    this.resets.push(cause);
    this.machine.notify();
  }
  warp(ns: bigint): void {
    this.write({ kind: 'warp', moment: this.moment, ns });
  }
  changeShift(shift: number): void {
    this.write({ kind: 'shift', moment: this.moment, shift });
  }
  timersFire(clock: ClockType, deadline: bigint, now: bigint): bigint | undefined {
    if (deadline > now || !this.hasBegun || this.machine.backends.awaitsHost) return undefined;
    this.write({ kind: 'timers', moment: this.moment, clock, now });
    return now;
  }

  // ---- of the main loop

  async begin(machine: MachineState): Promise<void> {
    this.machine = machine;
    this.write({ kind: 'begin', moment: this.moment, sum: await this.firstSum() });
    this.hasBegun = true;
    this.flush();
  }

  deliver(): void {
    const { moment } = this;
    for (const { port, what } of this.arrivals.splice(0)) {
      const number = this.ports.indexOf(port);
      if (typeof what === 'string') this.write({ kind: 'event', moment, port: number, event: what });
      else for (const bytes of pieces(what)) this.write({ kind: 'input', moment, port: number, bytes });
      port.deliver(what, true);
      this.nextFlush = 0;
    }
    for (const cause of this.resets.splice(0)) {
      this.write({ kind: 'reset', moment, cause });
      this.machine.systemReset(cause);
    }
    const now = this.machine.env.hostClock.monotonicNs();
    if (now >= this.nextCheck || this.reads >= MOST_READS) {
      this.nextCheck = now + CHECK_NS;
      this.reads = 0;
      this.write({ kind: 'check', moment, instructions: this.machine.clocks.instructionCount, sum: this.registerSum() });
    }
    if (now < this.nextFlush) return;
    this.nextFlush = now + FLUSH_NS;
    this.flush();
  }
  limit(): number {
    return Infinity;
  }
  starves(): boolean {
    return this.arrivals.length > 0;
  }
  passesBy(): boolean {
    return false;
  }

  finish(cause: ShutdownCause | 'stopped', exitCode: number): void {
    if (this.isOver) return;
    if (this.hasBegun) {
      const { instructionCount: instructions } = this.machine.clocks;
      this.write({ kind: 'end', moment: this.moment, instructions, sum: this.stateSum(), cause, exitCode });
    }
    this.isOver = true;
    try {
      this.writer.close();
    } catch (error) {
      this.lost(error);
    }
  }
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MOST_INPUT) yield bytes.subarray(at, at + MOST_INPUT);
}
