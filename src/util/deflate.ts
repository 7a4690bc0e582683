/** DEFLATE (RFC 1951) where the host has none of its own: some 60 MB/s. */
import { deflateSync, inflateSync } from 'fflate';

export const deflate = (bytes: Uint8Array): Uint8Array => deflateSync(bytes, { level: 1 });

/** @throws anything if it is none. What is longer than `size` is cut off, what is shorter has zeros behind it. */
export const inflate = (bytes: Uint8Array, size: number): Uint8Array => inflateSync(bytes, { out: new Uint8Array(size) });
