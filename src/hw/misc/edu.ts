/**
 * QEMU's educational device: a register to invert, a factorial, a DMA engine with a buffer of its own, and interrupts by the pin or MSI. Source: QEMU
 * docs/specs/edu.rst.
 */
import { defineDevice } from '../core/device.js';
import { uint64 } from '../../qom/property.js';
import { MiB } from '../../util/size.js';
import { buffer, u32, u64 } from '../core/vmstate.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { Msi } from '../pci/msi.js';
import { VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';

const ID = 0x00;
const LIVENESS = 0x04;
const FACTORIAL = 0x08;
const STATUS = 0x20;
const INTERRUPT_STATUS = 0x24;
const INTERRUPT_RAISE = 0x60;
const INTERRUPT_ACKNOWLEDGE = 0x64;
const DMA_SOURCE = 0x80;
const DMA_DESTINATION = 0x88;
const DMA_COUNT = 0x90;
const DMA_COMMAND = 0x98;
/** From here on registers have 64 bits. */
const WIDE = 0x80;

const IDENTIFICATION = 0x0100_00ed;
const STATUS_COMPUTING = 0x01;
const STATUS_INTERRUPTS = 0x80;
const COMMAND_RUN = 0x1n;
const COMMAND_TO_MEMORY = 0x2n;
const COMMAND_INTERRUPTS = 0x4n;
/** Interrupt status: what has raised it. */
const FACTORIAL_DONE = 0x001;
const DMA_DONE = 0x100;

const BUFFER = 0x4_0000n;
const BUFFER_SIZE = 4096;
/** A transfer takes so long, whatever its length. */
const DMA_NS = 100e6;
/** From here on a factorial is a multiple of 2^32. */
const FACTORIAL_ZERO = 34;
const ALL_ONES = 0xffff_ffff;

export class Edu extends PciDevice {
  static override readonly type = defineDevice('edu', PciDevice, Edu, {
    description: 'Educational device',
    userCreatable: true,
    properties: [uint64('dma_mask')],
  });
  static readonly vmState = pciVmState<Edu>('edu', { version: 1 }, [
    u32('liveness'),
    u32('factorial'),
    u32('status'),
    u32('interrupts'),
    u64('source'),
    u64('destination'),
    u64('count'),
    u64('dmaCommand'),
    buffer('buffer'),
  ]);

  override readonly identity: PciIdentity = { vendor: VENDOR.QEMU, device: 0x11e8, class: 0x00ff, revision: 0x10 };
  /** Addresses that the engine can make. */
  dmaMask = (1n << 28n) - 1n;
  liveness = 0;
  factorial = 0;
  status = 0;
  interrupts = 0;
  source = 0n;
  destination = 0n;
  count = 0n;
  dmaCommand = 0n;
  readonly buffer = new Uint8Array(BUFFER_SIZE);
  private readonly computed = this.newTimer(() => this.finishFactorial());
  private readonly transferred = this.newTimer(() => this.transfer());

  protected override realizeFunction(): void {
    this.useInterruptPin();
    if (this.hasMsi) this.msi = new Msi(this, { vectors: 1, wide: true });
    const region = this.ioRegion('edu-mmio', MiB, {
      accessSizes: [4, 8],
      implSizes: [4, 8],
      read: (offset) => Number(BigInt.asUintN(32, this.read(offset))),
      write: (offset, value) => this.write(offset, BigInt(value >>> 0)),
      read64: (offset) => (offset < WIDE ? ~0n : this.read(offset)),
      write64: (offset, value) => offset >= WIDE && this.write(offset, value),
    });
    this.registerBar(0, region);
  }

  override reset(): void {
    super.reset();
    this.computed.del();
    this.transferred.del();
    this.liveness = this.factorial = this.status = this.interrupts = 0;
    this.source = this.destination = this.count = this.dmaCommand = 0n;
    this.buffer.fill(0);
  }

  private read(offset: number): bigint {
    switch (offset) {
      case ID:
        return BigInt(IDENTIFICATION);
      case LIVENESS:
        return BigInt(this.liveness);
      case FACTORIAL:
        return BigInt(this.factorial);
      case STATUS:
        return BigInt(this.status);
      case INTERRUPT_STATUS:
        return BigInt(this.interrupts);
      case DMA_SOURCE:
        return this.source;
      case DMA_DESTINATION:
        return this.destination;
      case DMA_COUNT:
        return this.count;
      case DMA_COMMAND:
        return this.dmaCommand;
      default:
        return BigInt(offset < WIDE ? ALL_ONES : -1);
    }
  }

  private write(offset: number, value: bigint): void {
    const word = Number(BigInt.asUintN(32, value));
    switch (offset) {
      case LIVENESS:
        this.liveness = ~word >>> 0;
        return;
      case FACTORIAL:
        return this.startFactorial(word);
      case STATUS:
        this.status = (this.status & STATUS_COMPUTING) | (word & STATUS_INTERRUPTS);
        return;
      case INTERRUPT_RAISE:
        return this.raise(word);
      case INTERRUPT_ACKNOWLEDGE:
        return this.acknowledge(word);
    }
    if (this.dmaCommand & COMMAND_RUN) return; // the engine is at work
    switch (offset) {
      case DMA_SOURCE:
        this.source = value;
        return;
      case DMA_DESTINATION:
        this.destination = value;
        return;
      case DMA_COUNT:
        this.count = value;
        return;
      case DMA_COMMAND:
        if (!(value & COMMAND_RUN)) return;
        this.dmaCommand = value;
        this.transferred.startNs(DMA_NS);
    }
  }

  // ---- interrupts
  private raise(bits: number): void {
    this.interrupts = (this.interrupts | bits) >>> 0;
    if (this.interrupts === 0) return;
    if (this.msi?.enabled) this.msi.notify(0);
    else this.setPin(1);
  }
  private acknowledge(bits: number): void {
    this.interrupts = (this.interrupts & ~bits) >>> 0;
    if (this.interrupts === 0 && !this.msi?.enabled) this.setPin(0);
  }

  // ---- the factorial
  private startFactorial(n: number): void {
    if (this.status & STATUS_COMPUTING) return;
    this.factorial = n;
    this.status |= STATUS_COMPUTING;
    this.computed.startNs(0);
  }
  private finishFactorial(): void {
    this.factorial = factorialOf(this.factorial);
    this.status &= ~STATUS_COMPUTING;
    if (this.status & STATUS_INTERRUPTS) this.raise(FACTORIAL_DONE);
  }

  // ---- DMA
  private transfer(): void {
    const toMemory = (this.dmaCommand & COMMAND_TO_MEMORY) !== 0n;
    const [inside, outside] = toMemory ? [this.source, this.destination] : [this.destination, this.source];
    this.move(inside - BUFFER, this.clamp(outside), toMemory);
    this.dmaCommand &= ~COMMAND_RUN;
    if (this.dmaCommand & COMMAND_INTERRUPTS) this.raise(DMA_DONE);
  }
  private move(offset: bigint, address: number, toMemory: boolean): void {
    if (offset < 0n || offset + this.count > BigInt(BUFFER_SIZE))
      return this.guestError(
        `DMA of 0x${this.count.toString(16)} bytes at 0x${(offset + BUFFER).toString(16)} is not inside of the buffer`,
      );
    const piece = this.buffer.subarray(Number(offset), Number(offset + this.count));
    if (toMemory) {
      if (!this.dma.write(address, piece)) this.guestError(`DMA to 0x${address.toString(16)}: no memory`);
      return;
    }
    const bytes = this.dma.read(address, piece.length);
    if (bytes) piece.set(bytes);
    else this.guestError(`DMA from 0x${address.toString(16)}: no memory`);
  }
  private clamp(address: bigint): number {
    const clamped = address & this.dmaMask;
    if (clamped !== address) this.guestError(`clamping DMA 0x${address.toString(16)} to 0x${clamped.toString(16)}`);
    return Number(clamped);
  }
}

/** In 32 bits. */
function factorialOf(n: number): number {
  if (n >= FACTORIAL_ZERO) return 0;
  let product = 1;
  for (let i = 2; i <= n; i++) product = Math.imul(product, i);
  return product >>> 0;
}
