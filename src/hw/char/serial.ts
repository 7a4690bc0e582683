/** 16550A UART with 16-byte FIFOs. Source: National Semiconductor PC16550D data sheet (register numbers below are its table II). */
import type { CharBackend } from '../../chardev/chardev.js';
import { Fifo8 } from '../../util/fifo.js';
import type { Timer } from '../core/clock.js';
import type { IrqLine } from '../core/irq.js';
import { bool, fifo, timer, u16, u8, vmState } from '../core/vmstate.js';

// Register offsets (before the register shift)
const RBR_THR = 0; // DLAB = 0: receive buffer / transmit holding; DLAB = 1: divisor latch, low byte
const IER = 1; // DLAB = 1: divisor latch, high byte
const IIR_FCR = 2; // read: interrupt identification; write: FIFO control
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const LCR_DLAB = 0x80;
const LCR_PARITY = 0x08;
const LCR_STOP = 0x04;

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

const MSR_DCD = 0x80;
const MSR_DSR = 0x20;
const MSR_CTS = 0x10;
const MSR_ANY_DELTA = 0x0f;

const LSR_TEMT = 0x40;
const LSR_THRE = 0x20;
const LSR_BI = 0x10;
const LSR_OE = 0x02;
const LSR_DR = 0x01;
const LSR_INT_ANY = 0x1e;

const FIFO_LENGTH = 16;

const NS_PER_SECOND = 1_000_000_000;

/** The UART itself: registers, FIFOs, interrupt logic. The bus frontends (serial-mm) wrap it. */
export class SerialState {
  rbr = 0;
  ier = 0;
  iir = IIR_NO_INT;
  lcr = 0;
  mcr = MCR_OUT2;
  lsr = LSR_TEMT | LSR_THRE;
  msr = MSR_DCD | MSR_DSR | MSR_CTS;
  scr = 0;
  fcr = 0;
  divider = 0x0c;
  /** A THR-empty interrupt is pending; reading IIR or writing THR takes it back. */
  thrPending = false;
  /** The receive FIFO held data unread for four character times. */
  timeoutPending = false;
  readonly rx = new Fifo8(FIFO_LENGTH);
  private charTransmitNs = 0;
  readonly fifoTimeout: Timer;

