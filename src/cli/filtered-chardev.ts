/** A chardev whose output is looked at on its way. */
import type { Chardev } from '../chardev/chardev.js';
import { MuxChardev } from '../chardev/mux.js';

export class FilteredChardev extends MuxChardev {
  constructor(
    backend: Chardev,
    /** What is to go out of what was written. */
    private readonly filter: (bytes: Uint8Array) => Uint8Array,
  ) {
    super(backend, { escapes: false, limit: 1, quit: () => {} });
  }

  override write(bytes: Uint8Array): void {
    const rest = this.filter(bytes);
    if (rest.length > 0) super.write(rest);
  }
}
