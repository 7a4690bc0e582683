/** Boot images: written into guest memory at every reset (QEMU's rom_add_blob). */
import { MemTxResult } from '../../memory/access.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { LoaderError } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import { traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  loader_write_rom: (name: string, address: number, size: number) => `${name}: @${hex(address)} size=${hex(size)}`,
});

export interface RomBlob {
  readonly name: string;
  /** What it is a part of. */
  readonly image: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Zero bytes after `bytes` (bss). */
  readonly zeros: number;
  /** It covers what others put there, and need not be in memory. */
  readonly isOver: boolean;
}

const hex = (n: number): string => `0x${n.toString(16)}`;
const endOf = (b: RomBlob): number => b.address + b.bytes.length + b.zeros;
const rangeOf = (b: RomBlob): string => `'${b.name}' at ${hex(b.address)}..${hex(endOf(b))}`;

export class RomList {
  private readonly list: RomBlob[] = [];

  get blobs(): readonly RomBlob[] {
    return this.list;
  }

  /**
   * Puts `bytes`, and zeros behind them, at guest-physical `address` at every reset. An overlap with another image is a LoaderError that names both;
   * within one image zeros give way to bytes. `isOver`: over the images of those who do not say so.
   */
  add(name: string, address: number, bytes: Uint8Array, { zeros = 0, image = name, isOver = false } = {}): void {
    const blob = { name, image, address, bytes, zeros, isOver };
    const end = endOf(blob);
    if (end === address) return;
    const clash = this.list.find((b) => b.isOver === isOver && b.image !== image && address < endOf(b) && b.address < end);
    if (clash) throw new LoaderError(`${rangeOf(blob)} overlaps ${rangeOf(clash)}`);
    this.list.push(blob);
  }

  /** Replaces the bytes of the blob `name` (a device tree made anew at reset), or adds it. */
  replace(name: string, address: number, bytes: Uint8Array): void {
    const at = this.list.findIndex((b) => b.name === name);
    if (at >= 0) this.list.splice(at, 1);
    this.add(name, address, bytes);
  }

  /**
   * Writes all of it. What begins in memory must end there. What lies before it is dropped, as in QEMU: linkers put the ELF headers below the first
   * section, so into the page below RAM. An image of which nothing is left is a LoaderError.
   */
  apply(space: AddressSpace, log?: Log): void {
    const placed = new Set<string>();
    const put = (blob: RomBlob, address: number, what: Uint8Array | number): void => {
      const size = typeof what === 'number' ? what : what.length;
      log?.trace(TRACE.loader_write_rom, blob.name, address, size);
      const dropped = Math.min(space.holeAt(address), size);
      if (dropped > 0) log?.mask('guest_errors', `${rangeOf(blob)}: nothing is at ${hex(address)}..${hex(address + dropped)}`);
      if (dropped === size) return;
      const rest = typeof what === 'number' ? what - dropped : what.subarray(dropped);
      if (space.writeRom(address + dropped, rest) !== MemTxResult.Ok && !blob.isOver)
        throw new LoaderError(`${rangeOf(blob)} is not in RAM or ROM`);
      placed.add(blob.image);
    };
    for (const isOver of [false, true]) {
      const layer = this.list.filter((blob) => blob.isOver === isOver);
      for (const blob of layer) put(blob, blob.address + blob.bytes.length, blob.zeros);
      for (const blob of layer) put(blob, blob.address, blob.bytes);
    }
    const lost = this.list.find((b) => !b.isOver && !placed.has(b.image));
    if (lost) throw new LoaderError(`${rangeOf(lost)} is not in RAM or ROM`);
  }

  /** `info roms`. */
  text(): string {
    return this.list
      .map(
        (b) =>
          `addr=${b.address.toString(16).padStart(16, '0')} size=0x${(b.bytes.length + b.zeros).toString(16).padStart(6, '0')} name="${b.name}"\n`,
      )
      .join('');
  }
}
