import { LoaderError } from '../util/errors.js';

/** Brings bytes of a block that are not there yet. */
export interface AbsentBytes {
  /** From byte `offset` of the block on, `length` of them: they are there when it returns. @throws HostError if they cannot be had */
  fetch(offset: number, length: number): void;
}

/** A piece of host memory that is guest RAM, ROM or flash. */
export class RamBlock {
  /** Set while some of its bytes are still to come (a snapshot that is read as it is used): nobody may see them before. */
  absent: AbsentBytes | undefined;

  constructor(
    readonly name: string,
    readonly size: number,
    /** Offset in the machine's linear memory: what generated code adds. */
    readonly host: number,
    /** As they are: for whoever brings them, and for who asks where they lie. */
    public raw: Uint8Array,
  ) {}

  /** All of them. Who needs some, and often, asks `at`. */
  get bytes(): Uint8Array {
    return this.at(0, this.size);
  }
  /** The same, of which only those from `offset` on, `length` of them, are looked at or written: others may not be there yet. */
  at(offset: number, length: number): Uint8Array {
    if (this.absent !== undefined) this.absent.fetch(offset, length);
    return this.raw;
  }
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
  readonly blocks: RamBlock[] = [];
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
    const block = new RamBlock(name, size, host, new Uint8Array(this.buffer, host, size));
    this.blocks.push(block);
    return block;
  }

  /** The memory is somebody else's now: the blocks have no bytes any more. */
  close(): void {
    for (const block of this.blocks) block.raw = new Uint8Array(0);
  }
}

/** A buffer of its own for every block: enough for tests of devices. `host` counts on from 0x1000. */
export class PlainRamAllocator implements RamAllocator {
  readonly blocks: RamBlock[] = [];
  private next = PAGE;

  allocate(name: string, size: number): RamBlock {
    const block = new RamBlock(name, size, this.next, new Uint8Array(size));
    this.next += align(size, PAGE);
    this.blocks.push(block);
    return block;
  }
}
