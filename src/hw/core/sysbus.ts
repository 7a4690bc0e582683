/** SysBusDevice: a device with numbered MMIO regions and interrupt outputs, which a board maps and connects. */
import type { MemoryRegion } from '../../memory/region.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { DeviceState } from './device.js';
import type { IrqLine } from './irq.js';

const IRQ_GROUP = 'sysbus-irq';

export abstract class SysBusDevice extends DeviceState {
  static override readonly type: TypeInfo = defineType('sys-bus-device', DeviceState, SysBusDevice, { abstract: true });

  readonly mmio: MemoryRegion[] = [];

  /** Declares the next MMIO region (0, 1, ...). */
  protected initMmio(region: MemoryRegion): MemoryRegion {
    this.mmio.push(region);
    return region;
  }
  /** Declares the next interrupt output (0, 1, ...); drive it with raise, lower, set. */
  protected initIrq(): IrqLine {
    return this.initGpioOut(1, IRQ_GROUP)[0];
  }

  /** Maps MMIO region `n` at a system address. */
  mmioMap(n: number, address: number, priority = 0): void {
    const region = this.mmio[n];
    if (!region) throw new RangeError(`${this.typeName} has no MMIO region ${n}`);
    this.services.memory.map(region, address, priority);
  }
  /** Connects interrupt output `n`. */
  connectIrq(n: number, target: IrqLine | undefined): void {
    this.gpioOut(n, IRQ_GROUP).connect(target);
  }

  override unrealizeDevice(): void {
    super.unrealizeDevice();
    for (const region of this.mmio) region.parentRegion?.removeSubregion(region);
  }
}
