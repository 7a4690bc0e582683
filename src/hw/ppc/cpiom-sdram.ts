/**
 * The CPIOM's SDRAM controller: refresh, and pages of 1 MiB that are protected: as code, which nobody writes, or as data, which nobody touches. What is
 * protected is covered by regions that complain, so that the rest of memory costs what it did. Source: docs/cpiom.md, "SDRAM controller".
 */
import { MemoryRegion } from '../../memory/region.js';
import { MiB } from '../../util/size.js';
import { hex, traceEvents } from '../../util/trace.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice, type Window } from '../core/sysbus.js';
import { array, u32, vmState } from '../core/vmstate.js';

const TRACE = traceEvents({
  cpiom_sdram_violation: (kind: string, address: number) => `${kind} at ${hex(address)}`,
});

/** Bytes. */
export const CPIOM_SDRAM_SIZE = 0x1000;
export const CPIOM_PROTECTION_SIZE = 0x40;
const CPIOM_RAF_SIZE = 4;

const PAGE = MiB;
const WORDS = CPIOM_PROTECTION_SIZE / 4;
const PAGES = 32 * WORDS;

const CODE = 1;
const DATA = 2;
const VIOLATION = 1;
const ERROR = 2;
const WRITTEN = 4;
/** Cycles of the 66.4 MHz bus between refreshes of 8192 rows in 64 ms, at most. */
const SLOWEST_REFRESH = 518;
const REFRESH_AT_RESET = 0x200;

/** Above the memory that they cover. */
const CODE_PRIORITY = 1;
const DATA_PRIORITY = 3;

const words = { array: () => [[WORDS, 4]] as const };

