/** The files of one folder, for a guest that semihosting serves: no name, no link in it and nothing that is no plain file leads anywhere else. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isErrno, Refusal } from '../semihosting/errno.js';
import type { HostFile, HostFiles, OpenMode } from '../semihosting/services.js';
import { OptionError } from '../util/errors.js';
import { systemReason } from './disk/write.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
const NEW_FILE = 0o644;

export class FolderFiles implements HostFiles {
  private readonly root: string;

  /** @throws OptionError if there is no such folder */
  constructor(folder: string) {
    try {
      this.root = realpathSync(folder);
      if (!statSync(this.root).isDirectory()) throw new Error('not a folder');
    } catch (error) {
      throw new OptionError(`cannot use '${folder}': ${systemReason(error)}`, '-semihosting-config root');
    }
  }

  open(name: string, mode: OpenMode): HostFile {
    return tried(() => {
      const path = this.existing(name);
      const access = mode.read ? (mode.write ? O_RDWR : O_RDONLY) : O_WRONLY;
      if (path === undefined) {
        if (!mode.truncate && !mode.append) throw new Refusal('ENOENT');
        return new FolderFile(openSync(this.place(name), access | O_CREAT | O_EXCL | O_NOFOLLOW, NEW_FILE));
      }
      checkPlain(lstatSync(path));
      const fd = openSync(path, access | (mode.truncate ? O_TRUNC : 0) | O_NOFOLLOW | O_NONBLOCK);
      try {
        checkPlain(fstatSync(fd));
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      return new FolderFile(fd);
    });
  }

  /** Of an empty folder too. */
  remove(name: string): void {
    tried(() => {
      const path = this.place(name);
      if (lstatSync(path).isDirectory()) rmdirSync(path);
      else unlinkSync(path);
    });
  }

  rename(from: string, to: string): void {
    tried(() => renameSync(this.place(from), this.place(to)));
  }

  /** The path, free of links, of what is there; undefined: nothing is. */
  private existing(name: string): string | undefined {
    const place = this.place(name, true);
    if (!lstatSync(place, { throwIfNoEntry: false })) return undefined;
    return this.inside(realpathSync(place));
  }

  /** Where a name stands, in a folder whose path is free of links. What stands there may be a link. */
  private place(name: string, orRoot = false): string {
    if (name === '' || name.includes('\0')) throw new Refusal('ENOENT');
    // Not simplified: with links, `a/..` need not be here. Nor may it be a way to look around outside.
    if (name.split(sep === '\\' ? /[\\/]/ : '/').includes('..')) throw new Refusal('EACCES');
    const path = resolve(this.root, name);
    if (path === this.root) {
      if (orRoot) return path;
      throw new Refusal('EACCES');
    }
    this.inside(path);
    return join(this.inside(realpathSync(dirname(path))), basename(path));
  }

  private inside(path: string): string {
    if (path !== this.root && !path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) throw new Refusal('EACCES');
    return path;
  }
}

/** Devices and pipes do things when they are opened, and may wait for ever. */
function checkPlain(stat: { isFile(): boolean; isDirectory(): boolean }): void {
  if (!stat.isFile()) throw new Refusal(stat.isDirectory() ? 'EISDIR' : 'EACCES');
}

class FolderFile implements HostFile {
  constructor(private readonly fd: number) {}
  read(into: Uint8Array, position: number): number {
    return tried(() => {
      let done = 0;
      while (done < into.length) {
        const count = readSync(this.fd, into, done, into.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }
  write(bytes: Uint8Array, position: number): void {
    tried(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.fd, bytes, done, bytes.length - done, position + done);
    });
  }
  size(): number {
    return tried(() => fstatSync(this.fd).size);
  }
  close(): void {
    tried(() => closeSync(this.fd));
  }
}

/** What the system refuses is refused to the guest, by the same name where it has one. */
function tried<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code !== 'string') throw error;
    if (code === 'EINTR') return tried(body);
    throw new Refusal(isErrno(code) ? code : code === 'EPERM' ? 'EACCES' : 'EIO');
  }
}
