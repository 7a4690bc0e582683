import { HostError } from '../util/errors.js';
import { storageReason, type SyncFile } from './opfs.js';

/**
 * Flash, or an EEPROM, in a file of this site's own (a FlashImage): what the guest programs is in it at once. There is no journal as Node has: if the computer goes down
 * in the middle of it, a part of one command may be there.
 */
export class OpfsFlash {
  readonly readOnly = false;
  readonly bytes: Uint8Array;
  private file: SyncFile | undefined;

  constructor(
    file: SyncFile,
    private readonly name: string,
    /** Hears why the file could not be written. */
    private readonly failed: (error: HostError) => void,
  ) {
    this.file = file;
    this.bytes = new Uint8Array(file.getSize());
    file.read(this.bytes, { at: 0 });
  }

  write(offset: number, bytes: Uint8Array): void {
    try {
      // the engine's memory is shared, and what a file takes must not be
      this.file?.write(bytes.slice(), { at: offset });
      this.file?.flush();
    } catch (error) {
      this.close();
      void storageReason(error).then((reason) => this.failed(new HostError(`cannot write '${this.name}': ${reason}`)));
    }
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
  }
}
