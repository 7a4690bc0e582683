/**
 * The IBM RS/6000 7020 (40p), a PReP machine: 604, Raven, ISA behind an 82378. Source: QEMU docs/system/ppc/prep.rst; PReP specification 1.1. Firmware is
 * OpenBIOS, of Debian's qemu-system-data. Not built: sound (cs4231a), floppy, graphics, and all that moves data in lsi53c810 and pcnet.
 */
import type { TypeInfo } from '../../qom/object.js';
import { parsePpcConfig } from '../../target/ppc/config.js';
import { PPC_INPUT, PpcCpu } from '../../target/ppc/cpu.js';
import { LoaderError } from '../../util/errors.js';
import { NO_UUID } from '../../util/uuid.js';
import { MiB } from '../../util/size.js';
import { loadFirmware, loadRaw } from '../core/loader.js';
import { MachineState } from '../core/machine.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { Lsi53c810 } from '../scsi/lsi53c810.js';
import { PcNet } from '../net/pcnet.js';
import { FW_CFG, FwCfg } from '../nvram/fw-cfg.js';
import { RavenHost } from '../pci-host/raven.js';
import { IsaM48t59 } from '../rtc/m48t59.js';
import { Mc146818Rtc } from '../rtc/mc146818rtc.js';
import { I82378 } from '../southbridge/i82378.js';
import { Pc87312 } from '../southbridge/pc87312.js';
import { PrepSystemIo } from './prep-systemio.js';
import { Rs6000Mc } from './rs6000-mc.js';

const MAP = { rom: [0xfff0_0000, MiB], fwCfg: [0xf000_0510, 3] } as const;
const BIOS_NAME = 'openbios-ppc';
/** e_machine. */
const EM_PPC = 20;
/** Hz: a quarter of the bus clock; what fw_cfg tells is another number, QEMU's. */
const TIMEBASE_FREQUENCY = 100_000_000;
const TOLD_FREQUENCY = 1_000_000_000;
/** Where images go. */
const KERNEL = 0x0100_0000;
const INITRD = 0x0180_0000;
const CMDLINE = 0x0180_0000 - 0x1000;
/** Places on PCI. */
const PLACE = { scsi: '01.0', network: '03.0', isa: '0b.0' } as const;
/** ISA interrupts that PCI's lines, and the SCSI controller, lead to. */
const IRQ = { scsi: 13, pci: 15 } as const;
/** Items of fw_cfg that PowerPC machines have alone: size of a screen, frequencies. */
const FW_CFG_PPC = { WIDTH: 0x8000, HEIGHT: 0x8001, DEPTH: 0x8002, TBFREQ: 0x8003, IS_KVM: 0x8005 } as const;
const SCREEN = { width: 800, height: 600, depth: 32 } as const;
const FROM_DISK = 'c';
const FROM_MEMORY = 'm';

