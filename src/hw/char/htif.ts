/**
 * Berkeley host-target interface: the guest stores commands into `tohost` and finds answers in `fromhost`. Source: riscv-isa-sim, the HTIF
 * section of its README; the RISC-V proxy kernel for the system calls.
 * A command is device (bits 63:56), command (55:48), payload (47:0).
 */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import type { MemoryRegion } from '../../memory/region.js';
import type { TypeInfo } from '../../qom/object.js';
import { link } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { SysBusDevice } from '../core/sysbus.js';
import { bool, u64, vmState } from '../core/vmstate.js';
import { GuestMemory } from '../misc/guest-memory.js';

const DEVICE_SYSTEM = 0;
const DEVICE_CONSOLE = 1;
const SYSTEM_SYSCALL = 0;
const CONSOLE_GETC = 0;
const CONSOLE_PUTC = 1;
const SYS_WRITE = 64n;
const SYS_EXIT = 93n;

const PAYLOAD = (1n << 48n) - 1n;
const U32 = 0xffff_ffffn;
/** Longest write of the proxy system call that is served, bytes. */
const MAX_WRITE = 0x1_0000;

export class Htif extends SysBusDevice {
  static override readonly type: TypeInfo = defineDevice('riscv.htif.uart', SysBusDevice, Htif, {
    description: 'Berkeley host-target interface',
    properties: [link('chardev', 'chardev')],
  });
  static readonly vmState = vmState<Htif>('riscv_htif', { version: 1 }, [
    u64('tohost'),
    u64('fromhost'),
    u64('pendingRead'),
    bool('reading'),
    bool('allowTohost'),
  ]);

  chardev: Chardev | undefined;
  private tohost = 0n;
  private fromhost = 0n;
  /** The GETC command that waits for a character. */
  private pendingRead = 0n;
  private reading = false;
  /** A 32-bit write of the low half found `tohost` empty: the high half completes it. */
  private allowTohost = false;
  private backend = new CharBackend();
  private readonly memory = new GuestMemory(this.machine.addressSpace);

  /** MMIO 0 is tohost, MMIO 1 fromhost. */
  protected override realize(): void {
    this.initMmio(
      this.cellRegion(
        'tohost',
        () => this.tohost,
        (value) => this.writeTohost(value),
        (value, high) => this.writeTohostHalf(value, high),
      ),
    );
    this.initMmio(
      this.cellRegion(
        'fromhost',
        () => this.fromhost,
        (value) => void (this.fromhost = value),
        (value, high) => {
          this.fromhost = high ? (this.fromhost & U32) | (value << 32n) : (this.fromhost & ~U32) | value;
        },
      ),
    );
    this.backend = new CharBackend(this.chardev);
    this.backend.setHandlers({ canReceive: () => (this.reading ? 1 : 0), receive: (bytes) => this.receive(bytes[0]) });
  }

  private cellRegion(
    name: string,
    read: () => bigint,
    write: (value: bigint) => void,
    half: (value: bigint, high: boolean) => void,
  ): MemoryRegion {
    return this.ioRegion(`riscv.htif.${name}`, 8, {
      implSizes: [4, 8],
      read: (offset) => Number(offset & 4 ? read() >> 32n : read() & U32),
      read64: read,
      write: (offset, value) => half(BigInt(value >>> 0), (offset & 4) !== 0),
      write64: (_offset, value) => write(value),
    });
  }

  override reset(): void {
    this.tohost = this.fromhost = this.pendingRead = 0n;
    this.reading = this.allowTohost = false;
  }

  /** A command is taken only when the last one was. */
  private writeTohost(value: bigint): void {
    if (this.tohost !== 0n) return;
    this.tohost = value;
    if (value !== 0n) this.command(value);
  }

  /** In halves: the low one first, the high one completes the command. */
  private writeTohostHalf(value: bigint, high: boolean): void {
    if (!high) {
      this.allowTohost = this.tohost === 0n;
      if (this.allowTohost) this.tohost = value;
    } else if (this.allowTohost) {
      this.tohost |= value << 32n;
      if (this.tohost !== 0n) this.command(this.tohost);
    }
  }

  private command(word: bigint): void {
    const device = Number(word >> 56n);
    const command = Number((word >> 48n) & 0xffn);
    const payload = word & PAYLOAD;
    let answer = 0n;
    if (device === DEVICE_SYSTEM && command === SYSTEM_SYSCALL) {
      answer = this.system(payload);
    } else if (device === DEVICE_CONSOLE && command === CONSOLE_GETC) {
      this.pendingRead = word;
      this.reading = true;
      this.tohost = 0n;
      this.backend.acceptInput();
      return;
    } else if (device === DEVICE_CONSOLE && command === CONSOLE_PUTC) {
      this.backend.writeByte(Number(payload & 0xffn));
      answer = 0x100n | (payload & 0xffn);
    } else {
      this.unimplemented(`device ${device}, command ${command}`);
    }
    this.answer(word, answer);
  }

  private answer(word: bigint, payload: bigint): void {
    this.fromhost = (word & ~PAYLOAD) | (payload & PAYLOAD);
    this.tohost = 0n;
  }

  private receive(byte: number): void {
    this.reading = false;
    this.fromhost = (this.pendingRead & ~PAYLOAD) | 0x100n | BigInt(byte);
  }

  /** An odd payload is an exit code (riscv-tests), an even one points to a system call of the proxy kernel. */
  private system(payload: bigint): bigint {
    if (payload & 1n) {
      this.machine.requestShutdown('guest-shutdown', Number((payload >> 1n) & 0x7fff_ffffn));
      return 0n;
    }
    const address = Number(payload);
    const bytes = this.memory.read(address, 64);
    if (!bytes) {
      this.guestError(`system call block 0x${payload.toString(16)} is not in memory`);
      return 0n;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, 64);
    const [number, fd, pointer, length] = [0, 8, 16, 24].map((at) => view.getBigUint64(at, true));
    if (number === SYS_EXIT) {
      this.machine.requestShutdown('guest-shutdown', Number(fd & 0xffn));
      return 0n;
    }
    if (number !== SYS_WRITE || fd > 2n) {
      this.unimplemented(`proxy system call ${number}`);
      return 0n;
    }
    const count = Number(length < BigInt(MAX_WRITE) ? length : BigInt(MAX_WRITE));
    const text = this.memory.read(Number(pointer), count);
    if (text) this.backend.write(text.slice());
    const result = new Uint8Array(8);
    new DataView(result.buffer).setBigInt64(0, text ? BigInt(count) : -14n, true); // -EFAULT
    this.memory.write(address, result);
    return 1n;
  }
}
