/**
 * Split virtqueues, device side. Source: Virtual I/O Device (VIRTIO) 1.2, section 2.7.
 *
 * The rings are the guest's memory, so nothing in them is trusted: every index is checked, chains are bounded by the ring's own size
 * (2.7.5.3.1: a chain is never longer than the queue, an indirect table never longer than MAX_QUEUE_SIZE), and what breaks a rule breaks
 * the device (`onError`), never the host.
 */
import { viewOf } from '../../util/bytes.js';
import { address, array, bool, u16, u32, vmState } from '../core/vmstate.js';

/** Longest queue that a device offers, and longest descriptor chain that it accepts. */
export const MAX_QUEUE_SIZE = 1024;

/** Descriptors that are read for one notification: longer chains than any driver makes would hold the host. The rest comes a little later. */
const WALK_LIMIT = 4096;

const DESC_SIZE = 16;
const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;

/** What a queue needs of guest memory. Reads of what is not there return undefined, writes false. */
export interface VirtQueueMemory {
  read(address: number, length: number): Uint8Array | undefined;
  write(address: number, bytes: Uint8Array): boolean;
}

/** A piece of guest memory that belongs to a buffer. */
export interface Segment {
  readonly address: number;
  readonly length: number;
}

/** One buffer that the driver made available. */
export interface VirtQueueElement {
  /** Index of the head descriptor: its name in the used ring. */
  readonly head: number;
  /** What the driver wrote for the device. */
  readonly out: readonly Segment[];
  /** Where the device may write. */
  readonly in: readonly Segment[];
}

export interface VirtQueueOwner {
  readonly memory: VirtQueueMemory;
  /** VIRTIO_F_EVENT_IDX was negotiated. */
  readonly eventIdx: boolean;
  /** The driver broke the rules: the device stops until it is reset. */
  onError(message: string): void;
  /** For who traces it. */
  popped?(queue: VirtQueue, element: VirtQueueElement): void;
  pushed?(queue: VirtQueue, element: VirtQueueElement, written: number): void;
  /** Calls `queue.notified()` soon: there is more than could be done at once. */
  later(queue: VirtQueue): void;
}

const isPowerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

interface Descriptor {
  readonly address: number;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

export class VirtQueue {
  static readonly vmState = vmState<VirtQueue>('virtqueue', { version: 3, refuses: (next) => next.wrong() }, [
    u32('num', { most: MAX_QUEUE_SIZE }),
    address('desc'),
    address('avail'),
    address('used'),
    u32('align'),
    bool('ready'),
    array('areas', address),
    u16('lastAvail'),
    u16('usedIdx'),
    u16('signalledUsed'),
    bool('signalledUsedValid'),
    u32('inUse'),
  ]);

  /** Entries of the ring, a power of two; 0 while the queue is not there. */
  num = 0;
  /** Guest-physical addresses of the three areas; desc 0: not set up. */
  desc = 0;
  avail = 0;
  used = 0;
  /** Alignment of the used ring in the legacy layout, bytes. */
  align = 4096;
  /** Modern transports: QueueReady. */
  ready = false;
  /** The three addresses as a modern driver is writing them; they count when the queue becomes ready. */
  areas = [0, 0, 0];
  lastAvail = 0;
  usedIdx = 0;
  /** Used index at the last interrupt, and whether it means anything. */
  signalledUsed = 0;
  signalledUsedValid = false;
  /** Elements popped and not yet pushed. */
  inUse = 0;
  /** Descriptors that may yet be read; at the end of a walk it may be below zero. */
  private credit = WALK_LIMIT;

  constructor(
    private readonly owner: VirtQueueOwner,
    /** What the device offers. */
    readonly numMax: number,
    /** The device's own handler of a notification. */
    private readonly handle: (queue: VirtQueue) => void,
  ) {
    this.num = numMax;
  }

  reset(): void {
    this.num = this.numMax;
    this.desc = this.avail = this.used = 0;
    this.align = 4096;
    this.ready = false;
    this.areas = [0, 0, 0];
    this.lastAvail = this.usedIdx = this.signalledUsed = this.inUse = 0;
    this.signalledUsedValid = false;
  }

  /** Of a snapshot's values. */
  wrong(): string | undefined {
    return isPowerOfTwo(this.align) ? undefined : `alignment of ${this.align} bytes`;
  }

  /** The driver says that there is something to do. */
  notified(): void {
    this.credit = WALK_LIMIT;
    this.handle(this);
  }

