/** The CPIOM, an avionics computer: MPC755, SDRAM with protection and EDC, interrupt controller, timers, DMA, and PCI with flash. Its manual is docs/cpiom.md. */
import type { TypeInfo } from '../../qom/object.js';
import { findModel, parsePpcConfig } from '../../target/ppc/config.js';
import { PPC_INPUT, PpcCpu } from '../../target/ppc/cpu.js';
import { LoaderError, OptionError } from '../../util/errors.js';
import { MiB } from '../../util/size.js';
import type { IrqLine } from '../core/irq.js';
import { loadFirmware } from '../core/loader.js';
import { MachineState } from '../core/machine.js';
import { defineMachine, type MachineClassOptions } from '../core/machine-class.js';
import { devfn } from '../pci/regs.js';
import { CpiomConfig, CPIOM_CONFIG_SIZE } from './cpiom-config.js';
import { CpiomDma, CPIOM_DMA_SIZE } from './cpiom-dma.js';
import { CpiomEdc, CPIOM_EDC_SIZE, CPIOM_EDC_WINDOW_SIZE } from './cpiom-edc.js';
import { CpiomIntc, CPIOM_INTC, CPIOM_INTC_SIZE } from './cpiom-intc.js';
import { CpiomMaster, MASTER_LINES } from './cpiom-master.js';
import { CpiomSdram, CPIOM_PROTECTION_SIZE, CPIOM_SDRAM_SIZE } from './cpiom-sdram.js';
import { CpiomTimers, CPIOM_TIMERS_SIZE } from './cpiom-timers.js';
import { Mxfc, MXFC_DRIVES } from './mxfc.js';

const MAP = {
  sdram: [0x0000_0000, 512 * MiB],
  sdramReg: [0x2000_0000, CPIOM_SDRAM_SIZE],
  edcReg: [0x2000_1000, CPIOM_EDC_SIZE],
  edcWindow: [0x2000_2000, CPIOM_EDC_WINDOW_SIZE],
  pcode: [0x2000_4000, CPIOM_PROTECTION_SIZE],
  pdata: [0x2000_4100, CPIOM_PROTECTION_SIZE],
  intc: [0x2001_0000, CPIOM_INTC_SIZE],
  timers: [0x2002_0000, CPIOM_TIMERS_SIZE],
  config: [0x2003_0000, CPIOM_CONFIG_SIZE],
  dma: [0x2004_0000, CPIOM_DMA_SIZE],
  boot: [0xfff0_0000, MiB],
} as const;

/** What other devices have in `config`. */
const CONFIG = { pciAddress: 0x00, pciData: 0x04, edc: 0x0c, master: 0x24, raf: 0x34 } as const;

/** Hz: a quarter of the bus clock. */
const CPIOM_TIMEBASE_FREQUENCY = 16_600_000;
/** The processor's clock is six times the bus's. */
const CPIOM_CLOCK_RATIO = 6;

/** Lines of ITN, of RST, and of MCP. */
const CPIOM_ITN = { tick: 0, slice: 1, cycle: 2, dma: 3, pci: 4, pciError: 8 } as const;
const CPIOM_RST = { button: 0 } as const;
const CPIOM_MCP = { violation: 0, refresh: 1, edc: 2 } as const;

/** HID2[HBE]: eight blocks of each kind. */
const HID2 = 0x0004_0000;
/** e_machine. */
const EM_PPC = 20;
/** By QEMU's way of naming what `-bios default` is. */
const CPIOM_FIRMWARE = 'cpiom.bin';

/** Pins of the CPU, in the order of the interrupt controller's outputs. */
const PINS = { RST: PPC_INPUT.softReset, MCP: PPC_INPUT.machineCheck, ITN: PPC_INPUT.interrupt } as const;

export class CpiomMachine extends MachineState {
  static override readonly type: TypeInfo<MachineClassOptions> = defineMachine('cpiom', MachineState, CpiomMachine, {
    desc: 'CPIOM board',
    defaultCpuType: '755_v2.8',
    takesCpu: (model) => findModel(model).family === '755',
    defaultRamSize: 64 * MiB,
    flashDrives: MXFC_DRIVES,
  });

  intc!: CpiomIntc;

