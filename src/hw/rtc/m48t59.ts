/**
 * ST M48T59: 8 KiB of RAM with a battery, whose last bytes are a clock. On ISA an address and the data at it are ports. Source: M48T59 data sheet. What is
 * in it lasts as long as the machine. Alarm, watchdog and calibration are cells.
 */
import { int32, uint32, uint8 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { buffer, i64, u16, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';
import { IsaClock } from './isa-clock.js';
import { fromBcd, nsOf, timeOfDay, toBcd, type TimeOfDay } from './calendar.js';

const SIZE = 0x2000;
// The clock
const FLAGS = 0x1ff0;
const CONTROL = 0x1ff8;
const SECONDS = 0x1ff9;
const WRITE = 0x80;
const READ = 0x40;
const STOP = 0x80;

/** Which bits of each of the clock's bytes from SECONDS on are the time's. */
const TIME: readonly (readonly [field: keyof TimeOfDay, mask: number])[] = [
  ['seconds', 0x7f],
  ['minutes', 0x7f],
  ['hours', 0x3f],
  ['weekday', 0x07],
  ['day', 0x3f],
  ['month', 0x1f],
  ['year', 0xff],
];

export class IsaM48t59 extends IsaClock {
  static override readonly type = defineDevice('isa-m48t59', IsaDevice, IsaM48t59, {
    description: 'ST M48T59 clock and RAM',
    properties: [int32('base-year'), uint32('iobase'), uint8('irq')],
  });
  static readonly vmState = vmState<IsaM48t59>('m48t59', { version: 1 }, [
    buffer('bytes'),
    u16('address'),
    i64('offsetNs'),
    i64('stoppedNs'),
  ]);

  static readonly registers = registerMap<IsaM48t59>('m48t59', [
    rw(0, 'ADDRESS_LOW', { read: (s) => s.address & 0xff, write: (s, value) => void (s.address = (s.address & 0xff00) | value) }),
    rw(1, 'ADDRESS_HIGH', { read: (s) => s.address >> 8, write: (s, value) => void (s.address = (s.address & 0xff) | (value << 8)) }),
    ro(2, 'NOTHING', { read: () => 0xff }),
    rw(3, 'DATA', { read: (s) => s.load(s.address % SIZE), write: (s, value) => s.store(s.address % SIZE, value) }),
  ]);

  baseYear = 0;
  iobase = 0x74;
  irq = 8;
  readonly bytes = new Uint8Array(SIZE);
  address = 0;

  protected override realize(): void {
    this.startClock();
    this.mapRegisters('m48t59', this.iobase, [[0, 4]], IsaM48t59.registers);
  }

  override reset(): void {
    this.address = 0;
    this.bytes[CONTROL] &= ~(WRITE | READ);
    this.bytes[FLAGS] = 0;
  }

  private load(at: number): number {
    if (at >= SECONDS && !(this.bytes[CONTROL] & (WRITE | READ))) this.latch();
    return this.bytes[at];
  }

  /** The bytes are the time, and stay so while a program reads or sets them. */
  private latch(): void {
    const time = timeOfDay(this.timeNs);
    for (const [n, [field, mask]] of TIME.entries()) {
      const value = field === 'year' ? (((time.year - this.baseYear) % 100) + 100) % 100 : time[field];
      this.bytes[SECONDS + n] = (this.bytes[SECONDS + n] & ~mask) | toBcd(value);
    }
  }

  private store(at: number, value: number): void {
    const old = this.bytes[CONTROL];
    if (at === CONTROL && !(old & (WRITE | READ)) && value & (WRITE | READ)) this.latch();
    if (at > SECONDS && !(old & WRITE)) {
      this.latch();
      const mask = TIME[at - SECONDS][1];
      this.bytes[at] = (this.bytes[at] & mask) | (value & ~mask);
      return;
    }
    this.bytes[at] = value;
    if (at === SECONDS) this.isStopped = (value & STOP) !== 0;
    if (at === CONTROL && old & WRITE && !(value & WRITE)) this.setTime();
  }

  private setTime(): void {
    const part = (name: keyof TimeOfDay): number => {
      const n = TIME.findIndex(([field]) => field === name);
      return fromBcd(this.bytes[SECONDS + n] & TIME[n][1]);
    };
    const century = this.baseYear === 0 ? (part('year') < 70 ? 2000 : 1900) : this.baseYear;
    this.timeNs = nsOf({
      ...{ seconds: part('seconds'), minutes: part('minutes'), hours: part('hours') },
      ...{ day: part('day'), month: part('month'), year: century + part('year') },
    });
  }
}
