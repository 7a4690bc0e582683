/**
 * Block nodes: an image, or what images are made of, as a row of bytes that is read and written in pieces (QEMU's BlockDriverState). A protocol node
 * stands on something of the host (a file, bytes in memory); a format or a filter stands on other nodes.
 */

/** What a node counts in; its length is a multiple. */
export const SECTOR = 512;

export const sectors = (bytes: number): number => Math.ceil(bytes / SECTOR);

/** Why a request failed: by the system's name of it, where it has one. */
export type BlockErrno = 'EIO' | 'ENOSPC' | 'EPERM' | 'EINVAL' | 'ENOTSUP';

export class BlockError extends Error {
  override readonly name = 'BlockError';
  constructor(
    readonly code: BlockErrno,
    message: string = code,
  ) {
    super(message);
  }
}

/** What was thrown, as the failure of a request; anything but a BlockError is a fault of ours, and stays what it is. */
export function asBlockError(error: unknown): BlockError {
  if (error instanceof BlockError) return error;
  throw error;
}

/** What was written to a node that begins anew with each machine: in snapshots it goes with the machine. In leaves of LEAF bytes of the disk. */
export interface DiskChanges {
  /** Offsets of leaves with something that was written. */
  leaves(): number[];
  /** A bit for each sector of the leaf that was written, the lowest first, and these sectors. */
  pack(leaf: number): Promise<Uint8Array>;
  /** What is wrong with the bytes of a leaf. */
  problem(leaf: number, bytes: Uint8Array): string | undefined;
  /** Puts other changes in the place of these: first all of them, then at once. */
  replace(): DiskReplacement;
}
export interface DiskReplacement {
  /** @throws BlockError */
  put(leaf: number, bytes: Uint8Array): Promise<void>;
  /** From now on the node has these. No request is under way. */
  commit(): void;
  /** Nothing came of it. */
  discard(): void;
}
/** Sectors of a leaf. */
export const LEAF_SECTORS = 2048;
export const LEAF = LEAF_SECTORS * SECTOR;

/**
 * Offsets and lengths are bytes, inside of the node, whole sectors. Requests may be under way at the same time, in any order; until one has
 * settled its bytes belong to the node. They reject with BlockError.
 */
export interface BlockNode {
  /** The driver's name in QEMU: `raw`, `file`. */
  readonly driver: string;
  /** What the user calls it. */
  readonly filename: string;
  readonly length: number;
  readonly readOnly: boolean;
  /** Another one when somebody has written to it since; undefined: nobody can tell. */
  readonly revision?: string;
  /** Undefined: what is written stays, so it is not part of the machine. */
  readonly changes?: DiskChanges;
  /** The same image once more, for writing, where this one is read only; to be closed first. It fails as opening does. */
  writer?(): BlockNode;
  /** What was written here goes to the image below; what is asked meanwhile waits. It fails with all as it was for who reads here. */
  commit?(): Promise<void>;
  /** The first sector, as far as it is known without waiting. */
  readonly head?: Uint8Array;
  read(offset: number, into: Uint8Array): Promise<void>;
  write(offset: number, from: Uint8Array): Promise<void>;
  /** `unmap`: its space may be given back. */
  writeZeroes(offset: number, length: number, unmap: boolean): Promise<void>;
  /** Nobody needs what is there any more: it may stay or read as zeros. */
  discard(offset: number, length: number): Promise<void>;
  /** Resolves when all writes that have resolved before survive the end of the process, and of the host. */
  flush(): Promise<void>;
  /** Nothing is under way, and nothing comes any more. */
  close(): void;
}
