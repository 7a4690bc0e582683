/** Images that are not in files: bytes of the caller's, a Blob, and memory that is there where something was written. */
import { crc32 } from '../util/crc32.js';
import { errorMessage } from '../util/errors.js';
import { BlockError, sectors, SECTOR, type BlockNode } from './node.js';

/** What the last sector lacks is zeros. */
const roundUp = (bytes: number): number => sectors(bytes) * SECTOR;

/** Checksums of bytes, until they are written to. */
const sums = new WeakMap<Uint8Array, string>();

/** What a guest writes is in the caller's bytes. Those of its last sector that are not there are zeros, and stay so. */
export class BytesNode implements BlockNode {
  readonly driver = 'bytes';
  readonly filename = 'bytes';
  readonly length: number;

  constructor(
    private readonly bytes: Uint8Array,
    readonly readOnly = false,
  ) {
    this.length = roundUp(bytes.length);
  }

  get head(): Uint8Array {
    return this.bytes.subarray(0, SECTOR);
  }
  get revision(): string {
    const sum = sums.get(this.bytes) ?? crc32(this.bytes).toString(16);
    sums.set(this.bytes, sum);
    return sum;
  }
  async read(offset: number, into: Uint8Array): Promise<void> {
    const there = this.bytes.subarray(offset, offset + into.length);
    into.set(there);
    into.fill(0, there.length);
  }
  async write(offset: number, from: Uint8Array): Promise<void> {
    sums.delete(this.bytes);
    this.bytes.set(from.subarray(0, Math.max(0, this.bytes.length - offset)), offset);
  }
  async writeZeroes(offset: number, length: number): Promise<void> {
    sums.delete(this.bytes);
    this.bytes.fill(0, offset, offset + length);
  }
  async discard(): Promise<void> {}
  async flush(): Promise<void> {}
  close(): void {}
  writer(): BlockNode {
    return new BytesNode(this.bytes);
  }
}

/** The part of a Blob (also a File of the user's, in a browser) that reading needs. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

export class BlobNode implements BlockNode {
  readonly driver = 'blob';
  readonly filename = 'blob';
  readonly length: number;
  readonly readOnly = true;

  constructor(private readonly blob: BlobLike) {
    this.length = roundUp(blob.size);
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    let piece: Uint8Array;
    try {
      piece = new Uint8Array(await this.blob.slice(offset, offset + into.length).arrayBuffer());
    } catch (error) {
      throw new BlockError('EIO', errorMessage(error)); // the user's file is gone, or has changed
    }
    into.set(piece.subarray(0, into.length));
    into.fill(0, piece.length);
  }
  async write(): Promise<void> {
    throw new BlockError('EPERM');
  }
  async writeZeroes(): Promise<void> {
    throw new BlockError('EPERM');
  }
  async discard(): Promise<void> {
    throw new BlockError('EPERM');
  }
  async flush(): Promise<void> {}
  close(): void {}
}

const CHUNK = 64 * 1024;

/** Zeros, but where something was written. */
export class SparseMemory implements BlockNode {
  readonly driver = 'memory';
  readonly filename = 'memory';
  readonly readOnly = false;
  private readonly chunks = new Map<number, Uint8Array>();

  constructor(readonly length: number) {}

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (const { chunk, from, at, count } of pieces(offset, into.length)) {
      const bytes = this.chunks.get(chunk);
      if (bytes) into.set(bytes.subarray(from, from + count), at);
      else into.fill(0, at, at + count);
    }
  }
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    for (const { chunk, from, at, count } of pieces(offset, bytes.length)) {
      let room = this.chunks.get(chunk);
      if (!room) this.chunks.set(chunk, (room = new Uint8Array(CHUNK)));
      room.set(bytes.subarray(at, at + count), from);
    }
  }
  async writeZeroes(offset: number, length: number): Promise<void> {
    for (const { chunk, from, count } of pieces(offset, length)) {
      if (count === CHUNK) this.chunks.delete(chunk);
      else this.chunks.get(chunk)?.fill(0, from, from + count);
    }
  }
  discard(offset: number, length: number): Promise<void> {
    return this.writeZeroes(offset, length);
  }
  async flush(): Promise<void> {}
  close(): void {
    this.chunks.clear();
  }
}

/** A range, chunk by chunk; `at` counts from its start. */
function* pieces(offset: number, length: number): Generator<{ chunk: number; from: number; at: number; count: number }> {
  for (let at = 0; at < length;) {
    const from = (offset + at) % CHUNK;
    const count = Math.min(CHUNK - from, length - at);
    yield { chunk: Math.floor((offset + at) / CHUNK), from, at, count };
    at += count;
  }
}
