/** Replays a recorded run: the guest hears what its log says, at the moments that it says, and nothing else. */
import type { ClockType } from '../hw/core/clock.js';
import type { CpuState, WatchpointHit } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import type { Replay } from '../hw/core/replay.js';
import { SHUTDOWN_CAUSES, isCausedByGuest, type ShutdownCause } from '../hw/core/runstate.js';
import { ReplayError } from '../util/errors.js';
import { PORT_EVENTS, type PortEvent, type PortMark, type ReplayChardev } from './chardev.js';
import { LogReader, type LogPosition, type LogSource } from './format.js';
import { checkHead, readHead, type ReplayHead } from './head.js';
import { ReplayLog, type ReplayHost } from './log.js';
import { decode, isEvent, type LogEntry, type LogEvent, type LogRead } from './records.js';

/** Reads between two events: a recorder writes an event after a thousand or two. */
const MOST_READS = 1 << 20;

/** The log was cut short: there is nothing more to replay. */
interface Cut {
  readonly kind: 'cut';
  readonly moment: number;
}

/** Where a replay is in its log. */
export interface ReplayMark {
  readonly moment: number;
  readonly position: LogPosition;
  readonly next: LogEvent | Cut;
  readonly reads: readonly LogRead[];
  readonly shift: number;
  readonly ports: readonly PortMark[];
}

/** Where a replay is to stop, before that moment's events, or at that count of instructions. */
export interface StopAt {
  readonly moment?: number;
  readonly instructions?: number;
}

/** Break- and watchpoints that were come to, while they do not stop the machine. */
export interface Scan {
  /** The last one. */
  last?: { readonly moment: number; readonly cpu: CpuState; readonly watchpoint: WatchpointHit | undefined };
  /** Takes all points away, and sets them again. */
  readonly points: { lift(): void; restore(): void };
}

export class Player extends ReplayLog implements Replay {
  readonly mode = 'play';
  readonly head: ReplayHead;
  private readonly reader: LogReader;
  /** What comes next by itself. */
  private next: LogEvent | Cut;
  /** What the guest asks for until then. */
  private reads: LogRead[] = [];
  /** Of the last event. */
  private lastMoment = 0;
  /** The last moment at which all was handed over. */
  private delivered = -1;
  private hasFailed = false;
  private isClosed = false;
  /** The log has been replayed to its end. */
  isAtEnd = false;
  /** At the end of the log the machine is stopped, not ended: somebody wants to look at it. */
  pausesAtEnd = false;
  stopAt: StopAt | undefined;
  /** It has come to where it was to stop. */
  hasStopped = false;
  scan: Scan | undefined;
  private stepping: CpuState | undefined;
  /** Called at each moment at which the machine could be saved. */
  onMoment: () => void = () => {};

  /** @throws ReplayError if the log is damaged, or empty */
  constructor(filename: string, source: LogSource, host: ReplayHost) {
    super(filename, host);
    this.reader = new LogReader(source);
    this.head = readHead(this.reader.head);
    this.look();
    this.next = this.ahead();
  }

  /** @throws ReplayError if it is the log of another machine */
  check(own: ReplayHead): void {
    checkHead(this.head, own);
  }

  /** Looks at all of the log, so that nothing is run by one that is damaged. */
  private look(): void {
    const { reader } = this;
    const start = reader.position;
    let last: LogEntry | undefined;
    let hasBegun = false;
    for (let record = reader.next(); record; record = reader.next()) {
      if (last?.kind === 'end') throw new ReplayError('the log is damaged: there is more behind its end');
      last = decode(record);
      if (!isEvent(last)) continue;
      if (last.moment < this.lastMoment || (last.kind === 'begin') === hasBegun)
        throw new ReplayError('the log is damaged: a record is not in its place');
      hasBegun = true;
      this.lastMoment = last.moment;
    }
    if (!hasBegun) throw new ReplayError('the log ends before the machine has begun to run');
    if (last?.kind === 'end' && reader.isCut) throw new ReplayError('the log is damaged: there is more behind its end');
    reader.position = start;
  }

