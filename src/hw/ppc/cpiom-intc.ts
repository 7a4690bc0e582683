/**
 * The CPIOM's interrupt controller: three inner controllers of 32 lines each, for the CPU's soft reset, machine check and interrupt pins, and a register that
 * holds all pins as they are. Source: docs/cpiom.md, "Interrupt controller".
 */
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import { array, u32, vmState } from '../core/vmstate.js';

/** Groups of inputs, in the order of the outputs. */
export const CPIOM_INTC = ['RST', 'MCP', 'ITN'] as const;
/** Bytes. */
export const CPIOM_INTC_SIZE = 0x100;
const LINES = 32;
/** Bytes from one controller's registers to the next one's. */
const STRIDE = 0x20;
const COUNT = CPIOM_INTC.length;
const NONE = 0xffff_ffff;

const each = { array: () => [[COUNT, STRIDE]] as const };

export class CpiomIntc extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-intc', SysBusDevice, CpiomIntc, {
    description: 'CPIOM interrupt controller',
  });
  static readonly vmState = vmState<CpiomIntc>('cpiom-intc', { version: 1, postLoad: (s) => s.update() }, [
    array('levels', u32),
    array('enable', u32),
    array('mask', u32),
    array('first', u32),
    u32('freeze'),
  ]);

  static readonly registers = registerMap<CpiomIntc>('cpiom_intc', [
    ro(0x00, 'PENDING', { ...each, read: (s, n) => s.pending(n) }),
    rw(0x04, 'ENABLE', { ...each, read: (s, n) => s.enable[n], write: (s, value, n) => s.set(s.enable, n, value) }),
    rw(0x08, 'MASK', { ...each, read: (s, n) => s.mask[n], write: (s, value, n) => s.set(s.mask, n, value) }),
    rw(0x0c, 'PRIORITY', { ...each, read: (s, n) => s.first[n], write: (s, value, n) => s.set(s.first, n, value % LINES) }),
    ro(0x10, 'ACTIVE', { ...each, read: (s, n) => s.active(n) }),
    rw(0x60, 'FREEZE', { field: 'freeze', fields: { FREEZE: 1 }, written: (s) => s.update() }),
  ]);

  /** By controller: levels of the lines, which of them count, which of these wait, and which comes first. */
  readonly levels = new Uint32Array(COUNT);
  readonly enable = new Uint32Array(COUNT);
  readonly mask = new Uint32Array(COUNT);
  readonly first = new Uint32Array(COUNT);
  freeze = 0;

  protected override realize(): void {
    this.initMmio(
      this.ioRegion('cpiom-intc', CPIOM_INTC_SIZE, { ...this.bindRegisters(CpiomIntc.registers, this).ops(), endianness: 'big' }),
    );
    for (const [n, name] of CPIOM_INTC.entries()) {
      this.initGpioIn(LINES, (line, level) => this.setLine(n, line, level), name);
      this.initIrq();
    }
  }

  override reset(): void {
    for (const registers of [this.enable, this.mask, this.first]) registers.fill(0);
    this.update();
  }

  private setLine(n: number, line: number, level: number): void {
    const bit = 1 << line;
    this.levels[n] = level ? this.levels[n] | bit : this.levels[n] & ~bit;
    this.update();
  }

  private set(registers: Uint32Array, n: number, value: number): void {
    registers[n] = value;
    this.update();
  }

  private pending(n: number): number {
    return (this.levels[n] & this.enable[n]) >>> 0;
  }

  /** The line to serve: from the one that PRIORITY names upwards, and round. */
  private active(n: number): number {
    const asking = this.pending(n) & ~this.mask[n];
    for (let i = 0; i < LINES; i++) {
      const line = (this.first[n] + i) % LINES;
      if ((asking >>> line) & 1) return line;
    }
    return NONE;
  }

  private update(): void {
    if (this.freeze === 0) this.irqs.forEach((irq, n) => irq.set(Number((this.pending(n) & ~this.mask[n]) !== 0)));
  }
}
