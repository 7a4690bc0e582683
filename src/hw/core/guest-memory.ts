/**
 * What a DMA master sees of guest memory: RAM and ROM, never device registers. A guest that points a ring or a buffer at a device would
 * make devices call each other, or themselves, without end; here such an address is simply not memory.
 */
import type { AddressSpace } from '../../memory/address-space.js';

export class GuestMemory {
  constructor(private readonly space: AddressSpace) {}

  /** The bytes at `address` (a view or a copy: use it at once); undefined if some of them are not memory. */
  read(address: number, length: number): Uint8Array | undefined {
    const view = this.space.map(address, length);
    if (view) return view;
    if (!this.isMemory(address, length, false)) return undefined;
    const bytes = new Uint8Array(length);
    this.space.readBytes(address, bytes);
    return bytes;
  }

  /** False, and nothing written, if some of it is not RAM. */
  write(address: number, bytes: Uint8Array): boolean {
    if (!this.isMemory(address, bytes.length, true)) return false;
    this.space.writeBytes(address, bytes);
    return true;
  }

  private isMemory(address: number, length: number, writable: boolean): boolean {
    if (!Number.isSafeInteger(address + length)) return false;
    for (let at = address; at < address + length;) {
      const range = this.space.find(at);
      if (!range?.region.ramBlock) return false;
      if (writable ? range.readonly || range.region.kind !== 'ram' : range.region.kind === 'romd' && !range.romd) return false;
      at = range.start + range.size;
    }
    return true;
  }
}
