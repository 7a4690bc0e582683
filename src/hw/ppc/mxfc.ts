/**
 * The CPIOM's PCI slave: code flash, from which the CPU starts, data flash, EEPROM, and registers with a serial port and discrete outputs. Source:
 * docs/cpiom.md, "mxfc"; PCI Local Bus Specification 3.0, chapter 6.
 */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import type { MemoryRegion } from '../../memory/region.js';
import { link, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { KiB, MiB } from '../../util/size.js';
import { PflashCfi01, type FlashImage } from '../block/pflash-cfi01.js';
import { SerialState } from '../char/serial.js';
import { defineDevice } from '../core/device.js';
import { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { struct, u32 } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import * as regs from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

/** Where the code flash is, and stays: it ends with the address space. */
const CODE_FLASH = [0xfc00_0000, 64 * MiB] as const;
const DATA_FLASH_SIZE = 8 * MiB;
const EEPROM_SIZE = 64 * KiB;
const REGISTERS_SIZE = 4 * KiB;
const SECTOR = 256 * KiB;

/** Ids of what keeps them. */
export const MXFC_DRIVES = ['mxfc-flash-code', 'mxfc-flash-data', 'mxfc-eeprom'] as const;

const COMMAND = 0x01c2;
const COMMAND_WRITABLE = 0x0141;
const STATUS = 0x0480;
const STATUS_CLEARABLE = 0xf800;

const SERIAL = 8;
const BAUDBASE = 115_200;
const ERASED = 0xff;
/** Above all that PCI software can move there. */
const CODE_PRIORITY = 1;

export class Mxfc extends PciDevice {
  static override readonly type = defineDevice('mxfc', PciDevice, Mxfc, {
    description: 'CPIOM flash, EEPROM, serial port and discretes',
    category: 'storage',
    properties: [
      link('chardev', 'chardev'),
      link('code', 'pflash'),
      link('data', 'pflash'),
      link('eeprom', 'pflash'),
      uint32('dsi', { runtime: true, description: 'discrete inputs' }),
    ],
  });
  static readonly vmState = pciVmState<Mxfc>('mxfc', { version: 2, minVersion: 1 }, [
    struct('serial', SerialState.vmState),
    u32('dgo'),
    u32('dso', { since: 2 }),
    u32('dsi', { since: 2 }),
  ]);

  static readonly discretes = registerMap<Mxfc>('mxfc_discretes', [
    rw(0, 'DGO', { field: 'dgo' }),
    ro(4, 'DSI', { read: (s) => s.dsi }),
    rw(8, 'DSO', { field: 'dso' }),
  ]);

  override readonly identity: PciIdentity = { vendor: 0x1057, device: 0x4d58, class: 0x0580 };
  chardev: Chardev | undefined;
  /** What keeps the flashes and the EEPROM; undefined: nothing does, and they are erased when the machine is made. */
  code: FlashImage | undefined;
  data: FlashImage | undefined;
  eeprom: FlashImage | undefined;
  serial!: SerialState;
  /** Discrete ground outputs. */
  dgo = 0;
  /** Discrete signal outputs, and inputs, which the world outside sets (qom-set). */
  dso = 0;
  dsi = 0;
  private readonly codeFlash = this.newPart(PflashCfi01, 'code-flash');
  private readonly dataFlash = this.newPart(PflashCfi01, 'data-flash');

  protected override realizeFunction(): void {
    const { config } = this;
    config.define(regs.COMMAND, 2, COMMAND, COMMAND_WRITABLE);
    config.define(regs.STATUS, 2, STATUS, 0, STATUS_CLEARABLE);
    this.useInterruptPin();
    const [base, size] = CODE_FLASH;
    this.registerBar(0, this.flash(this.codeFlash, 'mxfc-flash-code', size, this.code));
    config.define(regs.BAR0, 4, base);
    this.services.memory.map(this.aliasRegion('mxfc-boot', this.codeFlash.mmio[0], 0, size), base, CODE_PRIORITY);
    this.registerBar(1, this.flash(this.dataFlash, 'mxfc-flash-data', DATA_FLASH_SIZE, this.data));
    this.registerBar(2, this.makeEeprom());
    this.registerBar(3, this.makeRegisters());
    this.updateMappings();
  }

  private flash(part: PflashCfi01, name: string, size: number, image: FlashImage | undefined): MemoryRegion {
    const properties = { name, width: 4, 'device-width': 2, 'num-blocks': size / SECTOR, 'sector-length': SECTOR, id0: 0x89, id1: 0x18 };
    for (const [property, value] of Object.entries(properties)) part.setProperty(property, value);
    part.drive = checked(name, image, size);
    part.realizeDevice();
    if (!image) part.storage.fill(ERASED);
    return part.mmio[0];
  }

  /** Bytes that are written one by one, and stay. */
  private makeEeprom(): MemoryRegion {
    const image = checked('mxfc-eeprom', this.eeprom, EEPROM_SIZE);
    const region = this.romDeviceRegion('mxfc-eeprom', EEPROM_SIZE, {
      implSizes: [1],
      write: (offset, value) => {
        if (image?.readOnly) return this.guestError('the EEPROM cannot be written');
        const { bytes } = region.ramBlock!;
        bytes[offset] = value;
        image?.write(offset, bytes.subarray(offset, offset + 1));
        this.services.memory.changed(region.ramBlock!, offset, 1);
      },
    });
    if (image) region.ramBlock!.bytes.set(image.bytes);
    else region.ramBlock!.bytes.fill(ERASED);
    return region;
  }

  private makeRegisters(): MemoryRegion {
    const all = this.containerRegion('mxfc-reg', REGISTERS_SIZE);
    const line = new IrqLine((_, level) => this.setPin(level));
    this.serial = new SerialState(line, new CharBackend(this.chardev), (callback) => this.newTimer(callback), BAUDBASE);
    const registers = this.bindRegisters(SerialState.registers, this.serial);
    const serial = this.ioRegion('mxfc-serial', SERIAL, {
      implSizes: [1],
      read: (offset) => registers.read(offset, 1),
      write: (offset, value) => registers.write(offset, value & 0xff, 1),
    });
    all.addSubregion(0, serial);
    all.addSubregion(0x100, this.registerRegion('mxfc-discretes', 12, Mxfc.discretes));
    return all;
  }

  override reset(): void {
    super.reset();
    this.dgo = this.dso = 0;
    this.config.setBits(regs.COMMAND, 2, COMMAND, true);
    this.serial.reset();
  }
}

/** @throws OptionError unless there is exactly enough */
function checked(name: string, image: FlashImage | undefined, size: number): FlashImage | undefined {
  if (image && image.bytes.length !== size)
    throw new OptionError(
      `${image.bytes.length} bytes are not the ${size} of the part`,
      `-drive id=${name}`,
      `a file of ${size / KiB} KiB`,
    );
  return image;
}