  /** The legacy layout: one contiguous area, the used ring aligned (2.7.2, "legacy interfaces"). */
  setLegacyAddress(address: number): void {
    this.desc = address;
    this.avail = address + this.num * DESC_SIZE;
    const end = this.avail + 4 + 2 * this.num + 2;
    this.used = Math.ceil(end / this.align) * this.align;
  }

  /** More buffers to pop? */
  isEmpty(): boolean {
    if (this.desc === 0) return true;
    return this.availIdx() === this.lastAvail;
  }

  /** Takes the next buffer off the available ring; undefined when there is none (or no more for now), or the driver broke the rules. */
  pop(): VirtQueueElement | undefined {
    if (this.desc === 0 || this.num === 0) return undefined;
    const idx = this.availIdx();
    const waiting = (idx - this.lastAvail) & 0xffff;
    if (waiting === 0) return undefined;
    if (waiting > this.num) return this.error(`guest moved the available index from ${this.lastAvail} to ${idx}`);
    if (this.credit <= 0) {
      this.owner.later(this);
      return undefined;
    }
    if (this.inUse >= this.num) return this.error('virtqueue size exceeded');
    const head = this.read16(this.avail + 4 + 2 * (this.lastAvail % this.num));
    if (head === undefined) return undefined;
    if (head >= this.num) return this.error(`guest says index ${head} is available`);
    const element = this.readChain(head);
    if (!element) return undefined;
    this.lastAvail = (this.lastAvail + 1) & 0xffff;
    if (this.owner.eventIdx) this.writeAvailEvent(this.lastAvail);
    this.inUse++;
    this.owner.popped?.(this, element);
    return element;
  }

  /** The buffer again that was popped under that name; undefined if the guest has made it something that it cannot be. */
  popped(head: number): VirtQueueElement | undefined {
    this.credit = WALK_LIMIT;
    return this.readChain(head);
  }

  /** Undoes the last pop (no data for it now). */
  unpop(): void {
    this.lastAvail = (this.lastAvail - 1) & 0xffff;
    this.inUse--;
  }

  /** Returns a buffer to the driver, `written` bytes of its in-segments filled. */
  push(element: VirtQueueElement, written: number): void {
    if (this.desc === 0) return; // reset in between
    this.owner.pushed?.(this, element, written);
    this.inUse--;
    const entry = new Uint8Array(8);
    viewOf(entry).setUint32(0, element.head, true);
    viewOf(entry).setUint32(4, written, true);
    if (!this.owner.memory.write(this.used + 4 + 8 * (this.usedIdx % this.num), entry)) {
      this.error('used ring is not in memory');
      return;
    }
    const old = this.usedIdx;
    this.usedIdx = (old + 1) & 0xffff;
    this.write16(this.used + 2, this.usedIdx);
    // The index wrapped past the last signalled one: that mark no longer compares.
    if (((this.usedIdx - this.signalledUsed) & 0xffff) < ((this.usedIdx - old) & 0xffff)) this.signalledUsedValid = false;
  }

  /** Does the driver want an interrupt for what was pushed? (2.7.7) */
  shouldInterrupt(notifyOnEmpty: boolean): boolean {
    if (this.desc === 0) return false;
    if (notifyOnEmpty && this.inUse === 0 && this.isEmpty()) return true;
    if (!this.owner.eventIdx) return ((this.read16(this.avail) ?? 0) & AVAIL_F_NO_INTERRUPT) === 0;
    const valid = this.signalledUsedValid;
    const old = this.signalledUsed;
    this.signalledUsedValid = true;
    this.signalledUsed = this.usedIdx;
    const event = this.read16(this.avail + 4 + 2 * this.num) ?? 0;
    return !valid || needEvent(event, this.usedIdx, old);
  }

