/** Standard input of a command in the guest: handed over a block at a time, when the guest asks (see commandMarkers). */
import type { Readable } from 'node:stream';
import { STDIN_BLOCK, STDIN_END } from '../node/guest/initramfs.js';

export class CommandInput {
  private wanted = false;
  private opened = false;
  private ended = false;
  private readonly serve = (): void => this.answer();
  private readonly finish = (): void => {
    this.ended = true;
    this.answer();
  };

  constructor(
    private readonly source: Readable,
    /** Takes a line for the guest's terminal. */
    private readonly send: (line: Uint8Array) => void,
  ) {}

  /** The guest wants the next block. */
  request(): void {
    this.wanted = true;
    if (!this.opened) {
      this.opened = true;
      // 'error': a standard input that cannot be read (a folder, say) is one that has ended.
      this.source.on('readable', this.serve).on('end', this.finish).on('error', this.finish);
    }
    this.answer();
  }

  /** Lets go of the source: it no longer keeps the process alive. */
  close(): void {
    this.wanted = false;
    if (this.opened) this.source.off('readable', this.serve).off('end', this.finish);
    this.source.destroy();
  }

  private answer(): void {
    if (!this.wanted) return;
    const block = this.ended
      ? undefined
      : (this.source.read(Math.min(STDIN_BLOCK, this.source.readableLength) || undefined) as Buffer | null);
    if (block === null) return; // 'readable' or 'end' will come
    this.wanted = false;
    this.send(Buffer.from(`${block === undefined ? STDIN_END : block.toString('base64')}\n`));
  }
}
