/** Where message-signaled interrupts go: the pages of IMSICs, by physical address, and else memory. */
import type { GuestMemory } from '../core/guest-memory.js';

export interface MsiReceiver {
  receive(identity: number): void;
}

export class MsiRoutes {
  private readonly pages = new Map<number, MsiReceiver>();

  constructor(private readonly memory: GuestMemory) {}

  /** Messages to `address`, the beginning of a page, are for `receiver`. */
  add(address: number, receiver: MsiReceiver): void {
    this.pages.set(address, receiver);
  }

  /** Writes 32 bits, little-endian, as a device does; devices other than IMSICs do not hear of it, so none can be made to call itself. */
  send(address: number, data: number): void {
    const receiver = this.pages.get(address);
    if (receiver) receiver.receive(data);
    else this.memory.write(address, Uint8Array.of(data, data >>> 8, data >>> 16, data >>> 24));
  }
}
