/**
 * Intel 8254, a PC's timer: three counters of 16 bits at 1.193182 MHz. Counter 0 interrupts, counter 2 has a gate. Source: 82C54 data sheet. Nothing counts
 * while nobody looks: a counter knows when it was loaded. A new count takes effect at once, also in the middle of a period (data sheet: at its end).
 */
import { uint32 } from '../../qom/property.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, rw, wo } from '../core/registers.js';
import { bool, i64, structArray, u16, u32, u8, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';

/** Hz. */
const I8254_FREQUENCY = 1_193_182n;
const SECOND_NS = 1_000_000_000n;
const COUNTERS = 3;
/** The one whose gate is closed until port 61 opens it. */
const SPEAKER = 2;

// Control word
const READ_BACK = 3;
const READ_BACK_NO_COUNT = 0x20;
const READ_BACK_NO_STATUS = 0x10;
const BCD = 0x01;
// Status
const STATUS_OUT = 0x80;
const STATUS_NULL_COUNT = 0x40;

/** Which bytes a program reads and writes (control word, RW). */
const enum Access {
  Latch = 0,
  Low = 1,
  High = 2,
  Both = 3,
}

const fromBcd = (value: number): number => [12, 8, 4, 0].reduce((sum, shift) => 10 * sum + ((value >> shift) & 15), 0);
const toBcd = (value: number): number => [1000, 100, 10, 1].reduce((word, unit) => (word << 4) | (Math.floor(value / unit) % 10), 0);

export class Counter {
  /** Counts in a period: 0 stands for the most. */
  count = 0x1_0000;
  isLoaded = false;
  access = Access.Both;
  mode = 0;
  isBcd = false;
  gate = true;
  /** Guest time at which it began to count; ticks that it had made when the gate was closed. */
  startedNs = 0n;
  stoppedAt = 0;
  /** What was latched, until it has been read. */
  latched = 0;
  latchedBytes = 0;
  status = 0;
  statusLatched = false;
  /** Of two bytes the second is next. */
  readsHigh = false;
  writesHigh = false;
  lowByte = 0;

  static readonly vmState = vmState<Counter>(
    'i8254_channel',
    { version: 1, refuses: ({ count }) => (count === 0 ? 'a period of no ticks' : undefined) },
    [
      ...[u32('count', { most: 0x1_0000 }), bool('isLoaded'), u8('access', { most: Access.Both }), u8('mode', { most: 5 })],
      ...[bool('isBcd'), bool('gate'), i64('startedNs'), u32('stoppedAt')],
      ...[u16('latched'), u8('latchedBytes', { most: Access.Both }), u8('status'), bool('statusLatched')],
      ...[bool('readsHigh'), bool('writesHigh'), u8('lowByte')],
    ],
  );

  get most(): number {
    return this.isBcd ? 10_000 : 0x1_0000;
  }
  /** It begins anew with each period. */
  private get isPeriodic(): boolean {
    return this.mode === 2 || this.mode === 3;
  }
  /** A closed gate stops it (modes 0, 2, 3, 4); in the others opening it starts it. */
  private get isGated(): boolean {
    return this.mode !== 1 && this.mode !== 5;
  }

  /** Ticks since it was loaded. */
  elapsed(now: bigint): number {
    if (this.isGated && !this.gate) return this.stoppedAt;
    return Number(((now - this.startedNs) * I8254_FREQUENCY) / SECOND_NS);
  }

  load(value: number, now: bigint): void {
    const count = this.isBcd ? fromBcd(value) : value;
    this.count = count === 0 ? this.most : count;
    if (this.isGated) this.start(now);
  }
  private start(now: bigint): void {
    this.isLoaded = true;
    this.startedNs = now;
    this.stoppedAt = 0;
  }

  /** What the counter reads as. */
  value(now: bigint): number {
    const { count, most } = this;
    const ticks = this.elapsed(now);
    const left = !this.isPeriodic ? count - ticks : this.mode === 3 ? count - ((2 * ticks) % count) : count - (ticks % count);
    const number = ((left % most) + most) % most;
    return this.isBcd ? toBcd(number) : number;
  }

  output(now: bigint): boolean {
    if (!this.isLoaded) return this.mode !== 0;
    const { count } = this;
    const ticks = this.elapsed(now);
    switch (this.mode) {
      case 0:
      case 1:
        return ticks >= count;
      case 2:
        return !this.gate || ticks % count !== count - 1;
      case 3:
        return !this.gate || ticks % count < Math.ceil(count / 2);
      default:
        return ticks !== count;
    }
  }

  /** Ticks since the load at which the output changes next; undefined: it stays. */
  private change(ticks: number): number | undefined {
    const { count } = this;
    const begin = ticks - (ticks % count);
    switch (this.mode) {
      case 0:
      case 1:
        return ticks < count ? count : undefined;
      case 2:
        return ticks % count < count - 1 ? begin + count - 1 : begin + count;
      case 3: {
        const half = begin + Math.ceil(count / 2);
        return ticks < half ? half : begin + count;
      }
      default:
        return ticks < count ? count : ticks === count ? count + 1 : undefined;
    }
  }

  /** Guest time of the next change of the output. */
  nextChange(now: bigint): bigint | undefined {
    if (!this.isLoaded || (this.isGated && !this.gate)) return undefined;
    const ticks = this.change(this.elapsed(now));
    return ticks === undefined ? undefined : this.startedNs + (BigInt(ticks) * SECOND_NS + I8254_FREQUENCY - 1n) / I8254_FREQUENCY;
  }

  setGate(on: boolean, now: bigint): void {
    if (on === this.gate) return;
    if (!on) this.stoppedAt = this.elapsed(now);
    this.gate = on;
    if (!on) return;
    if (this.mode === 0 || this.mode === 4) this.startedNs = now - (BigInt(this.stoppedAt) * SECOND_NS) / I8254_FREQUENCY;
    else this.start(now);
  }

  latchCount(now: bigint): void {
    if (this.latchedBytes !== 0) return;
    this.latched = this.value(now);
    this.latchedBytes = this.access;
  }
  latchStatus(now: bigint): void {
    if (this.statusLatched) return;
    const nothing = this.isLoaded ? 0 : STATUS_NULL_COUNT;
    this.status = (this.output(now) ? STATUS_OUT : 0) | nothing | (this.access << 4) | (this.mode << 1) | (this.isBcd ? BCD : 0);
    this.statusLatched = true;
  }

  program(access: Access, mode: number, isBcd: boolean, now: bigint): void {
    this.access = access;
    this.mode = mode > 5 ? mode & 3 : mode;
    this.isBcd = isBcd;
    this.isLoaded = this.readsHigh = this.writesHigh = false;
    this.latchedBytes = 0;
    this.startedNs = now;
    this.stoppedAt = 0;
  }

  read(now: bigint): number {
    if (this.statusLatched) {
      this.statusLatched = false;
      return this.status;
    }
    if (this.latchedBytes !== 0) {
      const isHigh = this.latchedBytes === Access.High;
      this.latchedBytes = isHigh ? 0 : this.latchedBytes - Access.Low;
      return isHigh ? this.latched >> 8 : this.latched & 0xff;
    }
    const value = this.value(now);
    const isHigh = this.access === Access.High || (this.access === Access.Both && this.readsHigh);
    if (this.access === Access.Both) this.readsHigh = !this.readsHigh;
    return isHigh ? value >> 8 : value & 0xff;
  }

  write(byte: number, now: bigint): void {
    if (this.access === Access.Both && !this.writesHigh) {
      this.lowByte = byte;
      this.writesHigh = true;
      return;
    }
    this.writesHigh = false;
    this.load(this.access === Access.Low ? byte : this.access === Access.High ? byte << 8 : (byte << 8) | this.lowByte, now);
  }

  /** Nothing is defined before it is programmed: so long there is no interrupt. */
  reset(now: bigint, gate: boolean): void {
    this.gate = true;
    this.program(Access.Both, 3, false, now);
    this.count = this.most;
    this.statusLatched = false;
    this.setGate(gate, now);
    this.isLoaded = false;
  }
}

export class I8254 extends IsaDevice {
  static override readonly type = defineDevice('isa-pit', IsaDevice, I8254, {
    description: 'Intel 8254 timer',
    properties: [uint32('iobase')],
  });
  static readonly vmState = vmState<I8254>('i8254', { version: 1 }, [structArray('counters', Counter.vmState)]);

  static readonly registers = registerMap<I8254>('pit_ioport', [
    rw(0, 'COUNTER', {
      array: () => [[COUNTERS, 1]],
      readEffects: true,
      read: (s, n) => s.counters[n].read(s.now),
      write: (s, value, n) => s.writeCounter(n, value),
    }),
    wo(3, 'CONTROL', { write: (s, value) => s.control(value) }),
  ]);

  iobase = 0x40;
  readonly counters: readonly Counter[] = Array.from({ length: COUNTERS }, () => new Counter());
  /** Gives the output of counter 0 its edges. */
  private timer!: Timer;
  private irq!: IrqLine;

  protected override realize(): void {
    this.timer = this.newTimer(() => this.follow());
    [this.irq] = this.initGpioOut(1);
    this.initGpioIn(1, (_, level) => this.setInterruptEnabled(level === 0));
    this.mapRegisters('pit', this.iobase, [[0, 4]], I8254.registers);
  }

  override reset(): void {
    for (const [n, counter] of this.counters.entries()) counter.reset(this.now, n !== SPEAKER);
    // Its output is high, as of any counter in mode 3 that has no count, but nobody is to see an edge.
    this.timer.del();
    this.irq.lower();
  }

  /** Its gate is port 61's, its output is read there. */
  setGate(n: number, on: boolean): void {
    this.counters[n].setGate(on, this.now);
    if (n === 0) this.follow();
  }
  gate(n: number): boolean {
    return this.counters[n].gate;
  }
  output(n: number): boolean {
    return this.counters[n].output(this.now);
  }

  /** Another timer has taken its interrupt over (HPET), or gives it back. */
  private setInterruptEnabled(on: boolean): void {
    if (on) this.follow();
    else {
      this.timer.del();
      this.irq.lower();
    }
  }

  /** Puts the interrupt line to what counter 0 says now, and waits for its next change. */
  private follow(): void {
    const [counter] = this.counters;
    const { now } = this;
    this.irq.set(counter.output(now));
    const next = counter.nextChange(now);
    if (next === undefined) this.timer.del();
    else this.timer.modNs(next);
  }

  private writeCounter(n: number, value: number): void {
    this.counters[n].write(value, this.now);
    if (n === 0) this.follow();
  }

  private control(value: number): void {
    const { now } = this;
    const n = value >> 6;
    if (n === READ_BACK) {
      for (const [i, counter] of this.counters.entries()) {
        if (!(value & (2 << i))) continue;
        if (!(value & READ_BACK_NO_COUNT)) counter.latchCount(now);
        if (!(value & READ_BACK_NO_STATUS)) counter.latchStatus(now);
      }
      return;
    }
    const access: Access = (value >> 4) & 3;
    if (access === Access.Latch) return this.counters[n].latchCount(now);
    this.counters[n].program(access, (value >> 1) & 7, (value & BCD) !== 0, now);
    if (n === 0) this.follow();
  }
}
