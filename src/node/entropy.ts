/** Random bytes of the system's. From its device where there is one: every board wants some, and Node's crypto takes 10 ms to load. */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readFully } from './disk/read.js';

const DEVICE = '/dev/urandom';

export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  return readDevice(bytes) ? bytes : randomFillSync(bytes);
}

/** False: there is no such device, or it gives too little. */
function readDevice(into: Uint8Array): boolean {
  let fd: number;
  try {
    fd = openSync(DEVICE, 'r');
  } catch {
    return false; // Windows, or a root folder without /dev
  }
  try {
    return readFully(fd, into, null) === into.length;
  } finally {
    closeSync(fd);
  }
}
