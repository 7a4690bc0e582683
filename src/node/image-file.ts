/** Images that the command line names: read whole, however long the file turns out to be. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { OptionError } from '../util/errors.js';
import { formatSize, GiB, MiB } from '../util/size.js';
import { readFully } from './disk/read.js';
import { systemReason } from './disk/write.js';

/** What an image may have: more than a guest's RAM, since an ELF file may bring what debuggers want. */
const IMAGE_LIMIT = GiB;
/** What is read at a time where the size is not known before. */
const PIECE = MiB;

/** A pipe is read to its end. @throws OptionError if `path` is a device or a folder, or has more than `limit` bytes */
export function readImage(option: string, path: string, limit?: number): Uint8Array;
export function readImage(option: string, path: string | undefined, limit?: number): Uint8Array | undefined;
export function readImage(option: string, path: string | undefined, limit = IMAGE_LIMIT): Uint8Array | undefined {
  if (path === undefined) return undefined;
  // QEMU's words for a kernel: kvm-unit-tests learns by them that its runner works
  const what = option === '-kernel' ? 'could not load kernel' : 'cannot read';
  const unreadable = (why: string): OptionError => new OptionError(`${what} '${path}': ${why}`, option);
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw unreadable('is a directory');
    if (stat.isCharacterDevice()) throw unreadable('is a device');
    if (stat.size > limit) throw unreadable(`it has ${formatSize(stat.size)}, the limit is ${formatSize(limit)}`);
    const bytes = readToEnd(fd, stat.isFile() ? stat.size : 0, limit);
    if (!bytes) throw unreadable(`it has more than ${formatSize(limit)}, the limit`);
    return bytes;
  } catch (error) {
    throw error instanceof OptionError ? error : unreadable(reason(error));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Undefined: there is more than `limit`. `expected`: bytes, as far as is known. */
function readToEnd(fd: number, expected: number, limit: number): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let room = expected + 1; size <= limit; room = PIECE) {
    const piece = new Uint8Array(room);
    const got = readFully(fd, piece, null);
    pieces.push(piece.subarray(0, got));
    size += got;
    if (got < room) return size > limit ? undefined : pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, size);
  }
  return undefined;
}

const REASONS: Record<string, string> = { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'is a directory' };

/** Why the system refused something with a file. */
export function reason(error: unknown): string {
  return REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? systemReason(error);
}