  private readChain(head: number): VirtQueueElement | undefined {
    let table = this.desc;
    let size = this.num;
    let descriptor = this.readDescriptor(table, head);
    if (!descriptor) return undefined;
    if (descriptor.flags & DESC_F_INDIRECT) {
      const { address, length } = descriptor;
      if (length === 0 || length % DESC_SIZE !== 0) return this.error(`indirect table of ${length} bytes`);
      table = address;
      size = length / DESC_SIZE;
      descriptor = this.readDescriptor(table, 0);
      if (!descriptor) return undefined;
    }
    const limit = Math.min(size, MAX_QUEUE_SIZE);
    const out: Segment[] = [];
    const into: Segment[] = [];
    for (let seen = 1; ; seen++) {
      const { address, length, flags, next } = descriptor as Descriptor;
      if (seen > 1 && flags & DESC_F_INDIRECT) return this.error('indirect descriptor inside a chain');
      if (flags & DESC_F_INDIRECT) return this.error('indirect descriptor inside an indirect table');
      if (length === 0) return this.error('zero sized buffers are not allowed');
      if (flags & DESC_F_WRITE) into.push({ address, length });
      else if (into.length > 0) return this.error('device-readable descriptor after a device-writable one');
      else out.push({ address, length });
      if (!(flags & DESC_F_NEXT)) return { head, out, in: into };
      if (seen >= limit) return this.error(`looped descriptor chain, or one longer than ${limit}`);
      if (next >= size) return this.error(`descriptor index ${next} out of range`);
      descriptor = this.readDescriptor(table, next);
      if (!descriptor) return undefined;
    }
  }

  private readDescriptor(table: number, index: number): Descriptor | undefined {
    this.credit--;
    const bytes = this.owner.memory.read(table + DESC_SIZE * index, DESC_SIZE);
    if (!bytes) return this.error('descriptor table is not in memory');
    const d = viewOf(bytes);
    return {
      address: d.getUint32(0, true) + d.getUint32(4, true) * 0x1_0000_0000,
      length: d.getUint32(8, true),
      flags: d.getUint16(12, true),
      next: d.getUint16(14, true),
    };
  }

  private availIdx(): number {
    // An unreadable ring looks empty, and breaks the device.
    return this.read16(this.avail + 2) ?? this.lastAvail;
  }

  private writeAvailEvent(index: number): void {
    this.write16(this.used + 4 + 8 * this.num, index);
  }

  private read16(address: number): number | undefined {
    const bytes = this.owner.memory.read(address, 2);
    if (!bytes) return this.error('ring is not in memory');
    return bytes[0] | (bytes[1] << 8);
  }

  private write16(address: number, value: number): void {
    if (!this.owner.memory.write(address, Uint8Array.of(value & 0xff, (value >> 8) & 0xff))) this.error('ring is not in memory');
  }

  private error(message: string): undefined {
    this.owner.onError(message);
    return undefined;
  }
}

/** Did the used (or available) index step over `event` when it went from `old` to `now`? (2.7.7.2) */
export function needEvent(event: number, now: number, old: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
}

export const totalLength = (segments: readonly Segment[]): number => segments.reduce((sum, s) => sum + s.length, 0);

/** `segments` without their first `count` bytes. */
export function skip(segments: readonly Segment[], count: number): readonly Segment[] {
  if (count === 0) return segments;
  let first = 0;
  while (first < segments.length && count >= segments[first].length) count -= segments[first++].length;
  if (count === 0 || first === segments.length) return segments.slice(first);
  const { address, length } = segments[first];
  return [{ address: address + count, length: length - count }, ...segments.slice(first + 1)];
}

/**
 * What the driver gives to be read may be so large, in bytes, where there is no memory: it reads as zeros. QEMU's bounce buffer of this size does the same
 * (x-max-bounce-buffer-size), and there are drivers with an address out of sign extension that only ever ask for what zeros ask for.
 */
const NOWHERE_LIMIT = 4096;

/** Copies the beginning of `segments`, at most `limit` bytes, into `result` (default: a fresh array). Undefined: some of it is not in memory. */
export function gather(
  memory: VirtQueueMemory,
  segments: readonly Segment[],
  limit: number,
  result: Uint8Array = new Uint8Array(Math.min(limit, totalLength(segments))),
): Uint8Array | undefined {
  let at = 0;
  for (const { address, length } of segments) {
    if (at === result.length) break;
    const wanted = Math.min(length, result.length - at);
    const piece = memory.read(address, wanted);
    if (piece) result.set(piece, at);
    else if (length <= NOWHERE_LIMIT) result.fill(0, at, at + wanted);
    else return undefined;
    at += wanted;
  }
  return result;
}

/** Writes `bytes` over the segments; returns how many fitted, or undefined when some are not in memory. */
export function scatter(memory: VirtQueueMemory, segments: readonly Segment[], bytes: Uint8Array): number | undefined {
  let at = 0;
  for (const { address, length } of segments) {
    if (at === bytes.length) break;
    const piece = bytes.subarray(at, at + length);
    if (!memory.write(address, piece)) return undefined;
    at += piece.length;
  }
  return at;
}
