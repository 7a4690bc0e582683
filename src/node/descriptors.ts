/**
 * Whose the descriptors are that the process was given: a socket's (`fd=`), or those of standard input and output. libuv watches a descriptor for one stream only; another one ends in EEXIST, or its output waits
 * for ever.
 */
import { fstatSync } from 'node:fs';
import { OptionError } from '../util/errors.js';

const owners = new Map<number, string>();

/** The owner that many may be: Node has one stream for each standard descriptor. */
const STDIO = 'stdio';

/** @throws OptionError about `where` if it is somebody else's */
function take(fd: number, owner: string, where: string): void {
  const other = owners.get(fd);
  if (other !== undefined && (other !== STDIO || owner !== STDIO))
    throw new OptionError(`descriptor ${fd} is in use by ${other} already`, where);
  owners.set(fd, owner);
}

/** Standard input (0), output or error, by Node's own stream. @throws OptionError about `where` if a socket has it */
export const takeStandard = (fd: number, where: string): void => take(fd, STDIO, where);

/** @throws OptionError about `where` if it is somebody else's, or no socket: for other descriptors, among them Node's own, libuv may end the process */
export function takeSocket(fd: number, owner: string, where: string): void {
  let isSocket = false;
  try {
    isSocket = fstatSync(fd).isSocket();
  } catch {
    // it is not open
  }
  if (!isSocket) throw new OptionError(`File descriptor '${fd}' is not a socket`, where);
  take(fd, owner, where);
}

export function releaseDescriptor(fd: number): void {
  owners.delete(fd);
}
