/**
 * The CPIOM's error detection and correction: every word of SDRAM has check bits, one wrong bit is put right, two are noticed. Software can spoil words of
 * a piece of memory, which from then on is read through here. Source: docs/cpiom.md, "EDC".
 */
import type { MemoryRegion } from '../../memory/region.js';
import { viewOf } from '../../util/bytes.js';
import { hex, traceEvents } from '../../util/trace.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import { array, u32, vmState } from '../core/vmstate.js';

const TRACE = traceEvents({
  cpiom_edc_error: (kind: string, address: number, bits: number) => `${kind} error at ${hex(address)}, bits ${hex(bits)}`,
});

/** Bytes of the first bank, of the window, of the second bank. */
export const CPIOM_EDC_SIZE = 0x1000;
export const CPIOM_EDC_WINDOW_SIZE = 0x2000;
const CPIOM_EDC_BANK2_SIZE = 24;
const WORDS = CPIOM_EDC_WINDOW_SIZE / 4;

const ENABLE = 1;
const SINGLE = 2;
const DOUBLE = 4;
/** Above SDRAM, and above what protects code: it is the memory itself that is spoilt. */
const PRIORITY = 2;

export class CpiomEdc extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-edc', SysBusDevice, CpiomEdc, {
    description: 'CPIOM error detection and correction',
  });
  static readonly vmState = vmState<CpiomEdc>('cpiom-edc', { version: 1, postLoad: (s) => s.cover() }, [
    u32('ctrl'),
    u32('base'),
    u32('status'),
    array('wrong', u32),
    u32('singles'),
    u32('doubles'),
    u32('singleAddress'),
    u32('doubleAddress'),
    u32('syndrome'),
  ]);

  static readonly bank1 = registerMap<CpiomEdc>('cpiom_edc', [
    rw(0x00, 'CTRL', { field: 'ctrl', fields: { ENABLE, SINGLE, DOUBLE }, written: (s) => s.updateIrq() }),
    rw(0x04, 'BASE', { read: (s) => s.base, write: (s, value) => s.setBase(value) }),
    ro(0x08, 'STATUS', { read: (s) => s.status }),
    wo(0x0c, 'ACK', { write: (s, value) => s.acknowledge(value) }),
  ]);
  static readonly bank2 = registerMap<CpiomEdc>('cpiom_edc_count', [
    rw(0x00, 'SINGLES', { field: 'singles' }),
    rw(0x04, 'DOUBLES', { field: 'doubles' }),
    ro(0x08, 'SINGLE_ADDRESS', { field: 'singleAddress' }),
    ro(0x0c, 'DOUBLE_ADDRESS', { field: 'doubleAddress' }),
    ro(0x10, 'SYNDROME', { field: 'syndrome' }),
    wo(0x14, 'SCRUB', { write: (s) => s.scrub() }),
  ]);
  static readonly window = registerMap<CpiomEdc>('cpiom_edc_window', [
    rw(0, 'WRONG', { array: () => [[WORDS, 4]], read: (s, n) => s.wrong[n], write: (s, value, n) => s.spoil(n, value) }),
  ]);

  /** Set by the board, before realize: what it checks. */
  memory!: MemoryRegion;
  ctrl = 0;
  /** Of the piece of memory that the window shows. */
  base = 0;
  status = 0;
  /** By word of that piece: bits that are not what was written. */
  readonly wrong = new Uint32Array(WORDS);
  singles = 0;
  doubles = 0;
  singleAddress = 0;
  doubleAddress = 0;
  syndrome = 0;
  private spoilt!: MemoryRegion;
  private isCovered = false;

  protected override realize(): void {
    const big = { endianness: 'big' } as const;
    this.initMmio(this.registerRegion('cpiom-edc-reg1', CPIOM_EDC_SIZE, CpiomEdc.bank1, big));
    this.initMmio(this.registerRegion('cpiom-edc-window', CPIOM_EDC_WINDOW_SIZE, CpiomEdc.window, big));
    this.initMmio(this.registerRegion('cpiom-edc-reg2', CPIOM_EDC_BANK2_SIZE, CpiomEdc.bank2, big));
    this.spoilt = this.ioRegion('cpiom-edc-memory', CPIOM_EDC_WINDOW_SIZE, {
      endianness: 'big',
      implSizes: [1, 2, 4],
      read: (offset, size) => this.load(offset, size),
      write: (offset, value, size) => this.store(offset, value, size),
    });
    this.initIrq();
  }

  override reset(): void {
    this.base = 0;
    this.wrong.fill(0);
    this.acknowledge(SINGLE | DOUBLE);
    this.cover();
  }

  /** Memory is read through here while some word of it is spoilt. */
  cover(): void {
    const { system } = this.services.memory;
    const wanted = isAny(this.wrong);
    if (this.isCovered) system.removeSubregion(this.spoilt);
    if (wanted) system.addSubregion(this.base, this.spoilt, PRIORITY);
    this.isCovered = wanted;
  }

  private setBase(value: number): void {
    const base = (value & -CPIOM_EDC_WINDOW_SIZE) >>> 0;
    if (base + CPIOM_EDC_WINDOW_SIZE > this.memory.size) return this.guestError(`BASE ${hex(value)} is not in memory`);
    this.wrong.fill(0);
    this.base = base;
    this.cover();
  }
  private spoil(n: number, bits: number): void {
    this.wrong[n] = bits;
    this.cover();
  }
  /** Words with one wrong bit are right again. */
  private scrub(): void {
    for (let n = 0; n < WORDS; n++) if (isSingle(this.wrong[n])) this.wrong[n] = 0;
    this.cover();
  }

  private acknowledge(bits: number): void {
    this.status &= ~bits;
    this.updateIrq();
  }
  private updateIrq(): void {
    this.irqs[0].set(Number((this.status & this.ctrl & (SINGLE | DOUBLE)) !== 0));
  }

  private get bytes(): Uint8Array {
    return this.memory.ramBlock!.bytes;
  }

  private load(offset: number, size: number): number {
    const at = this.base + (offset & ~3);
    const word = (viewOf(this.bytes).getUint32(at) ^ this.seen(offset >> 2, at)) >>> 0;
    const shift = 8 * (4 - (offset & 3) - size);
    return size === 4 ? word : (word >>> shift) & (2 ** (8 * size) - 1);
  }
  /** Bits that the reader sees wrong. */
  private seen(n: number, at: number): number {
    const bits = this.wrong[n];
    if (bits === 0 || !(this.ctrl & ENABLE)) return bits;
    const single = isSingle(bits);
    this.trace(TRACE.cpiom_edc_error, single ? 'single' : 'double', at, bits);
    this.syndrome = bits;
    if (single) {
      this.singles = (this.singles + 1) >>> 0;
      this.singleAddress = at;
    } else {
      this.doubles = (this.doubles + 1) >>> 0;
      this.doubleAddress = at;
    }
    this.status |= single ? SINGLE : DOUBLE;
    this.updateIrq();
    return single ? 0 : bits;
  }

  /** Of a part of a word the rest is read, put right if it can be, and written. */
  private store(offset: number, value: number, size: number): void {
    const n = offset >> 2;
    if (size < 4) {
      this.seen(n, this.base + (offset & ~3));
      if (!isSingle(this.wrong[n])) return this.put(offset, value, size);
    }
    this.put(offset, value, size);
    if (this.wrong[n] !== 0) this.spoil(n, 0);
  }
  private put(offset: number, value: number, size: number): void {
    const at = this.base + offset;
    for (let i = 0; i < size; i++) this.bytes[at + i] = value >>> (8 * (size - 1 - i));
    this.services.memory.changed(this.memory.ramBlock!, at, size);
  }
}

const isSingle = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;

/** (a machine that is reset often asks it thousands of times a second) */
function isAny(words: Uint32Array): boolean {
  for (let n = 0; n < words.length; n++) if (words[n] !== 0) return true;
  return false;
}