export class FortyPMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('40p', MachineState, FortyPMachine, {
    desc: 'IBM RS/6000 7020 (40p)',
    defaultCpuType: '604',
    defaultRamSize: 128 * MiB,
  });

  private raven!: RavenHost;
  private bridge!: I82378;
  private fwCfg!: FwCfg;

  protected override init(): void {
    const config = parsePpcConfig(this.config.cpu ?? this.class.defaultCpuType!);
    const cpu = new PpcCpu(this, config, { timebaseFrequency: TIMEBASE_FREQUENCY });
    this.addCpu(cpu);
    this.realize(cpu);
    this.raven = this.addDevice(RavenHost, { 'bios-name': BIOS_NAME, 'elf-machine': EM_PPC }, { name: 'raven' });
    this.createBridge(cpu);
    this.createIsa(cpu);
    this.createPci();
    this.firmwareConfig = this.fwCfg = this.newDevice(FwCfg, { data_width: 1, dma_enabled: false });
    this.fwCfg.boot = this.config.boot ?? {};
    this.fwCfg.uuid = this.config.uuid ?? NO_UUID;
    this.realize(this.fwCfg, { name: 'fw_cfg' }).place(MAP.fwCfg);
  }

  private createBridge(cpu: PpcCpu): void {
    const bridge = (this.bridge = this.newDevice(I82378, { addr: PLACE.isa }));
    bridge.add = (klass, properties, bus, prepare) => {
      const device = this.newDevice(klass, properties);
      prepare?.(device);
      return this.realize(device, { bus });
    };
    this.realize(bridge, { bus: this.raven.bus });
    bridge.connectGpioOut(0, cpu.gpioIn(PPC_INPUT.interrupt));
    this.raven.connectIrq(0, bridge.gpioIn(IRQ.pci));
    this.raven.acknowledge = () => bridge.pic.acknowledge();
  }

  private createIsa(cpu: PpcCpu): void {
    const { isa: bus, add } = this.bridge;
    add(Rs6000Mc, { 'ram-size': this.ramSize }, bus);
    add(Mc146818Rtc, { base_year: 1900 }, bus);
    add(IsaM48t59, {}, bus);
    add(Pc87312, { config: 12 }, bus, (chip) => {
      chip.chardevs = this.config.serials ?? [];
      chip.printer = this.config.parallels?.[0];
    });
    const system = add(PrepSystemIo, { 'ibm-planar-id': 0xfc, equipment: 0xc0 }, bus, (device) => {
      device.softReset = cpu.gpioIn(PPC_INPUT.softReset);
    });
    system.connectGpioOut(0, this.raven.gpioIn(0));
  }

  private createPci(): void {
    const { bus } = this.raven;
    const scsi = this.addDevice(Lsi53c810, { addr: PLACE.scsi }, { bus });
    scsi.connectGpioOut(0, this.bridge.gpioIn(IRQ.scsi));
    this.addDevice(PcNet, { addr: PLACE.network }, { bus });
  }

  protected override devicesAdded(): void {
    this.loadFirmware();
    const boots = this.loadKernel();
    const { fwCfg } = this;
    fwCfg.addU64(FW_CFG.RAM_SIZE, this.ramSize);
    fwCfg.addU16(FW_CFG.MACHINE_ID, 0);
    fwCfg.addU16(FW_CFG_PPC.WIDTH, SCREEN.width);
    fwCfg.addU16(FW_CFG_PPC.HEIGHT, SCREEN.height);
    fwCfg.addU16(FW_CFG_PPC.DEPTH, SCREEN.depth);
    fwCfg.addU32(FW_CFG_PPC.IS_KVM, 0);
    fwCfg.addU32(FW_CFG_PPC.TBFREQ, TOLD_FREQUENCY);
    fwCfg.addU16(FW_CFG.BOOT_DEVICE, (boots ? FROM_MEMORY : this.config.boot?.order || FROM_DISK).charCodeAt(0));
  }

  private loadFirmware(): void {
    const [base, size] = MAP.rom;
    const { bios = 'default' } = this.config;
    if (bios === 'none') return;
    const bytes = bios === 'default' ? this.env.firmware?.(BIOS_NAME) : bios;
    if (!bytes)
      throw new LoaderError(`unable to find firmware '${BIOS_NAME}' (Debian has it in qemu-system-data); give an image with -bios FILE`);
    loadFirmware(this.roms, 'firmware', bytes, { machines: [EM_PPC], littleEndian: false, bits: [32] }, base, base + size);
  }

  /** Whether there is one. */
  private loadKernel(): boolean {
    const { fwCfg, ramSize } = this;
    const { kernel, initrd, append } = this.config;
    if (!kernel) return false;
    // As it is, whatever it is: firmware knows what to do with it.
    const image = loadRaw(this.roms, 'kernel', kernel, KERNEL, ramSize);
    fwCfg.addU32(FW_CFG.KERNEL_ADDR, image.start);
    fwCfg.addU32(FW_CFG.KERNEL_SIZE, image.end - image.start);
    if (initrd) {
      const { start, end } = loadRaw(this.roms, 'initrd', initrd, INITRD, ramSize);
      fwCfg.addU32(FW_CFG.INITRD_ADDR, start);
      fwCfg.addU32(FW_CFG.INITRD_SIZE, end - start);
    }
    if (append !== undefined) {
      const text = new TextEncoder().encode(`${append}\0`);
      loadRaw(this.roms, 'cmdline', text, CMDLINE, ramSize);
      fwCfg.addU32(FW_CFG.KERNEL_CMDLINE, CMDLINE);
      fwCfg.addU32(FW_CFG.CMDLINE_SIZE, text.length);
      fwCfg.addBytes(FW_CFG.CMDLINE_DATA, text);
    }
    return true;
  }
}
