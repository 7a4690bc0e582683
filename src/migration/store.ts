/** Where snapshots are kept by name (`savevm`, `loadvm`). QEMU has them in the disk's image; here a host says where. */
import { bytesSource, directSource, type DirectSource, type SnapshotSink, type SnapshotSource } from './format.js';

/** A host's files may take a while. */
export type Soon<T> = T | Promise<T>;

export interface OpenSnapshot extends SnapshotSource {
  close(): void;
}

/** What can be read at any moment: the file itself, or what was in it, and then it is closed. @throws VmStateError, and what the file throws */
export async function inPlace(file: OpenSnapshot): Promise<DirectSource & OpenSnapshot> {
  if (file.readNow) return file as DirectSource & OpenSnapshot;
  try {
    return { ...(await directSource(file)), close: () => {} };
  } finally {
    file.close();
  }
}

export interface NewSnapshot extends SnapshotSink {
  /** All of it has been written: from now on it is there under its name, in the place of another that was. */
  commit(): Soon<void>;
  /** Nothing came of it. */
  discard(): Soon<void>;
}

export interface SnapshotStore {
  /** Names, sorted. */
  names(): Soon<string[]>;
  /** Undefined: there is none of that name. */
  open(name: string): Soon<OpenSnapshot | undefined>;
  create(name: string): Soon<NewSnapshot>;
  /** False: there was none. */
  delete(name: string): Soon<boolean>;
}

/** Snapshots in this process's memory. */
export class MemorySnapshotStore implements SnapshotStore {
  private readonly snapshots = new Map<string, Uint8Array>();

  names(): string[] {
    return [...this.snapshots.keys()].sort();
  }
  open(name: string): OpenSnapshot | undefined {
    const bytes = this.snapshots.get(name);
    return bytes && { ...bytesSource(bytes), close: () => {} };
  }
  create(name: string): NewSnapshot {
    const sink = new BytesSink();
    return {
      write: (bytes) => sink.write(bytes),
      commit: () => void this.snapshots.set(name, sink.finish()),
      discard: () => {},
    };
  }
  delete(name: string): boolean {
    return this.snapshots.delete(name);
  }
}

export class BytesSink implements SnapshotSink {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  write(bytes: Uint8Array): void {
    this.parts.push(bytes.slice());
    this.size += bytes.length;
  }
  finish(): Uint8Array {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