  protected override init(): void {
    const cpu = this.createCpu();
    this.intc = this.addDevice(CpiomIntc);
    this.intc.place(MAP.intc, ...CPIOM_INTC.map((name) => cpu.gpioIn(PINS[name])));
    this.nmi = this.intc.gpioIn(CPIOM_RST.button, 'RST');
    const config = this.addDevice(CpiomConfig).place(MAP.config);
    this.createMemory(config);
    this.addDevice(CpiomTimers).place(MAP.timers, this.itn('tick'), this.itn('slice'), this.itn('cycle'));
    this.addDevice(CpiomDma).place(MAP.dma, this.itn('dma'));
    this.createPci(config);
    this.loadFirmware();
  }

  private itn(name: keyof typeof CPIOM_ITN, n = 0): IrqLine {
    return this.intc.gpioIn(CPIOM_ITN[name] + n, 'ITN');
  }
  private mcp(name: keyof typeof CPIOM_MCP): IrqLine {
    return this.intc.gpioIn(CPIOM_MCP[name], 'MCP');
  }

  private createCpu(): PpcCpu {
    const config = parsePpcConfig(this.config.cpu ?? this.class.defaultCpuType!);
    if (!this.class.takesCpu!(config.model)) throw new OptionError(`a ${config.model} does not fit this board`, '-cpu', 'a 745 or 755');
    const cpu = new PpcCpu(this, config, {
      timebaseFrequency: CPIOM_TIMEBASE_FREQUENCY,
      clockRatio: CPIOM_CLOCK_RATIO,
      busErrors: true,
      registers: { HID2 },
    });
    this.addCpu(cpu);
    return this.realize(cpu);
  }

  private createMemory(config: CpiomConfig): void {
    const [base, most] = MAP.sdram;
    if (this.ramSize > most) throw new OptionError(`at most ${most / MiB} MiB of SDRAM`, '-m');
    const ram = this.newRam('cpiom-sdram', this.ramSize);
    this.systemMemory.addSubregion(base, ram);

    const sdram = this.newDevice(CpiomSdram);
    sdram.memory = ram;
    this.realize(sdram).place(MAP.sdramReg, this.mcp('violation'), this.mcp('refresh'));
    sdram.mapProtection(MAP.pcode, MAP.pdata);
    config.insert(CONFIG.raf, sdram.rafRegion);

    const edc = this.newDevice(CpiomEdc);
    edc.memory = ram;
    this.realize(edc).place(MAP.edcReg, this.mcp('edc'));
    edc.mmioMap(1, MAP.edcWindow[0]);
    config.insert(CONFIG.edc, edc.mmio[2]);
  }

  private createPci(config: CpiomConfig): void {
    const master = this.addDevice(CpiomMaster, {}, { name: 'master' });
    [CONFIG.pciAddress, CONFIG.pciData, CONFIG.master].forEach((at, n) => config.insert(at, master.mmio[n]));
    for (let line = 0; line < MASTER_LINES; line++) master.connectIrq(line, this.itn('pci', line));
    master.connectIrq(MASTER_LINES, this.itn('pciError'));
    const slave = this.newDevice(Mxfc, { addr: devfn(1, 0), chardev: this.config.serials?.[0] });
    const [code, data, eeprom] = MXFC_DRIVES.map((id) => this.backends.find('pflash', id));
    for (const [name, image] of Object.entries({ code, data, eeprom })) if (image) slave.setProperty(name, image);
    this.realize(slave, { name: 'mxfc', bus: master.bus });
  }

  /** Of a flash that a file keeps, the end has it. */
  private loadFirmware(): void {
    const [boot, size] = MAP.boot;
    const { bios = 'default', kernel } = this.config;
    if (kernel) throw new OptionError('this board has no loader: it runs what is in its flash', '-kernel', '-bios FILE');
    const hasFlash = this.backends.find('pflash', MXFC_DRIVES[0]) !== undefined;
    if (hasFlash && bios instanceof Uint8Array) throw new OptionError(`firmware is in the flash that ${MXFC_DRIVES[0]} keeps`, '-bios');
    if (hasFlash) return;
    const bytes = bios === 'default' ? this.env.firmware?.(CPIOM_FIRMWARE) : bios;
    if (!(bytes instanceof Uint8Array))
      throw new LoaderError(`unable to find firmware '${CPIOM_FIRMWARE}': give an image of up to 1 MiB with -bios FILE`);
    loadFirmware(this.roms, 'firmware', bytes, { machines: [EM_PPC], littleEndian: false, bits: [32] }, boot, boot + size);
  }
}
