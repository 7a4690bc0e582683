/** A file that keeps a flash bank (`-pflash`, a FlashImage): what the guest programs is in the file at once, each command in one write. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { HostError, OptionError } from '../util/errors.js';
import { readImage } from './image-file.js';
import { systemReason } from './disk/write.js';

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
    } catch (error) {
      throw new OptionError(`cannot write '${path}': ${systemReason(error)}`, option);
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.fd === undefined) return;
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.fd, bytes, done, bytes.length - done, offset + done);
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
