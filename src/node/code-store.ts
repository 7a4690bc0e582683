/**
 * Generated code on disk: one file a key in a folder of the user's own (docs/code-cache.md). Generated code reaches all of the guest's memory and calls
 * the runtime, so only files that nobody else could have written are taken: folder and file belong to this user, and no one else may write them.
 *
 *     0  'wemucode'     8  schema    12  bytes of payload    16  SHA-256 of key and payload    48  payload
 */
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeStore } from '../accel/tcg/codegen/code-store.js';
import { PERSISTENT_SCHEMA } from '../accel/tcg/codegen/persistent-format.js';
import { MiB } from '../util/size.js';
import { isOwnFolder, isRefusal, makeFolder, readOwn, TEMPORARY, Unusable, writeWhole } from './disk/files.js';
import { tell } from './messages.js';

const MAGIC = Buffer.from('wemucode');
const HEADER = 48;
const SUFFIX = '.wemucode';
/** A temporary file of this age was left behind. */
const ABANDONED_MS = 3600_000;
/** What a file may have; and all files of the folder together, of which the least recently used give way. */
const MAX_FILE = 16 * MiB;
const MAX_FOLDER = 64 * MiB;

export interface FileStoreOptions {
  readonly tell?: (line: string) => void;
  readonly maxFolder?: number;
}

export class FileCodeStore implements CodeStore {
  readonly maxBytes = MAX_FILE;
  private readonly tell: (line: string) => void;
  private readonly maxFolder: number;
  private hasTold = false;

  constructor(
    private readonly folder: string,
    /** Which build of wemu makes and runs the code: another one's files are not found. */
    private readonly build: () => string,
    { tell: told = (line) => tell(`code cache: ${line}`), maxFolder = MAX_FOLDER }: FileStoreOptions = {},
  ) {
    this.tell = told;
    this.maxFolder = maxFolder;
  }

  load(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.attempt(() => {
      if (!isOwnFolder(this.folder)) return undefined;
      const path = this.path(key);
      const bytes = readOwn(path, HEADER + MAX_FILE);
      if (!bytes) return undefined;
      const payload = unwrap(bytes, this.fullKey(key), path);
      this.markUsed(path);
      return payload;
    });
  }

  save(key: string, payload: Uint8Array): void {
    this.attempt(() => {
      makeFolder(this.folder);
      if (!isOwnFolder(this.folder)) return;
      const path = this.path(key);
      // not synced: what a crash leaves fails its checksum
      writeWhole(path, wrap(payload, this.fullKey(key)), { sync: false });
      this.evict(path);
    });
  }

  /** One line a run: whatever is wrong with one file tends to be wrong with the next. */
  warn(message: string): void {
    if (!this.hasTold) this.tell(message);
    this.hasTold = true;
  }

  /** Of use to evict(), which a folder that cannot be written does not get to. */
  private markUsed(path: string): void {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** What cannot be read or written is not worth more than a line: the code is made again. */
  private attempt<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.warn(error.message);
      return undefined;
    }
  }

  private fullKey(key: string): string {
    return `${this.build()}\0${key}`;
  }

  private path(key: string): string {
    return join(this.folder, createHash('sha256').update(this.fullKey(key)).digest('hex').slice(0, 32) + SUFFIX);
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

function checksum(key: string, payload: Uint8Array): Buffer {
  return createHash('sha256').update(`${key}\0`).update(payload).digest();
}

function wrap(payload: Uint8Array, key: string): Uint8Array {
  const file = Buffer.alloc(HEADER + payload.length);
  MAGIC.copy(file);
  file.writeUInt32LE(PERSISTENT_SCHEMA, 8);
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
    file.readUInt32LE(8) === PERSISTENT_SCHEMA &&
    file.readUInt32LE(12) === payload.length &&
    checksum(key, payload).equals(file.subarray(16, HEADER));
  if (!isWhole) throw new Unusable(`'${path}' is damaged: ignored, and replaced`);
  return payload;
}
