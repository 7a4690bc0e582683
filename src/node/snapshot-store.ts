/** Snapshots as files of a folder: NAME.wemusnap. A file appears under its name when all of it is on the disk. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { SnapshotTools } from '../migration/format.js';
import type { NewSnapshot, OpenSnapshot, SnapshotStore } from '../migration/store.js';
import { OptionError, SnapshotError } from '../util/errors.js';
import { checksum, isRefusal, makeFolder, TEMPORARY } from './disk/files.js';
import { readFully } from './disk/read.js';
import { systemReason, writeFully } from './disk/write.js';

const SUFFIX = '.wemusnap';

const deflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** Node's own zlib: some 100 MB/s a thread, and of its threads as many as there are. */
export const snapshotTools: SnapshotTools = {
  checksum,
  codec: {
    deflate: (bytes) => deflateRaw(bytes, { level: 1 }),
    inflate: (bytes, size) => zlib.inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) }),
  },
  digest(bytes) {
    return Promise.resolve(createHash('sha256').update(bytes).digest('hex'));
  },
};

/** The user's folder for them (XDG Base Directory Specification); undefined: this user has no home. */
function defaultFolder(): string | undefined {
  const wanted = process.env['XDG_DATA_HOME'] ?? '';
  if (isAbsolute(wanted)) return join(wanted, 'wemu', 'snapshots');
  try {
    const home = homedir();
    return isAbsolute(home) ? join(home, '.local', 'share', 'wemu', 'snapshots') : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined; // neither HOME nor a line in /etc/passwd
  }
}

/** What the system says no to is a line for the user. */
function attempt<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new SnapshotError(`cannot ${what}: ${systemReason(error)}`);
  }
}

export class FolderSnapshotStore implements SnapshotStore {
  /** @throws OptionError if `folder` is no folder. Default: the user's, which is made when something is saved */
  static open(folder?: string): FolderSnapshotStore | undefined {
    if (folder === undefined) {
      const own = defaultFolder();
      return own === undefined ? undefined : new FolderSnapshotStore(own);
    }
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw new OptionError(`'${folder}' is no folder`, '-snapshot-dir');
    return new FolderSnapshotStore(folder);
  }

  private constructor(private readonly folder: string) {}

  names(): string[] {
    if (!statSync(this.folder, { throwIfNoEntry: false })) return [];
    const files = attempt(`read '${this.folder}'`, () => readdirSync(this.folder));
    return files.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length)).sort(); // prettier-ignore
  }

  open(name: string): OpenSnapshot | undefined {
    const path = this.path(name);
    return statSync(path, { throwIfNoEntry: false }) && openSnapshotFile(path);
  }

  create(name: string): NewSnapshot {
    attempt(`make '${this.folder}'`, () => makeFolder(this.folder));
    return createSnapshotFile(this.path(name));
  }

  delete(name: string): boolean {
    const path = this.path(name);
    if (!statSync(path, { throwIfNoEntry: false })) return false;
    attempt(`delete '${path}'`, () => rmSync(path));
    return true;
  }

  private path(name: string): string {
    return join(this.folder, name + SUFFIX);
  }
}

/** @throws SnapshotError if it cannot be opened */
export function openSnapshotFile(path: string): OpenSnapshot {
  const fd = attempt(`open '${path}'`, () => openSync(path, 'r'));
  const { size } = fstatSync(fd);
  const readNow = (at: number, into: Uint8Array): void =>
    attempt(`read '${path}'`, () => {
      if (readFully(fd, into, at) < into.length) throw new SnapshotError(`cannot read '${path}': it has become shorter`);
    });
  return { size, read: readNow, readNow, close: () => closeSync(fd) };
}

/** Of the same folder as `path`, by its name in snapshots that build on it; undefined: there is none. @throws SnapshotError */
export function openSnapshotBeside(path: string, name: string): OpenSnapshot | undefined {
  if (name.includes('/') || name.includes('\\')) return undefined; // it is a name, and no way out of the folder
  const found = [name + SUFFIX, name]
    .map((each) => join(dirname(path), each))
    .find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : openSnapshotFile(found);
}

/** @throws SnapshotError if it cannot be written */
export function createSnapshotFile(path: string, sync = true): NewSnapshot {
  const temporary = path + TEMPORARY + Math.random().toString(36).slice(2);
  const fd = attempt(`write '${path}'`, () => openSync(temporary, 'wx', 0o600));
  const discard = (): void => rmSync(temporary, { force: true });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    write: (bytes) => attempt(`write '${path}'`, () => writeFully(fd, bytes)),
    commit: () =>
      attempt(`write '${path}'`, () => {
        if (sync) fsyncSync(fd);
        close();
        renameSync(temporary, path);
      }),
    discard() {
      close();
      discard();
    },
  };
}
