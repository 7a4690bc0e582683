/** A PCI function: configuration space, BARs, its pin, messages, and what it sees of memory as a master. Source: PCI Local Bus Specification 3.0, chapter 6. */
import { ADDRESS_SPACE_SIZE, type MemoryRegion } from '../../memory/region.js';
import { bool, int32, string, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice, DeviceState } from '../core/device.js';
import { GuestMemory } from '../core/guest-memory.js';
import type { PciBridgeBase } from './bridge.js';
import { PciBus } from './bus.js';
import { ConfigSpace, touches } from './config-space.js';
import type { Msi } from './msi.js';
import { Msix, MSIX_ENTRY, pendingSize } from './msix.js';
import { pciAddress } from './address-property.js';
import * as regs from './regs.js';

/** Who a function is. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** Base class and subclass; the programming interface is a field of its own. */
  readonly class: number;
  readonly prog?: number;
  readonly revision?: number;
  /** Default: QEMU's own. */
  readonly subsystem?: { readonly vendor: number; readonly device: number };
}

export interface BarKind {
  /** In the I/O space. */
  readonly io?: boolean;
  /** 64 bits wide: it takes the next BAR along. */
  readonly wide?: boolean;
  readonly prefetch?: boolean;
}

/** A base address register, and what is behind it. */
export interface Bar extends BarKind {
  readonly region: MemoryRegion;
  /** Bytes, a power of two. */
  readonly size: number;
  /** Where it is mapped; undefined: nowhere. */
  address: number | undefined;
}

const BARS = 6;
/** Smallest BAR for MSI-X alone, bytes. */
const MSIX_BAR = 4096;
const TWO_32 = 0x1_0000_0000;
const COMMAND_WRITABLE = regs.COMMAND_IO | regs.COMMAND_MEMORY | regs.COMMAND_MASTER | regs.COMMAND_SERR | regs.COMMAND_INTX_DISABLE;

/** `romsize` that says nothing: the file's. */
const NO_ROM_SIZE = 0xffff_ffff;

export abstract class PciDevice extends DeviceState {
  static override readonly type = defineDevice('pci-device', DeviceState, PciDevice, {
    bus: 'PCI',
    abstract: true,
    properties: [
      pciAddress('addr'),
      string('romfile'),
      uint32('romsize'),
      int32('rombar'),
      bool('multifunction'),
      uint32('busnr', { description: 'of the bus that it is on' }),
    ],
  });

  /** Slot and function as one number; -1: the first free slot. */
  addr = -1;
  /** Option ROMs are not built: only none is taken. */
  romfile: string | undefined;
  romsize = NO_ROM_SIZE;
  rombar = -1;
  multifunction = false;

  /** Slot and function on the bus. */
  devfn = -1;
  config = new ConfigSpace(regs.CONFIG_SIZE);
  /** By number; the upper half of a wide one has none. */
  readonly bars: (Bar | undefined)[] = [];
  msi: Msi | undefined;
  msix: Msix | undefined;
  /** Level of the pin, whether or not it may be driven. */
  pinLevel = 0;
  private masterView!: MemoryRegion;
  private memoryAsMaster!: GuestMemory;

  abstract readonly identity: PciIdentity;
  /** The extended configuration space, where the bus has one. */
  protected get isExpress(): boolean {
    return false;
  }

  get bus(): PciBus {
    return this.parentBus as PciBus;
  }
  get busnr(): number {
    return this.parentBus instanceof PciBus ? this.bus.number : 0;
  }
  set busnr(_value: number) {
    throw new OptionError('the number of a bus is not a device to choose', this.id ?? this.typeName);
  }
  /** Itself, if it has a bus behind it. */
  get asBridge(): PciBridgeBase | undefined {
    return undefined;
  }

  protected override realize(): void {
    if (this.romfile !== undefined && this.romfile !== '')
      throw new OptionError('option ROMs are not built', `${this.id ?? this.typeName}.romfile`, "''");
    const { romsize } = this;
    if (romsize !== NO_ROM_SIZE && (romsize === 0 || (romsize & (romsize - 1)) !== 0))
      throw new OptionError(`ROM size ${romsize} is not a power of two`, this.id ?? this.typeName);
    if (this.vmState?.fields.every(({ name }) => name !== 'config'))
      throw new Error(`${this.typeName}: a table without the configuration space: pciVmState makes one with it`);
    this.devfn = this.bus.claim(this, this.addr < 0 ? undefined : this.addr);
    this.addr = this.devfn;
    try {
      this.initConfig();
      this.initMaster();
      this.realizeFunction();
    } catch (error) {
      this.bus.release(this);
      throw error;
    }
  }
  protected override unrealize(): void {
    this.unmapAll();
    this.setPin(0);
    this.bus.release(this);
  }
  /** BARs, capabilities, and what else depends on properties. */
  protected abstract realizeFunction(): void;

