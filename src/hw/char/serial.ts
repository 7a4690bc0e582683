/**
 * 16550A UART with 16-byte FIFOs. Source: National Semiconductor (TI) PC16550D data sheet; register numbers below are its table II, section
 * numbers its chapter 8. Where QEMU 10.0 does something else the data sheet is followed; serial.test.ts names these places.
 * A character leaves at once, and the word length is not applied: a guest that never sets LCR (five bits after a reset) prints all the same.
 */
import type { CharBackend } from '../../chardev/chardev.js';
import { Fifo8 } from '../../util/fifo.js';
import type { Timer } from '../core/clock.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { bool, fifo, u16, u8, vmState } from '../core/vmstate.js';

const LCR_DLAB = 0x80;
const LCR_PARITY = 0x08;
const LCR_STOP = 0x04;
const LCR_WORD_LENGTH = 0x03;

const IER_MSI = 0x08;
const IER_RLSI = 0x04;
const IER_THRI = 0x02;
const IER_RDI = 0x01;

const IIR_NO_INT = 0x01;
const IIR_ID = 0x06;
const IIR_MSI = 0x00;
const IIR_THRI = 0x02;
const IIR_RDI = 0x04;
const IIR_RLSI = 0x06;
const IIR_CTI = 0x0c;
const IIR_FE = 0xc0;

const FCR_FE = 0x01;
const FCR_RFR = 0x02;
const FCR_XFR = 0x04;
const FCR_DMS = 0x08;
const FCR_ITL = 0xc0;
/** Receive trigger level, bytes, by FCR bits 7:6. */
const TRIGGER = [1, 4, 8, 14] as const;

const MCR_LOOP = 0x10;
const MCR_OUT2 = 0x08;
const MCR_OUT1 = 0x04;
const MCR_RTS = 0x02;
const MCR_DTR = 0x01;

const MSR_DCD = 0x80;
const MSR_RI = 0x40;
const MSR_DSR = 0x20;
const MSR_CTS = 0x10;
const MSR_TERI = 0x04;
const MSR_ANY_DELTA = 0x0f;
/** The modem inputs of a port that is connected. */
const MODEM_READY = MSR_DCD | MSR_DSR | MSR_CTS;

const LSR_FIFO_ERROR = 0x80;
const LSR_TEMT = 0x40;
const LSR_THRE = 0x20;
const LSR_BI = 0x10;
const LSR_OE = 0x02;
const LSR_DR = 0x01;
/** What raises the receiver line status interrupt, and goes when LSR is read: BI, FE, PE, OE. */
const LSR_ERRORS = 0x1e;

const FIFO_LENGTH = 16;

const NS_PER_SECOND = 1_000_000_000;

const divisorLatch = (s: SerialState): boolean => (s.lcr & LCR_DLAB) !== 0;

/** The UART itself: registers, FIFOs, interrupt logic. The bus frontends (serial-mm) wrap it, and bind its registers. */
export class SerialState {
  rbr = 0;
  ier = 0;
  iir = IIR_NO_INT;
  lcr = 0;
  mcr = 0;
  lsr = LSR_TEMT | LSR_THRE;
  msr = MODEM_READY;
  scr = 0;
  fcr = 0;
  divider = 0x0c;
  /** A THR-empty interrupt is pending; reading IIR or writing THR takes it back. */
  thrPending = false;
  /** The receive FIFO held data unread for four character times. */
  timeoutPending = false;
  readonly rx = new Fifo8(FIFO_LENGTH);
  /** LSR error bits of the characters in `rx`: each is seen when its character is the next to be read. */
  readonly rxErrors = new Fifo8(FIFO_LENGTH);
  private charTransmitNs = 0;
  private readonly fifoTimeout: Timer;

