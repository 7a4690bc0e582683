/**
 * Motorola MC146818, a PC's clock with battery-backed RAM behind ports 70 and 71: time, alarm, and periodic and update-ended interrupts. Source: MC146818A
 * data sheet. An update takes no time: UIP is never seen. Daylight saving is not built, nor the square wave.
 */
import { enumeration, int32, uint16, uint8 } from '../../qom/property.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, rw } from '../core/registers.js';
import { buffer, i64, u8, vmState } from '../core/vmstate.js';
import { BYTES, IsaDevice } from '../isa/isa-bus.js';
import { IsaClock } from './isa-clock.js';
import { fromBcd, nsOf, timeOfDay, toBcd, type TimeOfDay } from './calendar.js';

const SIZE = 128;
const A = 0x0a;
const B = 0x0b;
const C = 0x0c;
const D = 0x0d;
const A_RATE = 0x0f;
const A_UIP = 0x80;
const B_SET = 0x80;
const B_BINARY = 0x04;
const B_24H = 0x02;
const C_IRQF = 0x80;
/** Interrupts: their bits in B and C. */
const PERIODIC = 0x40;
const ALARM = 0x20;
const UPDATE = 0x10;
const D_VALID = 0x80;
const PM = 0x80;
/** An alarm's byte with these bits is any. */
const ANY = 0xc0;
const SECOND_NS = 1_000_000_000n;
/** Hz. */
const OSCILLATOR = 32_768n;

const FIELDS: ReadonlyMap<number, keyof TimeOfDay> = new Map([
  [0x00, 'seconds'],
  [0x02, 'minutes'],
  [0x04, 'hours'],
  [0x06, 'weekday'],
  [0x07, 'day'],
  [0x08, 'month'],
  [0x09, 'year'],
]);
const ALARMS = [0x01, 0x03, 0x05] as const;

export class Mc146818Rtc extends IsaClock {
  static override readonly type = defineDevice('mc146818rtc', IsaDevice, Mc146818Rtc, {
    description: 'MC146818 real-time clock',
    properties: [
      ...[int32('base_year'), uint16('iobase'), uint8('irq')],
      enumeration('lost_tick_policy', ['discard'], { notBuilt: ['slew'], kind: 'LostTickPolicy' }),
    ],
  });
  static readonly vmState = vmState<Mc146818Rtc>('mc146818rtc', { version: 1 }, [
    ...[buffer('bytes'), u8('index', { most: SIZE - 1 }), i64('offsetNs'), i64('stoppedNs'), i64('seenSecond'), i64('seenPeriod')],
  ]);

  static readonly registers = registerMap<Mc146818Rtc>('rtc', [
    rw(0, 'INDEX', { read: () => 0xff, write: (s, value) => void (s.index = value % SIZE) }),
    rw(1, 'DATA', { read: (s) => s.load(s.index), readEffects: true, write: (s, value) => s.store(s.index, value) }),
  ]);

  baseYear = 1980;
  iobase = 0x70;
  irq = 8;
  lostTickPolicy = 'discard';
  readonly bytes = new Uint8Array(SIZE);
  index = 0;
  /** What has been told of already: seconds of the day's time, periods. */
  seenSecond = 0n;
  seenPeriod = 0n;
  private line!: IrqLine;
  private timer!: Timer;

  protected override realize(): void {
    this.timer = this.newTimer(() => this.tick(), this.clockType);
    this.line = this.isaIrq(this.irq);
    this.initGpioOut(1);
    const ops = this.bindRegisters(Mc146818Rtc.registers, this).ops(BYTES);
    const region = this.ioRegion('rtc', 2, ops);
    region.addSubregion(0, this.ioRegion('rtc-index', 1, ops));
    this.mapPorts(this.iobase, region);
    this.startClock();
    this.bytes[A] = 0x26;
    this.bytes[B] = B_24H;
    this.bytes[D] = D_VALID;
  }

  /** The battery keeps the rest. */
  override reset(): void {
    this.bytes[B] &= ~(PERIODIC | ALARM | UPDATE);
    this.bytes[C] = 0;
    this.index = 0;
    this.update();
  }

  private load(at: number): number {
    const field = FIELDS.get(at);
    if (field !== undefined) return this.isStopped ? this.bytes[at] : this.encoded(field, timeOfDay(this.timeNs));
    if (at !== C) return this.bytes[at] & (at === A ? ~A_UIP : 0xff);
    const value = this.bytes[C];
    this.bytes[C] = 0;
    this.line.lower();
    return value;
  }

