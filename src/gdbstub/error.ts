/** The answer to what cannot be done: E and a number of errno. */
export class GdbError extends Error {
  constructor(readonly errno: number) {
    super(`E${errno.toString().padStart(2, '0')}`);
  }
}

/** Memory or a register that is not there. */
export const EFAULT = 14;
export const EINVAL = 22;
