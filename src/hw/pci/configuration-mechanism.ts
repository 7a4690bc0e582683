/** Configuration space behind two registers: an address, and the data at it. Source: PCI Local Bus Specification 3.0, section 3.2.2.3.2. */
import type { MemoryRegion } from '../../memory/region.js';
import { defineDevice } from '../core/device.js';
import { PciHostBridge } from './host.js';

const ENABLE = 0x8000_0000;

export abstract class MechanismOneHost extends PciHostBridge {
  static override readonly type = defineDevice('pci-mechanism-one-host', PciHostBridge, MechanismOneHost, { abstract: true });

  /** CONFIG_ADDRESS. */
  configAddress = 0;

  /** Only whole words are the register. */
  protected addressRegion(name: string): MemoryRegion {
    return this.ioRegion(name, 4, {
      implSizes: [1, 2, 4],
      read: () => this.configAddress,
      write: (offset, value, size) => {
        if (offset === 0 && size === 4) this.configAddress = value >>> 0;
      },
    });
  }

  protected dataRegion(name: string): MemoryRegion {
    return this.ioRegion(name, 4, {
      read: (offset, size) => {
        const [bus, place, at] = this.target(offset);
        return this.isEnabled ? this.configRead(bus, place, at, size) : 0xffff_ffff;
      },
      write: (offset, value, size) => {
        const [bus, place, at] = this.target(offset);
        if (this.isEnabled) this.configWrite(bus, place, at, value, size);
      },
    });
  }

  private get isEnabled(): boolean {
    return (this.configAddress & ENABLE) !== 0;
  }
  /** Bus, slot and function, register. */
  private target(offset: number): [number, number, number] {
    const { configAddress } = this;
    return [(configAddress >>> 16) & 0xff, (configAddress >>> 8) & 0xff, (configAddress & 0xfc) + offset];
  }
}
