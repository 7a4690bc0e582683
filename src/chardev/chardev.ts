/** Character devices: the backend (what the host side is) and the frontend handle that a device holds (QEMU's CharBackend). */
import { OptionError } from '../util/errors.js';

/** `mux-in`, `mux-out`: a frontend of a mux gets the input from now on, or no longer. */
export type CharEvent = 'opened' | 'closed' | 'break' | 'mux-in' | 'mux-out';

/** What a device wants to hear. */
export interface CharHandlers {
  /** How many bytes the device takes now. */
  canReceive(): number;
  /** At most as many bytes as canReceive said. */
  receive(bytes: Uint8Array): void;
  event?(event: CharEvent): void;
  /** The backend takes output again, after it was not `writable`. */
  writable?(): void;
  /** It serves who looks at the machine: what it writes is not the guest's, and a stop does not wait for who reads it. */
  readonly isMonitor?: boolean;
  /** What it has not begun when nobody is there to hear of it (`gone`) is not done. */
  readonly answersOnly?: boolean;
  /** Something of what it has received is still at work: `closed` waits until it asks for more input. */
  isBusy?(): boolean;
}

/** Writes, or questions whether it can write, that a device may still make while its backend takes nothing: a transmit FIFO, and some more. */
const INSISTENCE = 64;

/** Input that may wait for a frontend before a source that can be held back is left unread for a while. */
export const FLOW_LIMIT = 1 << 18;

/** Output that waits for somebody who does not read, where nobody may hold the machine by that; what comes then is lost. */
export const OUTPUT_LIMIT = 1 << 20;

const rethrow = (error: unknown): void => {
  throw error;
};

/** A backend. Input that the device cannot take yet waits here, bounded. */
export abstract class Chardev {
  /** Input beyond this is dropped: a host that types faster than the guest reads must not fill the memory. */
  static readonly INPUT_LIMIT = 1 << 20;

  #handlers: CharHandlers | undefined;
  #queue: Uint8Array[] = [];
  #queued = 0;
  /** Called when input has come, so that a sleeping main loop looks at the guest again. */
  wake: () => void = () => {};
  /** Hears what `write` has thrown: it is the host's fault, and must not become the guest's. */
  failed: (error: unknown) => void = rethrow;
  /** Called when the machine must stand still (true) since the guest goes on to write what nobody reads; and when there is room again. */
  hold: (on: boolean) => void = () => {};
  /** Hears all output too (`logfile=`). */
  log: ((bytes: Uint8Array) => void) | undefined;
  #flowControl = true;
  #congested = false;
  #insisted = 0;
  #isOpen: boolean;
  /** The other side has gone, and has left input behind. */
  #hasEnded = false;
  #frozen = false;

  constructor(
    readonly id: string,
    readonly kind: string,
    /** Somebody is on the other side from the start; without, `opened` tells when. */
    isOpen = true,
  ) {
    this.#isOpen = isOpen;
  }

  /** Output of the guest. */
  abstract write(bytes: Uint8Array): void;
  /** Lets go of host resources. */
  close(): void {}
  /** Resolves when what was written has left, or after a while, if its reader is slow. Undefined: nothing waits. */
  flushed(): Promise<void> | undefined {
    return undefined;
  }
  /** Of a pseudo terminal: what the other side opens. */
  get pty(): string | undefined {
    return undefined;
  }
  /** What `info chardev` says that it leads to. */
  get filename(): string {
    return this.kind;
  }

  /**
   * Off: no device sees that output waits, and the machine stands still instead. For guests that must run the same way every time: who looks at the machine
   * is no part of their world, and always sees it.
   */
  get flowControl(): boolean {
    return this.#flowControl || this.isMonitor;
  }
  set flowControl(on: boolean) {
    this.#flowControl = on;
  }

  /** False while enough waits for a slow reader: a device that can keeps its output for now (`CharHandlers.writable`). */
  get writable(): boolean {
    return !this.#congested || !this.flowControl;
  }
  /** The host's side: what was written waits for a slow reader, or has left. */
  congested(on: boolean): void {
    this.#congested = on;
    if (on) return;
    this.#insisted = 0;
    this.hold(false);
    this.#tellWritable();
    this.wake();
  }
  #tellWritable(): void {
    if (this.flowControl && !this.#frozen) this.#handlers?.writable?.();
  }

