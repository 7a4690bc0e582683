/** Size of a block, bytes: one that is full leaves at once. */
const BLOCK = 4096;

/** Gathers what a device writes byte by byte while the guest runs a slice, and passes it on in blocks: a full one at once, the rest when the slice has ended. */
export class BlockOutput {
  private block = new Uint8Array(BLOCK);
  private length = 0;

  constructor(private readonly emit: (bytes: Uint8Array) => void) {}

  write(bytes: Uint8Array): void {
    if (this.length === 0) queueMicrotask(() => this.flush());
    for (const byte of bytes) {
      this.block[this.length++] = byte;
      if (this.length === BLOCK) this.flush();
    }
  }

  /** Nothing waits any more. The receiver may keep the bytes. */
  flush(): void {
    if (this.length === 0) return;
    const block = this.block.subarray(0, this.length);
    this.block = new Uint8Array(BLOCK);
    this.length = 0;
    this.emit(block);
  }
}