  private initConfig(): void {
    const { vendor, device, class: kind, prog = 0, revision = 0 } = this.identity;
    if (this.isExpress && this.bus.isExpress) this.config = new ConfigSpace(regs.EXPRESS_CONFIG_SIZE);
    const { config } = this;
    config.define(regs.VENDOR_ID, 2, vendor);
    config.define(regs.DEVICE_ID, 2, device);
    config.define(regs.REVISION, 1, revision);
    config.define(regs.CLASS_PROG, 1, prog);
    config.define(regs.CLASS, 2, kind);
    config.define(regs.COMMAND, 2, 0, COMMAND_WRITABLE);
    config.define(regs.STATUS, 2, 0, 0, regs.STATUS_ERRORS);
    config.define(regs.CACHE_LINE_SIZE, 1, 0, 0xff);
    config.define(regs.INTERRUPT_LINE, 1, 0, 0xff);
    config.define(regs.HEADER_TYPE, 1, this.multifunction ? regs.HEADER_MULTIFUNCTION : 0);
    this.initHeader();
  }
  /** What only this kind of header has. */
  protected initHeader(): void {
    const { vendor, device } = this.identity.subsystem ?? { vendor: regs.VENDOR.QUMRANET, device: regs.SUBSYSTEM_QEMU };
    this.config.define(regs.SUBSYSTEM_VENDOR_ID, 2, vendor);
    this.config.define(regs.SUBSYSTEM_ID, 2, device);
  }

  private initMaster(): void {
    const { memory } = this.services;
    const view = this.containerRegion('bus master container', ADDRESS_SPACE_SIZE);
    this.masterView = this.aliasRegion('bus master', this.bus.wiring.dma, 0, this.bus.wiring.dma.size);
    this.masterView.setEnabled(false);
    view.addSubregion(0, this.masterView);
    this.memoryAsMaster = new GuestMemory(memory.newAddressSpace(view, this.typeName));
  }

  // ---- BARs
  /** Puts `region`, whose size is a power of two, behind BAR `n`. */
  protected registerBar(n: number, region: MemoryRegion, kind: BarKind = {}): void {
    const { size } = region;
    if (n >= BARS - (kind.wide ? 1 : 0) || 2 ** Math.round(Math.log2(size)) !== size || size < (kind.io ? 4 : 16))
      throw new RangeError(`${this.typeName}: BAR ${n} of ${size} bytes`);
    this.bars[n] = { region, size, address: undefined, ...kind };
    const at = regs.BAR0 + 4 * n;
    const flags = (kind.io ? regs.BAR_IO : 0) | (kind.wide ? regs.BAR_WIDE : 0) | (kind.prefetch ? regs.BAR_PREFETCH : 0);
    this.config.define(at, 4, flags, size >= TWO_32 ? 0 : -size);
    if (kind.wide) this.config.define(at + 4, 4, 0, size > TWO_32 ? -(size / TWO_32) : -1);
  }

  /** MSI-X with table and pending bits alone behind BAR `n`, each in a half of it. */
  protected useMsixBar(n: number, vectors: number): void {
    const table = vectors * MSIX_ENTRY;
    const pending = Math.max(table, MSIX_BAR / 2);
    const size = Math.max(MSIX_BAR, 2 ** Math.ceil(Math.log2(pending + pendingSize(vectors))));
    const bar = this.containerRegion(`${this.typeName}-msix`, size);
    this.msix = new Msix(this, { vectors, table: { bar: n, offset: 0 }, pending: { bar: n, offset: pending } });
    bar.addSubregion(0, this.ioRegion('msix-table', table, this.msix.tableOps));
    bar.addSubregion(pending, this.ioRegion('msix-pba', pendingSize(vectors), this.msix.pendingOps));
    this.registerBar(n, bar);
  }

