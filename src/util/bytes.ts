import { VmStateError } from './errors.js';

/** The same bytes, as numbers of any size. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** All of them, one behind the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A growing byte stream, big-endian. */
export class ByteWriter {
  private data = new Uint8Array(256);
  private view = new DataView(this.data.buffer);
  private used = 0;

  get length(): number {
    return this.used;
  }
  u8(value: number): void {
    const at = this.room(1); // may replace the view
    this.view.setUint8(at, value);
  }
  u16(value: number): void {
    const at = this.room(2); // may replace the view
    this.view.setUint16(at, value);
  }
  u32(value: number): void {
    const at = this.room(4); // may replace the view
    this.view.setUint32(at, value);
  }
  u64(value: bigint): void {
    const at = this.room(8); // may replace the view
    this.view.setBigUint64(at, BigInt.asUintN(64, value));
  }
  f64(value: number): void {
    const at = this.room(8); // may replace the view
    this.view.setFloat64(at, value);
  }
  bytes(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.data.set(bytes, at);
  }
  /** A string of at most 255 bytes of UTF-8, with its length in front. */
  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > 255) throw new RangeError(`'${text.slice(0, 32)}...' is too long`);
    this.u8(bytes.length);
    this.bytes(bytes);
  }
  finish(): Uint8Array {
    return this.data.slice(0, this.used);
  }

  private room(count: number): number {
    const at = this.used;
    this.used += count;
    if (this.used > this.data.length) {
      const larger = new Uint8Array(Math.max(this.data.length * 2, this.used));
      larger.set(this.data);
      this.data = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads such a stream; running out of bytes is a VmStateError. */
export class ByteReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly data: Uint8Array) {
    this.view = viewOf(data);
  }

  get position(): number {
    return this.at;
  }
  get remaining(): number {
    return this.data.length - this.at;
  }
  u8(): number {
    return this.view.getUint8(this.take(1));
  }
  u16(): number {
    return this.view.getUint16(this.take(2));
  }
  u32(): number {
    return this.view.getUint32(this.take(4));
  }
  /** `count` numbers of so many bytes, into the first places of `list`. */
  numbers(list: { [n: number]: number }, count: number, bytes: 1 | 2 | 4): void {
    const { view } = this;
    const start = this.take(count * bytes);
    if (bytes === 1) for (let n = 0; n < count; n++) list[n] = view.getUint8(start + n);
    else if (bytes === 2) for (let n = 0; n < count; n++) list[n] = view.getUint16(start + 2 * n);
    else for (let n = 0; n < count; n++) list[n] = view.getUint32(start + 4 * n);
  }
  u64(): bigint {
    return this.view.getBigUint64(this.take(8));
  }
  f64(): number {
    return this.view.getFloat64(this.take(8));
  }
  bytes(count: number): Uint8Array {
    const at = this.take(count);
    return this.data.subarray(at, at + count);
  }
  text(): string {
    return new TextDecoder().decode(this.bytes(this.u8()));
  }

  private take(count: number): number {
    if (count > this.remaining) throw new VmStateError(`the stream ends at byte ${this.data.length}, ${count} more wanted at ${this.at}`);
    const at = this.at;
    this.at += count;
    return at;
  }
}
