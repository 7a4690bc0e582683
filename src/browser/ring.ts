/**
 * Bytes from one thread to another, in order: a ring in shared memory with one writer and one reader. Neither waits here. Each leaves a note when it wants to be
 * told of the other's next step, so that nobody is told twice, and tells by means of its own (a message, a bell).
 */

/** Words before the data: bytes read and written, both modulo 2^32, and the notes. */
const READ = 0;
const WRITTEN = 1;
const READER_WAITS = 2;
const WRITER_WAITS = 3;
const HEADER_BYTES = 16;

export class ByteRing {
  private readonly words: Int32Array;
  private readonly data: Uint8Array;

  /** `capacity`: bytes, a power of two. */
  static create(capacity = 1 << 16): ByteRing {
    const ring = new ByteRing(new SharedArrayBuffer(HEADER_BYTES + capacity));
    ring.words[READER_WAITS] = 1;
    return ring;
  }

  /** The other end of it: `buffer` may have crossed to another thread. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.data = new Uint8Array(buffer, HEADER_BYTES);
  }

  /** Bytes that wait for the reader. */
  get size(): number {
    return (Atomics.load(this.words, WRITTEN) - Atomics.load(this.words, READ)) >>> 0;
  }

  /** The writer's: puts as many of the bytes in as there is room for; how many that was. If not all, the writer is to be told of room. */
  write(bytes: Uint8Array): number {
    const count = this.put(bytes);
    if (count === bytes.length) return count;
    Atomics.store(this.words, WRITER_WAITS, 1);
    return count + this.put(bytes.subarray(count)); // the reader may have come between
  }

  private put(bytes: Uint8Array): number {
    const { data } = this;
    const count = Math.min(bytes.length, data.length - this.size);
    const at = Atomics.load(this.words, WRITTEN) & (data.length - 1);
    const first = Math.min(count, data.length - at);
    data.set(bytes.subarray(0, first), at);
    data.set(bytes.subarray(first, count), 0);
    Atomics.add(this.words, WRITTEN, count);
    return count;
  }

  /** The reader's: takes up to `most` bytes, in memory that is not shared. If that empties the ring, the reader is to be told of more. */
  read(most = Infinity): Uint8Array<ArrayBuffer> {
    const { data } = this;
    const count = Math.min(most, this.size);
    const bytes = new Uint8Array(count);
    const at = Atomics.load(this.words, READ) & (data.length - 1);
    const first = Math.min(count, data.length - at);
    bytes.set(data.subarray(at, at + first));
    bytes.set(data.subarray(0, count - first), first);
    Atomics.add(this.words, READ, count);
    if (this.size === 0) Atomics.store(this.words, READER_WAITS, 1);
    return bytes;
  }

  /** The writer's, after it has written: whether the reader wants to be told. */
  readerIsWaiting(): boolean {
    return this.size > 0 && Atomics.exchange(this.words, READER_WAITS, 0) === 1;
  }
  /** The reader's, after it has read: whether the writer wants to be told. */
  writerIsWaiting(): boolean {
    return Atomics.exchange(this.words, WRITER_WAITS, 0) === 1;
  }
}