  /** While on, the device hears nothing: the machine is being saved, or loaded. */
  freeze(on: boolean): void {
    this.#frozen = on;
    if (on) return;
    if (!this.#congested) this.#tellWritable();
    this.acceptInput();
  }
  /** A device writes all the same, or its guest does nothing but ask whether it can. What cannot wait is held, with its machine. */
  insist(): void {
    if (this.#congested && ++this.#insisted === INSISTENCE) this.hold(true);
  }

  /** Input that waits for the device: in a snapshot it is part of the guest's world. */
  get waitingInput(): Uint8Array {
    const all = new Uint8Array(this.#queued);
    let at = 0;
    for (const part of this.#queue) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
  set waitingInput(bytes: Uint8Array) {
    this.#queue = bytes.length > 0 ? [bytes] : [];
    this.#queued = bytes.length;
    this.inputTaken();
  }

  /** Bytes of input that wait for the device. */
  get queued(): number {
    return this.#queued;
  }
  /** The device took some of them: a backend that can hold its source back lets it go on. */
  protected inputTaken(): void {}

  /** Somebody is on the other side. */
  get isOpen(): boolean {
    return this.#isOpen;
  }
  /** The host's side: somebody has come. */
  opened(): void {
    if (this.#hasEnded) {
      this.#drop();
      this.#tellEnd();
    }
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.sendEvent('opened');
    this.wake();
  }
  /** The host's side: there will be no more input. The frontend hears of it when it has taken what is there. */
  closed(): void {
    if (!this.#isOpen) return;
    this.#hasEnded = true;
    this.acceptInput();
    this.wake();
  }
  /** The host's side: nobody is there who could read an answer. */
  gone(): void {
    const isOver = this.#handlers?.answersOnly === true;
    if (isOver) this.#drop();
    this.closed();
    if (isOver && this.#hasEnded && !this.#frozen) this.#tellEnd();
  }
  /** There will be no more input, which the frontend has not heard yet. */
  protected get hasEnded(): boolean {
    return this.#hasEnded;
  }
  /** Goes back to what it was: nobody is told. */
  protected become(isOpen: boolean, hasEnded: boolean): void {
    this.#isOpen = isOpen;
    this.#hasEnded = hasEnded;
  }
  /** All input was taken, and the frontend knows that it was the last. */
  protected inputEnded(): void {}

  /** Somebody reads and writes it. */
  get isAttached(): boolean {
    return this.#handlers !== undefined;
  }
  /** By a monitor, QMP or a debugger. */
  get isMonitor(): boolean {
    return this.#handlers?.isMonitor ?? false;
  }
  /** A person may be on the other side. */
  get isTerminal(): boolean {
    return false;
  }
  /** Of a mux: frontends hear by `mux-in` and `mux-out` whose turn it is. */
  get isShared(): boolean {
    return false;
  }

  /** Joins a frontend; one at a time. */
  attach(handlers: CharHandlers): void {
    if (this.#handlers) throw new OptionError(`chardev '${this.id}' is already in use`);
    this.#handlers = handlers;
    if (this.#isOpen) handlers.event?.('opened');
    this.acceptInput();
  }
  /** As attach. What the frontend writes to from now on: this, or its own port of a mux. */
  join(handlers: CharHandlers): Chardev {
    this.attach(handlers);
    return this;
  }
  /** The frontend has gone; input waits for another. */
  detach(): void {
    this.#handlers = undefined;
  }

  /** The machine is closed: the backend is as it was made, ready for another. Input that was not taken is dropped. */
  release(): void {
    this.#handlers = undefined;
    this.#drop();
    this.#insisted = 0;
    this.flowControl = true;
    this.wake = () => {};
    this.hold = () => {};
    this.failed = rethrow;
  }

  /** The host side gives input (any amount). */
  input(bytes: Uint8Array): void {
    const room = Chardev.INPUT_LIMIT - this.#queued;
    if (room <= 0) return;
    const taken = bytes.slice(0, room);
    this.#queue.push(taken);
    this.#queued += taken.length;
    this.acceptInput();
    this.wake();
  }

  /** The device has room again (qemu_chr_fe_accept_input). */
  acceptInput(): void {
    while (this.#handlers && this.#queue.length > 0 && !this.#frozen) {
      const room = this.#handlers.canReceive();
      if (room <= 0) return;
      const [head] = this.#queue;
      const part = head.subarray(0, room);
      if (part.length === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(part.length);
      this.#queued -= part.length;
      this.#handlers.receive(part);
      this.inputTaken();
    }
    if (this.#hasEnded && this.#handlers && !this.#frozen && !this.#handlers.isBusy?.()) this.#tellEnd();
  }

  #drop(): void {
    this.#queue = [];
    this.#queued = 0;
    this.inputTaken();
  }
  #tellEnd(): void {
    this.#hasEnded = this.#isOpen = false;
    this.sendEvent('closed');
    this.inputEnded();
  }

  sendEvent(event: CharEvent): void {
    this.#handlers?.event?.(event);
  }
}

/** What a frontend (a device, a monitor) holds: a backend or nothing at all (then output is lost and no input comes). */
export class CharBackend {
  constructor(private backend?: Chardev) {}

  get connected(): boolean {
    return this.backend !== undefined;
  }
  get chardev(): Chardev | undefined {
    return this.backend;
  }
  /** @throws OptionError if the backend has another frontend */
  setHandlers(handlers: CharHandlers): void {
    this.backend = this.backend?.join(handlers);
  }
  /** Gives the backend back: another frontend may have it. */
  detach(): void {
    this.backend?.detach();
    this.backend = undefined;
  }
  get isShared(): boolean {
    return this.backend?.isShared ?? false;
  }
  get writable(): boolean {
    return this.backend?.writable ?? true;
  }
  /** Not writable, and the guest asks again: see Chardev. */
  insist(): void {
    this.backend?.insist();
  }
  /** Taken also if the backend is not writable. */
  write(bytes: Uint8Array): void {
    try {
      this.backend?.log?.(bytes);
      this.backend?.write(bytes);
      this.backend?.insist();
    } catch (error) {
      this.backend?.failed(error);
    }
  }
  writeByte(byte: number): void {
    this.write(Uint8Array.of(byte));
  }
  /** Call after the device has made room. */
  acceptInput(): void {
    this.backend?.acceptInput();
  }
}

/** Output goes nowhere. */
export class NullChardev extends Chardev {
  constructor(id: string) {
    super(id, 'null');
  }
  override write(): void {}
}

/** Joined to the host by callbacks: output to `onOutput`, input by `input`. */
export class StreamChardev extends Chardev {
  constructor(
    id: string,
    private readonly onOutput: (bytes: Uint8Array) => void,
  ) {
    super(id, 'stream');
  }
  override write(bytes: Uint8Array): void {
    this.onOutput(bytes);
  }
}

/** Keeps the last `size` bytes of output (QEMU's ringbuf): for tests and `ringbuf_read`. */
export class RingBufferChardev extends Chardev {
  /** Bytes that a monitor gets at once: what is left comes with the next question. */
  static readonly ANSWER = 1 << 18;
  /** Grows up to `size`. */
  private data = new Uint8Array(0);
  private start = 0;
  private count = 0;

  constructor(
    id: string,
    readonly size = 64 * 1024,
  ) {
    super(id, 'ringbuf');
  }
  override write(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.size));
    this.reserve(Math.min(this.size, this.count + kept.length));
    const { length } = this.data;
    for (const byte of kept) {
      this.data[(this.start + this.count) % length] = byte;
      if (this.count < length) this.count++;
      else this.start = (this.start + 1) % length;
    }
  }
  /** Takes the oldest `most` bytes of what is there. */
  read(most = Infinity): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, this.count));
    const head = this.data.subarray(this.start, this.start + bytes.length);
    bytes.set(head);
    bytes.set(this.data.subarray(0, bytes.length - head.length), head.length);
    this.count -= bytes.length;
    this.start = this.count === 0 ? 0 : (this.start + bytes.length) % this.data.length;
    return bytes;
  }
  /** Takes all that is there, as text. */
  readText(): string {
    return new TextDecoder().decode(this.read());
  }

  private reserve(length: number): void {
    if (length <= this.data.length) return;
    const { count } = this;
    const larger = new Uint8Array(Math.min(this.size, Math.max(length, 2 * this.data.length, 4096)));
    larger.set(this.read());
    [this.data, this.start, this.count] = [larger, 0, count];
  }
}
