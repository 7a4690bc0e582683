/** A 16550A on ISA: eight ports and an interrupt line. */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import { link, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { struct, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';
import { SerialState } from './serial.js';

const PORTS = 8;
/** COM1 to COM4. */
const PLACES = [
  { iobase: 0x3f8, irq: 4 },
  { iobase: 0x2f8, irq: 3 },
  { iobase: 0x3e8, irq: 4 },
  { iobase: 0x2e8, irq: 3 },
] as const;
/** Not said. */
const NONE = 0xffff_ffff;

export class SerialIsa extends IsaDevice {
  static override readonly type = defineDevice('isa-serial', IsaDevice, SerialIsa, {
    description: '16550A UART on ISA',
    category: 'input',
    userCreatable: true,
    properties: [link('chardev', 'chardev'), uint32('index'), uint32('iobase'), uint32('irq'), uint32('baudbase')],
  });
  static readonly vmState = vmState<SerialIsa>('isa-serial', { version: 1 }, [struct('serial', SerialState.vmState)]);

  chardev: Chardev | undefined;
  index = NONE;
  iobase = NONE;
  irq = NONE;
  /** Bits a second at divisor 1. */
  baudbase = 115_200;
  serial!: SerialState;

  protected override realize(): void {
    if (this.index === NONE) this.index = this.nextIndex;
    const place = PLACES[this.index];
    if (!place) throw new OptionError(`Max. supported number of ISA serial ports is ${PLACES.length}.`, this.id ?? this.typeName);
    if (this.iobase === NONE) this.iobase = place.iobase;
    if (this.irq === NONE) this.irq = place.irq;
    this.serial = new SerialState(
      this.isaIrq(this.irq),
      new CharBackend(this.chardev),
      (callback) => this.newTimer(callback),
      this.baudbase,
    );
    const registers = this.bindRegisters(SerialState.registers, this.serial);
    const ops = {
      implSizes: [1],
      read: (at: number) => registers.read(at, 1),
      write: (at: number, value: number) => registers.write(at, value & 0xff, 1),
    } as const;
    this.mapPorts(this.iobase, this.ioRegion('serial', PORTS, ops));
  }

  override reset(): void {
    this.serial.reset();
  }
}
