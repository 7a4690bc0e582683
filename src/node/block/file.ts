/** Files as block nodes. Reads and writes go to the threads of Node, so a slow disk holds no guest and no event loop. */
import { close, closeSync, fdatasync, fstatSync, ftruncateSync, openSync, read, statSync, unlinkSync, write, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockError, sectors, SECTOR, type BlockErrno, type BlockNode } from '../../block/node.js';
import { OptionError } from '../../util/errors.js';
import { readFully } from '../disk/read.js';
import { systemReason } from '../disk/reason.js';
import type { FileLock } from '../disk/lock.js';
import { lockImage } from './lock.js';

export interface FileOptions {
  /** Undefined: for writing, where the file's permissions allow it. */
  readonly readOnly?: boolean;
  readonly locking?: boolean;
  /** A lock that one has on the file already. */
  readonly beside?: FileLock;
}

/** Codes of the system that a request may fail by; the others are EIO to it. */
const KNOWN: readonly string[] = ['ENOSPC', 'EPERM', 'EINVAL'] satisfies BlockErrno[];
const NO_PERMISSION: readonly string[] = ['EACCES', 'EPERM', 'EROFS'];
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function blockError(error: unknown): BlockError {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return new BlockError(code === 'EDQUOT' ? 'ENOSPC' : KNOWN.includes(code) ? (code as BlockErrno) : 'EIO', systemReason(error));
}

/** What is read and compared at a time where zeros are written. */
const ZERO_PIECE = 1024 * 1024;
const ZEROS = Buffer.alloc(ZERO_PIECE);

type Transfer = (
  fd: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
  done: (error: Error | null, count: number) => void,
) => void;

export class FileNode implements BlockNode {
  readonly driver = 'file';
  readonly length: number;
  readonly head: Uint8Array;
  private underWay = 0;
  private isClosed = false;
  /** Once the system has failed to keep something, nobody knows what is kept: a later flush must not say that all is. */
  private flushFailure: BlockError | undefined;

  private constructor(
    private readonly fd: number,
    readonly filename: string,
    readonly readOnly: boolean,
    private readonly lock?: FileLock,
  ) {
    this.length = sectors(fstatSync(fd).size) * SECTOR;
    this.head = new Uint8Array(Math.min(this.length, SECTOR));
    readFully(fd, this.head, 0);
  }

  /** @throws OptionError */
  static open(path: string, { readOnly, locking = true, beside }: FileOptions = {}): FileNode {
    let fd: number | undefined;
    let lock: FileLock | undefined;
    try {
      checkPlain(statSync(path)); // opening a pipe waits for its other end
      const opened = openFile(path, readOnly);
      ({ fd } = opened);
      checkPlain(fstatSync(fd));
      if (locking) lock = lockImage(fd, path, opened.readOnly, beside);
      return new FileNode(fd, path, opened.readOnly, lock);
    } catch (error) {
      lock?.release();
      if (fd !== undefined) closeSync(fd);
      throw error instanceof OptionError ? error : new OptionError(`Could not open '${path}': ${systemReason(error)}`);
    }
  }

  /** When it was written to last, ns: a copy of it that has another time is another image. */
  get revision(): string {
    return String(fstatSync(this.fd, { bigint: true }).mtimeNs);
  }

  /** As what was opened by the path: with a lock if this one has one. @throws OptionError */
  writer(): FileNode {
    return FileNode.open(this.filename, { readOnly: false, locking: this.lock !== undefined, beside: this.lock });
  }

  /** A file without a name, all zeros, that is gone with the process. @throws OptionError */
  static scratch(length: number): FileNode {
    const path = join(tmpdir(), `wemu-snapshot-${process.pid}-${Math.random().toString(36).slice(2)}`);
    try {
      const fd = openSync(path, 'wx+', 0o600);
      try {
        unlinkSync(path);
        ftruncateSync(fd, length);
        return new FileNode(fd, path, false);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    } catch (error) {
      throw new OptionError(`cannot keep a snapshot in '${path}': ${systemReason(error)}`);
    }
  }

  /** What is behind the end of the file is zeros: of its last sector, or of a file that somebody has cut short. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    const count = await this.transfer(read as Transfer, into, offset);
    into.fill(0, count);
  }
  async write(offset: number, from: Uint8Array): Promise<void> {
    if ((await this.transfer(write as Transfer, from, offset)) < from.length) throw new BlockError('EIO');
  }

  /** Node cannot punch holes, but where zeros are, none need be written: what is sparse stays so. */
  async writeZeroes(offset: number, length: number): Promise<void> {
    const piece = Buffer.allocUnsafe(Math.min(length, ZERO_PIECE));
    for (let at = 0; at < length; at += ZERO_PIECE) {
      const bytes = piece.subarray(0, Math.min(ZERO_PIECE, length - at));
      await this.read(offset + at, bytes);
      const zeros = ZEROS.subarray(0, bytes.length);
      if (!bytes.equals(zeros)) await this.write(offset + at, zeros);
    }
  }
  /** Nothing that Node can do gives the space back. */
  async discard(): Promise<void> {}

  async flush(): Promise<void> {
    if (this.flushFailure) throw this.flushFailure;
    try {
      await this.during((done) => fdatasync(this.fd, done));
    } catch (error) {
      throw (this.flushFailure = blockError(error));
    }
  }

  /** What is under way is done first: the system may give the descriptor's number to another file. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.lock?.release();
    if (this.underWay === 0) closeSync(this.fd);
  }

  /** Moves all there is, however little the system takes at a time; how much that was. */
  private async transfer(move: Transfer, bytes: Uint8Array, offset: number): Promise<number> {
    let at = 0;
    try {
      while (at < bytes.length) {
        let count: number;
        try {
          count = await this.during<number>((done) => move(this.fd, bytes, at, bytes.length - at, offset + at, done));
        } catch (error) {
          if (codeOf(error) === 'EINTR' || codeOf(error) === 'EAGAIN') continue;
          throw error;
        }
        if (count === 0) break;
        at += count;
      }
    } catch (error) {
      throw blockError(error);
    }
    return at;
  }

  private during<T>(call: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
    this.underWay++;
    return new Promise((resolve, reject) => {
      call((error, value) => {
        if (--this.underWay === 0 && this.isClosed) close(this.fd, () => {});
        if (error) reject(error);
        else resolve(value as T);
      });
    });
  }
}

function checkPlain(stat: Stats): void {
  if (stat.isDirectory()) throw new Error('is a directory');
  if (!stat.isFile()) throw new Error('it is no plain file; devices of the host are not built yet');
}

function openFile(path: string, readOnly: boolean | undefined): { fd: number; readOnly: boolean } {
  if (readOnly) return { fd: openSync(path, 'r'), readOnly };
  try {
    return { fd: openSync(path, 'r+'), readOnly: false };
  } catch (error) {
    if (readOnly === false || !NO_PERMISSION.includes(codeOf(error) ?? '')) throw error;
    return { fd: openSync(path, 'r'), readOnly: true };
  }
}
