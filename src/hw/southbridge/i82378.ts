/**
 * Intel 82378, the bridge from PCI to ISA: the bus, and what a PC's board has on it (interrupt controllers, timer, port 61, DMA). Sixteen inputs are
 * interrupt lines of ISA that the board drives. Source: 82378ZB data sheet.
 */
import { defineDevice } from '../core/device.js';
import { IsaBus, ISA_LINES, type IsaDevice } from '../isa/isa-bus.js';
import { PcSpeaker } from '../audio/pcspk.js';
import { I82374 } from '../dma/i82374.js';
import { createI8259Pair, I8259 } from '../intc/i8259.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { STATUS, STATUS_DEVSEL_MEDIUM, VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';
import { I8254 } from '../timer/i8254.js';
import type { DeviceClass, Given } from '../core/device.js';

export class I82378 extends PciDevice {
  static override readonly type = defineDevice('i82378', PciDevice, I82378, {
    description: 'Intel 82378 PCI-ISA bridge',
    category: 'bridge',
  });
  static readonly vmState = pciVmState<I82378>('i82378', { version: 1 }, []);

  override readonly identity: PciIdentity = { vendor: VENDOR.INTEL, device: 0x0484, class: 0x0601, revision: 3 };
  isa!: IsaBus;
  /** The master of the two: answers acknowledge cycles. */
  pic!: I8259;
  /** Realizes a device on a bus, where the board keeps such; set before this one is realized. */
  add!: <T extends IsaDevice, Values>(
    klass: DeviceClass<T, Values>,
    properties: Given<Values>,
    bus: IsaBus,
    prepare?: (device: T) => void,
  ) => T;

  protected override realizeFunction(): void {
    this.config.define(STATUS, 2, STATUS_DEVSEL_MEDIUM);
    this.useInterruptPin();
    this.isa = new IsaBus(this, 'isa.0', this.bus.io, this.dma);

    this.initGpioIn(ISA_LINES, (n, level) => this.isa.lines[n]?.set(level));
    const [output] = this.initGpioOut(1);
    this.pic = createI8259Pair(this.isa, (properties) => this.add(I8259, properties, this.isa), output);
    const timer = this.add(I8254, {}, this.isa);
    timer.connectGpioOut(0, this.isa.lines[0]);
    this.add(PcSpeaker, {}, this.isa, (speaker) => void (speaker.timer = timer));
    this.add(I82374, {}, this.isa);
  }
}
