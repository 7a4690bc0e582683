/** The CPIOM's tick timer: counts down on the guest's clock, and interrupts at zero. Source: docs/cpiom.md, "Timers". */
import type { TypeInfo } from '../../qom/object.js';
import { uint32 } from '../../qom/property.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import { u32, u64, vmState } from '../core/vmstate.js';

/** Bytes. */
export const CPIOM_TIMERS_SIZE = 0x100;
const ACTIVE = 1;
const EXPIRED = 1;
const SECOND_NS = 1_000_000_000n;

export class CpiomTimers extends SysBusDevice {
  static override readonly type: TypeInfo = defineDevice('cpiom-timers', SysBusDevice, CpiomTimers, {
    description: 'CPIOM timers',
    properties: [uint32('frequency', { description: 'Hz, before the prescaler' })],
  });
  static readonly vmState = vmState<CpiomTimers>('cpiom-timers', { version: 1 }, [
    u32('ctrl'),
    u32('prescale'),
    u32('scale'),
    u32('loaded'),
    u32('status'),
    u64('startedNs'),
  ]);

  static readonly registers = registerMap<CpiomTimers>('cpiom_timers', [
    rw(0x00, 'CTRL', { field: 'ctrl', fields: { ACTIVE }, written: (s, old) => s.controlled(old) }),
    rw(0x04, 'PRESCAL', { field: 'prescale' }),
    ro(0x08, 'STATUS', { read: (s) => s.status }),
    rw(0x0c, 'TICK', { read: (s) => s.left(), write: (s, value) => s.setTick(value) }),
    wo(0x10, 'ACK', { write: (s) => s.acknowledge() }),
  ]);

  frequency = 16_600_000;
  ctrl = 0;
  /** A count takes so many cycles, and one more: from the next write of TICK on. */
  prescale = 0;
  /** That of the count that goes on. */
  scale = 0;
  /** What TICK was at `startedNs`. */
  loaded = 0;
  startedNs = 0n;
  status = 0;
  private timer!: Timer;

  protected override realize(): void {
    this.timer = this.newTimer(() => this.expired());
    this.initMmio(
      this.ioRegion('cpiom-timers-reg', CPIOM_TIMERS_SIZE, { ...this.bindRegisters(CpiomTimers.registers, this).ops(), endianness: 'big' }),
    );
    this.initIrq();
  }

  override reset(): void {
    this.scale = 0;
    this.loaded = 0;
    this.startedNs = 0n;
    this.acknowledge();
    this.timer.del();
  }

  /** ns of so many counts, rounded down. */
  private durationOf(counts: bigint): bigint {
    return (counts * (BigInt(this.scale) + 1n) * SECOND_NS) / BigInt(this.frequency);
  }

  private get isActive(): boolean {
    return (this.ctrl & ACTIVE) !== 0;
  }

  /** What TICK reads now. */
  private left(): number {
    return this.isActive ? this.remaining() : this.loaded;
  }

  private remaining(): number {
    const elapsed = ((this.now - this.startedNs) * BigInt(this.frequency)) / (SECOND_NS * (BigInt(this.scale) + 1n));
    return elapsed >= BigInt(this.loaded) ? 0 : this.loaded - Number(elapsed);
  }

  /** Nothing while the timer is not active; zero expires at once. */
  private setTick(value: number): void {
    if (this.isActive) this.start(value);
  }

  private start(value: number): void {
    this.scale = this.prescale;
    this.loaded = value;
    this.startedNs = this.now;
    this.timer.del();
    if (value === 0) this.expired();
    else this.timer.modNs(this.startedNs + this.durationOf(BigInt(value)));
  }

  /** Made active, it has nothing to count yet; stopped, it stays where it is. */
  private controlled(old: number): void {
    if (((old ^ this.ctrl) & ACTIVE) === 0) return;
    this.timer.del();
    this.loaded = this.isActive ? 0 : this.remaining();
    this.startedNs = this.now;
  }

  private expired(): void {
    this.status |= EXPIRED;
    this.irqs[0].raise();
  }

  private acknowledge(): void {
    this.status &= ~EXPIRED;
    this.irqs[0].lower();
  }
}
