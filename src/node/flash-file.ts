/** A file that keeps a flash bank (`-pflash`, a FlashImage): what the guest programs is in the file at once, each command whole or not at all. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { HostError, OptionError } from '../util/errors.js';
import { findUnfinished, mayTear, removeJournal, writeJournal } from './flash-journal.js';
import { readImage } from './image-file.js';
import { systemReason, writeFully } from './disk/write.js';

export class FlashFile {
  readonly bytes: Uint8Array;
  readonly readOnly: boolean;
  /** Hears why the file could not be written. */
  failed: (error: HostError) => void = () => {};
  private fd: number | undefined;

  /** `discard`: the file stays as it is; `readOnly`: the guest cannot program it; `option`: what named it. @throws OptionError if it cannot be read, or written */
  constructor(
    private readonly path: string,
    {
      discard = false,
      readOnly = false,
      option = '-pflash',
    }: { readonly discard?: boolean; readonly readOnly?: boolean; readonly option?: string } = {},
  ) {
    this.readOnly = readOnly;
    this.bytes = readImage(option, path);
    try {
      if (!discard && !readOnly) this.fd = openSync(path, 'r+');
      this.finish();
    } catch (error) {
      throw new OptionError(`cannot write '${path}': ${systemReason(error)}`, option);
    }
  }

  /** What another run was about to write when it was killed. */
  private finish(): void {
    const unfinished = findUnfinished(this.path, this.bytes);
    if (unfinished) this.bytes.set(unfinished.bytes, unfinished.offset);
    if (this.fd === undefined) return;
    if (unfinished) {
      writeFully(this.fd, unfinished.bytes, unfinished.offset);
      fdatasyncSync(this.fd);
    }
    removeJournal(this.path);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.fd === undefined) return;
    try {
      const tears = mayTear(offset, bytes.length);
      if (tears) writeJournal(this.path, this.fd, offset, bytes);
      writeFully(this.fd, bytes, offset);
      if (!tears) return;
      fdatasyncSync(this.fd);
      removeJournal(this.path);
    } catch (error) {
      this.close();
      this.failed(new HostError(`cannot write '${this.path}': ${systemReason(error)}`));
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
