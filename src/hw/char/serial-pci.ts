/** A 16550A on PCI: eight I/O ports and a pin. Source: QEMU docs/specs/pci-serial.rst. */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import { link, uint32, uint8 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { IrqLine } from '../core/irq.js';
import { struct } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';
import { SerialState } from './serial.js';

const PORTS = 8;
/** Programming interface of a 16550. */
const PROG_16550 = 2;

export class SerialPci extends PciDevice {
  static override readonly type = defineDevice('pci-serial', PciDevice, SerialPci, {
    description: '16550A UART on PCI',
    category: 'input',
    userCreatable: true,
    properties: [link('chardev', 'chardev'), uint8('prog_if'), uint32('baudbase')],
  });
  static readonly vmState = pciVmState<SerialPci>('pci-serial', { version: 1 }, [struct('serial', SerialState.vmState)]);

  chardev: Chardev | undefined;
  progIf = PROG_16550;
  /** Bits a second at divisor 1. */
  baudbase = 115_200;
  serial!: SerialState;

  override get identity(): PciIdentity {
    return { vendor: VENDOR.REDHAT, device: 0x0002, class: 0x0700, prog: this.progIf, revision: 1 };
  }

  protected override realizeFunction(): void {
    this.useInterruptPin();
    const line = new IrqLine((_, level) => this.setPin(level));
    this.serial = new SerialState(line, new CharBackend(this.chardev), (callback) => this.newTimer(callback), this.baudbase);
    const registers = this.bindRegisters(SerialState.registers, this.serial);
    const ports = this.ioRegion('serial', PORTS, {
      implSizes: [1],
      read: (offset) => registers.read(offset, 1),
      write: (offset, value) => registers.write(offset, value & 0xff, 1),
    });
    this.registerBar(0, ports, { io: true });
  }

  override reset(): void {
    super.reset();
    this.serial.reset();
  }
}
