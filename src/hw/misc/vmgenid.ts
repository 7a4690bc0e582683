/**
 * Virtual machine generation id: another number whenever the machine goes on from a snapshot that may have been restored before, told by an interrupt. Linux
 * reseeds its random numbers then. Sources: Microsoft, "Virtual Machine Generation ID"; Linux, Documentation/devicetree/bindings/rng/microsoft,vmgenid.yaml.
 */
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { buffer, vmState } from '../core/vmstate.js';

const SIZE = 16;

export class VmGenId extends SysBusDevice {
  static override readonly type = defineDevice('vmgenid', SysBusDevice, VmGenId, {
    description: 'virtual machine generation id',
    bus: 'platform-bus',
    userCreatable: true,
  });
  static readonly vmState = vmState<VmGenId>('vmgenid', { version: 1 }, [buffer('guid')]);

  readonly guid = new Uint8Array(SIZE);
  private irq!: IrqLine;

  protected override realize(): void {
    this.guid.set(this.services.randomBytes(SIZE));
    this.initMmio(this.ioRegion('vmgenid', SIZE, { implSizes: [1], read: (offset) => this.guid[offset] }));
    this.irq = this.initIrq();
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'vmgenid', 'microsoft,vmgenid');
  }

  override newGeneration(): void {
    this.guid.set(this.services.randomBytes(SIZE));
    this.irq.pulse();
  }
}
