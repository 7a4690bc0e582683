/** Streams of bytes between calls and character devices: who cannot go on waits, in a generator that is asked again. */
import { CharBackend, type Chardev } from '../chardev/chardev.js';

/** Nothing to say: ask again. */
export type Waiting<T> = Generator<undefined, T>;

/** Writes all, when there is room. */
export function* put(backend: CharBackend, bytes: Uint8Array): Waiting<void> {
  while (!backend.writable) {
    backend.insist();
    yield;
  }
  backend.write(bytes);
}

/** The reading end of a backend. It is taken when something is read first: until then its input may go elsewhere. */
export class Input {
  private readonly backend: CharBackend;
  private taken = new Uint8Array(0);
  private room = 0;
  private ended = false;
  private attached = false;

  constructor(
    private readonly chardev: Chardev | undefined,
    private readonly hold: (owner: object, on: boolean) => void,
  ) {
    this.backend = new CharBackend(chardev);
  }

  /** What comes next, at most `size` bytes, as soon as there is some; nothing at the end, unless it is to wait there for ever. */
  *read(size: number, pastEnd = false): Waiting<Uint8Array> {
    if (size === 0) return new Uint8Array(0);
    try {
      this.room = size;
      this.attach();
      this.backend.acceptInput();
      while (this.taken.length === 0 && (pastEnd || !this.ended)) {
        this.hold(this, true);
        yield;
      }
      return this.taken;
    } finally {
      this.taken = new Uint8Array(0);
      this.room = 0;
      this.hold(this, false);
    }
  }

  /** A byte. The end is not told, as QEMU does not. */
  *readByte(): Waiting<number> {
    const [byte] = yield* this.read(1, true);
    return byte;
  }

  /** The input of a backend that a device reads stays with the device. */
  private attach(): void {
    if (this.attached || !this.chardev || this.chardev.isAttached) return;
    this.attached = true;
    this.backend.setHandlers({
      canReceive: () => this.room - this.taken.length,
      receive: (bytes) => this.receive(bytes),
      event: (event) => {
        if (event !== 'closed') return;
        this.ended = true;
        this.hold(this, false);
      },
    });
  }

  private receive(bytes: Uint8Array): void {
    const all = new Uint8Array(this.taken.length + bytes.length);
    all.set(this.taken);
    all.set(bytes, this.taken.length);
    this.taken = all;
    this.hold(this, false);
  }
}