  /** Reads on to the next event. */
  private ahead(): LogEvent | Cut {
    for (let record = this.reader.next(); record; record = this.reader.next()) {
      const entry = decode(record);
      if (isEvent(entry)) return entry;
      if (this.reads.push(entry) > MOST_READS) throw new ReplayError('the log is damaged: too much is asked for at once');
    }
    return { kind: 'cut', moment: this.lastMoment };
  }

  /** The run is another one than was recorded. */
  private differs(what: string): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    const where = this.machine ? ` after ${this.machine.clocks.instructionCount} instructions` : '';
    this.host.failed(new ReplayError(`the run is not the one that was recorded:${where} ${what}`));
  }

  // ---- what the guest asks for

  private take<K extends LogRead['kind']>(kind: K): Extract<LogRead, { kind: K }> | undefined {
    const read = this.reads.shift();
    if (read?.kind === kind) return read as Extract<LogRead, { kind: K }>;
    if (!read && this.next.kind === 'cut') {
      if (!this.isAtEnd) this.end(this.next);
      return undefined;
    }
    this.differs(`the guest asked for ${kind === 'random' ? 'random bytes' : 'the time'}`);
    return undefined;
  }
  randomBytes(count: number): Uint8Array {
    const { bytes } = this.take('random') ?? { bytes: new Uint8Array(count) };
    if (bytes.length === count) return bytes;
    this.differs(`the guest asked for ${count} random bytes, not ${bytes.length}`);
    return new Uint8Array(count);
  }
  readClock(clock: ClockType, value: bigint): bigint {
    const read = this.take('clock');
    if (read && read.clock !== (clock as number)) this.differs('the guest asked for another clock');
    return read?.value ?? value;
  }

  // ---- what comes by itself

  arrived(port: ReplayChardev, what: Uint8Array | PortEvent): void {
    if (typeof what !== 'string') port.drop(what);
  }
  /** The log says when. */
  reset(): void {}
  warp(): void {}
  changeShift(): void {}

  timersFire(clock: ClockType): bigint | undefined {
    const { next } = this;
    if (next.kind !== 'timers' || next.moment !== this.moment || next.clock !== (clock as number)) return undefined;
    if (!this.machine || this.machine.backends.awaitsHost) return undefined;
    this.next = this.ahead();
    return next.now;
  }

  // ---- of the main loop

  async begin(machine: MachineState): Promise<void> {
    this.machine = machine;
    const { next } = this;
    if (next.kind !== 'begin' || next.moment !== this.moment || this.reads.length > 0)
      throw new ReplayError('the log does not fit: the machine was made in another way');
    if (next.sum !== (await this.firstSum()))
      throw new ReplayError('the log does not fit: images, disks or devices are not those that it was recorded with');
    this.next = this.ahead();
  }

  deliver(allWait: () => void): void {
    if (this.hasFailed || this.isStopped()) return;
    this.delivered = this.moment;
    this.onMoment();
    // What the guest has asked for behind the last event is there all the same.
    if (this.next.kind === 'cut' && this.reads.length > 0) return;
    while (this.next.moment <= this.moment && this.next.kind !== 'timers') {
      const { next } = this;
      if (next.kind === 'cut') return this.end(next);
      if (next.moment < this.moment || this.reads.length > 0) return this.differs('it heard of its host at another moment');
      if (next.kind === 'end') return this.end(next);
      this.next = this.ahead();
      if (next.kind === 'warp') allWait();
      this.apply(next);
      if (this.hasFailed) return;
    }
  }

  private isStopped(): boolean {
    const { stopAt, machine } = this;
    if (!stopAt) return false;
    const { moment = Infinity, instructions = Infinity } = stopAt;
    if (this.moment < moment && machine.clocks.instructionCount < instructions) return false;
    this.stopAt = undefined;
    this.hasStopped = true;
    machine.vmStopRequest('paused');
    return true;
  }

  private apply(event: Exclude<LogEvent, { kind: 'end' }>): void {
    const { machine } = this;
    const { clocks } = machine;
    switch (event.kind) {
      case 'input':
        return this.ports[event.port]?.deliver(event.bytes, false);
      case 'event': {
        const what = PORT_EVENTS.find((each) => each === event.event);
        return what && this.ports[event.port]?.deliver(what, false);
      }
      case 'warp':
        if (clocks.icount && clocks.warpTo(event.ns)) this.pass(1);
        return;
      case 'shift':
        clocks.shift = event.shift;
        return;
      case 'reset': {
        const cause = SHUTDOWN_CAUSES.find((each) => each === event.cause);
        return cause && machine.systemReset(cause);
      }
      case 'check':
        if (event.instructions !== clocks.instructionCount || event.sum !== this.registerSum()) this.differs("the CPUs' registers differ");
    }
  }

  /** By what the host did. */
  private end(last: Cut | Extract<LogEvent, { kind: 'end' }>): void {
    this.isAtEnd = true;
    if (last.kind === 'end') {
      if (isCausedByGuest(last.cause as ShutdownCause)) return this.differs(`the guest did not end it (${last.cause})`);
      this.compare(last);
    }
    this.tell(last.kind === 'end' ? `it was ended (${last.cause})` : 'the log was cut short');
    if (this.pausesAtEnd) this.machine.vmStopRequest('paused');
    else this.machine.requestShutdown('host-qmp-quit');
  }
  private compare({ moment, instructions, sum }: Extract<LogEvent, { kind: 'end' }>): void {
    if (moment !== this.moment || instructions !== this.machine.clocks.instructionCount || sum !== this.stateSum())
      this.differs('the state of the machine differs at the end');
  }
  private tell(how: string): void {
    if (this.hasFailed) return;
    this.machine.log.write(`wemu: replay: ${how}, after ${this.machine.clocks.instructionCount} instructions\n`);
  }

  limit(): number {
    const { stopAt, next, moment } = this;
    const distance = next.kind === 'cut' && this.reads.length > 0 ? Infinity : next.moment - moment;
    // Timers have fired since.
    if (distance === 0 && this.delivered < moment) return 0;
    if (distance <= 0) this.differs('it heard of its host at another moment');
    const left = Math.min(distance, (stopAt?.moment ?? Infinity) - moment);
    const instructions = (stopAt?.instructions ?? Infinity) - this.machine.clocks.instructionCount;
    return Math.max(0, Math.min(left, instructions));
  }

  starves(): boolean {
    if (this.next.kind === 'cut') this.end(this.next);
    else if (this.next.moment > this.moment || this.next.kind === 'timers') this.differs('the guest waits for what never came');
    return true;
  }

  passesBy(cpu: CpuState): boolean {
    const { scan, stepping } = this;
    if (stepping) {
      if (stepping !== cpu) return false;
      cpu.debug?.setSingleStep(false);
      this.stepping = undefined;
      scan?.points.restore();
      return true;
    }
    if (!scan) return false;
    const watchpoint = cpu.debug?.takeWatchpointHit();
    scan.last = { moment: this.moment, cpu, watchpoint };
    // It has not happened yet: it is to, once.
    scan.points.lift();
    cpu.debug?.setSingleStep(true);
    this.stepping = cpu;
    return true;
  }

  endScan(): void {
    this.scan?.points.restore();
    this.scan = this.stepping = undefined;
  }

  finish(cause: ShutdownCause | 'stopped', exitCode: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { next } = this;
    if (!this.hasFailed && isCausedByGuest(cause as ShutdownCause)) {
      this.isAtEnd = true;
      if (next.kind === 'end' && next.cause === cause && next.exitCode === exitCode >>> 0) {
        this.compare(next);
        this.tell(`the guest has ended it (${cause})`);
      } else if (next.kind !== 'cut' || next.moment > this.moment) this.differs(`the guest has ended it (${cause})`);
    }
    this.reader.close();
  }

  // ---- back and forth

  mark(): ReplayMark {
    const { moment, next, reads, ports } = this;
    const { position } = this.reader;
    return { moment, position, next, reads: [...reads], shift: this.machine.clocks.shift, ports: ports.map((port) => port.mark()) };
  }
  /** The machine is what it was then. */
  goBack({ moment, position, next, reads, shift, ports }: ReplayMark): void {
    this.moment = moment;
    this.reader.position = position;
    this.next = next;
    this.reads = [...reads];
    this.machine.clocks.shift = shift;
    this.delivered = -1;
    this.isAtEnd = this.hasStopped = false;
    this.ports.forEach((port, i) => port.goBack(ports[i]));
  }
}
