/** Reading descriptors: a read may give less than was asked for, and a signal may interrupt it (libuv repeats writes, and not reads). */
import { readSync } from 'node:fs';

/** Fills `bytes` from `position` on (null: from where the descriptor is); how many there were before the end. */
export function readFully(fd: number, bytes: Uint8Array, position: number | null): number {
  let at = 0;
  while (at < bytes.length) {
    try {
      const got = readSync(fd, bytes, at, bytes.length - at, position === null ? null : position + at);
      if (got === 0) break;
      at += got;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error;
    }
  }
  return at;
}
