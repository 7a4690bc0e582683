/** An address space: what a CPU or a DMA master sees. Reads and writes are dispatched through the current FlatView. */
import type { Log } from '../util/log.js';
import { checkSize, ioRead, ioWrite, MemTxResult, type ValueCell } from './access.js';
import { FlatView, type FlatRange } from './flatview.js';
import { MemoryRegion } from './region.js';
import { hex, traceEvents } from '../util/trace.js';

const region = (address: number, lo: number, hi: number, size: number, name: string): string =>
  `addr ${hex(address)} value ${hex((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0))} size ${size} name '${name}'`;
const TRACE = traceEvents({ memory_region_ops_read: region, memory_region_ops_write: region });

export interface AddressSpaceListener {
  /** The view has changed (also called at once when the listener is added). */
  commit(view: FlatView): void;
}

export class AddressSpace implements ValueCell {
  /** Value of the last `readTx`: unsigned halves. */
  lo = 0;
  hi = 0;
  private view: FlatView;
  /** The range hit last: devices are polled at one place. */
  private last: FlatRange | undefined;
  private readonly listeners = new Set<AddressSpaceListener>();

  constructor(
    readonly root: MemoryRegion,
    readonly name: string,
    private readonly log?: Log,
  ) {
    this.view = FlatView.render(root);
    root.topology.listen(() => this.update());
  }

  flatView(): FlatView {
    return this.view;
  }

  /** Adds a listener and tells it the present view. Returns its remover. */
  addListener(listener: AddressSpaceListener): () => void {
    this.listeners.add(listener);
    listener.commit(this.view);
    return () => this.listeners.delete(listener);
  }

  /** The range at `address`, if anything is there. */
  find(address: number): FlatRange | undefined {
    const last = this.last;
    if (last && address >= last.start && address < last.start + last.size) return last;
    return (this.last = this.view.find(address));
  }

  /** Bytes from `address` on where nothing is: 0 if something is there, Infinity if nothing comes any more. */
  holeAt(address: number): number {
    return this.find(address) ? 0 : this.gapAfter(address);
  }

  // A size that is none is refused where no device is reached at once: what generated code asks of devices pays nothing for that.

  /** Reads 1, 2, 4 or 8 bytes (Error: another size), little-endian, into `lo` and `hi`. */
  readTx(address: number, size: number): MemTxResult {
    const range = this.find(address);
    if (!range || address + size > range.start + range.size) return this.splitRead(address, size, range);
    const offset = address - range.start + range.offset;
    const ram = range.region.ramBlock;
    if (!ram || (range.region.kind === 'romd' && !range.romd)) {
      const result = ioRead(range.region, offset, size, this, this.log);
      if (this.log?.traces) this.log.trace(TRACE.memory_region_ops_read, address, this.lo, this.hi, size, range.region.name);
      this.ioHook?.();
      return result;
    }
    checkSize(size);
    const bytes = ram.at(offset, size);
    this.lo = this.hi = 0;
    if (size === 1) this.lo = bytes[offset];
    else if (size === 2) this.lo = bytes[offset] | (bytes[offset + 1] << 8);
    else this.lo = load32(bytes, offset);
    if (size === 8) this.hi = load32(bytes, offset + 4);
    return MemTxResult.Ok;
  }

  /** Writes 1, 2, 4 or 8 bytes (Error: another size), little-endian: `lo` and for 8 bytes `hi`. */
  writeTx(address: number, size: number, lo: number, hi = 0): MemTxResult {
    const range = this.find(address);
    if (!range || address + size > range.start + range.size) return this.splitWrite(address, size, lo, hi, range);
    const offset = address - range.start + range.offset;
    const ram = range.region.ramBlock;
    if (!ram || range.region.kind === 'romd') {
      if (this.log?.traces) this.log.trace(TRACE.memory_region_ops_write, address, lo, hi, size, range.region.name);
      const result = range.readonly ? MemTxResult.Ok : ioWrite(range.region, offset, size, lo, hi, this.log);
      this.ioHook?.();
      return result;
    }
    checkSize(size);
    if (range.readonly) {
      this.log?.mask(
        'invalid_mem',
        `Invalid write to read-only memory at 0x${address.toString(16)}, size ${size}, region '${range.region.name}'`,
      );
      return MemTxResult.Ok;
    }
    const bytes = ram.at(offset, size);
    for (let i = 0; i < size; i++) bytes[offset + i] = i < 4 ? lo >>> (8 * i) : hi >>> (8 * (i - 4));
    if (this.dirtyHook) this.dirtyHook(ram.host + offset, size);
    return MemTxResult.Ok;
  }

