/**
 * The memory controller of the IBM 40P: up to six SIMMs in pairs, and registers that say which are there. Source: as QEMU has it (ports 803, 804, 820, 841),
 * after the PReP specification 1.1, 6.1.6 (memory presence and size detect).
 */
import type { MemoryRegion } from '../../memory/region.js';
import { bool, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { MiB } from '../../util/size.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { IsaDevice } from '../isa/isa-bus.js';

const SOCKETS = 6;
const SMALL = 8 * MiB;
const LARGE = 32 * MiB;

/** SIMMs for so much memory, bytes each; undefined: it cannot be made of pairs. */
export function simmsFor(size: number): number[] | undefined {
  const simms: number[] = [];
  for (const simm of [LARGE, SMALL]) for (; simms.length < SOCKETS && size >= 2 * simm; size -= 2 * simm) simms.push(simm, simm);
  return size === 0 ? simms : undefined;
}

export class Rs6000Mc extends IsaDevice {
  static override readonly type = defineDevice('rs6000-mc', IsaDevice, Rs6000Mc, {
    description: 'RS/6000 memory controller',
    properties: [uint32('ram-size'), bool('auto-configure')],
  });

  static readonly registers = registerMap<Rs6000Mc>('rs6000mc', [
    ro(0x03, 'PRESENCE', { read: (s) => s.bits((simm) => simm === LARGE) }),
    ro(0x04, 'SIZE', { read: (s) => ~s.bits(() => true) & 0xff }),
    rw(0x20, 'SIMM', { read: () => 0, write: (s) => s.unimplemented('addresses of single SIMMs are not built') }),
    rw(0x41, 'PARITY', { read: () => 1, write: (_, value) => void value }),
  ]);

  ramSize = 0;
  autoConfigure = true;
  simms: readonly MemoryRegion[] = [];

  protected override realize(): void {
    const sizes = simmsFor(this.ramSize);
    if (!sizes)
      throw new OptionError('RAM size incompatible with this board', '-m', 'pairs of up to six SIMMs of 8 or 32 MiB: 192M is the most');
    let address = 0;
    this.simms = sizes.map((size, n) => {
      const simm = this.ramRegion(`simm.${n}`, size);
      this.services.memory.map(simm, address, n);
      address += size;
      return simm;
    });
    this.mapRegisters('rs6000mc', 0x800, [[0x03, 2], [0x20, 1], [0x41, 1]], Rs6000Mc.registers); // prettier-ignore
  }

  private bits(test: (size: number) => boolean): number {
    return this.simms.reduce((word, { size }, n) => word | (Number(test(size)) << n), 0);
  }
}
