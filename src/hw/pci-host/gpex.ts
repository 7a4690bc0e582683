/**
 * The generic PCI Express host bridge of QEMU: nothing but windows. Configuration space, memory and I/O ports lie where the board puts them, four interrupt
 * lines lead to its interrupt controller. Source: QEMU docs, hw/pci-host/gpex; binding: Linux, host-generic-pci.yaml.
 */
import { ADDRESS_SPACE_SIZE, MemoryRegion, type MemoryRegionOps } from '../../memory/region.js';
import { bool, size, uint64, uint8 } from '../../qom/property.js';
import { KiB } from '../../util/size.js';
import { defineDevice } from '../core/device.js';
import { hiLo, type FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import type { TreeBus } from '../core/tree-bus.js';
import { PcieBus, swizzle, type MsiTarget } from '../pci/bus.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { PcieHostBridge } from '../pci/host.js';
import { devfn, VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const LINES = 4;
const IO_SIZE = 64 * KiB;
/** Configuration space of one bus. */
const BUS_SIZE = 0x10_0000;

/** What is at 0.0: the bridge as a function, which does nothing. */
export class GpexRoot extends PciDevice {
  static override readonly type = defineDevice('gpex-root', PciDevice, GpexRoot, {
    description: 'Host bridge',
    category: 'bridge',
  });
  static readonly vmState = pciVmState<GpexRoot>('gpex_root', { version: 1 }, []);

  override readonly identity: PciIdentity = { vendor: VENDOR.REDHAT, device: 0x0008, class: 0x0600 };
  protected override realizeFunction(): void {}
}

/** Where nothing is, reads are all ones, and nothing is wrong. */
const NOBODY: MemoryRegionOps = { read: () => 0xffff_ffff, read64: () => (1n << 64n) - 1n, write: () => {}, write64: () => {} };

export class GpexHost extends PcieHostBridge {
  static override readonly type = defineDevice('gpex-pcihost', PcieHostBridge, GpexHost, {
    description: 'Generic PCI Express host bridge',
    category: 'bridge',
    properties: [
      bool('allow-unmapped-accesses'),
      ...[uint64('x-ecam-base'), size('x-ecam-size')],
      ...[uint64('x-pio-base'), size('x-pio-size')],
      ...[uint64('x-below-4g-mmio-base'), size('x-below-4g-mmio-size')],
      ...[uint64('x-above-4g-mmio-base'), size('x-above-4g-mmio-size')],
      uint8('num-irqs'),
    ],
  });

  allowUnmappedAccesses = true;
  xEcamBase = 0n;
  xEcamSize = 0;
  xPioBase = 0n;
  xPioSize = 0;
  xBelow4gMmioBase = 0n;
  xBelow4gMmioSize = 0;
  xAbove4gMmioBase = 0n;
  xAbove4gMmioSize = 0;
  numIrqs = LINES;
  /** Set by the board, before realize: whoever takes messages. */
  msi: MsiTarget | undefined;
  /** Named by the device tree as the parent of messages. */
  msiParent: object | undefined;

  private readonly root = this.newPart(GpexRoot, 'gpex_root');
  private lines!: IrqLine[];

  protected override realize(): void {
    const memory = this.containerRegion('gpex_mmio', ADDRESS_SPACE_SIZE);
    const io = this.containerRegion('gpex_ioport', IO_SIZE);
    const ecam = this.initMmio(this.ecamRegion(this.xEcamSize));
    const memoryWindow = this.initMmio(this.around('gpex_mmio_window', memory));
    const ioWindow = this.initMmio(this.around('gpex_ioport_window', io));
    this.lines = Array.from({ length: this.numIrqs }, () => this.initIrq());

    const { map, system } = this.services.memory;
    const seen = (name: string, region: MemoryRegion, offset: number, base: bigint, length: number): void =>
      map(this.aliasRegion(name, region, offset, length), Number(base), 0);
    seen('pcie-ecam', ecam, 0, this.xEcamBase, this.xEcamSize);
    seen('pcie-mmio', memoryWindow, Number(this.xBelow4gMmioBase), this.xBelow4gMmioBase, this.xBelow4gMmioSize);
    seen('pcie-mmio-high', memoryWindow, Number(this.xAbove4gMmioBase), this.xAbove4gMmioBase, this.xAbove4gMmioSize);
    map(ioWindow, Number(this.xPioBase), 0);

    this.bus = new PcieBus(this, 'pcie.0', memory, io).wire({
      lines: this.numIrqs,
      mapIrq: swizzle,
      setIrq: (line, level) => this.lines[line].set(level),
      dma: system,
      msi: this.msi,
      allowZero: true,
    });
    this.root.addr = devfn(0, 0);
    this.bus.attach(this.root);
  }

  private around(name: string, inside: MemoryRegion): MemoryRegion {
    if (!this.allowUnmappedAccesses) return inside;
    const window = this.ioRegion(name, inside.size, NOBODY);
    window.addSubregion(0, inside);
    return window;
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    const range = (space: number, at: number | bigint, base: number | bigint, length: number): number[] => [
      ...[space, ...hiLo(at), ...hiLo(base), ...hiLo(length)],
    ];
    const node = bus.node
      .node(`pci@${this.xEcamBase.toString(16)}`)
      .u32('#address-cells', 3)
      .u32('#interrupt-cells', 1)
      .u32('#size-cells', 2)
      .string('compatible', 'pci-host-ecam-generic')
      .string('device_type', 'pci')
      .u32('linux,pci-domain', 0)
      .cells('bus-range', 0, Math.floor(this.xEcamSize / BUS_SIZE) - 1)
      .flag('dma-coherent');
    const parent = this.msiParent && bus.phandleOf(this.msiParent);
    if (parent !== undefined) node.u32('msi-parent', parent);
    node
      .reg64('reg', this.xEcamBase, this.xEcamSize)
      .cells(
        'ranges',
        ...range(SPACE_IO, 0, this.xPioBase, this.xPioSize),
        ...range(SPACE_MEMORY, this.xBelow4gMmioBase, this.xBelow4gMmioBase, this.xBelow4gMmioSize),
        ...range(SPACE_WIDE, this.xAbove4gMmioBase, this.xAbove4gMmioBase, this.xAbove4gMmioSize),
      );
    const rows = [0, 1, 2, 3].flatMap((slot) =>
      [0, 1, 2, 3].flatMap((pin) => [slot << 11, 0, 0, pin + 1, ...bus.interrupt(this.lines[(slot + pin) % LINES])]),
    );
    return node.cells('interrupt-map', ...rows).cells('interrupt-map-mask', 3 << 11, 0, 0, 7);
  }
}

// Spaces in an address of PCI's device tree binding (IEEE 1275, 2.2.1.1).
const SPACE_IO = 0x0100_0000;
const SPACE_MEMORY = 0x0200_0000;
const SPACE_WIDE = 0x0300_0000;
