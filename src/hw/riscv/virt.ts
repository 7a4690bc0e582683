/** QEMU's RISC-V `virt` board. Source: QEMU docs/system/riscv/virt.rst. */
import type { FdtTree } from '../core/fdt.js';
import { unpack } from '../core/loader.js';
import { PflashCfi01, type FlashImage } from '../block/pflash-cfi01.js';
import { SerialMm } from '../char/serial-mm.js';
import { ACLINT_TIMEBASE_FREQ, RiscvAclintSwi } from '../intc/riscv-aclint.js';
import { SifiveTest } from '../misc/sifive-test.js';
import { PciDevice } from '../pci/device.js';
import { buildSmbios } from '../smbios/tables.js';
import { parseSmbios } from '../smbios/options.js';
import { GpexHost } from '../pci-host/gpex.js';
import { FW_CFG, FwCfg } from '../nvram/fw-cfg.js';
import { GoldfishRtc } from '../rtc/goldfish-rtc.js';
import { VirtioMmio } from '../virtio/virtio-mmio.js';
import type { TypeInfo } from '../../qom/object.js';
import { bool, enumeration, uint32 } from '../../qom/property.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { GiB, KiB } from '../../util/size.js';
import { OptionError } from '../../util/errors.js';
import { NO_UUID } from '../../util/uuid.js';
import { IRQ_S_SOFT } from './hart.js';
import { PlatformBusDevice } from '../core/platform-bus.js';
import type { SysBusDevice, Window } from '../core/sysbus.js';
import { RiscvMachine } from './riscv-machine.js';
import { buildVirtTree } from './virt-fdt.js';
import { createAia, createPlic, type InterruptBoard, type InterruptControllers } from './virt-interrupts.js';

/** The memory map. */
const MAP = {
  mrom: [0x0000_1000, 0xf000],
  test: [0x0010_0000, 0x1000],
  rtc: [0x0010_1000, 0x1000],
  clint: [0x0200_0000, 0x1_0000],
  sswi: [0x02f0_0000, 0x4000],
  pciePio: [0x0300_0000, 0x1_0000],
  platformBus: [0x0400_0000, 0x200_0000],
  plic: [0x0c00_0000, 0x60_0000],
  aplicM: [0x0c00_0000, 0x8000],
  aplicS: [0x0d00_0000, 0x8000],
  uart0: [0x1000_0000, 0x100],
  virtio: [0x1000_1000, 0x1000], // the first of VIRTIO_COUNT
  fwCfg: [0x1010_0000, 0x18],
  flash: [0x2000_0000, 0x400_0000], // two banks
  imsicM: [0x2400_0000, 0x400_0000],
  imsicS: [0x2800_0000, 0x400_0000],
  pcieEcam: [0x3000_0000, 0x1000_0000],
  pcieMmio: [0x4000_0000, 0x4000_0000],
  dram: [0x8000_0000, 0],
} as const;

const IRQ = { virtio: 1, uart0: 10, rtc: 11, pcie: 32, platformBus: 64 } as const;
const PCIE_LINES = 4;
/** The window of PCI's memory above 4 GiB: the first place behind RAM that is a multiple of its size; of harts of 32 bits it is fixed. */
const PCIE_HIGH_SIZE = 16 * GiB;
const PCIE_HIGH_32 = [0x3_0000_0000, 4 * GiB] as const;
const VIRTIO_COUNT = 8;
const PLATFORM_IRQS = 32;
const MOST_GUESTS = 7;

const FLASH_SECTOR = 256 * KiB;
/** Bits a second at divisor 1. */
const UART_BAUDBASE = 399_193;
const UART_CLOCK = 3_686_400;
const RNG_SEED_WORDS = 8;
/** Families of processors. Source: DMTF DSP0134, 7.5.2. */
const [SMBIOS_RV32, SMBIOS_RV64] = [0x200, 0x201];

export class VirtMachine extends RiscvMachine {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('virt', RiscvMachine, VirtMachine, {
    desc: 'RISC-V VirtIO board',
    isDefault: true,
    defaultCpuType: 'rv64',
    defaultRamId: 'riscv_virt_board.ram',
    maxCpus: 512,
    flashBanks: 2,
    hasSmbios: true,
    properties: [
      bool('aclint', { description: 'ACLINT devices in place of the CLINT, with supervisor software interrupts' }),
      enumeration('acpi', ['off', 'auto'], { notBuilt: ['on'], kind: 'OnOffAuto', description: 'ACPI tables (none are built)' }),
      enumeration('aia', ['none', 'aplic', 'aplic-imsic'], { kind: 'string', description: 'Advanced interrupt architecture' }),
      uint32('aia-guests', { description: "Pages for guests' interrupts behind each of S-mode's (no hart has a hypervisor)" }),
      enumeration('iommu-sys', ['off', 'auto'], { notBuilt: ['on'], kind: 'OnOffAuto', description: 'IOMMU platform device' }),
    ],
  });

