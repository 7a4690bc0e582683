/** Buffers between guest memory and a node: kept for the next requests, since new ones cost the host as much as the copying. */

/** Of one size, a power of two, kept at most, bytes. */
const KEPT = 4 * 1024 * 1024;
const SMALLEST = 4096;

export class BufferPool {
  /** By size. */
  private readonly free = new Map<number, ArrayBuffer[]>();

  /** `length` bytes of anything. */
  take(length: number): Uint8Array {
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(length)));
    return new Uint8Array(this.free.get(size)?.pop() ?? new ArrayBuffer(size), 0, length);
  }
  /** What `take` gave; nobody uses it any more. */
  give({ buffer }: Uint8Array): void {
    const size = buffer.byteLength;
    const kept = this.free.get(size) ?? [];
    this.free.set(size, kept);
    if ((kept.length + 1) * size <= KEPT) kept.push(buffer as ArrayBuffer);
  }
}
