/** Files of ours: written whole or not at all, and taken only where nobody else could have written them. */
import { closeSync, constants, fstatSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import * as zlib from 'node:zlib';
import { crc32 } from '../../util/crc32.js';
import { writeFully } from './write.js';
import { readFully } from './read.js';

/** CRC-32: against damage, not against malice; `before`: that of what comes before. Node's own (from 20.15 on) takes 0.2 ms/MB. */
export const checksum: (bytes: Uint8Array, before?: number) => number = (zlib as Partial<typeof zlib>).crc32 ?? crc32;

/** In the name of a file that is being written; a random part follows. */
export const TEMPORARY = '.tmp-';
const OTHERS_MAY_WRITE = 0o022;
const BLOCK = 1 << 20;

/** Why a file or folder is not used: one line. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** That a file or folder cannot be had, by us or by the system: no fault of the program. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Unusable || (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string');
}

export interface WriteOptions {
  /** Of a file that is new; the umask takes its share. */
  readonly mode?: number;
  /** False: what a crash of the system leaves may be cut short, and is known by a checksum. Syncing can take long. */
  readonly sync?: boolean;
}

/** Written beside it, and renamed: who reads meanwhile has all of the old or all of the new. The other name is random and new, so that no link can wait there. */
export function writeWhole(path: string, bytes: Uint8Array | Iterable<Uint8Array>, { mode = 0o600, sync = true }: WriteOptions = {}): void {
  const temporary = path + TEMPORARY + Math.random().toString(36).slice(2); // (node:crypto takes 10 ms to load in a worker)
  const fd = openSync(temporary, 'wx', mode);
  try {
    try {
      for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) writeFully(fd, part);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes a folder that only this user can use, and those above it. By hand: Node's own way goes on for ever where the system says that there is no such place (/proc). */
export function makeFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
  }
}

/** False: there is none. @throws Unusable if it is not this user's alone */
export function isOwnFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  if (!stat.isDirectory()) throw new Unusable(`'${path}' is no folder: not used`);
  checkOwner(path, stat, '700');
  return true;
}

/** False: there is none. @throws Unusable if it is not this user's alone */
export function isOwnFile(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  if (!stat.isFile()) throw new Unusable(`'${path}' is no file: not used`);
  checkOwner(path, stat, '600');
  return true;
}

/** A file for reading, and its size; undefined: there is none. A link is not followed. @throws Unusable, and what the system says */
export function openOwn(path: string, maxBytes: number): { readonly fd: number; readonly size: number } | undefined {
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
    checkOwner(path, stat, '600');
    if (stat.size > maxBytes) throw new Unusable(`'${path}' is too long: not used`);
    return { fd, size: stat.size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The file's bytes in memory of their own; undefined: there is none. A link is not followed. @throws Unusable, and what the system says */
export function readOwn(path: string, maxBytes: number): Uint8Array<ArrayBuffer> | undefined {
  const file = openOwn(path, maxBytes);
  if (!file) return undefined;
  try {
    const bytes = new Uint8Array(file.size);
    return bytes.subarray(0, readFully(file.fd, bytes, 0));
  } finally {
    closeSync(file.fd);
  }
}

/** The checksum of a file that is too long for memory; undefined: there is none. @throws Unusable, and what the system says */
export function checksumOfOwn(path: string): number | undefined {
  if (!isOwnFile(path)) return undefined;
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const block = new Uint8Array(BLOCK);
    let sum = 0;
    for (let at = 0, got; (got = readFully(fd, block, at)) > 0; at += got) sum = checksum(block.subarray(0, got), sum);
    return sum;
  } finally {
    closeSync(fd);
  }
}

function checkOwner(path: string, { uid, mode }: { uid: number; mode: number }, expected: string): void {
  if (!process.getuid) return; // Windows has other rules
  if (uid !== process.getuid()) throw new Unusable(`'${path}' belongs to another user: not used`);
  if ((mode & OTHERS_MAY_WRITE) !== 0) throw new Unusable(`'${path}' may be written by others: not used (expected mode ${expected})`);
}
