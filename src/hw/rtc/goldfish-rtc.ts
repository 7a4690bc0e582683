/** Goldfish real-time clock. Source: Android, "Goldfish virtual hardware", section on the RTC (nanoseconds since 1970). */
import type { TypeInfo } from '../../qom/object.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { SysBusDevice } from '../core/sysbus.js';
import { bool, u32, u64, vmState } from '../core/vmstate.js';

const TIME_LOW = 0x00; // read latches the high half
const TIME_HIGH = 0x04;
const ALARM_LOW = 0x08; // write arms the alarm
const ALARM_HIGH = 0x0c;
const IRQ_ENABLED = 0x10;
const CLEAR_ALARM = 0x14;
const ALARM_STATUS = 0x18;
const CLEAR_INTERRUPT = 0x1c;
const SIZE = 0x24;

const U32 = 0xffff_ffffn;
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const withLow = (old: bigint, low: number): bigint => (old & ~U32) | BigInt(low >>> 0);
const withHigh = (old: bigint, high: number): bigint => (old & U32) | (BigInt(high >>> 0) << 32n);

export class GoldfishRtc extends SysBusDevice {
  static override readonly type: TypeInfo = defineDevice('goldfish_rtc', SysBusDevice, GoldfishRtc, {
    description: 'Goldfish real-time clock',
  });
  static readonly vmState = vmState<GoldfishRtc>('goldfish_rtc', { version: 3, postLoad: (s) => s.alarmRunning && s.setAlarm() }, [
    u64('tickOffset'),
    u64('alarmNext'),
    bool('alarmRunning'),
    bool('irqPending'),
    bool('irqEnabled'),
    u32('timeHigh'),
  ]);

  private readonly clockType = this.services.time.calendar.clock;
  /** Guest time minus the clock, ns modulo 2^64. */
  tickOffset = 0n;
  alarmNext = 0n;
  alarmRunning = false;
  irqPending = false;
  irqEnabled = false;
  timeHigh = 0;
  private timer!: Timer;
  private irq!: IrqLine;

  protected override realize(): void {
    this.initMmio(
      this.ioRegion('goldfish_rtc', SIZE, {
        accessSizes: [4, 8],
        implSizes: [4],
        read: (offset) => this.read(offset),
        write: (offset, value) => this.write(offset, value),
      }),
    );
    this.irq = this.initIrq();
    this.timer = this.newTimer(() => this.alarm(), this.clockType);
    this.tickOffset = wrap(this.services.time.calendar.startNs - this.clockNs());
  }

  override reset(): void {
    this.timer.del();
    this.alarmNext = 0n;
    this.alarmRunning = this.irqPending = this.irqEnabled = false;
    this.updateIrq();
  }

  private read(offset: number): number {
    switch (offset) {
      case TIME_LOW: {
        const now = this.count();
        this.timeHigh = Number(now >> 32n);
        return Number(now & U32);
      }
      case TIME_HIGH:
        return this.timeHigh;
      case ALARM_LOW:
        return Number(this.alarmNext & U32);
      case ALARM_HIGH:
        return Number(this.alarmNext >> 32n);
      case IRQ_ENABLED:
        return this.irqEnabled ? 1 : 0;
      case ALARM_STATUS:
        return this.alarmRunning ? 1 : 0;
      default:
        this.guestError(`invalid read 0x${offset.toString(16)}`);
        return 0;
    }
  }

  private write(offset: number, value: number): void {
    switch (offset) {
      case TIME_LOW:
        return this.setCount(withLow(this.count(), value));
      case TIME_HIGH:
        return this.setCount(withHigh(this.count(), value));
      case ALARM_LOW:
        this.alarmNext = withLow(this.alarmNext, value);
        return this.setAlarm();
      case ALARM_HIGH:
        this.alarmNext = withHigh(this.alarmNext, value);
        return;
      case IRQ_ENABLED:
        this.irqEnabled = (value & 1) !== 0;
        return this.updateIrq();
      case CLEAR_ALARM:
        return this.clearAlarm();
      case CLEAR_INTERRUPT:
        this.irqPending = false;
        return this.updateIrq();
      default:
        this.guestError(`invalid write 0x${offset.toString(16)}`);
    }
  }

  private clockNs(): bigint {
    return this.services.time.now(this.clockType);
  }

  private count(): bigint {
    return wrap(this.clockNs() + this.tickOffset);
  }

  private setCount(value: bigint): void {
    this.tickOffset = wrap(this.tickOffset + value - this.count());
  }

  private setAlarm(): void {
    const wait = this.alarmNext - this.count();
    if (wait <= 0n) {
      this.clearAlarm();
      this.alarm();
      return;
    }
    this.timer.modNs(this.clockNs() + wait);
    this.alarmRunning = true;
  }

  private clearAlarm(): void {
    this.timer.del();
    this.alarmRunning = false;
  }

  private alarm(): void {
    this.alarmRunning = false;
    this.irqPending = true;
    this.updateIrq();
  }

  private updateIrq(): void {
    this.irq.set(this.irqPending && this.irqEnabled ? 1 : 0);
  }
}
