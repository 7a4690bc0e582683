/** Character devices: the backend (what the host side is) and the frontend handle that a device holds (QEMU's CharBackend). */
import { OptionError } from '../util/errors.js';

export type CharEvent = 'opened' | 'closed' | 'break';

/** What a device wants to hear. */
export interface CharHandlers {
  /** How many bytes the device takes now. */
  canReceive(): number;
  /** At most as many bytes as canReceive said. */
  receive(bytes: Uint8Array): void;
  event?(event: CharEvent): void;
}

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
  failed: (error: unknown) => void = (error) => {
    throw error;
  };
  /** Called when output waits for a slow reader (true), and when there is room again: the machine stands still meanwhile. */
  hold: (on: boolean) => void = () => {};

  constructor(
    readonly id: string,
    readonly kind: string,
  ) {}

  /** Output of the guest. */
  abstract write(bytes: Uint8Array): void;
  /** Lets go of host resources. */
  close(): void {}

  /** Bytes of input that wait for the device. */
  get queued(): number {
    return this.#queued;
  }
  /** The device took some of them: a backend that can hold its source back lets it go on. */
  protected inputTaken(): void {}

  /** Joins a frontend; one at a time. */
  attach(handlers: CharHandlers): void {
    if (this.#handlers) throw new OptionError(`chardev '${this.id}' is already in use`);
    this.#handlers = handlers;
    handlers.event?.('opened');
    this.acceptInput();
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
    while (this.#handlers && this.#queue.length > 0) {
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
  }

  sendEvent(event: CharEvent): void {
    this.#handlers?.event?.(event);
  }
}

/** What a device holds: a backend or nothing at all (then output is lost and no input comes). */
export class CharBackend {
  constructor(private readonly backend?: Chardev) {}

  get connected(): boolean {
    return this.backend !== undefined;
  }
  get chardev(): Chardev | undefined {
    return this.backend;
  }
  setHandlers(handlers: CharHandlers): void {
    this.backend?.attach(handlers);
  }
  write(bytes: Uint8Array): void {
    try {
      this.backend?.write(bytes);
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
  private data: number[] = [];

  constructor(
    id: string,
    readonly size = 64 * 1024,
  ) {
    super(id, 'ringbuf');
  }
  override write(bytes: Uint8Array): void {
    for (const byte of bytes) this.data.push(byte);
    if (this.data.length > this.size) this.data.splice(0, this.data.length - this.size);
  }
  /** Takes all that is there. */
  read(): Uint8Array {
    const bytes = Uint8Array.from(this.data);
    this.data = [];
    return bytes;
  }
  /** Takes all that is there, as text. */
  readText(): string {
    return new TextDecoder().decode(this.read());
  }
}
