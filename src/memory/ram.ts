import { LoaderError } from '../util/errors.js';

/** A piece of host memory that is guest RAM, ROM or flash. */
export interface RamBlock {
  readonly name: string;
  readonly size: number;
  /** Offset in the machine's linear memory: what generated code adds. */
  readonly host: number;
  readonly bytes: Uint8Array;
}

/** Where guest memory comes from: the machine's shared wasm memory, or anything in a unit test. */
export interface RamAllocator {
  /** Page-aligned, zeroed memory. Throws LoaderError if there is not enough. */
  allocate(name: string, size: number): RamBlock;
  readonly blocks: readonly RamBlock[];
}

const PAGE = 4096;
const align = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Cuts blocks from the range [start, end) of one buffer. */
export class LinearRamAllocator implements RamAllocator {
  readonly blocks: { -readonly [Key in keyof RamBlock]: RamBlock[Key] }[] = [];
  private next: number;

  constructor(
    private readonly buffer: ArrayBufferLike,
    start: number,
    private readonly end: number = buffer.byteLength,
    /** Blocks begin at multiples of it. */
    private readonly pageSize = PAGE,
  ) {
    this.next = align(start, pageSize);
  }

  allocate(name: string, size: number): RamBlock {
    const host = this.next;
    const end = host + align(size, this.pageSize);
    if (end > this.end) throw new LoaderError(`cannot set up guest memory '${name}': ${size} bytes wanted, ${this.end - host} left`);
    this.next = end;
    const block: RamBlock = { name, size, host, bytes: new Uint8Array(this.buffer, host, size) };
    this.blocks.push(block);
    return block;
  }

  /** The memory is somebody else's now: the blocks have no bytes any more. */
  close(): void {
    for (const block of this.blocks) block.bytes = new Uint8Array(0);
  }
}

/** A buffer of its own for every block: enough for tests of devices. `host` counts on from 0x1000. */
export class PlainRamAllocator implements RamAllocator {
  readonly blocks: RamBlock[] = [];
  private next = PAGE;

  allocate(name: string, size: number): RamBlock {
    const block: RamBlock = { name, size, host: this.next, bytes: new Uint8Array(size) };
    this.next += align(size, PAGE);
    this.blocks.push(block);
    return block;
  }
}
