import { getSystemErrorMap } from 'node:util';
import { errorMessage } from '../../util/errors.js';

/** The system's words alone (`no space left on device`), without Node's code and system call around them. */
export function systemReason(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? errorMessage(error);
}
