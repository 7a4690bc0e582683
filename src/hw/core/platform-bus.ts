/**
 * A bus for devices that the board does not have: `-device` puts them into its window, at the first address and on the first interrupt that are free.
 * Source: QEMU hw/core/platform-bus; an address is a multiple of the region's size, rounded up to a power of two.
 */
import type { MemoryRegion } from '../../memory/region.js';
import type { TypeInfo } from '../../qom/object.js';
import { defineType } from '../../qom/object.js';
import { uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { Bus } from './bus.js';
import { defineDevice, type DeviceState } from './device.js';
import type { FdtNode } from './fdt.js';
import type { IrqLine } from './irq.js';
import { SysBusDevice } from './sysbus.js';
import { TreeBus } from './tree-bus.js';

class PlatformBus extends Bus {
  static override readonly type: TypeInfo = defineType('platform-bus', Bus, PlatformBus);

  override childRealized(device: DeviceState): void {
    (this.parentDevice as PlatformBusDevice).plug(device as SysBusDevice);
  }
}

export class PlatformBusDevice extends SysBusDevice {
  static override readonly type = defineDevice('platform-bus-device', SysBusDevice, PlatformBusDevice, {
    description: 'Bus for devices that are added to a board',
    category: 'bridge',
    properties: [uint32('num_irqs'), uint32('mmio_size')],
  });

  numIrqs = 0;
  /** Bytes. */
  mmioSize = 0;
  readonly bus = new PlatformBus(this, 'platform-bus');
  private container!: MemoryRegion;
  private readonly lines: IrqLine[] = [];
  /** How many of them are somebody's. */
  private used = 0;

  protected override realize(): void {
    this.container = this.initMmio(this.containerRegion('platform bus', this.mmioSize));
    for (let n = 0; n < this.numIrqs; n++) this.lines.push(this.initIrq());
  }

  /** Maps the regions of a device, and connects its interrupts. @throws OptionError if there is no room */
  plug(device: SysBusDevice): void {
    const who = device.id ?? device.typeName;
    for (const region of device.mmio) {
      const offset = this.freeOffset(region.size);
      if (offset === undefined) throw new OptionError(`the platform bus has no room for ${region.size} bytes`, who);
      this.container.addSubregion(offset, region);
    }
    for (const line of device.irqs) {
      if (this.used === this.lines.length) throw new OptionError(`the platform bus has no more than ${this.numIrqs} interrupts`, who);
      line.connect(this.lines[this.used++]);
    }
  }

  private freeOffset(size: number): number | undefined {
    const step = 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
    for (let at = 0; at + size <= this.mmioSize; at += step) {
      if (!this.container.subregions.some(({ offset, region }) => at < offset + region.size && offset < at + size)) return at;
    }
    return undefined;
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    const [base, size] = this.window!;
    const node = bus.node
      .node(`platform-bus@${base.toString(16)}`)
      .string('compatible', 'qemu,platform', 'simple-bus')
      .u32('#size-cells', 1)
      .u32('#address-cells', 1)
      .cells('ranges', 0, ...bus.address(base), size);
    bus.interruptParent(node, this.lines[0]);
    for (const child of this.bus.children) (child as SysBusDevice).addTreeNode(bus.inside(node, 1));
    return node;
  }
}
