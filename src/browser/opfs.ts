/** The origin private file system: files of this site's own on the user's disk, as far as its quota goes. */
import { BlockError, sectors, SECTOR, type BlockNode } from '../block/node.js';
import { errorMessage, OptionError } from '../util/errors.js';

/** A file that only this worker has open (File System Standard, 2.7: in dedicated workers only). */
export interface SyncFile {
  read(into: ArrayBufferView, options: { at: number }): number;
  write(from: ArrayBufferView, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface FileHandle extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<SyncFile>;
  move?(name: string): Promise<void>;
}
type FolderHandle = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };

/** Of all that wemu keeps. */
const ROOT = 'wemu';

const isNamed = (error: unknown, ...names: string[]): boolean => error instanceof DOMException && names.includes(error.name);
const isQuotaError = (error: unknown): boolean => isNamed(error, 'QuotaExceededError') || /quota/i.test(errorMessage(error));

/** What went wrong, in words: the browser's own are of no use to a person where room is short, or a file is open twice. */
export async function storageReason(error: unknown): Promise<string> {
  if (isNamed(error, 'NoModificationAllowedError')) return 'another page has it open';
  if (!isQuotaError(error)) return errorMessage(error);
  const { usage = 0, quota = 0 } = (await navigator.storage.estimate?.()) ?? {};
  const mib = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MiB`;
  return `this site's room on the disk is used up (${mib(usage)} of ${mib(quota)})`;
}

/** A folder of `wemu`, which is made if need be. @throws OptionError where the browser has no such file system (a private window) */
export async function openFolder(name: string): Promise<Folder> {
  try {
    const top = await navigator.storage.getDirectory();
    const own = await top.getDirectoryHandle(ROOT, { create: true });
    return new Folder((await own.getDirectoryHandle(name, { create: true })) as FolderHandle);
  } catch (error) {
    throw new OptionError(`this browser keeps no files for this page: ${errorMessage(error)}`);
  }
}

export class Folder {
  constructor(private readonly handle: FolderHandle) {}

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const [name, { kind }] of this.handle.entries()) if (kind === 'file') names.push(name);
    return names.sort();
  }

  /** The file as it is now; undefined: there is none. */
  async file(name: string): Promise<File | undefined> {
    return (await this.find(name))?.getFile();
  }

  /** For this worker alone; undefined: there is none. @throws DOMException if it is open elsewhere */
  async open(name: string, { create = false } = {}): Promise<SyncFile | undefined> {
    const handle = (await this.find(name)) ?? (create ? await this.create(name) : undefined);
    if (handle && !handle.createSyncAccessHandle) throw new OptionError('this browser opens no files of its own in a worker');
    return handle?.createSyncAccessHandle?.();
  }

  /** All of a file at once, on any thread; if that fails, what was there is as it was. */
  async write(name: string, content: Blob): Promise<void> {
    const found = await this.find(name);
    try {
      const stream = await (found ?? (await this.create(name))).createWritable();
      await content.stream().pipeTo(stream);
    } catch (error) {
      if (!found) await this.delete(name);
      throw error;
    }
  }

  /** In the place of another of that name. */
  async rename(name: string, to: string): Promise<void> {
    const handle = await this.find(name);
    if (!handle?.move) throw new OptionError('this browser renames no files of its own');
    await this.delete(to);
    await handle.move(to);
  }

  /** False: there was none. */
  async delete(name: string): Promise<boolean> {
    try {
      await this.handle.removeEntry(name);
      return true;
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return false;
      throw error;
    }
  }

  private create(name: string): Promise<FileHandle> {
    return this.handle.getFileHandle(name, { create: true });
  }
  private async find(name: string): Promise<FileHandle | undefined> {
    try {
      return await this.handle.getFileHandle(name);
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return undefined;
      throw error;
    }
  }
}

/** A disk in such a file: what the guest has flushed is on the user's disk. */
export class OpfsNode implements BlockNode {
  readonly driver = 'opfs';
  readonly length: number;

  constructor(
    private readonly file: SyncFile,
    readonly filename: string,
    readonly readOnly: boolean,
  ) {
    this.length = sectors(file.getSize()) * SECTOR;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    into.fill(
      0,
      this.attempt(() => this.file.read(into, { at: offset })),
    );
  }
  async write(offset: number, from: Uint8Array): Promise<void> {
    if (this.attempt(() => this.file.write(from, { at: offset })) < from.length) throw new BlockError('ENOSPC');
  }
  async writeZeroes(offset: number, length: number): Promise<void> {
    const zeros = new Uint8Array(Math.min(length, 1 << 20));
    for (let at = 0; at < length; at += zeros.length) await this.write(offset + at, zeros.subarray(0, length - at));
  }
  async discard(): Promise<void> {}
  async flush(): Promise<void> {
    this.attempt(() => this.file.flush());
  }
  close(): void {
    this.file.close();
  }

  private attempt<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw new BlockError(isQuotaError(error) ? 'ENOSPC' : 'EIO', errorMessage(error));
    }
  }
}
