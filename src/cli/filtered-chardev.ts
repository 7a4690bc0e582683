/** A serial port whose output is looked at on its way, and whose input waits until the host itself has typed something, after each reset anew. */
import type { Chardev, CharHandlers } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';

export class FilteredChardev extends MuxChardev {
  private isHeld = true;

  constructor(
    backend: Chardev,
    /** What is to go out of what was written. */
    private readonly filter: (bytes: Uint8Array) => Uint8Array,
  ) {
    super(backend, { escapes: false, limit: 1, quit: () => {} });
  }

  /** Input waits again. */
  holdInput(): void {
    this.isHeld = true;
  }

  override join(handlers: CharHandlers): Chardev {
    return super.join({ ...handlers, canReceive: () => (this.isHeld ? 0 : handlers.canReceive()) });
  }

  override write(bytes: Uint8Array): void {
    const rest = this.filter(bytes);
    if (rest.length > 0) super.write(rest);
  }

  /** What the host types, by itself: it comes before what has been typed to the guest. */
  override input(bytes: Uint8Array): void {
    this.isHeld = false;
    const typed = this.waitingInput;
    const all = new Uint8Array(bytes.length + typed.length);
    all.set(bytes);
    all.set(typed, bytes.length);
    this.waitingInput = new Uint8Array(0);
    super.input(all);
  }
}
