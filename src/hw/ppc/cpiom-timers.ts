/**
 * The CPIOM's timers, on the guest's clock: a tick that counts down, a cycle with a slice and a window in it, and a calendar's counter. What the guest
 * reads is computed from the time that has gone by; a host's timer runs only for the next interrupt that is not pending yet. Source: docs/cpiom.md, "Timers".
 */
import { uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import { u32, u64, vmState } from '../core/vmstate.js';

/** Bytes. */
export const CPIOM_TIMERS_SIZE = 0x100;
const ACTIVE = 1;
const RUN = 2;
/** Of STATUS and ACK, in the order of the interrupts. */
const [TICK, SLICE, CYCLE] = [1, 2, 4];
const ALL = TICK | SLICE | CYCLE;
const IN_WINDOW = 1;
const SECOND_NS = 1_000_000_000n;
const PERCENT = 100n;

export class CpiomTimers extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-timers', SysBusDevice, CpiomTimers, {
    description: 'CPIOM timers',
    properties: [
      uint32('frequency', { description: 'Hz, before the prescaler' }),
      uint32('speed', { description: 'of all timers, in percent of the frequency' }),
    ],
  });
  static readonly vmState = vmState<CpiomTimers>('cpiom-timers', { version: 2 }, [
    ...[u32('ctrl'), u32('prescale'), u32('scale'), u32('loaded'), u32('status'), u64('startedNs')],
    ...[u32('period'), u32('sliceEnd'), u32('winBegin'), u32('winEnd'), u32('winSaved'), u64('cycleNs'), u32('cycleScale')],
    ...[u32('rtcPeriod'), u32('rtcLoaded'), u64('rtcNs')],
  ]);

  static readonly registers = registerMap<CpiomTimers>('cpiom_timers', [
    rw(0x00, 'CTRL', { field: 'ctrl', fields: { ACTIVE, RUN }, written: (s, old) => s.controlled(old) }),
    rw(0x04, 'PRESCAL', { field: 'prescale' }),
    ro(0x08, 'STATUS', { read: (s) => s.status }),
    rw(0x0c, 'TICK', { read: (s) => s.left(), write: (s, value) => s.setTick(value) }),
    wo(0x10, 'ACK', { write: (s, value) => s.acknowledge(value) }),
    rw(0x14, 'PERIOD', { field: 'period', written: (s) => s.rearm() }),
    ro(0x18, 'COUNTER', { read: (s) => Number(s.position().count) }),
    ro(0x1c, 'CYCLE', { read: (s) => Number(s.position().cycle & 0xffff_ffffn) }),
    rw(0x20, 'SLICE_END', { field: 'sliceEnd', written: (s) => s.rearm() }),
    ro(0x24, 'SLICE_OUT', { read: (s) => s.sliceOut() }),
    rw(0x28, 'WIN_BEGIN', { field: 'winBegin' }),
    rw(0x2c, 'WIN_END', { field: 'winEnd' }),
    ro(0x30, 'WIN_STS', { read: (s) => s.windowStatus() }),
    ro(0x34, 'WIN_SAV_STS', { field: 'winSaved' }),
    rw(0x40, 'RTC_PERIOD', { read: (s) => s.rtcPeriod, write: (s, value) => s.setRtc(s.rtc(), value) }),
    rw(0x44, 'CPT_RTC', { read: (s) => s.rtc(), write: (s, value) => s.setRtc(value, s.rtcPeriod) }),
  ]);

  frequency = 16_600_000;
  speed = 100;
  ctrl = 0;
  /** A count takes so many cycles, and one more: from the next write of TICK on. */
  prescale = 0;
  /** That of the count that goes on. */
  scale = 0;
  /** What TICK was at `startedNs`. */
  loaded = 0;
  startedNs = 0n;
  status = 0;
  /** Of the cycle: its length in counts, where in it the slice ends, and where a window is; since when it runs, and how it is scaled. */
  period = 0;
  sliceEnd = 0;
  winBegin = 0;
  winEnd = 0;
  /** WIN_STS when the slice ended. */
  winSaved = 0;
  cycleNs = 0n;
  cycleScale = 0;
  /** What CPT_RTC was at `rtcNs`, and counts from one value to the next. */
  rtcPeriod = 0;
  rtcLoaded = 0;
  rtcNs = 0n;
  private tickTimer!: Timer;
  private sliceTimer!: Timer;
  private cycleTimer!: Timer;

  protected override realize(): void {
    if (this.frequency === 0 || this.speed === 0) throw new OptionError('frequency and speed must not be 0', 'cpiom-timers');
    this.tickTimer = this.newTimer(() => this.pend(TICK));
    this.sliceTimer = this.newTimer(() => this.sliceEnded());
    this.cycleTimer = this.newTimer(() => this.pend(CYCLE));
    this.initMmio(this.registerRegion('cpiom-timers-reg', CPIOM_TIMERS_SIZE, CpiomTimers.registers, { endianness: 'big' }));
    for (let bit = TICK; bit & ALL; bit <<= 1) this.initIrq();
  }

  override reset(): void {
    this.scale = this.loaded = this.cycleScale = this.rtcPeriod = this.rtcLoaded = 0;
    this.startedNs = this.cycleNs = this.rtcNs = 0n;
    this.acknowledge(ALL);
    this.tickTimer.del();
    this.rearm();
  }

  /** Cycles of the timers' clock a second, times 100. */
  private get rate(): bigint {
    return BigInt(this.frequency) * BigInt(this.speed);
  }
  /** ns of so many counts, rounded down. */
  private durationOf(counts: bigint, scale: number): bigint {
    return (counts * (BigInt(scale) + 1n) * SECOND_NS * PERCENT) / this.rate;
  }
  /** Whole counts since then. */
  private countsSince(ns: bigint, scale: number): bigint {
    return ((this.now - ns) * this.rate) / (SECOND_NS * PERCENT * (BigInt(scale) + 1n));
  }

  private get isActive(): boolean {
    return (this.ctrl & ACTIVE) !== 0;
  }
  private get runs(): boolean {
    return (this.ctrl & RUN) !== 0;
  }

  // ---- tick
  /** What TICK reads now. */
  private left(): number {
    return this.isActive ? this.remaining() : this.loaded;
  }
  private remaining(): number {
    const elapsed = this.countsSince(this.startedNs, this.scale);
    return elapsed >= BigInt(this.loaded) ? 0 : this.loaded - Number(elapsed);
  }

  /** Nothing while the timer is not active; zero expires at once. */
  private setTick(value: number): void {
    if (!this.isActive) return;
    this.scale = this.prescale;
    this.loaded = value;
    this.startedNs = this.now;
    this.tickTimer.del();
    if (value === 0) this.pend(TICK);
    else this.tickTimer.modNs(this.startedNs + this.durationOf(BigInt(value), this.scale));
  }

  /** Made active, the tick has nothing to count yet; stopped, it stays where it is. The cycle begins anew. */
  private controlled(old: number): void {
    const changed = old ^ this.ctrl;
    if (changed & ACTIVE) {
      this.tickTimer.del();
      this.loaded = this.isActive ? 0 : this.remaining();
      this.startedNs = this.now;
    }
    if (changed & RUN) {
      this.cycleNs = this.now;
      this.cycleScale = this.prescale;
      this.rearm();
    }
  }

  // ---- cycle
  /** Where in which cycle the count is; without a period, nowhere. */
  private position(): { cycle: bigint; count: bigint } {
    if (!this.runs || this.period === 0) return { cycle: 0n, count: 0n };
    const counts = this.countsSince(this.cycleNs, this.cycleScale);
    const period = BigInt(this.period);
    return { cycle: counts / period, count: counts % period };
  }
  /** Counts since the slice's end, in this cycle. */
  private sliceOut(): number {
    const count = Number(this.position().count);
    return this.sliceEnd !== 0 && count > this.sliceEnd ? count - this.sliceEnd : 0;
  }
  private windowStatus(): number {
    const count = Number(this.position().count);
    return this.runs && count >= this.winBegin && count < this.winEnd ? IN_WINDOW : 0;
  }
  private sliceEnded(): void {
    this.winSaved = this.windowStatus();
    this.pend(SLICE);
  }

  /** Sets the host's timers for interrupts of the cycle that are not pending. */
  private rearm(): void {
    const arm = (timer: Timer, bit: number, within: number): void => {
      timer.del();
      if (!this.runs || this.period === 0 || within === 0 || within > this.period || this.status & bit) return;
      const { cycle, count } = this.position();
      const next = (count < BigInt(within) ? cycle : cycle + 1n) * BigInt(this.period) + BigInt(within);
      timer.modNs(this.cycleNs + this.durationOf(next, this.cycleScale) + 1n);
    };
    arm(this.sliceTimer, SLICE, this.sliceEnd);
    arm(this.cycleTimer, CYCLE, this.period);
  }

  // ---- calendar
  private rtc(): number {
    if (this.rtcPeriod === 0) return this.rtcLoaded;
    return Number((BigInt(this.rtcLoaded) + this.countsSince(this.rtcNs, 0) / BigInt(this.rtcPeriod)) & 0xffff_ffffn);
  }
  private setRtc(value: number, period: number): void {
    this.rtcLoaded = value;
    this.rtcPeriod = period;
    this.rtcNs = this.now;
  }

  // ---- interrupts
  private pend(bit: number): void {
    this.status |= bit;
    this.irqs[Math.log2(bit)].raise();
  }
  private acknowledge(bits: number): void {
    this.status &= ~bits;
    for (let n = 0; n < this.irqs.length; n++) if (bits & (1 << n)) this.irqs[n].lower();
    if (bits & (SLICE | CYCLE)) this.rearm();
  }
}
