/**
 * The CPIOM's PCI host bridge: configuration cycles through an address, big-endian as the CPU, and data, little-endian as PCI; memory of the bus wherever
 * the board itself has nothing. Source: docs/cpiom.md, "PCI"; PCI Local Bus Specification 3.0, 3.2.2.3.2.
 */
import { GiB, KiB } from '../../util/size.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { u32, vmState } from '../core/vmstate.js';
import { PciBus, swizzle } from '../pci/bus.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { PciHostBridge } from '../pci/host.js';
import * as regs from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

/** Bytes. */
const MASTER_REGISTERS_SIZE = 16;
export const MASTER_LINES = 4;

const ENABLE = 0x8000_0000;
const NOBODY = 1;
const INTERRUPT = 1;
/** "MSTR" */
const ID = 0x4d53_5452;

const LATENCY_TIMER = 0x0d;
const COMMAND = 0x01d6;
const BAR0 = 0x8000_0000;

/** What is at 0.0: the bridge as a function. Nothing of it can be moved. */
export class CpiomMasterFunction extends PciDevice {
  static override readonly type = defineDevice('cpiom-master-function', PciDevice, CpiomMasterFunction, {
    description: 'CPIOM host bridge, as a function',
    category: 'bridge',
  });
  static readonly vmState = pciVmState<CpiomMasterFunction>('cpiom-master-function', { version: 1 }, []);

  override readonly identity: PciIdentity = { vendor: 0x1057, device: 0x4d53, class: 0x0600 };

  protected override realizeFunction(): void {
    this.config.define(LATENCY_TIMER, 1, 0x80);
    this.config.define(regs.COMMAND, 2, COMMAND);
    this.config.define(regs.BAR0, 4, BAR0);
  }
}

export class CpiomMaster extends PciHostBridge {
  static override readonly type = defineDevice('cpiom-master', PciHostBridge, CpiomMaster, {
    description: 'CPIOM PCI host bridge',
  });
  static readonly vmState = vmState<CpiomMaster>('cpiom-master', { version: 1 }, [
    u32('configAddress'),
    u32('status'),
    u32('failedAddress'),
    u32('ctrl'),
  ]);

  static readonly registers = registerMap<CpiomMaster>('cpiom_master', [
    ro(0x00, 'STATUS', { read: (s) => s.status }),
    ro(0x04, 'ADDRESS', { read: (s) => s.failedAddress }),
    rw(0x08, 'CTRL', { field: 'ctrl', fields: { INTERRUPT }, written: (s) => s.update() }),
    ro(0x0c, 'ID', { read: () => ID }),
    wo(0x00, 'ACK', { write: (s, value) => s.acknowledge(value) }),
  ]);
  static readonly cycles = registerMap<CpiomMaster>('cpiom_master_address', [rw(0, 'CONFIG_ADDRESS', { field: 'configAddress' })]);

  configAddress = 0;
  /** A configuration cycle that nobody answered, and its CONFIG_ADDRESS. */
  status = 0;
  failedAddress = 0;
  ctrl = 0;
  private readonly root = this.newPart(CpiomMasterFunction, 'function');

  protected override realize(): void {
    const memory = this.containerRegion('pci-memory', 4 * GiB);
    const io = this.containerRegion('pci-io', 64 * KiB);
    this.initMmio(this.registerRegion('master-address', 4, CpiomMaster.cycles, { endianness: 'big' }));
    this.initMmio(
      this.ioRegion('master-data', 4, {
        read: (offset, size) => this.cycle(offset, size, (...place) => this.configRead(...place, size)),
        write: (offset, value, size) => void this.cycle(offset, size, (...place) => (this.configWrite(...place, value, size), 0)),
      }),
    );
    this.initMmio(this.registerRegion('master-reg', MASTER_REGISTERS_SIZE, CpiomMaster.registers, { endianness: 'big' }));
    this.services.memory.map(memory, 0, -1);
    for (let line = 0; line < MASTER_LINES; line++) this.initIrq();
    const failed = this.initIrq();
    failed.lower();
    this.bus = new PciBus(this, 'pci.0', memory, io).wire({
      lines: MASTER_LINES,
      mapIrq: swizzle,
      setIrq: (line, level) => this.irqs[line].set(level),
      dma: this.services.memory.system,
    });
    this.root.addr = regs.devfn(0, 0);
    this.bus.attach(this.root);
  }

  override reset(): void {
    this.failedAddress = 0;
    this.acknowledge(NOBODY);
  }

  /** A configuration cycle at the place that CONFIG_ADDRESS names; without its ENABLE there is none. */
  private cycle(offset: number, size: number, access: (bus: number, place: number, at: number) => number): number {
    const { configAddress } = this;
    const nothing = 2 ** (8 * size) - 1;
    if (!(configAddress & ENABLE)) return nothing;
    const [bus, place] = [(configAddress >>> 16) & 0xff, (configAddress >>> 8) & 0xff];
    if (!this.bus.find(bus)?.at(place)) {
      this.status |= NOBODY;
      this.failedAddress = configAddress;
      this.update();
      return nothing;
    }
    return access(bus, place, (configAddress & 0xfc) + offset);
  }

  private acknowledge(bits: number): void {
    this.status &= ~bits;
    this.update();
  }
  private update(): void {
    this.irqs[MASTER_LINES].set(Number((this.status & NOBODY) !== 0 && (this.ctrl & INTERRUPT) !== 0));
  }
}