  static readonly vmState = vmState<SerialState>('serial', { version: 5, postLoad: (s) => s.loaded() }, [
    u16('divider'),
    u8('rbr'),
    u8('ier'),
    u8('iir'),
    u8('lcr'),
    u8('mcr'),
    u8('lsr'),
    u8('msr'),
    u8('scr'),
    u8('fcr'),
    bool('thrPending'),
    bool('timeoutPending'),
    fifo('rx'),
    fifo('rxErrors'),
  ]);

  /** Offsets before the register shift. */
  static readonly registers = registerMap<SerialState>('serial', [
    rw(0, 'DLL', { when: divisorLatch, read: (s) => s.divider & 0xff, write: (s, value) => s.setDivider((s.divider & 0xff00) | value) }),
    rw(1, 'DLM', { when: divisorLatch, read: (s) => s.divider >> 8, write: (s, value) => s.setDivider((s.divider & 0xff) | (value << 8)) }),
    ro(0, 'RBR', { read: (s) => s.readData(), readEffects: true }),
    wo(0, 'THR', { write: (s, value) => s.transmit(value) }),
    rw(1, 'IER', {
      field: 'ier',
      fields: { RDI: IER_RDI, THRI: IER_THRI, RLSI: IER_RLSI, MSI: IER_MSI },
      written: (s, old) => s.interruptsEnabled(old),
    }),
    ro(2, 'IIR', {
      field: 'iir',
      reset: IIR_NO_INT,
      fields: { NO_INT: IIR_NO_INT, ID: 0x0e, FE: IIR_FE },
      read: (s) => s.identify(),
      readEffects: true,
    }),
    wo(2, 'FCR', {
      fields: { FE: FCR_FE, RFR: FCR_RFR, XFR: FCR_XFR, DMS: FCR_DMS, ITL: FCR_ITL },
      write: (s, value) => s.setFifoControl(value),
    }),
    rw(3, 'LCR', {
      field: 'lcr',
      fields: { WLS: LCR_WORD_LENGTH, STB: LCR_STOP, PEN: LCR_PARITY, EPS: 0x10, STICK: 0x20, BREAK: 0x40, DLAB: LCR_DLAB },
      written: (s) => s.updateParameters(),
    }),
    rw(4, 'MCR', {
      field: 'mcr',
      fields: { DTR: MCR_DTR, RTS: MCR_RTS, OUT1: MCR_OUT1, OUT2: MCR_OUT2, LOOP: MCR_LOOP },
      written: (s) => s.modemControlled(),
    }),
    ro(5, 'LSR', { field: 'lsr', reset: LSR_TEMT | LSR_THRE, read: (s) => s.readLineStatus(), readEffects: true }), // writes: factory test only
    ro(6, 'MSR', { field: 'msr', reset: MODEM_READY, read: (s) => s.readModemStatus(), readEffects: true }),
    rw(7, 'SCR', { field: 'scr' }),
  ]);

  constructor(
    private readonly irq: IrqLine,
    private readonly chardev: CharBackend,
    newTimer: (callback: () => void) => Timer,
    /** Bits a second at divisor 1. */
    private readonly baudBase: number,
  ) {
    this.fifoTimeout = newTimer(() => this.fifoTimedOut());
    chardev.setHandlers({
      canReceive: () => this.canReceive(),
      receive: (bytes) => this.receive(bytes),
      event: (event) => {
        if (event === 'break' && !(this.mcr & MCR_LOOP)) this.receiveCharacter(0, LSR_BI);
      },
      writable: () => this.transmitted(),
    });
  }

  /** What is not in a register that can be read back. */
  reset(): void {
    this.rbr = 0;
    this.fcr = 0;
    this.divider = 0x0c; // 9600 baud from 1.8432 MHz
    this.thrPending = false;
    this.clearRx();
    this.updateParameters();
    this.irq.lower();
    this.chardev.acceptInput();
  }

  private identify(): number {
    const value = this.iir;
    if ((value & IIR_ID) === IIR_THRI) {
      this.thrPending = false;
      this.updateIrq();
    }
    return value;
  }

