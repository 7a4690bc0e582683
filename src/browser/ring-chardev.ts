/** A guest's console, or a monitor's, whose other end is another thread: bytes in rings of shared memory. */
import { Chardev, FLOW_LIMIT } from '../chardev/chardev.js';
import { ByteRing } from './ring.js';

/** Two rings, as they cross to the other thread. */
export interface RingPair {
  /** What the guest says, and what it is told. */
  readonly output: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
}

export class RingChardev extends Chardev {
  private readonly output: ByteRing;
  private readonly entered: ByteRing;
  /** Output that has found no room. */
  private waiting: Uint8Array[] = [];
  private isTelling = false;

  constructor(
    id: string,
    { output, input }: RingPair,
    /** Tells the other end that there is something to read, or room. */
    private readonly tell: () => void,
  ) {
    super(id, 'ring');
    this.output = new ByteRing(output);
    this.entered = new ByteRing(input);
  }

  override write(bytes: Uint8Array): void {
    const taken = this.waiting.length > 0 ? 0 : this.output.write(bytes);
    if (taken < bytes.length) {
      this.waiting.push(bytes.slice(taken));
      this.congested(true);
    }
    if (this.isTelling) return;
    // Bytes come one at a time; the other end is told when the guest's slice is over.
    this.isTelling = true;
    queueMicrotask(() => {
      this.isTelling = false;
      if (this.output.readerIsWaiting()) this.tell();
    });
  }

  override flushed(): Promise<void> | undefined {
    return undefined; // what is in the ring has left
  }

  /** The other end may have read or written. */
  turned(): void {
    if (this.waiting.length > 0) this.writeWaiting();
    const room = FLOW_LIMIT - this.queued;
    if (room <= 0 || this.entered.size === 0) return;
    this.input(this.entered.read(room));
    if (this.entered.writerIsWaiting()) this.tell();
  }

  private writeWaiting(): void {
    while (this.waiting.length > 0) {
      const [head] = this.waiting;
      const taken = this.output.write(head);
      if (taken < head.length) {
        this.waiting[0] = head.subarray(taken);
        break;
      }
      this.waiting.shift();
    }
    if (this.output.readerIsWaiting()) this.tell();
    if (this.waiting.length === 0) this.congested(false);
  }
}

/** Bytes that wait for somebody to listen. */
const MOST_UNHEARD = 1 << 16;

/** The other end of it. */
export class RingPort {
  private readonly output: ByteRing;
  private readonly entered: ByteRing;
  private waiting: Uint8Array[] = [];
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();
  /** What was said before anybody listened, the last of it. */
  private unheard = new Uint8Array(0);

  static create(): RingPort {
    return new RingPort(ByteRing.create(), ByteRing.create());
  }
  private constructor(output: ByteRing, input: ByteRing) {
    this.output = output;
    this.entered = input;
  }

  /** Tells the machine's thread that there is something to read, or room. */
  tell: () => void = () => {};

  get rings(): RingPair {
    return { output: this.output.buffer, input: this.entered.buffer };
  }

  /** Hears what the guest says from now on; who listens first, what it has said before. Returns what ends that. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    const { unheard } = this;
    this.unheard = new Uint8Array(0);
    if (unheard.length > 0) listener(unheard);
    return () => void this.listeners.delete(listener);
  }

  /** What finds no room waits here. */
  type(bytes: Uint8Array): void {
    this.waiting.push(bytes.slice());
    this.flush();
  }

  /** The machine may have read or written. */
  turned(): void {
    for (let bytes = this.output.read(); bytes.length > 0; bytes = this.output.read()) {
      if (this.listeners.size === 0) this.keep(bytes);
      for (const listener of this.listeners) listener(bytes);
      if (this.output.writerIsWaiting()) this.tell();
    }
    this.flush();
  }

  private keep(bytes: Uint8Array): void {
    const all = new Uint8Array(this.unheard.length + bytes.length);
    all.set(this.unheard);
    all.set(bytes, this.unheard.length);
    this.unheard = all.slice(-MOST_UNHEARD);
  }

  private flush(): void {
    while (this.waiting.length > 0) {
      const [head] = this.waiting;
      const taken = this.entered.write(head);
      if (this.entered.readerIsWaiting()) this.tell();
      if (taken < head.length) {
        this.waiting[0] = head.subarray(taken);
        return;
      }
      this.waiting.shift();
    }
  }
}
