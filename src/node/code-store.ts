/**
 * Generated code on disk: one file a key in a folder of the user's own (docs/code-cache.md). Generated code reaches all of the guest's memory and calls
 * the runtime, and machine code is run as it comes, so only files that nobody else could have written are taken: folder and file belong to this user, and no one else may write them.
 *
 *     0  'wemucode'   8  schema   12  bytes of the index   16  bytes of the parts   20  SHA-256 of key, bytes of the parts, and index   52  index   then the parts
 */
import { createHash } from 'node:crypto';
import { closeSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeStore, MachineCode, NewPart, StoredCode } from '../accel/tcg/codegen/code-store.js';
import { PERSISTENT_SCHEMA, type Part } from '../accel/tcg/codegen/persistent-format.js';
import { MiB } from '../util/size.js';
import { checksum, isOwnFolder, isRefusal, makeFolder, openOwn, TEMPORARY, Unusable, writeWhole } from './disk/files.js';
import { readFully } from './disk/read.js';
import { tell } from './messages.js';

const MAGIC = Buffer.from('wemucode');
const HEADER = 52;
const SUM = 20;
const SUFFIX = '.wemucode';
/** A temporary file of this age was left behind. */
const ABANDONED_MS = 3600_000;
/** What a file may have, of generated code and of TBs; and all files of the folder together, of which the least recently used give way. */
const MAX_CODE = 128 * MiB;
const MAX_TBS = 128 * MiB;
const MAX_FILE = Math.max(MAX_CODE, MAX_TBS);
const MAX_FOLDER = 512 * MiB;

export interface FileStoreOptions {
  /** Asked for once, when it is wanted. */
  readonly machineCode?: () => MachineCode | undefined;
  readonly tell?: (line: string) => void;
  readonly maxFolder?: number;
}

export class FileCodeStore implements CodeStore {
  readonly maxBytes = MAX_CODE;
  readonly maxTbBytes = MAX_TBS;
  private readonly findMachineCode: () => MachineCode | undefined;
  private found: { readonly machineCode: MachineCode | undefined } | undefined;
  readonly checksum = (bytes: Uint8Array): number => checksum(bytes);
  private readonly tell: (line: string) => void;
  private readonly maxFolder: number;
  private hasTold = false;

  constructor(
    private readonly folder: string,
    /** Which build of wemu makes and runs the code: another one's files are not found. */
    private readonly build: () => string,
    { tell: told = (line) => tell(`code cache: ${line}`), maxFolder = MAX_FOLDER, machineCode = () => undefined }: FileStoreOptions = {},
  ) {
    this.findMachineCode = machineCode;
    this.tell = told;
    this.maxFolder = maxFolder;
  }

  get machineCode(): MachineCode | undefined {
    this.found ??= { machineCode: this.findMachineCode() };
    return this.found.machineCode;
  }

  load(key: string): StoredCode | undefined {
    return this.attempt(() => {
      if (!isOwnFolder(this.folder)) return undefined;
      const path = this.path(key);
      const file = openOwn(path, HEADER + MAX_FILE);
      if (!file) return undefined;
      try {
        const index = readIndex(file, this.fullKey(key), path);
        this.markUsed(path);
        return new OpenFile(file.fd, index);
      } catch (error) {
        closeSync(file.fd);
        throw error;
      }
    });
  }

  save(key: string, index: Uint8Array, parts: readonly NewPart[] = []): void {
    this.attempt(() => {
      makeFolder(this.folder);
      if (!isOwnFolder(this.folder)) return;
      const path = this.path(key);
      // not synced: what a crash leaves fails its checksums
      writeWhole(path, fileOf(index, parts, this.fullKey(key)), { sync: false });
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

/** Bytes that are read at once: parts lie in the order in which the last run wanted them, and this one wants the next ones soon. */
const AHEAD = 128 << 10;

class OpenFile implements StoredCode {
  private isOpen = true;
  /** What was read last, and where among the parts it begins. */
  private ahead = new Uint8Array(0);
  private aheadAt = 0;

  constructor(
    private readonly fd: number,
    readonly index: Uint8Array<ArrayBuffer>,
  ) {}

  read({ at, length, crc }: Part): Uint8Array<ArrayBuffer> | undefined {
    if (!this.isOpen || at + length > MAX_FILE) return undefined;
    if (at < this.aheadAt || at + length > this.aheadAt + this.ahead.length) this.readAhead(at, length);
    const bytes = this.ahead.slice(at - this.aheadAt, at - this.aheadAt + length);
    return bytes.length === length && checksum(bytes) === crc ? bytes : undefined;
  }

  /** From `at` on. What cannot be read is not there. */
  private readAhead(at: number, length: number): void {
    const bytes = new Uint8Array(Math.max(length, AHEAD));
    let got = 0;
    try {
      got = readFully(this.fd, bytes, HEADER + this.index.length + at);
    } catch (error) {
      if (!isRefusal(error)) throw error; // as damaged as can be
    }
    this.ahead = bytes.subarray(0, got);
    this.aheadAt = at;
  }

  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
    this.ahead = new Uint8Array(0);
  }
}

const sumOf = (key: string, header: Buffer, index: Uint8Array): Buffer =>
  createHash('sha256').update(`${key}\0`).update(header.subarray(16, SUM)).update(index).digest();

/** Parts may be many, and lie in another file: one is in memory at a time. */
function* fileOf(index: Uint8Array, parts: readonly NewPart[], key: string): Generator<Uint8Array> {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  header.writeUInt32LE(PERSISTENT_SCHEMA, 8);
  header.writeUInt32LE(index.length, 12);
  header.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    16,
  );
  sumOf(key, header, index).copy(header, SUM);
  yield header;
  yield index;
  for (const part of parts) yield part.bytes();
}

/** @throws Unusable */
function readIndex({ fd, size }: { fd: number; size: number }, key: string, path: string): Uint8Array<ArrayBuffer> {
  const damaged = (): Unusable => new Unusable(`'${path}' is damaged: ignored, and replaced`);
  const header = Buffer.alloc(HEADER);
  if (readFully(fd, header, 0) < HEADER || !header.subarray(0, 8).equals(MAGIC) || header.readUInt32LE(8) !== PERSISTENT_SCHEMA)
    throw damaged();
  const length = header.readUInt32LE(12);
  if (HEADER + length + header.readUInt32LE(16) !== size) throw damaged();
  const index = new Uint8Array(length);
  if (readFully(fd, index, HEADER) < length || !sumOf(key, header, index).equals(header.subarray(SUM))) throw damaged();
  return index;
}
