/** What this site keeps on the user's disk, for pages: snapshots and images. */
import { IMAGE_FOLDER } from './images.js';
import { openFolder, storageReason, type Folder } from './opfs.js';
import { SNAPSHOT_FOLDER, SNAPSHOT_SUFFIX } from './snapshot-store.js';
import { OptionError } from '../util/errors.js';

export interface KeptFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** ms since 1970. */
  readonly modified: number;
}

/** The files of one kind. Every method @throws OptionError, in one line for the user. */
export class KeptFiles {
  constructor(
    private readonly folder: string,
    private readonly suffix: string,
  ) {}

  list(): Promise<KeptFile[]> {
    return this.attempt('read', async (folder) => {
      const files: KeptFile[] = [];
      for (const name of await folder.names()) {
        const file = name.startsWith('.') || !name.endsWith(this.suffix) ? undefined : await folder.file(name);
        if (file) files.push({ name: name.slice(0, name.length - this.suffix.length), size: file.size, modified: file.lastModified });
      }
      return files;
    });
  }
  /** Undefined: there is none of that name. */
  read(name: string): Promise<File | undefined> {
    return this.attempt('read', (folder) => folder.file(name + this.suffix));
  }
  /** One of that name is replaced. */
  write(name: string, content: Blob): Promise<void> {
    return this.attempt('keep', (folder) => folder.write(name + this.suffix, content));
  }
  /** False: there was none. */
  delete(name: string): Promise<boolean> {
    return this.attempt('delete', (folder) => folder.delete(name + this.suffix));
  }

  private async attempt<T>(what: string, body: (folder: Folder) => Promise<T>): Promise<T> {
    try {
      return await body(await openFolder(this.folder));
    } catch (error) {
      throw error instanceof OptionError ? error : new OptionError(`cannot ${what} files of this site: ${await storageReason(error)}`);
    }
  }
}

export const keptFiles = {
  snapshots: new KeptFiles(SNAPSHOT_FOLDER, SNAPSHOT_SUFFIX),
  images: new KeptFiles(IMAGE_FOLDER, ''),
} as const;
