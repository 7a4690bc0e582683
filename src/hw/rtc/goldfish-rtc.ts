/** Goldfish real-time clock. Source: Android, "Goldfish virtual hardware", section on the RTC (nanoseconds since 1970). */
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { bool, u32, u64, vmState } from '../core/vmstate.js';

const SIZE = 0x24;

const U32 = 0xffff_ffffn;
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const withLow = (old: bigint, low: number): bigint => (old & ~U32) | BigInt(low >>> 0);
const withHigh = (old: bigint, high: number): bigint => (old & U32) | (BigInt(high >>> 0) << 32n);

export class GoldfishRtc extends SysBusDevice {
  static override readonly type = defineDevice('goldfish_rtc', SysBusDevice, GoldfishRtc, {
    description: 'Goldfish real-time clock',
  });
  static readonly vmState = vmState<GoldfishRtc>('goldfish_rtc', { version: 3 }, [
    u64('tickOffset'),
    u64('alarmNext'),
    bool('alarmRunning'),
    bool('irqPending'),
    bool('irqEnabled'),
    u32('timeHigh'),
  ]);

  static readonly registers = registerMap<GoldfishRtc>('goldfish_rtc', [
    rw(0x00, 'TIME_LOW', { read: (s) => s.readTime(), readEffects: true, write: (s, value) => s.setCount(withLow(s.count(), value)) }),
    rw(0x04, 'TIME_HIGH', { read: (s) => s.timeHigh, write: (s, value) => s.setCount(withHigh(s.count(), value)) }),
    rw(0x08, 'ALARM_LOW', { read: (s) => Number(s.alarmNext & U32), write: (s, value) => s.setAlarm(withLow(s.alarmNext, value)) }),
    rw(0x0c, 'ALARM_HIGH', {
      read: (s) => Number(s.alarmNext >> 32n),
      write: (s, value) => void (s.alarmNext = withHigh(s.alarmNext, value)),
    }),
    rw(0x10, 'IRQ_ENABLED', { field: 'irqEnabled', fields: { ENABLE: 1 }, written: (s) => s.updateIrq() }),
    wo(0x14, 'CLEAR_ALARM', { write: (s) => s.clearAlarm() }),
    ro(0x18, 'ALARM_STATUS', { field: 'alarmRunning' }),
    wo(0x1c, 'CLEAR_INTERRUPT', { write: (s) => s.clearInterrupt() }),
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
    this.initMmio(this.registerRegion('goldfish_rtc', SIZE, GoldfishRtc.registers, { accessSizes: [4, 8] }));
    this.irq = this.initIrq();
    this.timer = this.newTimer(() => this.alarm(), this.clockType);
    this.tickOffset = wrap(this.services.time.calendar.startNs - this.clockNs());
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'rtc', 'google,goldfish-rtc');
  }

  override reset(): void {
    this.timer.del();
    this.alarmNext = 0n;
    this.irqPending = false;
    this.updateIrq();
  }

  /** Latches the high half. */
  private readTime(): number {
    const now = this.count();
    this.timeHigh = Number(now >> 32n);
    return Number(now & U32);
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

  private setAlarm(next: bigint): void {
    this.alarmNext = next;
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

  private clearInterrupt(): void {
    this.irqPending = false;
    this.updateIrq();
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