  /** What is mapped by the registers as they are: an address outside of its space, or 0, is none. */
  private barAddress(n: number): number | undefined {
    const { io, wide, size } = this.bars[n]!;
    const { config } = this;
    if (!(config.get(regs.COMMAND, 2) & (io ? regs.COMMAND_IO : regs.COMMAND_MEMORY))) return undefined;
    const at = regs.BAR0 + 4 * n;
    const low = config.get(at, 4);
    const start = (wide ? config.get(at + 4, 4) * TWO_32 : 0) + ((low & (io ? ~3 : ~15)) >>> 0);
    const end = start + size - 1;
    if (start === 0 && !this.bus.wiring.allowZero) return undefined;
    return end >= (wide ? ADDRESS_SPACE_SIZE : TWO_32 - 1) ? undefined : start;
  }

  protected updateMappings(): void {
    this.services.memory.topology.transaction(() => {
      this.bars.forEach((bar, n) => {
        if (!bar) return;
        const address = this.barAddress(n);
        if (address === bar.address) return;
        const space = bar.io ? this.bus.io : this.bus.memory;
        if (bar.address !== undefined) space.removeSubregion(bar.region);
        bar.address = address;
        if (address !== undefined) space.addSubregion(address, bar.region, 1);
      });
    });
  }
  private unmapAll(): void {
    for (const bar of this.bars) {
      if (bar?.address === undefined) continue;
      (bar.io ? this.bus.io : this.bus.memory).removeSubregion(bar.region);
      bar.address = undefined;
    }
  }

  // ---- configuration space, as software sees it
  readConfig(at: number, size: number): number {
    return this.config.read(at, size);
  }
  writeConfig(at: number, value: number, size: number): void {
    const drove = this.drivesPin;
    this.config.write(at, value, size);
    if (touches(at, size, regs.COMMAND, 2)) this.commandChanged(drove);
    if (touches(at, size, regs.COMMAND, 2) || touches(at, size, regs.BAR0, 4 * BARS)) this.updateMappings();
    this.msi?.written(at, size);
    this.msix?.written(at, size);
    if (this.msi?.enabled || this.msix?.enabled) this.setPin(0); // messages are in place of it (6.8.3.3)
  }
  private commandChanged(drove: boolean): void {
    this.masterView.setEnabled(this.isMaster);
    if (drove !== this.drivesPin) this.bus.interruptChanged(this);
  }
  protected get command(): number {
    return this.config.get(regs.COMMAND, 2);
  }

  // ---- interrupts
  /** 1: INTA#; 0: it has no pin. */
  get interruptPin(): number {
    return this.config.get(regs.INTERRUPT_PIN, 1);
  }
  protected useInterruptPin(pin = 1): void {
    this.config.define(regs.INTERRUPT_PIN, 1, pin);
  }
  protected setPin(level: number | boolean): void {
    const drove = this.drivesPin;
    this.pinLevel = Number(level);
    this.config.setBits(regs.STATUS, 2, regs.STATUS_INTERRUPT, this.pinLevel !== 0);
    if (drove !== this.drivesPin) this.bus.interruptChanged(this);
  }
  get drivesPin(): boolean {
    return this.pinLevel !== 0 && this.interruptPin !== 0 && !(this.command & regs.COMMAND_INTX_DISABLE);
  }

  // ---- as a master
  protected get isMaster(): boolean {
    return (this.command & regs.COMMAND_MASTER) !== 0;
  }
  /** Memory as it may be used: nothing of it while the function is not to be a master. Other devices are not reached. */
  get dma(): GuestMemory {
    return this.memoryAsMaster;
  }
  /** A write of 32 bits that is an interrupt. */
  sendMessage(address: number, data: number): void {
    if (this.isMaster) this.bus.wiring.msi?.send(address, data);
  }
  /** Whether messages lead anywhere. */
  get hasMsi(): boolean {
    return this.bus.wiring.msi !== undefined;
  }

  // ---- reset and snapshots
  override reset(): void {
    this.setPin(0);
    const { config } = this;
    for (const [at, width] of [[regs.COMMAND, 2], [regs.STATUS, 2], [regs.CACHE_LINE_SIZE, 1], [regs.INTERRUPT_LINE, 1]] as const)
      config.clear(at, width); // prettier-ignore
    this.bars.forEach((bar, n) => {
      if (!bar) return;
      config.clear(regs.BAR0 + 4 * n, 4);
      if (bar.wide) config.clear(regs.BAR0 + 4 * n + 4, 4);
    });
    this.masterView.setEnabled(false);
    this.updateMappings();
    this.msi?.reset();
    this.msix?.reset();
  }

  /** The configuration space is another's: what follows from it is made anew. */
  configLoaded(): void {
    this.masterView.setEnabled(this.isMaster);
    this.updateMappings();
    this.msix?.written(0, 0);
    this.bus.root.noteLevels();
  }
}
