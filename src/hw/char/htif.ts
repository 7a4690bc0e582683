/**
 * Berkeley host-target interface: the guest stores commands into `tohost` and finds answers in `fromhost`. Source: riscv-isa-sim, the HTIF
 * section of its README; the RISC-V proxy kernel for the system calls. Halves and answers are QEMU's (10.0), but that every call is answered.
 * A command is device (bits 63:56), command (55:48), payload (47:0).
 */
import { CharBackend, type Chardev } from '../../chardev/chardev.js';
import { link } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import { registerMap, rw64 } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { bool, u64, vmState } from '../core/vmstate.js';

const DEVICE_SYSTEM = 0;
const DEVICE_CONSOLE = 1;
const SYSTEM_SYSCALL = 0;
const CONSOLE_GETC = 0;
const CONSOLE_PUTC = 1;

// Linux's numbers (asm-generic/unistd.h). Those that are not here are answered -ENOSYS.
const SYS_READ = 63n;
const SYS_WRITE = 64n;
const SYS_EXIT = 93n;
const SYS_EXIT_GROUP = 94n;
const EBADF = 9n;
const EFAULT = 14n;
const ENOSYS = 38n;
/** Number, seven arguments; the result takes the number's place. 64-bit words, little-endian, for RV32 too. */
const CALL_SIZE = 64;

const PAYLOAD = (1n << 48n) - 1n;
/** A program may store a byte: it is the start of a half. */
const SIZES = { accessSizes: [1, 2, 4, 8], implSizes: [4, 8] } as const;
/** Bytes that one read or write moves at most. */
const MAX_TRANSFER = 0x1_0000n;