  /** Reads up to 4 bytes; 0 where nothing answers (readTx tells). */
  read(address: number, size: 1 | 2 | 4 = 4): number {
    this.readTx(address, size);
    return this.lo;
  }
  read64(address: number): bigint {
    this.readTx(address, 8);
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }
  write(address: number, size: 1 | 2 | 4, value: number): MemTxResult {
    return this.writeTx(address, size, value);
  }
  write64(address: number, value: bigint): MemTxResult {
    return this.writeTx(address, 8, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  /** DMA: copies guest memory out. What does not answer reads as zero and makes the result an error. */
  readBytes(address: number, into: Uint8Array): MemTxResult {
    let result = MemTxResult.Ok;
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const range = this.find(at);
      const run = Math.min(into.length - done, range ? range.start + range.size - at : this.gapAfter(at));
      const ram = range?.region.ramBlock;
      if (!range) {
        into.fill(0, done, done + run);
        result = MemTxResult.DecodeError;
        done += run;
      } else if (ram && (range.region.kind !== 'romd' || range.romd)) {
        const offset = at - range.start + range.offset;
        into.set(ram.at(offset, run).subarray(offset, offset + run), done);
        done += run;
      } else {
        const size = ioStep(range.region, at, run);
        const one = this.readTx(at, size);
        result ||= one;
        for (let i = 0; i < size; i++) into[done + i] = (i < 4 ? this.lo : this.hi) >>> (8 * (i & 3));
        done += size;
      }
    }
    return result;
  }

  /** DMA: copies into guest memory. Tells the code cache about RAM that it changes. */
  writeBytes(address: number, from: Uint8Array): MemTxResult {
    let result = MemTxResult.Ok;
    for (let done = 0; done < from.length;) {
      const at = address + done;
      const range = this.find(at);
      const run = Math.min(from.length - done, range ? range.start + range.size - at : this.gapAfter(at));
      const ram = range?.region.ramBlock;
      if (!range) {
        result = MemTxResult.DecodeError;
        done += run;
      } else if (ram && range.region.kind !== 'romd') {
        if (!range.readonly) {
          const offset = at - range.start + range.offset;
          ram.at(offset, run).set(from.subarray(done, done + run), offset);
          this.dirtyHook?.(ram.host + offset, run);
        }
        done += run;
      } else {
        const size = ioStep(range.region, at, run);
        const halves = [0, 0];
        for (let i = 0; i < size; i++) halves[i >> 2] |= from[done + i] << (8 * (i & 3));
        const one = this.writeTx(at, size, halves[0] >>> 0, halves[1] >>> 0);
        result ||= one;
        done += size;
      }
    }
    return result;
  }

  /**
   * As writeBytes, but ROM is written too: for loaders (address_space_write_rom). `from`: bytes, or how many zeros.
   * Devices are left alone (HTIF lies in a program's own memory); it fails where nothing is, or if no byte found RAM or ROM.
   */
  writeRom(address: number, from: Uint8Array | number): MemTxResult {
    const size = typeof from === 'number' ? from : from.length;
    let result = MemTxResult.Ok;
    let stored = size === 0;
    for (let done = 0; done < size;) {
      const at = address + done;
      const range = this.find(at);
      const run = Math.min(size - done, range ? range.start + range.size - at : this.gapAfter(at));
      const ram = range?.region.ramBlock;
      if (range && ram) {
        const offset = at - range.start + range.offset;
        const bytes = ram.at(offset, run);
        if (typeof from === 'number') bytes.fill(0, offset, offset + run);
        else bytes.set(from.subarray(done, done + run), offset);
        this.dirtyHook?.(ram.host + offset, run);
        stored = true;
      } else if (!range) result = MemTxResult.DecodeError;
      done += run;
    }
    return stored ? result : MemTxResult.DecodeError;
  }

  /** Direct view of `size` bytes of RAM at `address`, if all of it is plain memory (address_space_map). */
  map(address: number, size: number): Uint8Array | undefined {
    const range = this.find(address);
    const ram = range?.region.ramBlock;
    if (!range || !ram || range.region.kind !== 'ram' || range.readonly || address + size > range.start + range.size) return undefined;
    const offset = address - range.start + range.offset;
    return ram.at(offset, size).subarray(offset, offset + size);
  }

  /** Set by the accelerator: RAM at linear-memory address `host` was written from TypeScript, so code translated from it is stale. */
  dirtyHook: ((host: number, size: number) => void) | undefined;
  /** Set by the machine: a device was accessed, which may have taken any time. */
  ioHook: (() => void) | undefined;

  private update(): void {
    this.view = FlatView.render(this.root);
    this.last = undefined;
    for (const listener of this.listeners) listener.commit(this.view);
  }

  /** Bytes from `at` (where nothing is) to the next range. */
  private gapAfter(at: number): number {
    const next = this.view.ranges.find((r) => r.start > at);
    return (next?.start ?? Infinity) - at;
  }

  /** An access that leaves its range goes byte by byte; one that nothing answers fails whole. */
  private splitRead(address: number, size: number, range: FlatRange | undefined): MemTxResult {
    checkSize(size);
    if (!range && (size === 1 || !this.find(address + size - 1))) return this.unassigned('read', address, size);
    const cell = [0, 0];
    let result = MemTxResult.Ok;
    for (let i = 0; i < size; i++) {
      result ||= this.readTx(address + i, 1);
      cell[i >> 2] |= this.lo << (8 * (i & 3));
    }
    this.lo = cell[0] >>> 0;
    this.hi = cell[1] >>> 0;
    return result;
  }

  private splitWrite(address: number, size: number, lo: number, hi: number, range: FlatRange | undefined): MemTxResult {
    checkSize(size);
    if (!range && (size === 1 || !this.find(address + size - 1))) return this.unassigned('write', address, size);
    let result = MemTxResult.Ok;
    for (let i = 0; i < size; i++) result ||= this.writeTx(address + i, 1, (i < 4 ? lo >>> (8 * i) : hi >>> (8 * (i - 4))) & 0xff);
    return result;
  }

  private unassigned(what: string, address: number, size: number): MemTxResult {
    this.lo = this.hi = 0;
    this.log?.mask('invalid_mem', `Invalid ${what} at addr 0x${address.toString(16)}, size ${size}, region '(null)', reason: rejected`);
    return MemTxResult.DecodeError;
  }
}

const load32 = (b: Uint8Array, at: number): number => (b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24)) >>> 0;

/** The widest aligned access that fits, and that the device takes (QEMU's memory_access_size). */
function ioStep({ ops }: MemoryRegion, at: number, left: number): 1 | 2 | 4 | 8 {
  const widest = ops?.accessSizes ? Math.max(...ops.accessSizes) : 4;
  for (const size of [8, 4, 2] as const) if (size <= widest && size <= left && at % size === 0) return size;
  return 1;
}