  private encoded(field: keyof TimeOfDay, time: TimeOfDay): number {
    const value = field === 'year' ? (((time.year - this.baseYear) % 100) + 100) % 100 : time[field];
    if (field !== 'hours' || this.bytes[B] & B_24H) return this.code(value);
    return this.code(value % 12 === 0 ? 12 : value % 12) | (value >= 12 ? PM : 0);
  }
  private code(value: number): number {
    return this.bytes[B] & B_BINARY ? value : toBcd(value);
  }
  private decode(byte: number): number {
    return this.bytes[B] & B_BINARY ? byte : fromBcd(byte);
  }
  private hour(byte: number): number {
    if (this.bytes[B] & B_24H) return this.decode(byte);
    return (this.decode(byte & ~PM) % 12) + (byte & PM ? 12 : 0);
  }

  private store(at: number, value: number): void {
    if (at === C || at === D) return;
    if (FIELDS.has(at)) {
      if (!this.isStopped) this.latch();
      this.bytes[at] = value;
      if (!this.isStopped) this.setTime();
    } else if (at === B) this.control(value);
    else this.bytes[at] = at === A ? value & ~A_UIP : value;
    if (at <= B) this.update();
  }

  private control(value: number): void {
    const wasSetting = (this.bytes[B] & B_SET) !== 0;
    const sets = (value & B_SET) !== 0;
    if (sets && !wasSetting) {
      this.latch();
      this.isStopped = true;
    }
    this.bytes[B] = sets ? value & ~UPDATE : value;
    if (wasSetting && !sets) {
      this.isStopped = false;
      this.setTime();
    }
  }

  private latch(): void {
    const time = timeOfDay(this.timeNs);
    for (const [at, field] of FIELDS) this.bytes[at] = this.encoded(field, time);
  }
  private setTime(): void {
    const { bytes } = this;
    const year = this.baseYear + this.decode(bytes[0x09]);
    const time = {
      ...{ seconds: this.decode(bytes[0x00]), minutes: this.decode(bytes[0x02]), hours: this.hour(bytes[0x04]) },
      ...{ day: this.decode(bytes[0x07]), month: this.decode(bytes[0x08]), year: year + (this.baseYear === 1900 && year < 1970 ? 100 : 0) },
    };
    this.timeNs = nsOf(time);
  }

  // ---- interrupts
  /** ns; undefined: periodic interrupts are off. Rates 1 and 2 are 8 and 9 (data sheet, table 5). */
  private get periodNs(): bigint | undefined {
    const rate = this.bytes[A] & A_RATE;
    if (rate === 0 || !(this.bytes[B] & PERIODIC)) return undefined;
    return (SECOND_NS << BigInt((rate < 3 ? rate + 7 : rate) - 1)) / OSCILLATOR;
  }

  /** Notes what has passed, and waits for what comes next. */
  private update(): void {
    const period = this.periodNs;
    this.seenSecond = this.timeNs / SECOND_NS;
    this.seenPeriod = period === undefined ? 0n : this.clockNs / period;
    this.arm(period);
    this.raise(0);
  }
  private arm(period: bigint | undefined): void {
    const now = this.clockNs;
    const waits: bigint[] = [];
    if (period !== undefined) waits.push((now / period + 1n) * period - now);
    if (this.bytes[B] & (ALARM | UPDATE) && !this.isStopped) waits.push(SECOND_NS - (((this.timeNs % SECOND_NS) + SECOND_NS) % SECOND_NS));
    if (waits.length === 0) return this.timer.del();
    this.timer.modNs(now + waits.reduce((a, b) => (a < b ? a : b)));
  }

  private tick(): void {
    const period = this.periodNs;
    let causes = 0;
    if (period !== undefined && this.clockNs / period !== this.seenPeriod) {
      this.seenPeriod = this.clockNs / period;
      causes |= PERIODIC;
    }
    const second = this.timeNs / SECOND_NS;
    if (!this.isStopped && second !== this.seenSecond) {
      this.seenSecond = second;
      causes |= UPDATE | (this.isAlarm() ? ALARM : 0);
    }
    this.arm(period);
    this.raise(causes);
  }
  private isAlarm(): boolean {
    const time = timeOfDay(this.timeNs);
    const [seconds, minutes, hours] = ALARMS.map((at) => this.bytes[at]);
    const fits = (byte: number, value: number, wanted: number): boolean => byte >= ANY || wanted === value;
    return (
      fits(seconds, time.seconds, this.decode(seconds)) &&
      fits(minutes, time.minutes, this.decode(minutes)) &&
      fits(hours, time.hours, this.hour(hours))
    );
  }
  private raise(causes: number): void {
    this.bytes[C] |= causes;
    const asks = (this.bytes[C] & this.bytes[B] & (PERIODIC | ALARM | UPDATE)) !== 0;
    this.bytes[C] = asks ? this.bytes[C] | C_IRQF : this.bytes[C] & ~C_IRQF;
    this.line.set(asks);
  }
}
