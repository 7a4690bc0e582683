/** A function's configuration space: bytes, which of their bits can be written or are cleared by writing ones, and the list of capabilities. */
import { viewOf } from '../../util/bytes.js';
import { CAPABILITY_LIST, CONFIG_SIZE, HEADER_END, STATUS, STATUS_CAPABILITIES } from './regs.js';

export type ConfigWidth = 1 | 2 | 4;

export class ConfigSpace {
  readonly bytes: Uint8Array;
  /** Bits that software can change. */
  readonly writable: Uint8Array;
  /** Bits that software clears by writing ones. */
  readonly clearable: Uint8Array;
  private readonly view: DataView;
  /** Where the first capability that is still to come may be. */
  private free = HEADER_END;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(size);
    this.writable = new Uint8Array(size);
    this.clearable = new Uint8Array(size);
    this.view = viewOf(this.bytes);
    // The rest of the space is the device's own, and free to be written until a capability takes it (as in QEMU).
    this.writable.fill(0xff, HEADER_END);
  }

  /** Little-endian, whatever the CPU's order is. */
  get(at: number, width: ConfigWidth): number {
    if (width === 1) return this.bytes[at];
    return width === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }
  /** Puts a value there, writable or not. */
  set(at: number, width: ConfigWidth, value: number): void {
    put(this.bytes, at, width, value);
  }
  /** A value after a reset, and what of it can be written. */
  define(at: number, width: ConfigWidth, value: number, writable = 0, clearable = 0): void {
    put(this.bytes, at, width, value);
    put(this.writable, at, width, writable);
    put(this.clearable, at, width, clearable);
  }
  setBits(at: number, width: ConfigWidth, bits: number, on: boolean): void {
    const old = this.get(at, width);
    this.set(at, width, on ? old | bits : old & ~bits);
  }

  /** What software writes, as far as it can. Beyond the end nothing happens. */
  write(at: number, value: number, width: number): void {
    for (let i = 0; i < width && at + i < this.size; i++) {
      const byte = (value >>> (8 * i)) & 0xff;
      const [keep, clear] = [this.writable[at + i], this.clearable[at + i]];
      this.bytes[at + i] = ((this.bytes[at + i] & ~keep) | (byte & keep)) & ~(byte & clear);
    }
  }
  /** Of software that reads; what is beyond the end is all ones. */
  read(at: number, width: number): number {
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = (value << 8) | (at + i < this.size ? this.bytes[at + i] : 0xff);
    return value >>> 0;
  }
  /** Whatever can be written is 0 again. */
  clear(at: number, width: ConfigWidth): void {
    for (let i = at; i < at + width; i++) this.bytes[i] &= ~(this.writable[i] | this.clearable[i]);
  }

  /**
   * Puts a capability of `size` bytes before those that are there, and returns where it is; `at`: where it is to be. Its bits cannot be written until
   * its owner says so.
   */
  addCapability(id: number, size: number, at = this.free): number {
    if (at < this.free || at + size > CONFIG_SIZE)
      throw new RangeError(`no room for a capability of ${size} bytes at 0x${at.toString(16)}`);
    this.free = (at + size + 3) & ~3;
    this.bytes.fill(0, at, this.free);
    this.writable.fill(0, at, this.free);
    this.bytes[at] = id;
    this.bytes[at + 1] = this.bytes[CAPABILITY_LIST];
    this.bytes[CAPABILITY_LIST] = at;
    this.setBits(STATUS, 2, STATUS_CAPABILITIES, true);
    return at;
  }

  /** What of `next` software could not have made of this space, if anything: a snapshot's must be of the same device. */
  differenceFrom(next: Uint8Array): string | undefined {
    for (let at = 0; at < this.size; at++) {
      const fixed = ~(this.writable[at] | this.clearable[at] | volatileAt(at)) & 0xff;
      if ((this.bytes[at] ^ next[at]) & fixed)
        return `byte 0x${at.toString(16)} of the configuration space is 0x${next[at].toString(16)}, not 0x${this.bytes[at].toString(16)}`;
    }
    return undefined;
  }
}

/** Bits that the device itself changes. */
const volatileAt = (at: number): number => (at === STATUS ? 0x08 : 0);

function put(bytes: Uint8Array, at: number, width: ConfigWidth, value: number): void {
  for (let i = 0; i < width; i++) bytes[at + i] = value >>> (8 * i);
}

/** Whether an access touches `width` bytes from `register` on. */
export const touches = (at: number, size: number, register: number, width: number): boolean =>
  at < register + width && register < at + size;
