/** A bounded FIFO of bytes, as serial ports have them. Pushing to a full one drops the byte and says so. */
export class Fifo8 {
  private readonly data: Uint8Array;
  private head = 0;
  private used = 0;

  constructor(readonly capacity: number) {
    this.data = new Uint8Array(capacity);
  }

  get length(): number {
    return this.used;
  }
  get free(): number {
    return this.capacity - this.used;
  }
  get isEmpty(): boolean {
    return this.used === 0;
  }
  get isFull(): boolean {
    return this.used === this.capacity;
  }

  /** False if the FIFO was full and the byte is lost. */
  push(byte: number): boolean {
    if (this.isFull) return false;
    this.data[(this.head + this.used++) % this.capacity] = byte;
    return true;
  }

  /** The oldest byte; 0 when empty. */
  pop(): number {
    if (this.isEmpty) return 0;
    const byte = this.data[this.head];
    this.head = (this.head + 1) % this.capacity;
    this.used--;
    return byte;
  }

  /** The oldest byte without taking it; 0 when empty. */
  peek(): number {
    return this.isEmpty ? 0 : this.data[this.head];
  }

  clear(): void {
    this.head = this.used = 0;
  }

  /** A copy of the contents, oldest first. */
  toArray(): Uint8Array {
    const bytes = new Uint8Array(this.used);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.data[(this.head + i) % this.capacity];
    return bytes;
  }

  /** Replaces the contents; what does not fit is dropped. */
  assign(bytes: Uint8Array): void {
    this.clear();
    for (const byte of bytes) this.push(byte);
  }
}