  aclint = false;
  acpi = 'auto';
  aia: 'none' | 'aplic' | 'aplic-imsic' = 'none';
  aiaGuests = 0;
  iommuSys = 'auto';
  private interrupts!: InterruptControllers;
  private timers: SysBusDevice[] = [];
  private flash!: PflashCfi01;
  fwCfg!: FwCfg;
  private platformBus!: PlatformBusDevice;
  private pci!: GpexHost;
  private test!: SifiveTest;
  private uart!: SerialMm;
  private rtc!: GoldfishRtc;
  /** From the last slot to the first: so the device tree has them. */
  private readonly virtio: VirtioMmio[] = [];

  protected override init(): void {
    this.createHarts(MAP.mrom[0]);
    this.createTimers();
    this.interrupts = this.createInterrupts();
    this.createRam(MAP.dram[0]);
    this.createFwCfg();

    this.test = this.addDevice(SifiveTest).place(MAP.test);
    this.createVirtio();
    this.pci = this.createPci();
    this.createPlatformBus();
    this.createUart();
    this.rtc = this.addDevice(GoldfishRtc).place(MAP.rtc, this.interrupts.irqIn(IRQ.rtc));
    this.createFlash();
  }

  protected override devicesAdded(): void {
    this.describe();
    const flash = this.backends.find('pflash', '0') && MAP.flash[0];
    if (flash !== undefined && this.config.bios !== 'none') this.offerKernel();
    this.boot(() => this.buildTree(), MAP.mrom, 'riscv_virt_board.mrom', MAP.dram[0], flash);
  }

  /** To UEFI firmware, which does not read the device tree for that. */
  private describe(): void {
    const { tables, anchor } = buildSmbios(
      {
        ...{ manufacturer: 'QEMU', product: 'QEMU Virtual Machine', version: this.type.name, uuid: this.config.uuid },
        processorFamily: this.harts[0].description.xlen === 32 ? SMBIOS_RV32 : SMBIOS_RV64,
        topology: this.config.topology ?? { sockets: 1, cores: this.smpCpus, threads: 1 },
        ram: [MAP.dram[0], this.ramSize],
        pciDevice: (id) => {
          const device = this.peripheral.qomChildren.get(id);
          return device instanceof PciDevice && device.bus === this.pci.bus ? device.devfn : undefined;
        },
      },
      parseSmbios(this.config.smbios ?? [], this.services.boot.readFile),
    );
    this.fwCfg.addFile('etc/smbios/smbios-tables', tables);
    this.fwCfg.addFile('etc/smbios/smbios-anchor', anchor);
  }

  /** The tree has the last first. */
  private createTimers(): void {
    this.timers = this.createClint(MAP.clint, this.aclint).reverse();
    if (!this.aclint) return;
    const sswi = this.addDevice(RiscvAclintSwi, { 'num-harts': this.smpCpus, sswi: true });
    sswi.mmioMap(0, MAP.sswi[0]);
    this.harts.forEach((hart, i) => sswi.connectGpioOut(i, hart.gpioIn(IRQ_S_SOFT)));
    this.timers.unshift(sswi);
  }

  /** What is in the flash starts next, and finds the kernel in fw_cfg (UEFI firmware does). */
  private offerKernel(): void {
    const { kernel, initrd, append } = this.config;
    const offer = (size: number, data: number, bytes: Uint8Array): void => {
      this.fwCfg.addU32(size, bytes.length);
      this.fwCfg.addBytes(data, bytes);
    };
    if (kernel) offer(FW_CFG.KERNEL_SIZE, FW_CFG.KERNEL_DATA, unpack('kernel', kernel));
    if (initrd) offer(FW_CFG.INITRD_SIZE, FW_CFG.INITRD_DATA, initrd);
    if (append !== undefined) offer(FW_CFG.CMDLINE_SIZE, FW_CFG.CMDLINE_DATA, new TextEncoder().encode(`${append}\0`));
  }

  /** Harts with interrupt files have the CSRs for them. */
  protected override get cpuOptions(): readonly string[] {
    return this.aia === 'aplic-imsic' ? ['smaia=on', 'ssaia=on'] : [];
  }

  private createInterrupts(): InterruptControllers {
    if (this.aiaGuests > MOST_GUESTS)
      throw new OptionError(`invalid number of AIA IMSIC guests ${this.aiaGuests}`, '-machine virt', `0 to ${MOST_GUESTS}`);
    const board: InterruptBoard = {
      map: MAP,
      harts: this.harts,
      dma: this.services.dma,
      add: (type, properties) => this.addDevice(type, properties),
    };
    return this.aia === 'none' ? createPlic(board) : createAia(board, this.aia === 'aplic-imsic', this.aiaGuests);
  }

