/**
 * Generated code kept between visits, as files of this site's own (docs/code-cache.md). A key is asked for in the middle of making a machine, which cannot wait:
 * so all that there is of this build is read before, and what is saved is written afterwards. Nobody but this site can have written it.
 *
 *     0  'wemucode'   8  u32 schema   12  u32 bytes of the name   16  u32 bytes of the index   20  u32 CRC-32 of what follows   24  the name: build and key
 *     then the index, then the parts
 */
import type { CodeStore, NewPart, StoredCode } from '../accel/tcg/codegen/code-store.js';
import { PERSISTENT_SCHEMA } from '../accel/tcg/codegen/persistent-format.js';
import { concat, viewOf } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { openFolder, storageReason, type Folder } from './opfs.js';

const MAGIC = 'wemucode';
const HEADER = 24;
const SUFFIX = '.wemucode';
const MiB = 1 << 20;
/** Of a key; and of all files together, of which the oldest give way. */
const MAX_FILE = 8 * MiB;
const MAX_FOLDER = 32 * MiB;

export class OpfsCodeStore implements CodeStore {
  readonly maxBytes = MAX_FILE;
  readonly checksum = (bytes: Uint8Array): number => crc32(bytes);
  private readonly files = new Map<string, StoredFile>();
  /** Writes go one behind the other. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: Folder,
    /** Which build of wemu makes and runs the code: another one's files are not found. */
    private readonly build: string,
    private readonly tell: (line: string) => void,
  ) {}

  /** Undefined: nothing can be kept here, which is no more than slower. */
  static async open(build: string, tell: (line: string) => void): Promise<OpfsCodeStore | undefined> {
    try {
      const store = new OpfsCodeStore(await openFolder('code'), build, tell);
      await store.readAll();
      return store;
    } catch (error) {
      tell(`code cache: ${await storageReason(error)}`);
      return undefined;
    }
  }

  load(key: string): StoredCode | undefined {
    const file = this.files.get(this.fullKey(key));
    return file && { index: file.index.slice(), read: ({ at, length }) => file.parts.slice(at, at + length), close() {} };
  }

  save(key: string, index: Uint8Array, parts: readonly NewPart[] = []): void {
    const name = this.fullKey(key);
    const stored: StoredFile = { name, index: index.slice(), parts: concat(parts.map((part) => part.bytes())) };
    this.files.set(name, stored);
    const file = wrap(stored);
    this.writing = this.writing.then(() => this.write(fileName(name), file));
  }

  warn(message: string): void {
    this.tell(`code cache: ${message}`);
  }

  /** Resolves when all that was saved is written, or told to be lost. */
  settled(): Promise<void> {
    return this.writing;
  }

  private async write(name: string, file: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.evict(file.length, name);
      await this.folder.write(name, new Blob([file]));
    } catch (error) {
      this.warn(`what was made is not kept: ${await storageReason(error)}`);
    }
  }

  /** Makes room. */
  private async evict(bytes: number, keep: string): Promise<void> {
    const files: File[] = [];
    for (const name of await this.folder.names()) {
      const file = name === keep ? undefined : await this.folder.file(name);
      if (file) files.push(file);
    }
    files.sort((a, b) => b.lastModified - a.lastModified);
    let size = bytes;
    for (const file of files) {
      size += file.size;
      if (size > MAX_FOLDER) await this.folder.delete(file.name);
    }
  }

  private async readAll(): Promise<void> {
    for (const name of await this.folder.names()) {
      const file = await this.folder.file(name);
      if (!file || !name.endsWith(SUFFIX) || file.size > HEADER + MAX_FILE + MiB) continue;
      const found = unwrap(new Uint8Array(await file.arrayBuffer()));
      if (found?.name.startsWith(`${this.build}\0`)) this.files.set(found.name, found);
    }
  }

  private fullKey(key: string): string {
    return `${this.build}\0${key}`;
  }
}

/** Two keys of one name would take turns. */
const fileName = (key: string): string => crc32(new TextEncoder().encode(key)).toString(16).padStart(8, '0') + SUFFIX;

/** What a file has. */
export interface StoredFile {
  readonly name: string;
  readonly index: Uint8Array<ArrayBuffer>;
  readonly parts: Uint8Array<ArrayBuffer>;
}

export function wrap({ name, index, parts }: StoredFile): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(name);
  const file = new Uint8Array(HEADER + text.length + index.length + parts.length);
  const view = viewOf(file);
  file.set(new TextEncoder().encode(MAGIC));
  file.set(text, HEADER);
  file.set(index, HEADER + text.length);
  file.set(parts, HEADER + text.length + index.length);
  view.setUint32(8, PERSISTENT_SCHEMA, true);
  view.setUint32(12, text.length, true);
  view.setUint32(16, index.length, true);
  view.setUint32(20, crc32(file.subarray(HEADER)), true);
  return file;
}

/** Undefined: it is damaged, or another schema's; what was in it is made again. */
export function unwrap(file: Uint8Array<ArrayBuffer>): StoredFile | undefined {
  if (file.length < HEADER || new TextDecoder().decode(file.subarray(0, 8)) !== MAGIC) return undefined;
  const view = viewOf(file);
  const index = HEADER + view.getUint32(12, true);
  const parts = index + view.getUint32(16, true);
  if (view.getUint32(8, true) !== PERSISTENT_SCHEMA || parts > file.length || view.getUint32(20, true) !== crc32(file.subarray(HEADER)))
    return undefined;
  return { name: new TextDecoder().decode(file.subarray(HEADER, index)), index: file.slice(index, parts), parts: file.slice(parts) };
}
