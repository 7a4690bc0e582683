/** The harts of a board, as one device. */
import { string, uint32, uint64 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { SysBusDevice } from '../core/sysbus.js';

export class RiscvHartArray extends SysBusDevice {
  static override readonly type = defineDevice('riscv.hart_array', SysBusDevice, RiscvHartArray, {
    description: 'Harts of a board',
    properties: [uint32('num-harts'), uint32('hartid-base'), string('cpu-type'), uint64('resetvec')],
  });

  numHarts = 1;
  /** The first one's mhartid. */
  hartidBase = 0;
  cpuType: string | undefined;
  /** pc after reset. */
  resetvec = 0n;
}
