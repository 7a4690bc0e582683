/** SysBusDevice: a device with numbered MMIO regions and interrupt outputs, which a board maps and connects. */
import type { MemoryRegion } from '../../memory/region.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { DeviceState } from './device.js';
import type { FdtNode } from './fdt.js';
import type { IrqLine } from './irq.js';
import type { TreeBus } from './tree-bus.js';

const IRQ_GROUP = 'sysbus-irq';

/** A piece of an address space, bytes. */
export type Window = readonly [base: number, size: number];

export abstract class SysBusDevice extends DeviceState {
  static override readonly type: TypeInfo = defineType('sys-bus-device', DeviceState, SysBusDevice, { abstract: true });

  readonly mmio: MemoryRegion[] = [];
  /** Interrupt outputs. */
  readonly irqs: IrqLine[] = [];
  /** Where `place` has put it: what the board has set aside for it, which may be more than its regions. */
  window: Window | undefined;

  /** Declares the next MMIO region (0, 1, ...). */
  protected initMmio(region: MemoryRegion): MemoryRegion {
    this.mmio.push(region);
    return region;
  }
  /** Declares the next interrupt output (0, 1, ...); drive it with raise, lower, set. */
  protected initIrq(): IrqLine {
    const [line] = this.initGpioOut(1, IRQ_GROUP);
    this.irqs.push(line);
    return line;
  }

  /** Gives the device its window, and its interrupts, in their order. Maps region 0 at the beginning; a device with more of them says where. */
  place(window: Window, ...irqs: readonly IrqLine[]): this {
    this.window = window;
    this.mapInto(window[0]);
    irqs.forEach((line, n) => this.connectIrq(n, line));
    return this;
  }
  protected mapInto(base: number): void {
    this.mmioMap(0, base);
  }

  /**
   * Makes this device's node of the device tree (bindings: Linux, Documentation/devicetree/bindings), on the bus that it is on; `bus.device` knows
   * addresses and interrupts. Undefined: no guest is told of it.
   */
  addTreeNode(_bus: TreeBus): FdtNode | undefined {
    return undefined;
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
