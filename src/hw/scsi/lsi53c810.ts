/**
 * NCR (LSI, Symbios) 53C810, a SCSI controller on a bus that nobody is on. Its SCRIPTS processor goes as far as a selection: nobody answers, which is told
 * as the chip tells it. Source: SYM53C810A data manual, chapters 5 (registers) and 6 (SCRIPTS). Disks, and all that moves data, are not built.
 */
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { buffer } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { LATENCY_TIMER, VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const REGISTERS = 0x100;
const MMIO = 0x400;
const RAM = 0x2000;

// Registers, by their offset
const SCNTL0 = 0x00;
const SFBR = 0x08;
const DSTAT = 0x0c;
const SSTAT0 = 0x0d;
const SSTAT1 = 0x0e;
const SSTAT2 = 0x0f;
const ISTAT = 0x14;
const CTEST1 = 0x19;
const CTEST2 = 0x1a;
const DSP = 0x2c;
const DSPS = 0x30;
const DMODE = 0x38;
const DIEN = 0x39;
const DCNTL = 0x3b;
const SIEN0 = 0x40;
const SIEN1 = 0x41;
const SIST0 = 0x42;
const SIST1 = 0x43;
const MACNTL = 0x46;
const GPCNTL = 0x47;
const STEST1 = 0x4d;
const READ_ONLY: ReadonlySet<number> = new Set([SFBR, DSTAT, SSTAT0, SSTAT1, SSTAT2, CTEST1, SIST0, SIST1]);

const DSTAT_FIFO_EMPTY = 0x80;
const DSTAT_ABORTED = 0x10;
const DSTAT_SCRIPT_INTERRUPT = 0x04;
const DSTAT_ILLEGAL = 0x01;
const ISTAT_ABORT = 0x80;
const ISTAT_RESET = 0x40;
const ISTAT_SIGNAL = 0x20;
const ISTAT_ON_THE_FLY = 0x04;
const ISTAT_SCSI = 0x02;
const ISTAT_DMA = 0x01;
const DMODE_MANUAL = 0x01;
const DCNTL_START = 0x04;
/** Nobody has answered. */
const SIST1_SELECTION_TIMEOUT = 0x04;
const AFTER_RESET = {
  [SCNTL0]: 0xc0,
  [DSTAT]: DSTAT_FIFO_EMPTY,
  [CTEST1]: 0xf0, // the FIFO is empty
  [CTEST2]: 0x01, // DACK
  [MACNTL]: 0x40, // the chip's type
  [GPCNTL]: 0x0f,
};

/** SCRIPTS: bits 31 to 27 of an instruction's first word (chapter 6). */
const enum Script {
  Select = 0b01000,
  Set = 0b01011,
  Clear = 0b01100,
  Jump = 0b10000,
  Interrupt = 0b10011,
}
/** Instructions before it is taken for an endless loop. */
const MOST_INSTRUCTIONS = 1000;

export class Lsi53c810 extends PciDevice {
  static override readonly type = defineDevice('lsi53c810', PciDevice, Lsi53c810, {
    description: 'NCR 53C810, without disks',
    category: 'storage',
  });
  static readonly vmState = pciVmState<Lsi53c810>('lsiscsi', { version: 1 }, [buffer('registers'), buffer('script')]);

  override readonly identity: PciIdentity = {
    ...{ vendor: VENDOR.NCR, device: 0x0001, class: 0x0100 },
    subsystem: { vendor: 0, device: 0x1000 },
  };
  readonly registers = new Uint8Array(REGISTERS);
  /** Its RAM for SCRIPTS: of a chip that has it, the 810 itself has not. */
  readonly script = new Uint8Array(RAM);
  /** Where the board does not lead its pin along. */
  private wire!: IrqLine;

  protected override realizeFunction(): void {
    this.config.define(LATENCY_TIMER, 1, 0xff);
    this.useInterruptPin();
    [this.wire] = this.initGpioOut(1);
    const ops = {
      implSizes: [1],
      read: (at: number) => this.read(at % REGISTERS),
      write: (at: number, value: number) => this.write(at % REGISTERS, value & 0xff),
    } as const;
    this.registerBar(0, this.ioRegion('lsi-io', REGISTERS, ops), { io: true });
    this.registerBar(1, this.ioRegion('lsi-mmio', MMIO, ops));
    const ram = {
      implSizes: [1],
      read: (at: number) => this.script[at],
      write: (at: number, value: number) => void (this.script[at] = value),
    } as const;
    this.registerBar(2, this.ioRegion('lsi-ram', RAM, ram));
  }

  override reset(): void {
    super.reset();
    this.softReset();
  }
  private softReset(): void {
    const { registers } = this;
    registers.fill(0);
    for (const [at, value] of Object.entries(AFTER_RESET)) registers[Number(at)] = value;
    this.update();
  }

  private update(): void {
    const { registers: r } = this;
    r[ISTAT] &= ~(ISTAT_SCSI | ISTAT_DMA);
    if (r[DSTAT] & ~DSTAT_FIFO_EMPTY) r[ISTAT] |= ISTAT_DMA;
    if (r[SIST0] | r[SIST1]) r[ISTAT] |= ISTAT_SCSI;
    const asks = (r[DSTAT] & r[DIEN]) | (r[SIST0] & r[SIEN0]) | (r[SIST1] & r[SIEN1]) | (r[ISTAT] & ISTAT_ON_THE_FLY);
    this.setPin(asks !== 0);
    this.wire.set(asks !== 0);
  }

  private read(at: number): number {
    const { registers } = this;
    const value = registers[at];
    if (at === DSTAT) registers[at] = DSTAT_FIFO_EMPTY;
    else if (at === SIST0 || at === SIST1) registers[at] = 0;
    else if (at === CTEST2) registers[ISTAT] &= ~ISTAT_SIGNAL;
    else return value;
    this.update();
    return value;
  }

  private write(at: number, value: number): void {
    const { registers } = this;
    if (READ_ONLY.has(at)) return this.guestError(`register 0x${at.toString(16)} is read-only`);
    if (at === ISTAT) return this.control(value);
    registers[at] = value;
    if (at === DSP + 3 && !(registers[DMODE] & DMODE_MANUAL)) this.run();
    else if (at === DCNTL && value & DCNTL_START) this.run();
    else if (at === DIEN || at === SIEN0 || at === SIEN1) this.update();
    else if (at === STEST1) registers[at] = value & 0x0c;
  }

  private control(value: number): void {
    const { registers } = this;
    if (value & ISTAT_RESET) this.softReset();
    registers[ISTAT] = (registers[ISTAT] & ~(value & ISTAT_ON_THE_FLY) & 0x0f) | (value & (ISTAT_SIGNAL | ISTAT_RESET));
    if (value & ISTAT_ABORT) registers[DSTAT] |= DSTAT_ABORTED;
    this.update();
  }

  private word(at: number): number {
    const { registers: r } = this;
    return (r[at] | (r[at + 1] << 8) | (r[at + 2] << 16) | (r[at + 3] << 24)) >>> 0;
  }
  private setWord(at: number, value: number): void {
    for (let n = 0; n < 4; n++) this.registers[at + n] = value >>> (8 * n);
  }

  /** SCRIPTS from DSP on, until something is told. */
  private run(): void {
    const { registers } = this;
    for (let n = 0; n < MOST_INSTRUCTIONS; n++) {
      const at = this.word(DSP);
      const bytes = this.dma.read(at, 8);
      if (!bytes) return this.stop(DSTAT, DSTAT_ILLEGAL);
      const view = new DataView(bytes.slice().buffer);
      const [instruction, operand] = [view.getUint32(0, true), view.getUint32(4, true)];
      this.setWord(DSP, at + 8);
      const kind: Script = instruction >>> 27;
      // The address that a selection names is the way on for a chip that is selected itself.
      if (kind === Script.Select) return this.stop(SIST1, SIST1_SELECTION_TIMEOUT);
      if (kind === Script.Set || kind === Script.Clear) continue; // nobody sees the pins
      if (kind === Script.Jump && isAlways(instruction)) this.setWord(DSP, operand);
      else if (kind === Script.Interrupt && isAlways(instruction)) {
        this.setWord(DSPS, operand);
        return this.stop(DSTAT, DSTAT_SCRIPT_INTERRUPT);
      } else {
        this.unimplemented(`SCRIPTS instruction 0x${instruction.toString(16)}`);
        return this.stop(DSTAT, DSTAT_ILLEGAL);
      }
    }
    registers[DSTAT] |= DSTAT_ABORTED;
    this.update();
  }
  private stop(register: number, cause: number): void {
    this.registers[register] |= cause;
    this.update();
  }
}

/** No condition is to be met: neither phase nor data are compared, and what remains is to be true. */
const isAlways = (instruction: number): boolean => (instruction & 0x003f_0000) === 0x0008_0000;
