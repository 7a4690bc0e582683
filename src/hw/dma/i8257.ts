/**
 * Intel 8237A as a PC has two of it: four channels that move bytes (or words, `dshift` = 1: addresses and counts are of words then) between a device and
 * memory, with a page register each for address bits 23 to 16, and one for 31 to 24. (QEMU calls it i8257.) Sources: 8237A data sheet; 82374EB data sheet,
 * 3.0 (pages). A device on a channel is called when it may move something, and moves as much as it likes: the pins' timing is nobody's business. Block,
 * cascade and memory-to-memory transfers, compressed timing and software requests without a device do nothing.
 */
import { int32 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { array, bool, u8, u16, u32, vmState } from '../core/vmstate.js';
import { IsaDevice, type IsaDmaChannel } from '../isa/isa-bus.js';

const CHANNELS = 4;
/** Which channel each of eight page ports is of. */
const PAGE_PORTS: readonly (number | undefined)[] = [undefined, 2, 3, 1, undefined, undefined, undefined, 0];

const COMMAND_DISABLE = 0x04;
const MODE_AUTO = 0x10;
const MODE_DOWN = 0x20;
const DIRECTIONS = ['verify', 'write', 'read', 'verify'] as const;

class Channel implements IsaDmaChannel {
  handler: (() => void) | undefined;

  constructor(
    private readonly controller: I8257,
    private readonly n: number,
  ) {}

  get left(): number {
    return (this.controller.count[this.n] + 1) << this.controller.dshift;
  }
  get direction(): (typeof DIRECTIONS)[number] {
    return DIRECTIONS[(this.controller.mode[this.n] >> 2) & 3];
  }
  request(level: boolean): void {
    this.controller.request(this.n, level);
  }
  write(bytes: Uint8Array): number {
    return this.controller.move(this.n, bytes.length, (address, from, length) =>
      this.controller.store(address, bytes.subarray(from, from + length)),
    );
  }
  read(into: Uint8Array): number {
    return this.controller.move(this.n, into.length, (address, from, length) => into.set(this.controller.fetch(address, length), from));
  }
}

export class I8257 extends IsaDevice {
  static override readonly type = defineDevice('i8257', IsaDevice, I8257, {
    description: 'Intel 8237 DMA controller',
    properties: [int32('base'), int32('page-base'), int32('pageh-base'), int32('dshift')],
  });
  static readonly vmState = vmState<I8257>('dma', { version: 1 }, [
    ...[u8('command'), u8('masks'), u8('requests'), u8('reached'), bool('isHigh')],
    ...[array('baseAddress', u16), array('baseCount', u16), array('address', u32), array('count', u16)],
    ...[array('mode', u8), array('page', u8), array('pageHigh', u8)],
  ]);

  static readonly channelRegisters = registerMap<I8257>('i8257_channel', [
    rw(0, 'ADDRESS', {
      array: (s) => [[CHANNELS, 2 << s.dshift]],
      readEffects: true,
      read: (s, n) => s.half(s.address[n]),
      write: (s, value, n) => s.setHalf(s.baseAddress, s.address, n, value),
    }),
    rw((s) => 1 << s.dshift, 'COUNT', {
      array: (s) => [[CHANNELS, 2 << s.dshift]],
      readEffects: true,
      read: (s, n) => s.half(s.count[n]),
      write: (s, value, n) => s.setHalf(s.baseCount, s.count, n, value),
    }),
  ]);
  static readonly control = registerMap<I8257>('i8257_control', [
    ro((s) => 0 << s.dshift, 'STATUS', { read: (s) => s.readStatus(), readEffects: true }),
    wo((s) => 0 << s.dshift, 'COMMAND', { write: (s, value) => s.setCommand(value) }),
    wo((s) => 1 << s.dshift, 'REQUEST', { write: (s, value) => s.request(value & 3, (value & 4) !== 0) }),
    wo((s) => 2 << s.dshift, 'MASK', { write: (s, value) => s.setMasks(value & 4 ? s.masks | bitOf(value) : s.masks & ~bitOf(value)) }),
    wo((s) => 3 << s.dshift, 'MODE', { write: (s, value) => void (s.mode[value & 3] = value & ~3) }),
    wo((s) => 4 << s.dshift, 'CLEAR_FLIP_FLOP', { write: (s) => void (s.isHigh = false) }),
    ro((s) => 5 << s.dshift, 'TEMPORARY', { read: () => 0 }),
    wo((s) => 5 << s.dshift, 'MASTER_CLEAR', { write: (s) => s.clear() }),
    wo((s) => 6 << s.dshift, 'CLEAR_MASKS', { write: (s) => s.setMasks(0) }),
    rw((s) => 7 << s.dshift, 'ALL_MASKS', { read: (s) => s.masks, write: (s, value) => s.setMasks(value & 15) }),
  ]);
  static readonly pages = registerMap<I8257>('i8257_page', pageRows('page'));
  static readonly highPages = registerMap<I8257>('i8257_pageh', pageRows('pageHigh'));

  base = 0;
  pageBase = 0x80;
  pagehBase = 0x480;
  /** 1: words. */
  dshift = 0;

  command = 0;
  /** A bit a channel: it waits; it is asked for service; its terminal count has been reached. */
  masks = 0;
  requests = 0;
  reached = 0;
  /** The second byte of a register is next. */
  isHigh = false;
  readonly baseAddress = new Uint16Array(CHANNELS);
  readonly baseCount = new Uint16Array(CHANNELS);
  readonly address = new Uint16Array(CHANNELS);
  readonly count = new Uint16Array(CHANNELS);
  readonly mode = new Uint8Array(CHANNELS);
  readonly page = new Uint8Array(CHANNELS);
  readonly pageHigh = new Uint8Array(CHANNELS);
  private readonly channels = Array.from({ length: CHANNELS }, (_, n) => new Channel(this, n));
  private serving = false;

  protected override realize(): void {
    const size = 8 << this.dshift;
    this.mapRegisters('dma-chan', this.base, [[0, size]], I8257.channelRegisters);
    this.mapRegisters('dma-cont', this.base + size, [[0, size]], I8257.control);
    this.mapRegisters('dma-page', this.pageBase, [[1, 3], [7, 1]], I8257.pages); // prettier-ignore
    if (this.pagehBase >= 0) this.mapRegisters('dma-pageh', this.pagehBase, [[1, 3], [7, 1]], I8257.highPages); // prettier-ignore
    for (const [n, channel] of this.channels.entries()) this.bus.channels[(this.dshift ? CHANNELS : 0) + n] = channel;
  }

  override reset(): void {
    for (const registers of [this.baseAddress, this.baseCount, this.address, this.count, this.mode, this.page, this.pageHigh])
      registers.fill(0);
    this.clear();
  }

  private clear(): void {
    this.command = this.requests = this.reached = 0;
    this.masks = 15;
    this.isHigh = false;
  }

  private half(value: number): number {
    const byte = this.isHigh ? value >> 8 : value & 0xff;
    this.isHigh = !this.isHigh;
    return byte;
  }
  private setHalf(base: Uint16Array, current: Uint16Array, n: number, value: number): void {
    base[n] = this.isHigh ? (base[n] & 0xff) | (value << 8) : (base[n] & 0xff00) | value;
    current[n] = base[n];
    this.isHigh = !this.isHigh;
  }

  private readStatus(): number {
    const value = this.reached | (this.requests << 4);
    this.reached = 0;
    return value;
  }
  private setCommand(value: number): void {
    this.command = value;
    this.serve();
  }
  private setMasks(value: number): void {
    this.masks = value;
    this.serve();
  }

  request(n: number, level: boolean): void {
    const bit = 1 << n;
    this.requests = level ? this.requests | bit : this.requests & ~bit;
    if (level) this.serve();
  }

  private mayMove(n: number): boolean {
    return (this.requests & ~this.masks & (1 << n)) !== 0 && (this.command & COMMAND_DISABLE) === 0;
  }

  /** Each device that asks has its chance, once: one that goes on asking has the next when it moves its request, or its mask is. */
  private serve(): void {
    if (this.serving) return;
    this.serving = true;
    try {
      for (const [n, { handler }] of this.channels.entries()) if (handler && this.mayMove(n)) handler();
    } finally {
      this.serving = false;
    }
  }

  /** Moves `length` bytes in pieces that lie in a row, up to the terminal count; calls `piece` with address, offset and bytes of each. */
  move(n: number, length: number, piece: (address: number, from: number, length: number) => void): number {
    let done = 0;
    const isDown = (this.mode[n] & MODE_DOWN) !== 0;
    while (done < length && this.mayMove(n)) {
      const at = ((this.pageHigh[n] << 24) >>> 0) + ((this.page[n] & (this.dshift ? 0xfe : 0xff)) << 16) + (this.address[n] << this.dshift);
      const toEdge = isDown ? 1 << this.dshift : (0x1_0000 - this.address[n]) << this.dshift;
      const bytes = Math.min(length - done, toEdge, (this.count[n] + 1) << this.dshift) & -(1 << this.dshift);
      if (bytes === 0) break;
      piece(at, done, bytes);
      done += bytes;
      const units = bytes >> this.dshift;
      this.address[n] += isDown ? -units : units;
      if (units > this.count[n]) this.terminalCount(n);
      else this.count[n] -= units;
    }
    return done;
  }

  private terminalCount(n: number): void {
    this.reached |= 1 << n;
    this.count[n] = 0xffff;
    if (this.mode[n] & MODE_AUTO) {
      this.address[n] = this.baseAddress[n];
      this.count[n] = this.baseCount[n];
    } else this.masks |= 1 << n;
  }

  store(address: number, bytes: Uint8Array): void {
    this.bus.memory.write(address, bytes);
  }
  /** Where no memory is, the bus floats. */
  fetch(address: number, length: number): Uint8Array {
    return this.bus.memory.read(address, length) ?? new Uint8Array(length).fill(0xff);
  }
}

const bitOf = (value: number): number => 1 << (value & 3);

function pageRows(field: 'page' | 'pageHigh') {
  return PAGE_PORTS.flatMap((channel, port) =>
    channel === undefined
      ? []
      : [
          rw<I8257>(port, `${field === 'page' ? 'PAGE' : 'PAGE_HIGH'}${channel}`, {
            read: (s) => s[field][channel],
            write: (s, value) => void (s[field][channel] = value),
          }),
        ],
  );
}
