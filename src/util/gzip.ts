/** gzip files (RFC 1952), with all that their trailers say. Members follow one another; zeros and garbage behind the last are ignored, as gzip(1) does. */
import { Inflate } from 'fflate';
import { crc32 } from './crc32.js';

/** The input is taken in pieces, so that a limit is noticed before the memory is gone. */
const PIECE = 64 * 1024;
/** The first of a member, which may be small. */
const SMALL_PIECE = 1024;
const TRAILER = 8;
const enum Flag {
  HeaderCrc = 0x02,
  Extra = 0x04,
  Name = 0x08,
  Comment = 0x10,
  Reserved = 0xe0,
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What is wrong with the data, in a few words. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

/** `grown` hears of the size so far, and may throw. @throws GzipError */
export function gunzip(bytes: Uint8Array, grown = (_size: number): void => {}): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length && (at === 0 || isGzip(bytes.subarray(at)));) {
    at = member(bytes, at, (part) => {
      parts.push(part);
      grown((size += part.length));
    });
  }
  const out = new Uint8Array(size);
  let to = 0;
  for (const part of parts) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}

/** One member, from `start` on; where it ends. fflate does not tell: it is where the next eight bytes are the CRC and the size (modulo 2^32) of what came out. */
function member(bytes: Uint8Array, start: number, add: (part: Uint8Array) => void): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = bodyAt(bytes, start);
  const least = at + 2; // no compressed data is shorter
  let from = at;
  let size = 0;
  let crc = 0;
  const inflate = new Inflate((part) => {
    if (part.length === 0) return;
    from = at;
    size += part.length;
    crc = crc32(part, crc);
    add(part);
  });
  for (let length = SMALL_PIECE; at < bytes.length; length = Math.min(2 * length, PIECE)) {
    const next = at + length;
    push(inflate, bytes.subarray(at, next), next >= bytes.length);
    at = next;
    // Eight zeros are the trailer of nothing, and much else.
    if (size === 0 && at < bytes.length) continue;
    const isTrailer = (place: number): boolean => view.getUint32(place, true) === crc && view.getUint32(place + 4, true) === size % 2 ** 32;
    for (
      let place = Math.max(least, from - TRAILER);
      (place = bytes.indexOf(crc & 0xff, place)) >= 0 && place < next && place + TRAILER <= bytes.length;
      place++
    )
      if (isTrailer(place)) return place + TRAILER;
  }
  throw new GzipError('its checksum or length is wrong');
}

function push(inflate: Inflate, piece: Uint8Array, isLast: boolean): void {
  try {
    inflate.push(piece, isLast);
  } catch (error) {
    // fflate's own have a number
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
    throw new GzipError(error.message);
  }
}

/** Behind the header. */
function bodyAt(bytes: Uint8Array, start: number): number {
  const flags = bytes[start + 3];
  let at = start + 10;
  const text = (): void => {
    const end = bytes.indexOf(0, at);
    at = end < 0 ? bytes.length : end + 1;
  };
  if (bytes[start + 2] !== 8 || (flags & Flag.Reserved) !== 0) throw new GzipError('unknown compression method or flags');
  if (flags & Flag.Extra) at += 2 + (bytes[at] | (bytes[at + 1] << 8));
  if (flags & Flag.Name) text();
  if (flags & Flag.Comment) text();
  if (flags & Flag.HeaderCrc) {
    const crc = bytes[at] | (bytes[at + 1] << 8);
    if (crc !== (crc32(bytes.subarray(start, at)) & 0xffff)) throw new GzipError("the header's checksum is wrong");
    at += 2;
  }
  if (at + TRAILER > bytes.length) throw new GzipError('it is cut short');
  return at;
}
