/**
 * Raven, the PCI host bridge of PReP machines: windows to I/O ports and PCI memory, configuration by two registers or by address lines, and the acknowledge
 * cycle of the interrupt controller. Sources: MPC105 user's manual, 3.1 (address maps), 7.4 (configuration); PReP specification 1.1, chapter 4.
 */
import { MemoryRegion, type MemoryRegionOps } from '../../memory/region.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { bool as boolean, string, uint32 } from '../../qom/property.js';
import { KiB, MiB } from '../../util/size.js';
import { defineDevice } from '../core/device.js';
import { bool, u32, vmState } from '../core/vmstate.js';
import { PciBus, swizzle } from '../pci/bus.js';
import { MechanismOneHost } from '../pci/configuration-mechanism.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import * as regs from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

/** Where they are in the system's address space, and how large. */
const MAP = {
  io: [0x8000_0000, 0x3f80_0000],
  sparseIo: [0x8000_0000, 8 * MiB],
  config: [0x8080_0000, 4 * MiB],
  acknowledge: [0xbfff_fff0, 1],
  memory: [0xc000_0000, 0x3f00_0000],
} as const;
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const PORTS = 64 * KiB;
/** What masters see: PCI memory below, the system's memory above. */
const MASTERS_SYSTEM = 0x8000_0000;
const LINES = 4;
/** Its ROM, at the end of the address space. */
const BIOS = [0xfff0_0000, MiB] as const;

/** A page in the system's space has 32 ports, so that each may have a protection of its own. */
const sparsePort = (offset: number): number => (offset & 0x1f) | ((offset & 0x7f_f000) >> 7);

/** What is at 0.0: the bridge as a function, with the ROM. */
export class Raven extends PciDevice {
  static override readonly type = defineDevice('raven', PciDevice, Raven, {
    description: 'PReP Host Bridge - Motorola Raven',
    category: 'bridge',
  });
  static readonly vmState = pciVmState<Raven>('raven', { version: 1 }, []);

  override readonly identity: PciIdentity = { vendor: regs.VENDOR.MOTOROLA, device: 0x4801, class: 0x0600 };
  protected override realizeFunction(): void {
    this.config.define(regs.LATENCY_TIMER, 1, 0x10);
    this.services.memory.map(this.romRegion('bios', BIOS[1]), BIOS[0], 0);
  }
}

export class RavenHost extends MechanismOneHost {
  static override readonly type = defineDevice('raven-pcihost', MechanismOneHost, RavenHost, {
    category: 'bridge',
    properties: [uint32('elf-machine'), string('bios-name'), boolean('is-legacy-prep')],
  });
  static readonly vmState = vmState<RavenHost>('raven-pcihost', { version: 1 }, [u32('configAddress'), bool('isSparse')]);

  /** For who asks: the board loads the firmware. */
  elfMachine = 0;
  biosName: string | undefined;
  isLegacyPrep = false;
  /** Ports are 32 a page. */
  isSparse = false;
  /** Asks the interrupt controller for a vector; set by the board. */
  acknowledge: () => number = () => 0;
  private readonly bridge = this.newPart(Raven, 'raven');
  private ports!: AddressSpace;

  protected override realize(): void {
    const { memory } = this.services;
    const io = this.containerRegion('pci-io', MAP.io[1]);
    const pciMemory = this.containerRegion('pci-memory', MAP.memory[1]);
    io.addSubregion(CONFIG_ADDRESS, this.addressRegion('pci-conf-idx'));
    io.addSubregion(CONFIG_DATA, this.dataRegion('pci-conf-data'));
    memory.map(io, MAP.io[0], 0);
    memory.map(this.ioRegion('pci-io-non-contiguous', MAP.sparseIo[1], this.portOps()), MAP.sparseIo[0], 1);
    memory.map(this.ioRegion('pciio', MAP.config[1], this.directConfigOps()), MAP.config[0], 0);
    memory.map(this.ioRegion('pci-intack', MAP.acknowledge[1], { implSizes: [1], read: () => this.acknowledge() }), MAP.acknowledge[0], 0);
    memory.map(pciMemory, MAP.memory[0], 0);
    this.ports = memory.newAddressSpace(io, 'raven-io');

    this.initGpioIn(1, (_, level) => void (this.isSparse = level !== 0));
    const line = this.initIrq();
    const levels: boolean[] = Array.from({ length: LINES }, () => false);
    this.bus = new PciBus(this, 'pci.0', pciMemory, io).wire({
      lines: LINES,
      mapIrq: swizzle,
      setIrq: (n, level) => {
        levels[n] = level;
        line.set(levels.includes(true));
      },
      dma: this.mastersView(pciMemory),
    });
    this.bridge.addr = regs.devfn(0, 0);
    this.bus.attach(this.bridge);
  }

  private mastersView(pciMemory: MemoryRegion): MemoryRegion {
    const { memory } = this.services;
    const view = this.containerRegion('bm-raven', 2 ** 32);
    view.addSubregion(0, this.aliasRegion('bm-pci-memory', pciMemory, 0, pciMemory.size));
    view.addSubregion(MASTERS_SYSTEM, this.aliasRegion('bm-system', memory.system, 0, 0x8000_0000));
    memory.newAddressSpace(view, 'raven-bm');
    return view;
  }

  /** All of the first 8 MiB are ports, over and over or a few a page. */
  private portOps(): MemoryRegionOps {
    const port = (offset: number): number => (this.isSparse ? sparsePort(offset) : offset % PORTS);
    return {
      unaligned: true,
      read: (offset, size) => this.ports.read(port(offset), size as 1 | 2 | 4),
      write: (offset, value, size) => this.ports.write(port(offset), size as 1 | 2 | 4, value),
    };
  }

  /** One of the address lines 11 to 21 selects a slot; without any, it is the eleventh. */
  private directConfigOps(): MemoryRegionOps {
    const place = (offset: number): number => {
      const lines = offset >>> 11;
      const slot = lines === 0 ? 11 : 31 - Math.clz32(lines & -lines);
      return regs.devfn(slot, (offset >>> 8) & 7);
    };
    return {
      read: (offset, size) => this.configRead(0, place(offset), offset & 0xff, size),
      write: (offset, value, size) => this.configWrite(0, place(offset), offset & 0xff, value, size),
    };
  }

  override reset(): void {
    this.configAddress = 0;
  }
}
