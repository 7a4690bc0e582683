/**
 * Parallel NOR flash with the Intel command set. Source: JEDEC JESD68.01 (Common Flash Interface); Intel StrataFlash J3 data sheet for the
 * commands. In read-array mode the array is a ROM device: reads are plain memory, a write enters the command state machine.
 */
import type { MemoryRegion } from '../../memory/region.js';
import { bool, link, size, string, uint16, uint32, uint8 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import { registerMap, ro } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { buffer, i32, u32, u8, vmState } from '../core/vmstate.js';
import { hex, traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  pflash_io_read: (name: string, offset: number, size: number, value: number, command: number, cycle: number) =>
    `${name}: offset:${hex(offset, 4)} size:${size} value:${hex(value, 4)} cmd:${hex(command, 2)} wcycle:${cycle}`,
  pflash_io_write: (name: string, offset: number, size: number, value: number, cycle: number) =>
    `${name}: offset:${hex(offset, 4)} size:${size} value:${hex(value, 4)} wcycle:${cycle}`,
  pflash_mode_read_array: (name: string) => `${name}: read array mode`,
});

// Commands: the low byte of what is written.
const CMD_PROGRAM = 0x10;
const CMD_PROGRAM_ALT = 0x40;
const CMD_ERASE = 0x20;
const CMD_ERASE_ALT = 0x28;
const CMD_CLEAR_STATUS = 0x50;
const CMD_LOCK = 0x60;
const CMD_READ_STATUS = 0x70;
const CMD_READ_ID = 0x90;
const CMD_CFI_QUERY = 0x98;
const CMD_CONFIRM = 0xd0;
const CMD_BUFFERED_WRITE = 0xe8;
const CMD_AMD_RESET = 0xf0;
const CMD_READ_ARRAY = 0xff;
const LOCK_SET = 0x01;
/** `command` while the array is read. */
const CMD_READ_ARRAY_STATE = 0x00;

const STATUS_READY = 0x80;
const STATUS_ERASE_ERROR = 0x20;
const STATUS_PROGRAM_ERROR = 0x10;

/** Bytes of the multi-byte write buffer of the whole bank. */
const WRITE_BLOCK = 0x800;
const CFI_LENGTH = 0x52;

/** What keeps a bank's contents, outside of the machine. */
export interface FlashImage {
  /** As the bank finds it. */
  readonly bytes: Uint8Array;
  /** Programs and erases fail. */
  readonly readOnly: boolean;
  /** The guest has changed the array from `offset` on: now it is `bytes` there. Must not throw. */
  write(offset: number, bytes: Uint8Array): void;
}

export class PflashCfi01 extends SysBusDevice {
  static override readonly type = defineDevice('cfi.pflash01', SysBusDevice, PflashCfi01, {
    description: 'Parallel flash, Intel command set',
    category: 'storage',
    properties: [
      uint32('num-blocks'),
      size('sector-length', { kind: 'uint64' }),
      uint8('width'),
      uint8('device-width'),
      uint16('id0'),
      uint16('id1'),
      uint16('id2'),
      uint16('id3'),
      string('name'),
      bool('read-only'),
      link('drive', 'pflash', { description: 'what the bank is kept in' }),
    ],
  });
  static readonly vmState = vmState<PflashCfi01>(
    'pflash_cfi01',
    {
      version: 1,
      refuses: (next) => next.wrongBuffer(),
      postLoad: (s) => s.region.setRomd(s.command === CMD_READ_ARRAY_STATE && s.cycle === 0),
    },
    [u8('cycle'), u8('command'), u8('status'), u32('counter'), i32('blockOffset'), buffer('block')],
  );

  /** What is no memory: it is read anywhere in the bank, after the commands that lead to it. */
  static readonly registers = registerMap<PflashCfi01>('pflash_io', [
    ro(0, 'STATUS', {
      field: 'status',
      reset: STATUS_READY,
      fields: { READY: STATUS_READY, ERASE_ERROR: STATUS_ERASE_ERROR, PROGRAM_ERROR: STATUS_PROGRAM_ERROR },
    }),
  ]);

  numBlocks = 0;
  sectorLength = 0;
  /** Bank width, bytes. */
  width = 0;
  /** Width of one chip of the bank, bytes. */
  deviceWidth = 0;
  id0 = 0;
  id1 = 0;
  id2 = 0;
  id3 = 0;
  name = 'pflash';
  /** Programs and erases fail. */
  readOnly = false;
  drive: FlashImage | undefined;

  private region!: MemoryRegion;
  private nextBank: PflashCfi01 | undefined;
  private isLaterBank = false;
  private readonly cfi = new Uint8Array(CFI_LENGTH);
  /** Which write of a command sequence comes next; 0: a command. */
  cycle = 0;
  command = CMD_READ_ARRAY_STATE;
  status = STATUS_READY;
  /** Buffered write: words still to come after this one. */
  counter = 0;
  /** Buffered write: where the buffer goes in the array; -1: not known yet or failed. */
  blockOffset = -1;
  readonly block = new Uint8Array(WRITE_BLOCK);

