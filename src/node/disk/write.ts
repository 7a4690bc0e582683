/** Writing to descriptors, and what the system says when it fails. */
import { writeSync } from 'node:fs';

export { systemReason } from './reason.js';

/** Writes all, also where the descriptor is not ready (EAGAIN): for files, and for what is read at once. `position`: in a file; default: where it is. */
export function writeFully(fd: number, bytes: Uint8Array, position?: number): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at, undefined, position === undefined ? undefined : position + at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
