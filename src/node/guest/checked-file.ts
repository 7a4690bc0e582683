/**
 * Files that are kept beside their checksums. Reading one costs 2 to 8 ms/MB, so it is done once: what was found sound is known again by its size, its times and
 * its inode, as git knows a file.
 */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { checksumOfOwn, isOwnFile, isOwnFolder, isRefusal, readOwn, Unusable, writeWhole } from '../disk/files.js';

/** A file's checksum lies beside it, in hexadecimal. */
export const checksumPath = (path: string): string => `${path}.crc32`;
export const checksumLine = (sum: number): string => `${sum.toString(16).padStart(8, '0')}\n`;
/** Of a file that was found sound: what it is known again by, and its checksum. */
const checkedPath = (path: string): string => `${path}.checked`;
const LONGEST_LINE = 256;
/** File systems tell times in steps: what was changed so lately could be changed again without another time. */
const SETTLED_MS = 2000;

/** Writes down the checksum of a file that is whole. */
export function writeChecksum(path: string, sum: number): void {
  writeWhole(checksumPath(path), Buffer.from(checksumLine(sum)));
}

/** Whether the file is what its checksum was written for, and nobody else could have written it; false: it is not there, or somebody makes it just now. @throws Unusable, and what the system says */
export function isSoundFile(path: string): boolean {
  if (!isOwnFolder(dirname(path)) || !isOwnFile(path)) return false;
  const expected = readLine(checksumPath(path));
  if (expected === undefined) return false;
  const before = identity(path);
  if (remembered(path) === before.text + expected) return true;
  if (checksumLine(checksumOfOwn(path)!) !== expected) throw new Unusable(`'${path}' is damaged: not used`);
  if (Date.now() - before.changedMs > SETTLED_MS && identity(path).text === before.text) remember(path, before.text + expected);
  return true;
}

function identity(path: string): { readonly text: string; readonly changedMs: number } {
  const { size, mtimeNs, ctimeNs, ino, dev } = lstatSync(path, { bigint: true });
  return { text: `${size} ${mtimeNs} ${ctimeNs} ${dev} ${ino} `, changedMs: Number(ctimeNs / 1_000_000n) };
}

function readLine(path: string): string | undefined {
  const bytes = readOwn(path, LONGEST_LINE);
  return bytes && Buffer.from(bytes).toString('latin1');
}

function remembered(path: string): string | undefined {
  try {
    return readLine(checkedPath(path));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined; // the file itself tells
  }
}

/** Where nothing can be written, the file is read each time. */
function remember(path: string, line: string): void {
  try {
    writeWhole(checkedPath(path), Buffer.from(line), { sync: false });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
