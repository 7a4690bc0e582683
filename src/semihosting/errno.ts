/** Why a call was refused: what SYS_ERRNO tells. The numbers are Linux's, as QEMU gives those of the host that it runs on. */
export const ERRNO = {
  ENOENT: 2,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
} as const;
export type ErrnoName = keyof typeof ERRNO;

export const isErrno = (name: unknown): name is ErrnoName => typeof name === 'string' && Object.hasOwn(ERRNO, name);

/** A call cannot be done: its caller is told, and goes on. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(readonly reason: ErrnoName) {
    super(reason);
  }
  get errno(): number {
    return ERRNO[this.reason];
  }
}
