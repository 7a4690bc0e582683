/**
 * What is about to be written to a file, kept beside it until it is there: who is killed in between leaves a file that is part old and part new, and the
 * next to open it finishes the work. A journal that the kill cut short is none, and then nothing of the file has been touched.
 */
import { closeSync, constants, fsyncSync, openSync, rmSync } from 'node:fs';
import { checksum, isRefusal, readOwn } from './disk/files.js';
import { readFully } from './disk/read.js';
import { writeFully } from './disk/write.js';

/** Beside the file, with its name and this. */
export const JOURNAL = '.journal';
const MAGIC = 0x77_66_6c_6a; // "wflj"
/** Bytes: magic, offset, length, checksum of all that follows. */
const HEADER = 16;
/** What a disk writes whole. */
const UNIT = 512;
/** The system writes a page at once, or not at all, as far as a kill goes. */
const PAGE = 4096;
const LONGEST = 1 << 30;

/** Whether a kill may leave a part of it. */
export const mayTear = (offset: number, length: number): boolean => Math.floor(offset / PAGE) !== Math.floor((offset + length - 1) / PAGE);

/** Checksums of a range, a unit each. */
function sums(bytes: Uint8Array): Uint32Array {
  return Uint32Array.from({ length: Math.ceil(bytes.length / UNIT) }, (_, n) => checksum(bytes.subarray(n * UNIT, (n + 1) * UNIT)));
}

const asBytes = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

function pack(offset: number, before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const old = asBytes(sums(before));
  const journal = new Uint8Array(HEADER + old.length + bytes.length);
  journal.set(old, HEADER);
  journal.set(bytes, HEADER + old.length);
  new Uint32Array(journal.buffer, 0, HEADER / 4).set([MAGIC, offset, bytes.length, checksum(journal.subarray(HEADER))]);
  return journal;
}

/** Before `bytes` are written to a file. Where the folder takes no files there is none: then the file is not safe from a kill, as before. */
export function writeJournal(path: string, fd: number, offset: number, bytes: Uint8Array): void {
  const before = new Uint8Array(bytes.length);
  readFully(fd, before, offset);
  let journal: number;
  try {
    removeJournal(path);
    journal = openSync(path + JOURNAL, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
  try {
    writeFully(journal, pack(offset, before, bytes));
    fsyncSync(journal);
  } finally {
    closeSync(journal);
  }
}

export const removeJournal = (path: string): void => rmSync(path + JOURNAL, { force: true });

export interface Unfinished {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * What a write that was cut short was to leave in a file of these bytes. Undefined: there was none, or the file is another by now. Journals that are not this
 * user's own are left alone.
 */
export function findUnfinished(path: string, file: Uint8Array): Unfinished | undefined {
  const journal = readJournal(path + JOURNAL);
  if (!journal || journal.length < HEADER) return undefined;
  const [magic, offset, length, sum] = new Uint32Array(journal.buffer, journal.byteOffset, HEADER / 4);
  const olds = 4 * Math.ceil(length / UNIT);
  if (magic !== MAGIC || journal.length !== HEADER + olds + length || offset + length > file.length) return undefined;
  if (checksum(journal.subarray(HEADER)) !== sum) return undefined;
  const old = new Uint32Array(journal.slice(HEADER, HEADER + olds).buffer);
  const bytes = journal.subarray(HEADER + olds);
  const [now, next] = [sums(file.subarray(offset, offset + length)), sums(bytes)];
  return now.every((value, n) => value === old[n] || value === next[n]) ? { offset, bytes } : undefined;
}

function readJournal(path: string): Uint8Array | undefined {
  try {
    return readOwn(path, LONGEST);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