  protected override realize(): void {
    const size = this.numBlocks * this.sectorLength;
    if (size <= 0 || !Number.isInteger(size)) throw new OptionError('num-blocks and sector-length must not be 0', 'cfi.pflash01');
    if (![1, 2, 4].includes(this.width)) throw new OptionError(`invalid width ${this.width}`, 'cfi.pflash01', '1, 2 or 4');
    if (this.deviceWidth === 0) this.deviceWidth = this.width;
    this.fillCfiTable();
    this.region = this.romDeviceRegion(this.name, size, {
      read: (offset, width) => {
        const value = this.read(offset, width);
        this.trace(TRACE.pflash_io_read, this.name, offset, width, value, this.command, this.cycle);
        return value;
      },
      write: (offset, value, width) => {
        this.trace(TRACE.pflash_io_write, this.name, offset, width, value >>> 0, this.cycle);
        this.write(offset, value, width);
      },
    });
    this.initMmio(this.region);
    this.bindRegisters(PflashCfi01.registers, this);
    if (this.drive) this.fill(this.drive);
  }

  private fill({ bytes, readOnly }: FlashImage): void {
    const { length } = this.storage;
    if (bytes.length !== length) {
      const provided = `its block backend provides ${bytes.length} bytes`;
      throw new OptionError(`cfi.pflash01 device '${this.name}' requires ${length} bytes, ${provided}`);
    }
    this.storage.set(bytes);
    this.readOnly ||= readOnly;
  }

  /** A further bank, which the tree shows in this one's node. */
  joinBank(bank: PflashCfi01): void {
    this.nextBank = bank;
    bank.isLaterBank = true;
  }

  private get banks(): readonly PflashCfi01[] {
    return [this, ...(this.nextBank?.banks ?? [])];
  }

  /** Binding: Linux, mtd/mtd-physmap.yaml. */
  override addTreeNode(bus: TreeBus): FdtNode | undefined {
    if (this.isLaterBank) return undefined;
    return bus
      .device(this, 'flash', 'cfi-flash')
      .cells('reg', ...this.banks.flatMap(({ mmio: [{ address, size }] }) => [...bus.address(address), ...bus.address(size)]))
      .u32('bank-width', this.width);
  }

  /** Contents of the array. */
  get storage(): Uint8Array {
    return this.region.ramBlock!.bytes;
  }

  override reset(): void {
    this.readArray();
  }

  /** Of a snapshot's values: where the write buffer goes. */
  wrongBuffer(): string | undefined {
    const isPlace = this.blockOffset % WRITE_BLOCK === 0 && this.blockOffset >= 0 && this.blockOffset < this.storage.length;
    return isPlace || (this.blockOffset === -1 && this.cycle <= 2) ? undefined : `write buffer for offset ${this.blockOffset}`;
  }

  private readArray(): void {
    this.trace(TRACE.pflash_mode_read_array, this.name);
    this.cycle = 0;
    this.command = CMD_READ_ARRAY_STATE;
    this.region.setRomd(true);
  }

  private read(offset: number, width: number): number {
    switch (this.command) {
      case CMD_READ_ID:
        return this.replicate([this.id0, this.id1][(offset / this.width) & 0xff] ?? 0);
      case CMD_CFI_QUERY:
        return this.replicate(this.cfi[Math.floor(offset / this.width)] ?? 0);
      case CMD_READ_ARRAY_STATE:
        return this.load(offset, width);
      default:
        return this.replicate(this.status);
    }
  }

  /** The same answer from every chip of the bank. */
  private replicate(value: number): number {
    let all = 0;
    for (let at = 0; at < this.width; at += this.deviceWidth) all |= value << (8 * at);
    return all >>> 0;
  }

  private load(offset: number, width: number): number {
    let value = 0;
    for (let at = width - 1; at >= 0; at--) value = (value << 8) | this.storage[offset + at];
    return value >>> 0;
  }

  private write(offset: number, value: number, width: number): void {
    const command = value & 0xff;
    if (this.cycle === 0) this.region.setRomd(false);
    switch (this.cycle) {
      case 0:
        return this.firstCycle(command, offset, value);
      case 1:
        return this.secondCycle(command, offset, value, width);
      case 2:
        return this.bufferData(offset, value, width);
      default:
        return this.bufferConfirm(command, offset, value);
    }
  }

  private firstCycle(command: number, offset: number, value: number): void {
    switch (command) {
      case CMD_PROGRAM:
      case CMD_PROGRAM_ALT:
      case CMD_ERASE:
      case CMD_ERASE_ALT:
      case CMD_LOCK:
      case CMD_CFI_QUERY:
        break;
      case CMD_BUFFERED_WRITE:
        this.status |= STATUS_READY;
        break;
      case CMD_READ_STATUS:
      case CMD_READ_ID:
        this.command = command;
        return; // one cycle: the next write is a command again
      case CMD_CLEAR_STATUS:
        this.status = STATUS_READY;
        return this.readArray();
      case 0x00: // probes of other command sets
      case CMD_AMD_RESET:
      case CMD_READ_ARRAY:
        return this.readArray();
      default:
        return this.badSequence(offset, value);
    }
    this.cycle = 1;
    this.command = command;
  }