export class CpiomSdram extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-sdram', SysBusDevice, CpiomSdram, {
    description: 'CPIOM SDRAM controller',
  });
  static readonly vmState = vmState<CpiomSdram>('cpiom-sdram', { version: 1, postLoad: (s) => s.protect() }, [
    u32('ctrl'),
    u32('refresh'),
    u32('status'),
    u32('faultAddress'),
    array('code', u32),
    array('data', u32),
  ]);

  static readonly registers = registerMap<CpiomSdram>('cpiom_sdram', [
    rw(0x00, 'CTRL', { field: 'ctrl', fields: { CODE, DATA }, written: (s) => s.protect() }),
    rw(0x04, 'REFRESH', { field: 'refresh', reset: REFRESH_AT_RESET, written: (s) => s.checkRefresh() }),
    ro(0x08, 'STATUS', { read: (s) => s.status }),
    ro(0x0c, 'ADDRESS', { read: (s) => s.faultAddress }),
    wo(0x10, 'ACK', { write: (s, value) => s.acknowledge(value) }),
  ]);
  static readonly codeBits = registerMap<CpiomSdram>('cpiom_pcode', [
    rw(0, 'PCODE', { ...words, read: (s, n) => s.code[n], write: (s, value, n) => s.setBits(s.code, n, value) }),
  ]);
  static readonly dataBits = registerMap<CpiomSdram>('cpiom_pdata', [
    rw(0, 'PDATA', { ...words, read: (s, n) => s.data[n], write: (s, value, n) => s.setBits(s.data, n, value) }),
  ]);
  static readonly raf = registerMap<CpiomSdram>('cpiom_raf', [ro(0, 'RAF', { read: (s) => s.faultAddress })]);

  /** Set by the board, before realize: what it controls, and where that is. */
  memory!: MemoryRegion;
  ctrl = 0;
  refresh = REFRESH_AT_RESET;
  status = 0;
  /** Of the first violation since the last ACK. */
  faultAddress = 0;
  readonly code = new Uint32Array(WORDS);
  readonly data = new Uint32Array(WORDS);
  private readOnly!: MemoryRegion;
  private closed!: MemoryRegion;
  private readonly covers: MemoryRegion[] = [];

  protected override realize(): void {
    const { topology } = this.services.memory;
    const { size, ramBlock } = this.memory;
    const big = { endianness: 'big' } as const;
    this.initMmio(this.registerRegion('cpiom-sdram-reg', CPIOM_SDRAM_SIZE, CpiomSdram.registers, big));
    this.initMmio(this.registerRegion('cpiom-sdram-pcode', CPIOM_PROTECTION_SIZE, CpiomSdram.codeBits, big));
    this.initMmio(this.registerRegion('cpiom-sdram-pdata', CPIOM_PROTECTION_SIZE, CpiomSdram.dataBits, big));
    this.initMmio(this.registerRegion('cpiom-sdram-raf', CPIOM_RAF_SIZE, CpiomSdram.raf, big));
    const write = (kind: string) => (offset: number) => this.violated(kind, offset, true);
    this.readOnly = MemoryRegion.romDevice(topology, 'cpiom-sdram-code', ramBlock!, { unaligned: true, write: write('code') }, this);
    this.closed = this.ioRegion('cpiom-sdram-data', size, {
      unaligned: true,
      read: (offset) => (this.violated('data', offset, false), 0xffff_ffff),
      write: write('data'),
    });
    this.initIrq();
    this.initIrq();
  }

  /** The window has the registers and both maps of pages; `raf` goes where the board says. */
  protected override mapInto(base: number): void {
    this.mmioMap(0, base);
  }
  mapProtection(code: Window, data: Window): void {
    this.mmioMap(1, code[0]);
    this.mmioMap(2, data[0]);
  }
  get rafRegion(): MemoryRegion {
    return this.mmio[3];
  }

  override reset(): void {
    this.code.fill(0);
    this.data.fill(0);
    this.faultAddress = 0;
    this.acknowledge(VIOLATION | ERROR);
    this.protect();
  }

  private setBits(list: Uint32Array, n: number, value: number): void {
    list[n] = value;
    this.protect();
  }

  private checkRefresh(): void {
    if (this.refresh !== 0 && this.refresh <= SLOWEST_REFRESH) return;
    this.status |= ERROR;
    this.irqs[1].raise();
  }

  private violated(kind: string, address: number, written: boolean): void {
    this.trace(TRACE.cpiom_sdram_violation, kind, address);
    if (!(this.status & VIOLATION)) {
      this.faultAddress = address;
      this.status = (this.status & ERROR) | VIOLATION | (written ? WRITTEN : 0);
    }
    this.irqs[0].raise();
  }

  private acknowledge(bits: number): void {
    if (bits & VIOLATION) {
      this.status &= ~(VIOLATION | WRITTEN);
      this.irqs[0].lower();
    }
    if (bits & ERROR) {
      this.status &= ~ERROR;
      this.irqs[1].lower();
    }
  }

  /** Covers what is protected. */
  protect(): void {
    const { topology, system } = this.services.memory;
    topology.transaction(() => {
      for (const cover of this.covers.splice(0)) system.removeSubregion(cover);
      if (this.ctrl & CODE) this.cover(this.code, this.readOnly, CODE_PRIORITY);
      if (this.ctrl & DATA) this.cover(this.data, this.closed, DATA_PRIORITY);
    });
  }
  private cover(bits: Uint32Array, by: MemoryRegion, priority: number): void {
    const { topology, system } = this.services.memory;
    const pages = Math.min(PAGES, Math.floor(this.memory.size / PAGE));
    const isSet = (page: number): boolean => page < pages && ((bits[page >> 5] >>> (page & 31)) & 1) !== 0;
    for (let page = 0; page < pages; page++) {
      if (!isSet(page)) continue;
      const first = page;
      while (isSet(page + 1)) page++;
      const cover = MemoryRegion.alias(topology, `${by.name}-pages`, by, first * PAGE, (page + 1 - first) * PAGE);
      this.covers.push(cover);
      system.addSubregion(first * PAGE, cover, priority);
    }
  }
}
