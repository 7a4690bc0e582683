/** Host bridges: how a CPU reaches configuration space. */
import type { MemoryRegion } from '../../memory/region.js';
import { defineDevice } from '../core/device.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { PciBus } from './bus.js';
import type { PciDevice } from './device.js';
import { CONFIG_SIZE, EXPRESS_CONFIG_SIZE } from './regs.js';

export abstract class PciHostBridge extends SysBusDevice {
  static override readonly type = defineDevice('pci-host-bridge', SysBusDevice, PciHostBridge, {
    category: 'bridge',
    abstract: true,
  });

  /** The root bus. */
  bus!: PciBus;

  /** Configuration cycles that nobody answers read as all ones. `place`: slot and function. */
  configRead(bus: number, place: number, at: number, size: number): number {
    const device = this.function(bus, place, at);
    return device ? device.readConfig(at, size) : allOnes(size);
  }
  configWrite(bus: number, place: number, at: number, value: number, size: number): void {
    this.function(bus, place, at)?.writeConfig(at, value, size);
  }
  private function(bus: number, place: number, at: number): PciDevice | undefined {
    const device = this.bus.find(bus)?.at(place);
    return device && at < device.config.size ? device : undefined;
  }
}

const allOnes = (size: number): number => (size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1);

/** With the enhanced access mechanism: configuration space is memory, 4 KiB a function. Source: PCI Express Base Specification 3.0, section 7.2.2. */
export abstract class PcieHostBridge extends PciHostBridge {
  static override readonly type = defineDevice('pcie-host-bridge', PciHostBridge, PcieHostBridge, { abstract: true });

  protected ecamRegion(size: number): MemoryRegion {
    const split = (offset: number): [number, number, number] => [
      Math.floor(offset / (CONFIG_SIZE * EXPRESS_CONFIG_SIZE)),
      Math.floor(offset / EXPRESS_CONFIG_SIZE) & 0xff,
      offset % EXPRESS_CONFIG_SIZE,
    ];
    return this.ioRegion('pcie-mmcfg-mmio', size, {
      read: (offset, width) => this.configRead(...split(offset), width),
      write: (offset, value, width) => this.configWrite(...split(offset), value, width),
    });
  }
}