  private secondCycle(command: number, offset: number, value: number, width: number): void {
    switch (this.command) {
      case CMD_PROGRAM:
      case CMD_PROGRAM_ALT:
        if (this.readOnly) this.status |= STATUS_PROGRAM_ERROR;
        else this.store(this.storage, offset, value, width);
        return this.done();
      case CMD_ERASE:
      case CMD_ERASE_ALT:
        if (command === CMD_READ_ARRAY) return this.readArray();
        if (command !== CMD_CONFIRM) return this.badSequence(offset, value);
        if (this.readOnly) this.status |= STATUS_ERASE_ERROR;
        else this.eraseSector(offset);
        return this.done();
      case CMD_BUFFERED_WRITE:
        // Count of chip words, less one; each chip sees its own part of the bus.
        this.counter = value & (2 ** (8 * this.deviceWidth) - 1);
        this.blockOffset = -1;
        this.cycle = 2;
        return;
      case CMD_LOCK:
        return command === CMD_CONFIRM || command === LOCK_SET ? this.done() : this.readArray();
      case CMD_CFI_QUERY:
        if (command === CMD_READ_ARRAY) this.readArray();
        else this.firstCycleAgain(command, offset, value);
        return;
      default:
        return this.badSequence(offset, value);
    }
  }

  /** Leaving query mode with another command than read array. */
  private firstCycleAgain(command: number, offset: number, value: number): void {
    this.cycle = 0;
    this.firstCycle(command, offset, value);
  }

  private bufferData(offset: number, value: number, width: number): void {
    const start = offset - (offset % WRITE_BLOCK);
    if (this.blockOffset < 0) {
      this.blockOffset = start;
      this.block.set(this.storage.subarray(start, start + WRITE_BLOCK));
    }
    if (this.blockOffset === start && !this.readOnly) this.store(this.block, offset - start, value, width);
    else this.status |= STATUS_PROGRAM_ERROR; // outside the buffer's block: nothing of it will be programmed
    if (this.counter === 0) this.cycle = 3;
    else this.counter--;
  }

  private bufferConfirm(command: number, offset: number, value: number): void {
    if (command !== CMD_CONFIRM) return this.badSequence(offset, value);
    if (!(this.status & STATUS_PROGRAM_ERROR)) {
      this.storage.set(this.block.subarray(0, this.storage.length - this.blockOffset), this.blockOffset);
      this.changed(this.blockOffset, WRITE_BLOCK);
    }
    this.done();
  }

  /** Back to the first cycle, reads give the status. */
  private done(): void {
    this.status |= STATUS_READY;
    this.cycle = 0;
  }

  private eraseSector(offset: number): void {
    const start = offset - (offset % this.sectorLength);
    this.storage.fill(0xff, start, start + this.sectorLength);
    this.changed(start, this.sectorLength);
  }

  private store(into: Uint8Array, offset: number, value: number, width: number): void {
    for (let at = 0; at < width && offset + at < into.length; at++) into[offset + at] = value >>> (8 * at);
    if (into === this.storage) this.changed(offset, width);
  }

  /** The array was written behind the CPUs' backs: code translated from it is stale. */
  private changed(offset: number, length: number): void {
    this.drive?.write(offset, this.storage.subarray(offset, offset + length));
    this.services.memory.changed(this.region.ramBlock!, offset, length);
  }

  private badSequence(offset: number, value: number): void {
    this.unimplemented(
      `flash command sequence: offset 0x${offset.toString(16)}, cycle ${this.cycle}, command 0x${this.command.toString(16)}, value 0x${value.toString(16)}`,
    );
    this.readArray();
  }

  /** JESD68.01 tables 1 to 4, as one chip of the bank sees itself. */
  private fillCfiTable(): void {
    const chips = this.width / this.deviceWidth;
    const blocks = Math.floor(this.numBlocks / chips);
    const put = (at: number, ...bytes: number[]) => this.cfi.set(bytes, at);
    put(0x10, 0x51, 0x52, 0x59); // QRY
    put(0x13, 0x01, 0x00, 0x31, 0x00); // Intel command set, its extended table
    put(0x1b, 0x45, 0x55, 0x00, 0x00); // Vcc 4.5 to 5.5 V, no Vpp
    put(0x1f, 0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00); // typical and maximal times, powers of two
    put(0x27, Math.floor(Math.log2(blocks * this.sectorLength))); // chip size
    put(0x28, 0x02, 0x00); // x8/x16
    put(0x2a, this.width === 1 ? 0x08 : 0x0b, 0x00); // write buffer: 2^n bytes
    put(0x2c, 0x01, (blocks - 1) & 0xff, ((blocks - 1) >> 8) & 0xff, (this.sectorLength >> 8) & 0xff, (this.sectorLength >> 16) & 0xff);
    put(0x31, 0x50, 0x52, 0x49, 0x31, 0x30); // PRI 1.0
    put(0x3f, 0x01); // one protection field
  }
}
