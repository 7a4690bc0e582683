/**
 * QEMU's firmware configuration device, MMIO flavour with DMA. Source: QEMU docs/specs/fw_cfg.rst.
 * Three windows: data (8 bytes, the selected item as a byte stream), selector (big-endian 16 bits), DMA address (big-endian 64 bits).
 */
import { bool as boolean, uint32 } from '../../qom/property.js';
import { viewOf } from '../../util/bytes.js';
import { NO_UUID, uuidBytes } from '../../util/uuid.js';
import { BusError, OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { BootConfig, FirmwareConfig } from '../core/firmware-config.js';
import { registerMap, rw64, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { address, u16, u32, vmState } from '../core/vmstate.js';
import { hex, traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  fw_cfg_select: (key: number, isThere: boolean) => `key ${hex(key, 4)}, ret: ${isThere ? 1 : 0}`,
  fw_cfg_read: (value: number) => `= ${hex(value)}`,
  fw_cfg_add_file: (name: string, length: number) => `${name} (${length} bytes)`,
});

/** Keys of the items with fixed numbers. */
export const FW_CFG = {
  SIGNATURE: 0x00,
  ID: 0x01,
  UUID: 0x02,
  RAM_SIZE: 0x03,
  NOGRAPHIC: 0x04,
  NB_CPUS: 0x05,
  MACHINE_ID: 0x06,
  KERNEL_ADDR: 0x07,
  KERNEL_SIZE: 0x08,
  KERNEL_CMDLINE: 0x09,
  INITRD_ADDR: 0x0a,
  INITRD_SIZE: 0x0b,
  BOOT_DEVICE: 0x0c,
  BOOT_MENU: 0x0e,
  KERNEL_DATA: 0x11,
  INITRD_DATA: 0x12,
  CMDLINE_SIZE: 0x14,
  CMDLINE_DATA: 0x15,
  FILE_DIR: 0x19,
  FILE_FIRST: 0x20,
} as const;

const FILE_SLOTS = 0x20;
const FILE_NAME_LENGTH = 56;
const FILE_ENTRY_SIZE = 64;
/** Bits 13:0 of a selector choose the item, bit 15 the architecture's own table, bit 14 asked for writing in old versions. */
const KEY_MASK = 0xbfff;

const VERSION_TRADITIONAL = 1;
const VERSION_DMA = 2;

// Control word of the DMA structure; bits 31:16 carry a key when SELECT is set.
const DMA_ERROR = 0x01;
const DMA_READ = 0x02;
const DMA_SKIP = 0x04;
const DMA_SELECT = 0x08;
const DMA_WRITE = 0x10;
const DMA_STRUCT_SIZE = 16;
/** What the DMA window reads as: "QEMU CFG". */
const DMA_SIGNATURE = 0x5145_4d55_2043_4647n;
/** Bytes moved at a time. */
const DMA_CHUNK = 0x1_0000;
/** Bytes moved before the guest goes on, some 5 ms: it asks for up to 4 GiB. The structure's control word is 0 when the rest is there, too. */
const DMA_SLICE = 0x80_0000;

const DATA_SIZE = 8;
const CTL_SIZE = 2;
const DMA_SIZE = 8;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const le = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** A byte stream: the first byte goes to the lowest address. */
const BYTES = { accessSizes: [1, 2, 4, 8], implSizes: [1, 2, 4, 8], endianness: 'big', strict: true } as const;

export class FwCfg extends SysBusDevice implements FirmwareConfig {
  static override readonly type = defineDevice('fw_cfg_mem', SysBusDevice, FwCfg, {
    description: 'QEMU firmware configuration',
    properties: [uint32('data_width'), boolean('dma_enabled')],
  });
  static readonly vmState = vmState<FwCfg>('fw_cfg', { version: 3, minVersion: 2 }, [
    u16('selected'),
    u32('offset'),
    u32('dmaHigh'),
    address('dmaStruct', { since: 3 }),
    address('dmaAddress', { since: 3 }),
    u32('dmaLeft', { since: 3 }),
  ]);

  static readonly control = registerMap<FwCfg>('fw_cfg_ctl', [wo(0, 'SELECTOR', { write: (s, value) => s.select(value) })]);
  static readonly data = registerMap<FwCfg>('fw_cfg_data', [
    rw64(0, 'DATA', {
      anyWidth: true,
      readEffects: true,
      read: (s, _, size) => s.readBytes(size),
      write: (s) => s.guestError('DATA is read-only'),
    }),
  ]);
  static readonly dmaWindow = registerMap<FwCfg>('fw_cfg_dma', [
    rw64(0, 'DMA_ADDRESS', {
      anyWidth: true,
      array: () => [[DMA_SIZE, 1]],
      read: (_, at, size) => BigInt.asUintN(8 * size, DMA_SIGNATURE >> BigInt(8 * (DMA_SIZE - at - size))),
      write: (s, value, at, size) => s.writeDma(at, Number(value), size),
    }),
  ]);

  /** Bytes of the data window. */
  dataWidth = DATA_SIZE;
  dmaEnabled = true;
  boot: BootConfig = {};
  uuid = NO_UUID;
  private readonly items = new Map<number, Uint8Array>();
  private files: { name: string; data: Uint8Array }[] = [];
  selected = 0;
  offset = 0;
  dmaHigh = 0;
  /** The transfer that is under way: where its structure is, where the next byte goes, how many are to come. */
  dmaStruct = 0;
  dmaAddress = 0;
  dmaLeft = 0;
  private readonly more = this.newTimer(() => this.transfer());

  /** MMIO slots: 0 selector, 1 data, 2 DMA (QEMU's order). */
  protected override realize(): void {
    this.addBytes(FW_CFG.SIGNATURE, ascii('QEMU'));
    this.addU32(FW_CFG.ID, VERSION_TRADITIONAL | (this.dmaEnabled ? VERSION_DMA : 0));
    this.addBytes(FW_CFG.UUID, uuidBytes(this.uuid));
    this.addU16(FW_CFG.NOGRAPHIC, 1);
    const { menu = false, splash, splashTime, rebootTimeout = -1 } = this.boot;
    this.addU16(FW_CFG.BOOT_MENU, menu ? 1 : 0);
    this.addFile('bios-geometry', new Uint8Array(0));
    this.addFile('bootorder', new Uint8Array(0)); // no device has a boot index
    this.addFile('etc/boot-fail-wait', le(rebootTimeout >>> 0, 4));
    if (splashTime !== undefined) this.addFile('etc/boot-menu-wait', le(splashTime, 2));
    if (splash) this.addFile(splash.name, splash.data);
    this.initMmio(this.registerRegion('fwcfg.ctl', CTL_SIZE, FwCfg.control, { ...BYTES, accessSizes: [2] }));
    this.initMmio(this.registerRegion('fwcfg.data', this.dataWidth, FwCfg.data, BYTES));
    if (this.dmaEnabled) this.initMmio(this.registerRegion('fwcfg.dma', DMA_SIZE, FwCfg.dmaWindow, BYTES));
  }

  protected override mapInto(base: number): void {
    // Without DMA the selector comes first.
    const offsets = this.dmaEnabled ? [8, 0, 16] : [0, CTL_SIZE];
    offsets.forEach((offset, n) => this.mmioMap(n, base + offset));
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'fw-cfg', 'qemu,fw-cfg-mmio').flag('dma-coherent');
  }

  override reset(): void {
    this.selected = this.offset = this.dmaHigh = this.dmaLeft = 0;
    this.more.del();
  }

  /** Replaces the item `key`. */
  addBytes(key: number, data: Uint8Array): void {
    this.items.set(key, data);
  }
  addU16(key: number, value: number): void {
    this.addBytes(key, le(value, 2));
  }
  addU32(key: number, value: number): void {
    this.addBytes(key, le(value, 4));
  }
  addU64(key: number, value: number): void {
    this.addBytes(key, le(value, 8));
  }

  /** Adds a named file; the directory lists them by name. */
  addFile(name: string, data: Uint8Array): void {
    if (this.files.length >= FILE_SLOTS) throw new OptionError(`fw_cfg has room for ${FILE_SLOTS} files, its own among them`);
    if (ascii(name).length >= FILE_NAME_LENGTH) throw new OptionError(`name too long (max. ${FILE_NAME_LENGTH - 1} char)`);
    if (this.files.some((f) => f.name === name)) throw new OptionError(`duplicate fw_cfg file name: ${name}`);
    this.trace(TRACE.fw_cfg_add_file, name, data.length);
    this.files = [...this.files, { name, data }].sort((a, b) => (a.name < b.name ? -1 : 1));
    const directory = new Uint8Array(4 + FILE_ENTRY_SIZE * this.files.length);
    const view = new DataView(directory.buffer);
    view.setUint32(0, this.files.length);
    this.files.forEach((file, i) => {
      const at = 4 + FILE_ENTRY_SIZE * i;
      const key = FW_CFG.FILE_FIRST + i;
      view.setUint32(at, file.data.length);
      view.setUint16(at + 4, key);
      directory.set(ascii(file.name), at + 8);
      this.items.set(key, file.data);
    });
    this.items.set(FW_CFG.FILE_DIR, directory);
  }

  private select(key: number): void {
    this.selected = key & KEY_MASK;
    this.trace(TRACE.fw_cfg_select, key, this.items.has(this.selected));
    this.offset = 0;
  }

  /** The next `count` bytes of the item, big-endian; zeros past its end. */
  private readBytes(count: number): bigint {
    const item = this.items.get(this.selected);
    let value = 0n;
    for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(item && this.offset < item.length ? item[this.offset++] : 0);
    this.trace(TRACE.fw_cfg_read, Number(value));
    return value;
  }

  /** The low word (or a write of all) starts the transfer. */
  private writeDma(offset: number, value: number, size: number): void {
    if (size === 8) return this.dma(value);
    if (size !== 4) throw new BusError('the DMA address is written in words');
    if (offset === 0) {
      this.dmaHigh = value >>> 0;
    } else {
      const address = this.dmaHigh * 0x1_0000_0000 + (value >>> 0);
      this.dmaHigh = 0;
      this.dma(address);
    }
  }

  private dma(structAddress: number): void {
    if (this.dmaLeft > 0) return this.guestError('DMA asked for while another is under way');
    const bytes = this.services.dma.read(structAddress, DMA_STRUCT_SIZE);
    if (!bytes) {
      this.guestError(`DMA structure at 0x${structAddress.toString(16)} is not in memory`);
      this.finishDma(structAddress, DMA_ERROR);
      return;
    }
    const view = viewOf(bytes);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const address = view.getUint32(8) * 0x1_0000_0000 + view.getUint32(12);
    if (control & DMA_SELECT) this.select(control >>> 16);
    let ok = true;
    if (control & DMA_READ) {
      [this.dmaStruct, this.dmaAddress, this.dmaLeft] = [structAddress, address, length];
      return this.transfer();
    }
    if (control & DMA_WRITE)
      ok = length === 0; // no item is writable
    else if (control & DMA_SKIP) this.offset = Math.min(this.offset + length, this.items.get(this.selected)?.length ?? 0);
    this.finishDma(structAddress, ok ? 0 : DMA_ERROR);
  }

  /** Goes on with a read; past the item's end there are zeros. */
  private transfer(): void {
    const item = this.items.get(this.selected) ?? new Uint8Array(0);
    for (let moved = 0; this.dmaLeft > 0; moved += DMA_CHUNK) {
      if (moved >= DMA_SLICE) return this.more.startNs(0);
      const chunk = new Uint8Array(Math.min(DMA_CHUNK, this.dmaLeft));
      chunk.set(item.subarray(this.offset, this.offset + chunk.length));
      this.offset = Math.min(item.length, this.offset + chunk.length);
      if (!this.services.dma.write(this.dmaAddress, chunk)) {
        this.dmaLeft = 0;
        return this.finishDma(this.dmaStruct, DMA_ERROR);
      }
      this.dmaAddress += chunk.length;
      this.dmaLeft -= chunk.length;
    }
    this.finishDma(this.dmaStruct, 0);
  }

  private finishDma(structAddress: number, control: number): void {
    this.services.dma.write(structAddress, Uint8Array.of(0, 0, 0, control));
  }
}