export class Htif extends SysBusDevice {
  static override readonly type = defineDevice('riscv.htif.uart', SysBusDevice, Htif, {
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

  static readonly tohost = registerMap<Htif>('htif_tohost', [
    rw64(0, 'TOHOST', {
      read: (s) => s.tohost,
      write: (s, value) => s.writeTohost(value),
      writeHalf: (s, value, high) => s.writeTohostHalf(value, high),
    }),
  ]);
  static readonly fromhost = registerMap<Htif>('htif_fromhost', [
    rw64(0, 'FROMHOST', {
      read: (s) => s.fromhost,
      write: (s, value) => void (s.fromhost = value),
      writeHalf: (s, value, high) => void (s.fromhost = high ? s.fromhost | (value << 32n) : value),
    }),
  ]);

  chardev: Chardev | undefined;
  tohost = 0n;
  fromhost = 0n;
  /** The GETC command, or the system call (read), that waits for characters. */
  pendingRead = 0n;
  reading = false;
  /** No more characters will come. */
  private ended = false;
  /** A 32-bit write of the low half found `tohost` empty: the high half completes it. */
  allowTohost = false;
  private backend = new CharBackend();

  /** MMIO 0 is tohost, MMIO 1 fromhost. */
  protected override realize(): void {
    this.initMmio(this.registerRegion('riscv.htif.tohost', 8, Htif.tohost, SIZES));
    this.initMmio(this.registerRegion('riscv.htif.fromhost', 8, Htif.fromhost, SIZES));
    this.backend = new CharBackend(this.chardev);
    this.backend.setHandlers({
      canReceive: () => this.canReceive(),
      receive: (bytes) => this.receive(bytes),
      event: (event) => {
        if (event !== 'closed') return;
        this.ended = true;
        this.endRead();
      },
    });
  }

  /** Of riscv-isa-sim. Its place is told where the program's symbols do not. */
  override addTreeNode(bus: TreeBus): FdtNode {
    const node = bus.node.node('htif').string('compatible', 'ucb,htif0');
    if (this.window) node.cells('reg', ...this.window.flatMap((part) => bus.address(part)));
    return node;
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

  /**
   * In halves: the low one first, the high one completes the command. Old riscv-tests for RV32 store the low half alone, for ever: the second time is
   * as good as a high half of 0.
   */
  private writeTohostHalf(value: bigint, high: boolean): void {
    if (!high && this.allowTohost && value !== 0n && value === this.tohost) {
      this.command(value);
    } else if (!high) {
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
    if (device === DEVICE_SYSTEM && command === SYSTEM_SYSCALL) return this.system(payload);
    if (device === DEVICE_CONSOLE && command === CONSOLE_GETC) return this.waitForInput(word);
    let answer = 0n;
    if (device === DEVICE_CONSOLE && command === CONSOLE_PUTC) {
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

  // ---- input -----------------------------------------------------------------------------------------------------------
  private waitForInput(word: bigint): void {
    this.pendingRead = word;
    this.reading = true;
    this.tohost = 0n;
    this.backend.acceptInput();
    this.endRead();
  }

  private get readsCall(): boolean {
    return this.pendingRead >> 56n === BigInt(DEVICE_SYSTEM);
  }

  private canReceive(): number {
    if (!this.reading) return 0;
    return this.readsCall ? Number(this.callAt(this.pendingRead)?.length ?? 1n) : 1;
  }

  private receive(bytes: Uint8Array): void {
    this.reading = false;
    if (!this.readsCall) return void (this.fromhost = (this.pendingRead & ~PAYLOAD) | 0x100n | BigInt(bytes[0]));
    const call = this.callAt(this.pendingRead); // read again: the guest may have changed it meanwhile
    const stored = call && this.services.dma.write(Number(call.pointer), bytes.subarray(0, Number(call.length)));
    this.finishCall(this.pendingRead, stored ? BigInt(Math.min(bytes.length, Number(call.length))) : -EFAULT);
  }

  /** The end of the input ends a read with 0 bytes; GETC waits on, as in QEMU. */
  private endRead(): void {
    if (!this.reading || !this.ended || !this.readsCall || this.backend.chardev?.queued) return;
    this.reading = false;
    this.finishCall(this.pendingRead, 0n);
  }

  // ---- system calls of the proxy kernel --------------------------------------------------------------------------------
  /** An odd payload is an exit code (riscv-tests), an even one points to a system call. */
  private system(payload: bigint): void {
    if (payload & 1n) {
      this.exit(Number((payload >> 1n) & 0x7fff_ffffn));
      return this.answer(0n, 0n);
    }
    const call = this.callAt(payload);
    if (!call) {
      this.guestError(`system call block 0x${payload.toString(16)} is not in memory`);
      return this.finishCall(payload, -EFAULT);
    }
    const { number, first: fd, pointer, length } = call;
    switch (number) {
      case SYS_EXIT:
      case SYS_EXIT_GROUP:
        this.exit(Number(fd & 0xffn));
        return this.finishCall(payload, 0n);
      case SYS_WRITE: {
        if (fd > 2n) return this.finishCall(payload, -EBADF);
        const text = this.services.dma.read(Number(pointer), Number(length));
        if (text) this.backend.write(text.slice());
        return this.finishCall(payload, text ? length : -EFAULT);
      }
      case SYS_READ:
        if (fd > 2n) return this.finishCall(payload, -EBADF);
        if (length === 0n) return this.finishCall(payload, 0n);
        return this.waitForInput(payload);
      default:
        this.unimplemented(`proxy system call ${number}`);
        return this.finishCall(payload, -ENOSYS);
    }
  }

  private exit(code: number): void {
    this.services.requests.shutdown('guest-shutdown', code);
  }

  private callAt(address: bigint): { number: bigint; first: bigint; pointer: bigint; length: bigint } | undefined {
    const bytes = this.services.dma.read(Number(address), CALL_SIZE);
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, CALL_SIZE);
    const [number, first, pointer, third] = [0, 8, 16, 24].map((at) => view.getBigUint64(at, true));
    return { number, first, pointer, length: third < MAX_TRANSFER ? third : MAX_TRANSFER };
  }

  /** `fromhost` 1 tells that the result is in the block. */
  private finishCall(address: bigint, result: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, result, true);
    this.services.dma.write(Number(address), bytes);
    this.answer(0n, 1n);
  }
}
