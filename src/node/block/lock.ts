/** That one image is not written to by two machines. QEMU's own locks (of single bytes of the image) are heeded, too. */
import { OptionError } from '../../util/errors.js';
import { lockFile, systemLocks, type FileLock } from '../disk/lock.js';

/** Bytes of an image that QEMU locks: it may write; it bears nobody else who may. Source: QEMU docs/system/images, "Disk image file locking", and what it was seen to do. */
const QEMU_WRITES = 101;
const QEMU_SHARES_NO_WRITES = 201;

/** Many may read, or one may write. @throws OptionError if another has the image; undefined: this system has no place for locks */
export function lockImage(fd: number, path: string, readOnly: boolean, beside?: FileLock): FileLock | undefined {
  const foreign = systemLocks(fd, 'OFDLCK');
  const isForeign = foreign(QEMU_WRITES) || (!readOnly && foreign(QEMU_SHARES_NO_WRITES));
  const lock = isForeign ? 'taken' : lockFile(fd, readOnly, beside);
  if (lock !== 'taken') return lock;
  const what = readOnly ? 'shared "write" lock' : '"write" lock';
  throw new OptionError(`Failed to get ${what}. Is another process using the image [${path}]?`);
}
