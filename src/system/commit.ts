/** What a guest has written to disks with `snapshot=on`, into their images. */
import type { BlockBackend } from '../block/backend.js';
import { BlockError, type BlockErrno } from '../block/node.js';
import { errorMessage, isUserError } from '../util/errors.js';
import { ControlError, NotFoundError } from './errors.js';

/** As the C library says it. */
const REASONS: Readonly<Record<BlockErrno, string>> = {
  EIO: 'Input/output error',
  ENOSPC: 'No space left on device',
  EPERM: 'Operation not permitted',
  EINVAL: 'Invalid argument',
  ENOTSUP: 'Operation not supported',
};

/** All that have something to commit, or that one. @throws ControlError in QEMU's words */
export async function commitDrives(drives: readonly BlockBackend[], id?: string): Promise<void> {
  const wanted = drives.filter((drive) => (id === undefined ? drive.node.commit : drive.id === id));
  if (wanted.length === 0 && id !== undefined) throw new NotFoundError(`Device '${id}' not found`);
  for (const drive of wanted) {
    try {
      await drive.commit();
    } catch (error) {
      if (!(error instanceof BlockError) && !isUserError(error)) throw error;
      throw new ControlError(
        `'commit' error for '${id ?? 'all'}': ${error instanceof BlockError ? REASONS[error.code] : errorMessage(error)}`,
      );
    }
  }
}
