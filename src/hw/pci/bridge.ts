/**
 * What is between two buses: configuration cycles by number, windows of memory and I/O, interrupts. Source: PCI-to-PCI Bridge Architecture 1.2.
 * Only what lies in its windows goes downstream; masters below see memory as those above do.
 */
import { ADDRESS_SPACE_SIZE, type MemoryRegion } from '../../memory/region.js';
import { defineDevice } from '../core/device.js';
import { PciBus, PcieBus } from './bus.js';
import { touches } from './config-space.js';
import { PciDevice } from './device.js';
import * as regs from './regs.js';

/** The I/O window is one of 16 bits, and that of prefetchable memory one of 64: low bits of base and limit say so. */
const PREFETCH_WIDE = 1;
const TWO_32 = 0x1_0000_0000;

// BRIDGE_CONTROL: all but the error that a discard timer notes
const CONTROL_WRITABLE = 0x0bff;
const CONTROL_CLEARABLE = 0x0400;

/** First address and the one behind the last. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export abstract class PciBridgeBase extends PciDevice {
  static override readonly type = defineDevice('base-pci-bridge', PciDevice, PciBridgeBase, {
    category: 'bridge',
    abstract: true,
  });

  secondaryBus!: PciBus;
  private windows!: { readonly alias: MemoryRegion; readonly span: () => Span; readonly enable: number }[];

  override get asBridge(): PciBridgeBase {
    return this;
  }
  get secondary(): number {
    return this.config.get(regs.SECONDARY_BUS, 1);
  }
  /** Whether configuration cycles for a bus go downstream. */
  covers(number: number): boolean {
    return number !== 0 && number >= this.secondary && number <= this.config.get(regs.SUBORDINATE_BUS, 1);
  }
  /** What the bus behind it is called, where it has no id. */
  protected get busName(): string {
    return this.id ?? 'pci.0';
  }

  protected override initHeader(): void {
    const { config } = this;
    config.setBits(regs.HEADER_TYPE, 1, regs.HEADER_BRIDGE, true);
    config.define(regs.PRIMARY_BUS, 4, 0, ~0); // and the secondary's latency timer
    for (const at of [regs.IO_BASE, regs.IO_LIMIT]) config.define(at, 1, 0, 0xf0);
    config.define(regs.SECONDARY_STATUS, 2, regs.STATUS_66MHZ | regs.STATUS_FAST_BACK, 0, regs.STATUS_ERRORS);
    config.setBits(regs.STATUS, 2, regs.STATUS_66MHZ | regs.STATUS_FAST_BACK, true);
    for (const at of [regs.MEMORY_BASE, regs.MEMORY_LIMIT]) config.define(at, 2, 0, 0xfff0);
    for (const at of [regs.PREFETCH_BASE, regs.PREFETCH_LIMIT]) config.define(at, 2, PREFETCH_WIDE, 0xfff0);
    for (const at of [regs.PREFETCH_BASE_UPPER, regs.PREFETCH_LIMIT_UPPER]) config.define(at, 4, 0, ~0);
    config.define(regs.BRIDGE_CONTROL, 2, 0, CONTROL_WRITABLE, CONTROL_CLEARABLE);
  }

  protected override realizeFunction(): void {
    const memory = this.containerRegion('pci_bridge_pci', ADDRESS_SPACE_SIZE);
    const io = this.containerRegion('pci_bridge_io', TWO_32);
    const Kind = this.bus.isExpress && this.isExpress ? PcieBus : PciBus;
    this.secondaryBus = new Kind(this, this.busName, memory, io, this);
    const window = (name: string, target: MemoryRegion, span: () => Span, enable: number) => {
      const alias = this.aliasRegion(name, target, 0, 0);
      (target === io ? this.bus.io : this.bus.memory).addSubregion(0, alias, 1);
      return { alias, span, enable };
    };
    this.windows = [
      window('pci_bridge_pref_mem', memory, () => this.prefetchSpan(), regs.COMMAND_MEMORY),
      window('pci_bridge_mem', memory, () => this.memorySpan(), regs.COMMAND_MEMORY),
      window('pci_bridge_io', io, () => this.ioSpan(), regs.COMMAND_IO),
    ];
  }
  protected override unrealize(): void {
    for (const { alias } of this.windows) alias.parentRegion?.removeSubregion(alias);
    super.unrealize();
  }

  memorySpan(): Span {
    const [base, limit] = [this.config.get(regs.MEMORY_BASE, 2), this.config.get(regs.MEMORY_LIMIT, 2)];
    return { start: (base & 0xfff0) * 0x1_0000, end: ((limit & 0xfff0) + 0x10) * 0x1_0000 };
  }
  prefetchSpan(): Span {
    const { config } = this;
    const [base, limit] = [config.get(regs.PREFETCH_BASE, 2), config.get(regs.PREFETCH_LIMIT, 2)];
    return {
      start: config.get(regs.PREFETCH_BASE_UPPER, 4) * TWO_32 + (base & 0xfff0) * 0x1_0000,
      end: config.get(regs.PREFETCH_LIMIT_UPPER, 4) * TWO_32 + ((limit & 0xfff0) + 0x10) * 0x1_0000,
    };
  }
  ioSpan(): Span {
    const [base, limit] = [this.config.get(regs.IO_BASE, 1), this.config.get(regs.IO_LIMIT, 1)];
    return { start: (base & 0xf0) * 0x100, end: ((limit & 0xf0) + 0x10) * 0x100 };
  }

  /** A window whose base is above its limit is closed (3.2.5.6): nothing is seen through it. */
  protected updateWindows(): void {
    this.services.memory.topology.transaction(() => {
      for (const { alias, span, enable } of this.windows) {
        const { start, end } = span();
        const isOpen = (this.command & enable) !== 0 && start < end && end <= ADDRESS_SPACE_SIZE;
        alias.setAddress(start);
        alias.setAliasOffset(start);
        alias.setSize(isOpen ? end - start : 0);
      }
    });
  }

  override writeConfig(at: number, value: number, size: number): void {
    const control = this.config.get(regs.BRIDGE_CONTROL, 2);
    super.writeConfig(at, value, size);
    const movesWindows = touches(at, size, regs.COMMAND, 2) || touches(at, size, regs.IO_BASE, regs.CAPABILITY_LIST - regs.IO_BASE);
    if (movesWindows) this.updateWindows();
    if (~control & this.config.get(regs.BRIDGE_CONTROL, 2) & regs.BRIDGE_CONTROL_BUS_RESET) this.resetSecondary();
  }

  /** Everything below is as after a reset of the system (3.2.5.17). */
  private resetSecondary(): void {
    for (const device of this.secondaryBus.functions) device.resetTree();
  }

  override reset(): void {
    super.reset();
    const { config } = this;
    config.clear(regs.PRIMARY_BUS, 4);
    for (let at = regs.IO_BASE; at < regs.CAPABILITY_LIST; at += 4) config.clear(at, 4);
    config.clear(regs.BRIDGE_CONTROL, 2);
    this.updateWindows();
  }
  override configLoaded(): void {
    super.configLoaded();
    this.updateWindows();
  }
}