  private readLineStatus(): number {
    const value = this.lsr;
    if (!(value & LSR_THRE)) this.chardev.insist();
    this.lsr &= ~(LSR_ERRORS | LSR_FIFO_ERROR);
    if (this.rxErrors.length > 1 && this.rxErrors.toArray().subarray(1).some(Boolean)) this.lsr |= LSR_FIFO_ERROR; // "if there are no subsequent errors in the FIFO"
    if (value & LSR_ERRORS) this.updateIrq();
    return value;
  }

  private readModemStatus(): number {
    const value = this.msr;
    this.msr &= ~MSR_ANY_DELTA;
    if (value & MSR_ANY_DELTA) this.updateIrq();
    return value;
  }

  private modemControlled(): void {
    this.updateModemInputs();
    this.chardev.acceptInput(); // what waited while in loopback
  }

  private readData(): number {
    let value: number;
    if (this.fcr & FCR_FE) {
      value = this.rx.pop();
      this.rxErrors.pop();
      this.lsr |= this.rxErrors.peek();
      if (this.rx.isEmpty) this.lsr &= ~LSR_DR;
      else this.armTimeout();
      this.timeoutPending = false;
    } else {
      value = this.rbr;
      this.lsr &= ~LSR_DR;
    }
    this.updateIrq();
    this.chardev.acceptInput();
    return value;
  }

  /**
   * A character leaves at once: the line has no speed, so the transmit FIFO is never seen to hold anything. But THR is not empty again before the
   * backend takes more; what is written until then (a driver fills the FIFO in one go) leaves too.
   */
  private transmit(value: number): void {
    this.thrPending = false;
    this.lsr &= ~(LSR_THRE | LSR_TEMT);
    this.updateIrq();
    if (this.mcr & MCR_LOOP) this.receiveCharacter(value);
    else this.chardev.writeByte(value);
    if (this.mcr & MCR_LOOP || this.chardev.writable) this.transmitted();
  }

  private transmitted(): void {
    if (this.lsr & LSR_THRE) return;
    this.lsr |= LSR_THRE | LSR_TEMT;
    this.thrPending = true;
    this.updateIrq();
  }

  private setDivider(value: number): void {
    this.divider = value;
    this.updateParameters();
  }

  private interruptsEnabled(old: number): void {
    const changed = this.ier ^ old;
    // Enabling THRI while THR is empty raises it at once; writing the same value again does not.
    if (changed & IER_THRI) this.thrPending = (this.ier & IER_THRI) !== 0 && (this.lsr & LSR_THRE) !== 0;
    if (changed) this.updateIrq();
  }

  /** Without bit 0 the other bits are not programmed (8.4). */
  private setFifoControl(value: number): void {
    if (!(value & FCR_FE)) value = 0;
    if (value === this.fcr) return;
    if ((value ^ this.fcr) & FCR_FE) value |= FCR_XFR | FCR_RFR; // switching the FIFOs empties them
    if (value & FCR_RFR) {
      this.lsr &= ~(LSR_DR | LSR_BI | LSR_FIFO_ERROR);
      this.clearRx();
    }
    if (value & FCR_XFR) {
      this.lsr |= LSR_THRE | LSR_TEMT;
      this.thrPending = true;
    }
    this.fcr = value & (FCR_ITL | FCR_DMS | FCR_FE);
    this.iir = this.fcr & FCR_FE ? this.iir | IIR_FE : this.iir & ~IIR_FE;
    this.updateIrq();
    if (value & FCR_RFR) this.chardev.acceptInput();
  }

  private clearRx(): void {
    this.rx.clear();
    this.rxErrors.clear();
    this.fifoTimeout.del();
    this.timeoutPending = false;
  }

