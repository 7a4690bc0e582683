/** Snapshots as files of this site's own (opfs.ts), for a machine's worker: NAME.wemusnap, in docs/snapshot-format.md's format, as on Node. */
import type { SnapshotTools } from '../migration/format.js';
import type { NewSnapshot, OpenSnapshot, SnapshotStore } from '../migration/store.js';
import { inflate } from '../util/deflate.js';
import { SnapshotError } from '../util/errors.js';
import { openFolder, storageReason, type Folder } from './opfs.js';

export const SNAPSHOT_FOLDER = 'snapshots';
export const SNAPSHOT_SUFFIX = '.wemusnap';
/** In front of the name of a file that is being written; what a page that was closed has left is removed by the next. */
const TEMPORARY = '.tmp-';

async function deflateByHost(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The browser's own deflate: several times as fast as one in JavaScript. Its inflate is not used: it gives no bound on what comes out. */
export const snapshotTools: SnapshotTools = {
  codec: { deflate: deflateByHost, inflate },
  async digest(bytes) {
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
};

async function attempt<T>(what: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw new SnapshotError(`cannot ${what}: ${await storageReason(error)}`);
  }
}

export class OpfsSnapshotStore implements SnapshotStore {
  async names(): Promise<string[]> {
    const files = await (await this.folder()).names();
    return files
      .filter((name) => name.endsWith(SNAPSHOT_SUFFIX) && !name.startsWith(TEMPORARY))
      .map((name) => name.slice(0, -SNAPSHOT_SUFFIX.length));
  }

  async open(name: string): Promise<OpenSnapshot | undefined> {
    const file = await attempt(`open the snapshot '${name}'`, async () => (await this.folder()).open(name + SNAPSHOT_SUFFIX));
    if (!file) return undefined;
    // while it is open nobody else can open it: it is not to be read bit by bit (readNow)
    return {
      size: file.getSize(),
      read: (at, into) => {
        if (file.read(into, { at }) < into.length) throw new SnapshotError(`cannot read the snapshot '${name}': it has become shorter`);
      },
      close: () => file.close(),
    };
  }

  async create(name: string): Promise<NewSnapshot> {
    const folder = await this.folder();
    await removeAbandoned(folder);
    const temporary = TEMPORARY + crypto.randomUUID();
    const what = `save the snapshot '${name}'`;
    const file = (await attempt(what, () => folder.open(temporary, { create: true })))!;
    let at = 0;
    return {
      write: (bytes) =>
        attempt(what, () => {
          const count = file.write(bytes, { at });
          if (count < bytes.length) throw new DOMException('', 'QuotaExceededError');
          at += count;
        }),
      commit: () =>
        attempt(what, async () => {
          file.flush();
          file.close();
          await folder.rename(temporary, name + SNAPSHOT_SUFFIX);
        }),
      async discard() {
        file.close();
        await folder.delete(temporary);
      },
    };
  }

  async delete(name: string): Promise<boolean> {
    return attempt(`delete the snapshot '${name}'`, async () => (await this.folder()).delete(name + SNAPSHOT_SUFFIX));
  }

  private folder(): Promise<Folder> {
    return openFolder(SNAPSHOT_FOLDER);
  }
}

async function removeAbandoned(folder: Folder): Promise<void> {
  for (const name of await folder.names()) {
    if (!name.startsWith(TEMPORARY)) continue;
    try {
      await folder.delete(name);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // it is open: another page writes it
    }
  }
}
