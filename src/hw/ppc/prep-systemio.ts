/**
 * System I/O of PReP machines: port 92, lights and locks, what is plugged in, and how ports are mapped. Sources: PReP specification 1.1, 6.1.5 (system I/O
 * ports); IBM 40P technical reference, as QEMU has them. Lights, passwords, the L2 cache and SCSI fuses have nobody who could tell a difference.
 */
import { uint8 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { u8, vmState } from '../core/vmstate.js';
import { IsaDevice, type PortRun } from '../isa/isa-bus.js';

const SOFT_RESET = 0x01;
const LITTLE_ENDIAN = 0x02;
const PARITY_ERRORS = 0xbfff_eff0;
const PORT_92: PortRun = [0x92, 1];
const PORTS: readonly PortRun[] = [PORT_92, [0x808, 1], [0x80c, 1], [0x810, 1], [0x812, 1], [0x814, 1], [0x818, 1], [0x81c, 1], [0x850, 1], [0x852, 1]]; // prettier-ignore

export class PrepSystemIo extends IsaDevice {
  static override readonly type = defineDevice('prep-systemio', IsaDevice, PrepSystemIo, {
    description: 'PReP system I/O',
    properties: [uint8('ibm-planar-id'), uint8('equipment')],
  });
  static readonly vmState = vmState<PrepSystemIo>('prep_systemio', { version: 1 }, [u8('port92'), u8('control'), u8('mapType')]);

  static readonly registers = registerMap<PrepSystemIo>('prep_systemio', [
    rw(0x092, 'PORT92', { field: 'port92', fields: { SOFT_RESET, LITTLE_ENDIAN }, written: (s, old) => s.port92Written(old) }),
    wo(0x808, 'DISK_LIGHT', { write: () => {} }),
    ro(0x80c, 'EQUIPMENT', { read: (s) => s.equipment }),
    wo(0x810, 'PASSWORD_PROTECT_1', { write: () => {} }),
    wo(0x812, 'PASSWORD_PROTECT_2', { write: () => {} }),
    wo(0x814, 'L2_INVALIDATE', { write: () => {} }),
    ro(0x818, 'KEYLOCK', { read: () => 0 }),
    rw(0x81c, 'CONTROL', { field: 'control', fields: { CONTROL: 0xf0 } }),
    rw(0x850, 'IO_MAP', { field: 'mapType', reset: 1, fields: { CONTIGUOUS: 0x01 }, written: (s) => s.mapChanged() }),
    ro(0x852, 'PLANAR_ID', { read: (s) => s.ibmPlanarId }),
  ]);

  ibmPlanarId = 0;
  equipment = 0;
  port92 = 0;
  control = 0;
  mapType = 1;
  /** High while ports are 32 a page. */
  private sparse!: IrqLine;
  /** The CPU's soft reset; set before it is realized. */
  softReset!: IrqLine;

  protected override realize(): void {
    [this.sparse] = this.initGpioOut(1);
    this.mapRegisters('systemio800', 0, PORTS, PrepSystemIo.registers);
    this.services.memory.map(this.ioRegion('ppc-parity', 4, { read: () => 0 }), PARITY_ERRORS, 0);
  }

  override reset(): void {
    this.mapChanged();
  }

  private port92Written(old: number): void {
    if (this.port92 & LITTLE_ENDIAN) this.unimplemented('a little-endian PCI bus is not built');
    if (this.port92 & ~old & SOFT_RESET) this.softReset.pulse();
  }
  private mapChanged(): void {
    this.sparse.set(this.mapType === 0);
  }
}
