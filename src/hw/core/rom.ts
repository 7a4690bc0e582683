/** Boot images: written into guest memory at every reset (QEMU's rom_add_blob). */
import type { AddressSpace } from '../../memory/address-space.js';
import { LoaderError } from '../../util/errors.js';

export interface RomBlob {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Zero bytes after `bytes` (bss). */
  readonly zeros: number;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

export class RomList {
  private readonly list: RomBlob[] = [];

  get blobs(): readonly RomBlob[] {
    return this.list;
  }

  /** Puts `bytes` at guest-physical `address` now and at every reset. Overlaps are a LoaderError that names both images. */
  add(name: string, address: number, bytes: Uint8Array, zeros = 0): void {
    const end = address + bytes.length + zeros;
    if (end === address) return;
    const clash = this.list.find((b) => address < b.address + b.bytes.length + b.zeros && b.address < end);
    if (clash) {
      const clashEnd = clash.address + clash.bytes.length + clash.zeros;
      throw new LoaderError(
        `'${name}' at ${hex(address)}..${hex(end)} overlaps '${clash.name}' at ${hex(clash.address)}..${hex(clashEnd)}`,
      );
    }
    this.list.push({ name, address, bytes, zeros });
  }

  /** Replaces the bytes of the blob `name` (a device tree made anew at reset), or adds it. */
  replace(name: string, address: number, bytes: Uint8Array): void {
    const at = this.list.findIndex((b) => b.name === name);
    if (at >= 0) this.list.splice(at, 1);
    this.add(name, address, bytes);
  }

  apply(space: AddressSpace): void {
    for (const { name, address, bytes, zeros } of this.list) {
      let failed = space.writeRom(address, bytes) !== 0;
      failed = space.writeRom(address + bytes.length, zeros) !== 0 || failed;
      if (failed) throw new LoaderError(`'${name}' at ${hex(address)}..${hex(address + bytes.length + zeros)} is not in RAM or ROM`);
    }
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
