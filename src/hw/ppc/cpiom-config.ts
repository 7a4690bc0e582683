/** The CPIOM's region `config`: what the board says of itself, its power supply, and room in which other devices have registers. Source: docs/cpiom.md, "config". */
import type { MemoryRegion } from '../../memory/region.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';

/** Bytes. */
export const CPIOM_CONFIG_SIZE = 0x1000;
/** "CPIO" */
const ID = 0x4350_494f;
/** Of POWER: the low byte; off has an exit status above it. */
const RESET = 42;
const OFF = 0x57;

export class CpiomConfig extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-config', SysBusDevice, CpiomConfig, {
    description: 'CPIOM configuration and power',
  });

  static readonly registers = registerMap<CpiomConfig>('cpiom_config', [
    ro(0x40, 'ID', { read: () => ID }),
    wo(0x44, 'POWER', { write: (s, value) => s.power(value) }),
  ]);

  protected override realize(): void {
    this.initMmio(this.registerRegion('config', CPIOM_CONFIG_SIZE, CpiomConfig.registers, { endianness: 'big' }));
  }

  /** Gives another device's registers a place in it. */
  insert(offset: number, region: MemoryRegion): void {
    this.mmio[0].addSubregion(offset, region, 1);
  }

  private power(value: number): void {
    const { requests } = this.services;
    const [what, status] = [value & 0xff, (value >>> 8) & 0xff];
    if (what === RESET) requests.reset('guest-reset');
    else if (what === OFF) requests.shutdown('guest-shutdown', status);
    else this.guestError(`POWER: 0x${value.toString(16)} means nothing`);
  }
}
