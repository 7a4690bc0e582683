/**
 * A PC's parallel port with a printer: data, status and control at three ports. The byte that is there when STROBE rises goes to the chardev; the printer is busy
 * until it is asked, acknowledges with a pulse of nACK, and asks no sooner than the chardev takes more. Source: IEEE Std 1284, compatibility mode; IBM PC Technical
 * Reference, printer adapter.
 */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import { link, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { bool, u8, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';

const PORTS = 8;
/** LPT1 to LPT3. */
const PLACES = [0x378, 0x278, 0x3bc] as const;
const IRQ = 7;
/** Not said. */
const NONE = 0xffff_ffff;

// Status; lines that are low when they are active are so here.
const TIMEOUT = 0x01;
const NOT_ERROR = 0x08;
const SELECTED = 0x10;
const NOT_ACK = 0x40;
const NOT_BUSY = 0x80;
const READY = NOT_BUSY | NOT_ACK | SELECTED | NOT_ERROR;
// Control
const STROBE = 0x01;
const NOT_INIT = 0x04;
const SELECT = 0x08;
const INTERRUPT = 0x10;
const INPUT = 0x20;
const UNUSED = 0xc0;
/** Nobody drives the lines. */
const NOTHING = 0xff;

export class ParallelIsa extends IsaDevice {
  static override readonly type = defineDevice('isa-parallel', IsaDevice, ParallelIsa, {
    description: 'parallel port on ISA',
    category: 'input',
    userCreatable: true,
    properties: [link('chardev', 'chardev'), uint32('index'), uint32('iobase'), uint32('irq')],
  });
  static readonly vmState = vmState<ParallelIsa>('parallel_isa', { version: 1 }, [
    ...[u8('data'), u8('status'), u8('control'), bool('interrupts')],
  ]);
  static readonly registers = registerMap<ParallelIsa>('parallel', [
    rw(0, 'DATA', { read: (s) => (s.control & INPUT ? NOTHING : s.data), write: (s, value) => void (s.data = value) }),
    ro(1, 'STATUS', { read: (s) => s.readStatus(), readEffects: true }),
    rw(2, 'CONTROL', { read: (s) => s.control, write: (s, value) => s.setControl(value) }),
    ...[3, 4, 5, 6, 7].map((at) => ro(at, `NOTHING_${at}`, { read: () => NOTHING })),
  ]);

  chardev: Chardev | undefined;
  index = NONE;
  iobase = NONE;
  irq = IRQ;
  data = 0;
  status = 0;
  control = 0;
  interrupts = false;
  private line!: IrqLine;
  private backend!: CharBackend;

  protected override realize(): void {
    const where = this.id ?? this.typeName;
    if (!this.chardev) throw new OptionError("Can't create parallel device, empty char device", where);
    if (this.index === NONE) this.index = this.nextIndex;
    if (this.index >= PLACES.length) throw new OptionError(`Max. supported number of parallel ports is ${PLACES.length}.`, where);
    if (this.iobase === NONE) this.iobase = PLACES[this.index];
    this.line = this.isaIrq(this.irq);
    this.backend = new CharBackend(this.chardev);
    // It prints; what the other side says is nobody's.
    this.backend.setHandlers({ canReceive: () => 0, receive: () => {} });
    this.mapRegisters('parallel', this.iobase, [[0, PORTS]], ParallelIsa.registers);
  }

  override reset(): void {
    this.data = NOTHING;
    this.status = READY | TIMEOUT;
    this.control = SELECT | NOT_INIT | UNUSED;
    this.interrupt(false);
  }

  private interrupt(on: boolean): void {
    this.interrupts = on;
    this.line.set(on);
  }

  private readStatus(): number {
    const { status } = this;
    const isBusy = (status & NOT_BUSY) === 0 && (this.control & STROBE) === 0;
    if (isBusy && !this.backend.writable) this.backend.insist();
    else if (isBusy) this.status = status & NOT_ACK ? status & ~NOT_ACK : status | NOT_ACK | NOT_BUSY;
    this.interrupt(false);
    return status;
  }

  private setControl(value: number): void {
    if ((value & NOT_INIT) === 0) this.status = READY;
    else if (value & SELECT && value & STROBE) {
      this.status &= ~NOT_BUSY;
      if ((this.control & STROBE) === 0) this.backend.writeByte(this.data);
    } else if (value & SELECT && this.control & INTERRUPT) this.interrupt(true);
    this.control = value | UNUSED;
  }
}
