/** Writing to descriptors, and what the system says when it fails. */
import { writeSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { errorMessage } from '../util/errors.js';

/** Writes all, also where the descriptor is not ready (EAGAIN): for files, and for what is read at once. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** The system's words alone (`no space left on device`), without Node's code and system call around them. */
export function systemReason(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? errorMessage(error);
}