  static readonly vmState = vmState<SerialState>('serial', { version: 3, postLoad: (s) => s.updateParameters() }, [
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
    timer('fifoTimeout'),
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
        if (event === 'break') this.receiveBreak();
      },
    });
  }

  reset(): void {
    this.rbr = 0;
    this.ier = 0;
    this.iir = IIR_NO_INT;
    this.lcr = 0;
    this.mcr = MCR_OUT2;
    this.lsr = LSR_TEMT | LSR_THRE;
    this.msr = MSR_DCD | MSR_DSR | MSR_CTS;
    this.scr = 0;
    this.fcr = 0;
    this.divider = 0x0c; // 9600 baud from 1.8432 MHz
    this.thrPending = this.timeoutPending = false;
    this.rx.clear();
    this.fifoTimeout.del();
    this.updateParameters();
    this.irq.lower();
    this.chardev.acceptInput();
  }

  read(offset: number): number {
    switch (offset & 7) {
      case RBR_THR:
        return this.lcr & LCR_DLAB ? this.divider & 0xff : this.readData();
      case IER:
        return this.lcr & LCR_DLAB ? this.divider >> 8 : this.ier;
      case IIR_FCR: {
        const value = this.iir;
        if ((value & IIR_ID) === IIR_THRI) {
          this.thrPending = false;
          this.updateIrq();
        }
        return value;
      }
      case LCR:
        return this.lcr;
      case MCR:
        return this.mcr;
      case LSR: {
        const value = this.lsr;
        if (value & (LSR_BI | LSR_OE)) {
          this.lsr &= ~(LSR_BI | LSR_OE);
          this.updateIrq();
        }
        return value;
      }
      case MSR:
        return this.readModemStatus();
      default:
        return this.scr;
    }
  }

  write(offset: number, value: number): void {
    value &= 0xff;
    switch (offset & 7) {
      case RBR_THR:
        if (this.lcr & LCR_DLAB) this.setDivider((this.divider & 0xff00) | value);
        else this.transmit(value);
        break;
      case IER:
        if (this.lcr & LCR_DLAB) this.setDivider((this.divider & 0xff) | (value << 8));
        else this.setInterruptEnable(value & 0x0f);
        break;
      case IIR_FCR:
        this.setFifoControl(value);
        break;
      case LCR:
        this.lcr = value;
        this.updateParameters();
        break;
      case MCR:
        this.mcr = value & 0x1f;
        if (!(value & MCR_LOOP)) this.chardev.acceptInput(); // reads in loopback have made room
        break;
      case LSR: // factory test only
      case MSR:
        break;
      case SCR:
        this.scr = value;
        break;
    }
  }

  private readData(): number {
    let value: number;
    if (this.fcr & FCR_FE) {
      value = this.rx.pop();
      if (this.rx.length === 0) this.lsr &= ~(LSR_DR | LSR_BI);
      else this.armTimeout();
      this.timeoutPending = false;
    } else {
      value = this.rbr;
      this.lsr &= ~(LSR_DR | LSR_BI);
    }
    this.updateIrq();
    if (!(this.mcr & MCR_LOOP)) this.chardev.acceptInput();
    return value;
  }

  /** A character leaves at once: the line has no speed, so the transmit FIFO is never seen to hold anything. */
  private transmit(value: number): void {
    this.thrPending = false;
    this.lsr &= ~LSR_THRE;
    this.updateIrq();
    if (this.mcr & MCR_LOOP) this.receive(Uint8Array.of(value));
    else this.chardev.writeByte(value);
    this.lsr |= LSR_THRE | LSR_TEMT;
    this.thrPending = true;
    this.updateIrq();
  }

  private setDivider(value: number): void {
    this.divider = value;
    this.updateParameters();
  }

  private setInterruptEnable(value: number): void {
    const changed = value ^ this.ier;
    this.ier = value;
    // Enabling THRI while THR is empty raises it at once; writing the same value again does not.
    if (changed & IER_THRI) this.thrPending = (value & IER_THRI) !== 0 && (this.lsr & LSR_THRE) !== 0;
    if (changed) this.updateIrq();
  }

  private setFifoControl(value: number): void {
    if (value === this.fcr) return;
    if ((value ^ this.fcr) & FCR_FE) value |= FCR_XFR | FCR_RFR; // switching the FIFOs empties them
    if (value & FCR_RFR) {
      this.lsr &= ~(LSR_DR | LSR_BI);
      this.fifoTimeout.del();
      this.timeoutPending = false;
      this.rx.clear();
    }
    if (value & FCR_XFR) {
      this.lsr |= LSR_THRE;
      this.thrPending = true;
    }
    this.fcr = value & (FCR_ITL | FCR_DMS | FCR_FE);
    this.iir = this.fcr & FCR_FE ? this.iir | IIR_FE : this.iir & ~IIR_FE;
    this.updateIrq();
    if (value & FCR_RFR) this.chardev.acceptInput();
  }

  private readModemStatus(): number {
    // In loopback the modem outputs are wired to the inputs: OUT2 -> DCD, OUT1 -> RI, RTS -> CTS, DTR -> DSR.
    if (this.mcr & MCR_LOOP) return ((this.mcr & 0x0c) << 4) | ((this.mcr & 0x02) << 3) | ((this.mcr & 0x01) << 5);
    const value = this.msr;
    if (value & MSR_ANY_DELTA) {
      this.msr &= ~MSR_ANY_DELTA;
      this.updateIrq();
    }
    return value;
  }

  private canReceive(): number {
    if (!(this.fcr & FCR_FE)) return this.lsr & LSR_DR ? 0 : 1;
    if (this.rx.length >= FIFO_LENGTH) return 0;
    // Up to the trigger level in one go, then byte by byte, so that the level that the guest chose is what it sees.
    const trigger = TRIGGER[this.fcr >> 6];
    return this.rx.length < trigger ? trigger - this.rx.length : 1;
  }

  private receive(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.fcr & FCR_FE) {
      for (const byte of bytes) this.pushRx(byte);
      this.lsr |= LSR_DR;
      this.armTimeout();
    } else {
      if (this.lsr & LSR_DR) this.lsr |= LSR_OE;
      this.rbr = bytes[0];
      this.lsr |= LSR_DR;
    }
    this.updateIrq();
  }

  /** An overrun does not overwrite what the FIFO holds. */
  private pushRx(byte: number): void {
    if (!this.rx.push(byte)) this.lsr |= LSR_OE;
  }

  private receiveBreak(): void {
    this.rbr = 0;
    if (this.fcr & FCR_FE) this.pushRx(0);
    this.lsr |= LSR_BI | LSR_DR;
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

  /** Derives the duration of a character from divisor and line control. */
  updateParameters(): void {
    // Faster than the oscillator or slower than one baud: leave what was.
    if (this.divider === 0 || this.divider > this.baudBase) return;
    const bits = 1 + ((this.lcr & 3) + 5) + (this.lcr & LCR_PARITY ? 1 : 0) + (this.lcr & LCR_STOP ? 2 : 1);
    const speed = this.baudBase / this.divider;
    this.charTransmitNs = Math.floor((NS_PER_SECOND / speed) * bits);
  }

  /** The highest pending and enabled source goes to IIR (table IV of the data sheet gives the order). */
  private updateIrq(): void {
    let id = IIR_NO_INT;
    if (this.ier & IER_RLSI && this.lsr & LSR_INT_ANY) id = IIR_RLSI;
    else if (this.ier & IER_RDI && this.timeoutPending) id = IIR_CTI;
    else if (this.ier & IER_RDI && this.lsr & LSR_DR && (!(this.fcr & FCR_FE) || this.rx.length >= TRIGGER[this.fcr >> 6])) id = IIR_RDI;
    else if (this.ier & IER_THRI && this.thrPending) id = IIR_THRI;
    else if (this.ier & IER_MSI && this.msr & MSR_ANY_DELTA) id = IIR_MSI;
    this.iir = id | (this.iir & 0xf0);
    this.irq.set(id === IIR_NO_INT ? 0 : 1);
  }
}