  /** In loopback the modem outputs are wired to the inputs, and a change of these is noted as of the pins (8.6, 8.8). */
  private updateModemInputs(): void {
    const { mcr } = this;
    const inputs = !(mcr & MCR_LOOP)
      ? MODEM_READY
      : (mcr & MCR_OUT2 ? MSR_DCD : 0) | (mcr & MCR_OUT1 ? MSR_RI : 0) | (mcr & MCR_DTR ? MSR_DSR : 0) | (mcr & MCR_RTS ? MSR_CTS : 0);
    let deltas = ((this.msr ^ inputs) >> 4) & MSR_ANY_DELTA;
    if (inputs & MSR_RI) deltas &= ~MSR_TERI; // the trailing edge only
    this.msr = inputs | (this.msr & MSR_ANY_DELTA) | deltas;
    this.updateIrq();
  }

  private canReceive(): number {
    if (this.mcr & MCR_LOOP) return 0; // the receiver is not connected to the line
    if (!(this.fcr & FCR_FE)) return this.lsr & LSR_DR ? 0 : 1;
    if (this.rx.length >= FIFO_LENGTH) return 0;
    // Up to the trigger level in one go, then byte by byte, so that the level that the guest chose is what it sees.
    const trigger = TRIGGER[this.fcr >> 6];
    return this.rx.length < trigger ? trigger - this.rx.length : 1;
  }

  private receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.receiveCharacter(byte);
  }

  /** `errors`: LSR bits that belong to this character. An overrun destroys the old character without FIFO, the new one with it (8.5). */
  private receiveCharacter(byte: number, errors = 0): void {
    if (!(this.fcr & FCR_FE)) {
      if (this.lsr & LSR_DR) this.lsr |= LSR_OE;
      this.rbr = byte;
      this.lsr |= LSR_DR | errors;
    } else if (this.rx.push(byte)) {
      this.rxErrors.push(errors);
      if (this.rx.length === 1) this.lsr |= errors;
      this.lsr |= LSR_DR | (errors ? LSR_FIFO_ERROR : 0);
      this.armTimeout();
    } else {
      this.lsr |= LSR_OE;
    }
    this.updateIrq();
  }

  private fifoTimedOut(): void {
    if (this.rx.length === 0) return;
    this.timeoutPending = true;
    this.updateIrq();
  }

  private armTimeout(): void {
    this.fifoTimeout.startNs(4 * this.charTransmitNs);
  }

  private loaded(): void {
    this.updateParameters();
    if (this.chardev.writable) this.transmitted(); // the reader that was slow was another one's
  }

  /** Derives the duration of a character from divisor and line control. */
  updateParameters(): void {
    // Faster than the oscillator or slower than one baud: leave what was.
    if (this.divider === 0 || this.divider > this.baudBase) return;
    const wordLength = 5 + (this.lcr & LCR_WORD_LENGTH);
    const stopBits = !(this.lcr & LCR_STOP) ? 1 : wordLength === 5 ? 1.5 : 2;
    const bits = 1 + wordLength + (this.lcr & LCR_PARITY ? 1 : 0) + stopBits;
    const speed = this.baudBase / this.divider;
    this.charTransmitNs = Math.floor((NS_PER_SECOND / speed) * bits);
  }

  /** The highest pending and enabled source goes to IIR (table IV of the data sheet gives the order). */
  private updateIrq(): void {
    let id = IIR_NO_INT;
    if (this.ier & IER_RLSI && this.lsr & LSR_ERRORS) id = IIR_RLSI;
    else if (this.ier & IER_RDI && this.timeoutPending) id = IIR_CTI;
    else if (this.ier & IER_RDI && this.lsr & LSR_DR && (!(this.fcr & FCR_FE) || this.rx.length >= TRIGGER[this.fcr >> 6])) id = IIR_RDI;
    else if (this.ier & IER_THRI && this.thrPending) id = IIR_THRI;
    else if (this.ier & IER_MSI && this.msr & MSR_ANY_DELTA) id = IIR_MSI;
    this.iir = id | (this.iir & 0xf0);
    this.irq.set(id === IIR_NO_INT ? 0 : 1);
  }
}