  private createVirtio(): void {
    for (let slot = 0; slot < VIRTIO_COUNT; slot++) {
      const [base, size] = MAP.virtio;
      const transport = this.addDevice(VirtioMmio, { 'bus-name': `virtio-mmio-bus.${slot}` });
      this.virtio.unshift(transport.place([base + slot * size, size], this.interrupts.irqIn(IRQ.virtio + slot)));
    }
  }

  private createPci(): GpexHost {
    const [highBase, highSize] = this.pcieHigh;
    const pci = this.newDevice(GpexHost, {
      'x-ecam-base': BigInt(MAP.pcieEcam[0]),
      'x-ecam-size': MAP.pcieEcam[1],
      'x-pio-base': BigInt(MAP.pciePio[0]),
      'x-pio-size': MAP.pciePio[1],
      'x-below-4g-mmio-base': BigInt(MAP.pcieMmio[0]),
      'x-below-4g-mmio-size': MAP.pcieMmio[1],
      'x-above-4g-mmio-base': BigInt(highBase),
      'x-above-4g-mmio-size': highSize,
    });
    [pci.msi, pci.msiParent] = [this.interrupts.msi, this.interrupts.msiParent];
    this.realize(pci);
    for (let line = 0; line < PCIE_LINES; line++) pci.connectIrq(line, this.interrupts.irqIn(IRQ.pcie + line));
    return pci;
  }
  private get pcieHigh(): Window {
    if (this.harts[0].description.xlen === 32) return PCIE_HIGH_32;
    return [Math.ceil((MAP.dram[0] + this.ramSize) / PCIE_HIGH_SIZE) * PCIE_HIGH_SIZE, PCIE_HIGH_SIZE];
  }

  private createUart(): void {
    this.uart = this.addDevice(SerialMm, { chardev: this.config.serials?.[0], baudbase: UART_BAUDBASE });
    this.uart.clockFrequency = UART_CLOCK;
    this.uart.place(MAP.uart0, this.interrupts.irqIn(IRQ.uart0));
  }

  private createPlatformBus(): void {
    const props = { num_irqs: PLATFORM_IRQS, mmio_size: MAP.platformBus[1] };
    const bus = (this.platformBus = this.newDevice(PlatformBusDevice, props));
    bus.id = 'platform-bus-device';
    this.unattached.addChild('device[*]', bus);
    this.realize(bus).place(
      MAP.platformBus,
      ...Array.from({ length: PLATFORM_IRQS }, (_, n) => this.interrupts.irqIn(IRQ.platformBus + n)),
    );
  }

  /** Two banks of two 16-bit chips each. */
  private createFlash(): void {
    const size = MAP.flash[1] / 2;
    const banks = [0, 1].map((bank) => {
      const flash = this.addDevice(
        PflashCfi01,
        {
          name: `virt.flash${bank}`,
          'num-blocks': size / FLASH_SECTOR,
          'sector-length': FLASH_SECTOR,
          width: 4,
          'device-width': 2,
          id0: 0x89,
          id1: 0x18,
          drive: this.backends.find('pflash', String(bank)) as FlashImage | undefined,
        },
        { name: `virt.flash${bank}` },
      );
      flash.mmioMap(0, MAP.flash[0] + bank * size);
      return flash;
    });
    this.flash = banks[0];
    this.flash.joinBank(banks[1]);
  }

  private createFwCfg(): void {
    this.firmwareConfig = this.fwCfg = this.newDevice(FwCfg);
    this.fwCfg.boot = this.config.boot ?? {};
    this.fwCfg.uuid = this.config.uuid ?? NO_UUID;
    this.realize(this.fwCfg, { name: 'fw_cfg' }).place(MAP.fwCfg);
    this.fwCfg.addU16(FW_CFG.NB_CPUS, this.smpCpus);
  }

  private buildTree(): FdtTree {
    const seed = new DataView(this.randomBytes(4 * RNG_SEED_WORDS).slice().buffer);
    const { harts, test, interrupts, timers, uart, fwCfg, flash, platformBus, pci } = this;
    const soc: readonly SysBusDevice[] = [this.rtc, uart, test, ...this.virtio];
    return buildVirtTree({
      ...{ ram: [MAP.dram[0], this.ramSize], timebase: ACLINT_TIMEBASE_FREQ },
      ...{ cpus: harts, harts: harts.map((hart) => hart.description) },
      ...{ soc, test, interrupts, timers, uart, fwCfg, flash, platformBus, pci },
      rngSeed: Array.from({ length: RNG_SEED_WORDS }, (_, i) => seed.getUint32(4 * i)),
    });
  }
}
