/** Drives: from what the user says of one to a backend that a device takes. */
import { OptionError } from '../util/errors.js';
import { BlockBackend, DEFAULT_BACKEND, type ErrorPolicy } from './backend.js';
import { openFormat } from './format.js';
import { BlobNode, BytesNode, SparseMemory, type BlobLike } from './memory.js';
import type { BlockNode } from './node.js';
import { Overlay } from './overlay.js';

/** QEMU's cache modes. The host's page cache is used in all of them, so `none` is `writeback`, and `directsync` is `writethrough`. */
export const CACHE_MODES = ['writeback', 'none', 'writethrough', 'directsync', 'unsafe'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

/** A disk: one of `file`, `bytes` and `blob`, and how it is used. */
export interface DriveOptions {
  /** What `drive=` of a device names. Default: the interface and a number. */
  readonly id?: string;
  /** `virtio` (default): a disk on PCI is made for it; `none`: a device of `devices` has it. */
  readonly interface?: 'virtio' | 'none';
  /** A file of the host's, where the host has files. */
  readonly file?: string;
  /** What the guest writes is in them. */
  readonly bytes?: Uint8Array;
  /** A Blob, or a File of a browser's user: read only, unless it is a `snapshot`. */
  readonly blob?: BlobLike;
  /** `raw` (default), or `auto`: as QEMU finds it out, with a warning. */
  readonly format?: string;
  /** Default: as the file's permissions are. */
  readonly readonly?: boolean;
  /** What the guest writes is gone when the machine ends, unless it is committed. */
  readonly snapshot?: boolean;
  /** Default `writeback`: what the guest has flushed is kept, whatever happens to the host. */
  readonly cache?: CacheMode;
  readonly discard?: 'ignore' | 'unmap';
  readonly readError?: ErrorPolicy;
  readonly writeError?: ErrorPolicy;
  /** The file is not to be in use twice (default). */
  readonly locking?: boolean;
}

/** What a host may bring for drives. */
export interface BlockHost {
  /** @throws OptionError if it cannot be had as asked; `readOnly` undefined: for writing where that is allowed */
  openImage?(path: string, options: { readonly readOnly: boolean | undefined; readonly locking: boolean }): BlockNode;
  /** Room outside of memory for what a guest writes to a snapshot, of so many bytes, zeros at first; gone when it is closed. */
  scratch?(length: number): BlockNode;
}

/** @throws OptionError */
export function openDrive(options: DriveOptions, id: string, host: BlockHost, warn: (text: string) => void): BlockBackend {
  const { snapshot = false, cache = 'writeback', discard } = options;
  const source = openSource(options, host);
  try {
    const image = openFormat(source, options.format === 'auto' ? undefined : (options.format ?? 'raw'), warn);
    const node = snapshot ? new Overlay(image, (length) => host.scratch?.(length) ?? new SparseMemory(length), options.readonly) : image;
    return new BlockBackend(id, node, {
      writeCache: cache !== 'writethrough' && cache !== 'directsync',
      noFlush: cache === 'unsafe',
      unmap: discard === 'unmap',
      readError: options.readError ?? DEFAULT_BACKEND.readError,
      writeError: options.writeError ?? DEFAULT_BACKEND.writeError,
    });
  } catch (error) {
    source.close();
    throw error;
  }
}

function openSource({ file, bytes, blob, readonly, snapshot, locking = true }: DriveOptions, host: BlockHost): BlockNode {
  if ([file, bytes, blob].filter((each) => each !== undefined).length > 1)
    throw new OptionError('more than one source of a drive', undefined, 'one of file, bytes and blob');
  const readOnly = snapshot ? true : readonly;
  if (bytes) return new BytesNode(bytes, readOnly);
  if (blob && readOnly === false) throw new OptionError('a blob cannot be written to', undefined, 'snapshot: true');
  if (blob) return new BlobNode(blob);
  if (file === undefined) throw new OptionError('Device needs media, but drive is empty', undefined, 'a file');
  if (!host.openImage) throw new OptionError(`this host opens no files ('${file}')`, undefined, 'bytes or a blob');
  return host.openImage(file, { readOnly, locking });
}
