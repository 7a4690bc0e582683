/** Standard input of a command in the guest, from when the guest asks for it (see commandMarkers). */
import type { Readable } from 'node:stream';
import { Chardev, FLOW_LIMIT } from '../chardev/chardev.js';
import { COMMAND_PORTS, STDIN_BLOCK, STDIN_END } from '../node/guest/initramfs.js';

/** As a stream, by a port of its own. No more is read than the guest and a buffer of FLOW_LIMIT bytes take. */
export class CommandInputPort extends Chardev {
  private asked = false;
  private readonly pump = (): void => {
    while (this.queued < FLOW_LIMIT) {
      const bytes = this.source.read(Math.min(FLOW_LIMIT, this.source.readableLength) || undefined) as Buffer | null;
      if (bytes === null) return; // 'readable' or 'end' will come
      this.input(bytes);
    }
  };
  private readonly finish = (): void => this.closed();

  constructor(private readonly source: Readable) {
    super(COMMAND_PORTS.input, 'stream');
  }

  /** The guest wants it. */
  request(): void {
    if (this.asked) return;
    this.asked = true;
    // 'error': a standard input that cannot be read (a folder, say) is one that has ended.
    this.source.on('readable', this.pump).on('end', this.finish).on('error', this.finish);
    this.pump();
  }

  /** Lets go of the source: it no longer keeps the process alive. */
  override close(): void {
    if (this.asked) this.source.off('readable', this.pump).off('end', this.finish);
    this.source.destroy();
  }

  /** What the guest writes there is for nobody. */
  override write(): void {}

  protected override inputTaken(): void {
    if (this.asked) this.pump();
  }
}

/** Through the serial port, a block at a time. */
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
