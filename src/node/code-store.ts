/**
 * Generated code on disk: one file a key in a folder of the user's own (docs/code-cache.md). Generated code reaches all of the guest's memory and calls
 * the runtime, so only files that nobody else could have written are taken: folder and file belong to this user, and no one else may write them.
 *
 *     0  'wemucode'     8  schema    12  bytes of payload    16  SHA-256 of key and payload    48  payload
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CodeStore } from '../accel/tcg/codegen/code-store.js';
import { KEPT_SCHEMA } from '../accel/tcg/codegen/kept-format.js';
import { MiB } from '../util/size.js';
import { writeFully } from './write.js';

const MAGIC = Buffer.from('wemucode');
const HEADER = 48;
const SUFFIX = '.wemucode';
const TEMPORARY = '.tmp-';
/** A temporary file of this age was left behind. */
const ABANDONED_MS = 3600_000;
/** What a file may have; and all files of the folder together, of which the least recently used give way. */
const MAX_FILE = 16 * MiB;
const MAX_FOLDER = 64 * MiB;
const OTHERS_MAY_WRITE = 0o022;

/** Why a file or folder is not used: one line. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

export interface FileStoreOptions {
  readonly tell?: (line: string) => void;
  readonly maxFolder?: number;
  /** What the system refuses is not told: a home that cannot be written, a full disk. */
  readonly quiet?: boolean;
}

export class FileCodeStore implements CodeStore {
  readonly maxBytes = MAX_FILE;
  private readonly tell: (line: string) => void;
  private readonly maxFolder: number;
  private readonly quiet: boolean;

  constructor(
    private readonly folder: string,
    /** Which build of wemu makes and runs the code: another one's files are not found. */
    private readonly build: string,
    {
      tell = (line) => void process.stderr.write(`wemu: code cache: ${line}\n`),
      maxFolder = MAX_FOLDER,
      quiet = false,
    }: FileStoreOptions = {},
  ) {
    this.tell = tell;
    this.maxFolder = maxFolder;
    this.quiet = quiet;
  }

  load(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.attempt(() => {
      if (!this.checkFolder()) return undefined;
      const path = this.path(key);
      const bytes = readOwn(path);
      if (!bytes) return undefined;
      const payload = unwrap(bytes, this.fullKey(key), path);
      const now = new Date();
      utimesSync(path, now, now); // when it was last used
      return payload;
    });
  }

  save(key: string, payload: Uint8Array): void {
    this.attempt(() => {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      if (!this.checkFolder()) return;
      const path = this.path(key);
      writeWhole(path, wrap(payload, this.fullKey(key)));
      this.evict(path);
    });
  }

  warn(message: string): void {
    this.tell(message);
  }

  /** What cannot be read or written is not worth more than a line: the code is made again. */
  private attempt<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      const isSystems = (error as NodeJS.ErrnoException).code !== undefined;
      if (!(error instanceof Unusable) && !isSystems) throw error;
      if (!(isSystems && this.quiet)) this.tell((error as Error).message);
      return undefined;
    }
  }

  private fullKey(key: string): string {
    return `${this.build}\0${key}`;
  }

  private path(key: string): string {
    return join(this.folder, createHash('sha256').update(this.fullKey(key)).digest('hex').slice(0, 32) + SUFFIX);
  }

  /** False: there is none yet. */
  private checkFolder(): boolean {
    const stat = lstatSync(this.folder, { throwIfNoEntry: false });
    if (!stat) return false;
    if (!stat.isDirectory()) throw new Unusable(`'${this.folder}' is no folder: not used`);
    checkOwner(this.folder, stat);
    return true;
  }

  private evict(newest: string): void {
    const names = readdirSync(this.folder);
    for (const name of names.filter((each) => each.includes(TEMPORARY))) {
      const path = join(this.folder, name);
      if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - ABANDONED_MS) rmSync(path, { force: true });
    }
    const files = names
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(this.folder, name))
      .flatMap((path) => {
        const stat = statSync(path, { throwIfNoEntry: false }); // another process may have been quicker
        return stat ? [{ path, size: stat.size, used: path === newest ? Infinity : stat.mtimeMs }] : [];
      })
      .sort((a, b) => b.used - a.used);
    let size = 0;
    for (const file of files) {
      size += file.size;
      if (size > this.maxFolder && file.path !== newest) rmSync(file.path, { force: true });
    }
  }
}

function checkOwner(path: string, { uid, mode }: { uid: number; mode: number }): void {
  if (process.getuid && uid !== process.getuid()) throw new Unusable(`'${path}' belongs to another user: not used`);
  if (process.getuid && (mode & OTHERS_MAY_WRITE) !== 0)
    throw new Unusable(`'${path}' may be written by others: not used (expected mode 700)`);
}

/** The file's bytes in memory of their own; undefined: there is none. */
function readOwn(path: string): Uint8Array<ArrayBuffer> | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Unusable(`'${path}' is no file: not used`);
    checkOwner(path, stat);
    if (stat.size > HEADER + MAX_FILE) throw new Unusable(`'${path}' is too long: not used`);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    for (let got = -1; got !== 0 && at < bytes.length; at += got) got = readSync(fd, bytes, at, bytes.length - at, at);
    return bytes.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

function checksum(key: string, payload: Uint8Array): Buffer {
  return createHash('sha256').update(`${key}\0`).update(payload).digest();
}

function wrap(payload: Uint8Array, key: string): Uint8Array {
  const file = Buffer.alloc(HEADER + payload.length);
  MAGIC.copy(file);
  file.writeUInt32LE(KEPT_SCHEMA, 8);
  file.writeUInt32LE(payload.length, 12);
  checksum(key, payload).copy(file, 16);
  file.set(payload, HEADER);
  return file;
}

function unwrap(bytes: Uint8Array<ArrayBuffer>, key: string, path: string): Uint8Array<ArrayBuffer> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const payload = bytes.subarray(HEADER);
  const isWhole =
    file.length >= HEADER &&
    file.subarray(0, 8).equals(MAGIC) &&
    file.readUInt32LE(8) === KEPT_SCHEMA &&
    file.readUInt32LE(12) === payload.length &&
    checksum(key, payload).equals(file.subarray(16, HEADER));
  if (!isWhole) throw new Unusable(`'${path}' is damaged: ignored, and replaced`);
  return payload;
}

/** Written beside it, and renamed: who reads meanwhile has all of the old or all of the new. Not synced: what a crash leaves fails its checksum. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const temporary = path + TEMPORARY + randomUUID();
  try {
    const fd = openSync(temporary, 'wx', 0o600);
    try {
      writeFully(fd, bytes);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
