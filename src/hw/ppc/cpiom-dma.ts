/**
 * The CPIOM's DMA engine: copies memory, one descriptor after the other. Each takes its time on the guest's clock, and a chain has an end, so that one
 * that leads back to itself holds nobody. Source: docs/cpiom.md, "DMA".
 */
import { viewOf } from '../../util/bytes.js';
import { MiB } from '../../util/size.js';
import { hex, traceEvents } from '../../util/trace.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import { u32, vmState } from '../core/vmstate.js';

const TRACE = traceEvents({
  cpiom_dma_copy: (source: number, destination: number, count: number) => `${hex(source)} -> ${hex(destination)}, ${count} bytes`,
});

/** Bytes. */
export const CPIOM_DMA_SIZE = 0x100;
const START = 1;
const CHAIN = 2;
const INTERRUPT = 4;
const BUSY = 1;
const DONE = 2;
const FAILED = 4;
const TOO_LONG = 8;
/** Most that a descriptor copies, bytes. */
const MOST = MiB;
/** Most descriptors of a chain. */
const LONGEST = 4096;
/** In memory: source, destination, count, address of the next one or 0. */
const DESCRIPTOR = 16;
/** ns: of a descriptor, and of each byte (64 bits a cycle of the bus). */
const SETUP_NS = 1000;
const BYTE_NS = 1.9;

export class CpiomDma extends SysBusDevice {
  static override readonly type = defineDevice('cpiom-dma', SysBusDevice, CpiomDma, { description: 'CPIOM DMA engine' });
  static readonly vmState = vmState<CpiomDma>('cpiom-dma', { version: 2, minVersion: 1 }, [
    u32('source'),
    u32('destination'),
    u32('count'),
    u32('next'),
    u32('ctrl'),
    u32('status'),
    u32('left', { since: 2 }),
  ]);

  static readonly registers = registerMap<CpiomDma>('cpiom_dma', [
    rw(0x00, 'SOURCE', { field: 'source' }),
    rw(0x04, 'DESTINATION', { field: 'destination' }),
    rw(0x08, 'COUNT', { field: 'count' }),
    rw(0x0c, 'NEXT', { field: 'next' }),
    rw(0x10, 'CTRL', { field: 'ctrl', fields: { START, CHAIN, INTERRUPT }, written: (s, old) => s.controlled(old) }),
    ro(0x14, 'STATUS', { read: (s) => s.status }),
    wo(0x18, 'ACK', { write: (s, value) => s.acknowledge(value) }),
  ]);

  source = 0;
  destination = 0;
  count = 0;
  next = 0;
  ctrl = 0;
  status = 0;
  /** Descriptors that the chain may still have. */
  left = LONGEST;
  private timer!: Timer;

  protected override realize(): void {
    this.timer = this.newTimer(() => this.step());
    this.initMmio(this.registerRegion('cpiom-dma-reg', CPIOM_DMA_SIZE, CpiomDma.registers, { endianness: 'big' }));
    this.initIrq();
  }

  override reset(): void {
    this.timer.del();
    this.status = 0;
    this.irqs[0].lower();
  }

  /** START: begins; taken back: ends after what has been copied. */
  private controlled(old: number): void {
    const starts = (this.ctrl & START) !== 0;
    if (starts === ((old & START) !== 0)) return;
    this.timer.del();
    this.status &= ~BUSY;
    if (!starts) return;
    this.status = BUSY;
    this.irqs[0].lower();
    this.left = LONGEST;
    if (this.ctrl & CHAIN) this.fetch();
    else this.schedule();
  }

  private schedule(): void {
    if (this.count > MOST) return this.finish(FAILED);
    this.timer.startNs(SETUP_NS + BYTE_NS * this.count);
  }

  /** Takes the descriptor that NEXT names. */
  private fetch(): void {
    if (this.left === 0) {
      this.guestError(`more than ${LONGEST} descriptors`);
      return this.finish(FAILED | TOO_LONG);
    }
    this.left--;
    const bytes = this.services.dma.read(this.next, DESCRIPTOR);
    if (!bytes) {
      this.guestError(`descriptor at ${hex(this.next)}: no memory`);
      return this.finish(FAILED);
    }
    const view = viewOf(bytes);
    [this.source, this.destination, this.count, this.next] = [0, 4, 8, 12].map((at) => view.getUint32(at));
    this.schedule();
  }

  private step(): void {
    const { dma } = this.services;
    this.trace(TRACE.cpiom_dma_copy, this.source, this.destination, this.count);
    const from = dma.read(this.source, this.count);
    if (!from || !dma.write(this.destination, from.slice())) {
      this.guestError(`from ${hex(this.source)} to ${hex(this.destination)}, ${this.count} bytes: no memory`);
      return this.finish(FAILED);
    }
    if (this.ctrl & CHAIN && this.next !== 0) this.fetch();
    else this.finish(0);
  }

  private finish(how: number): void {
    this.ctrl &= ~START;
    this.status = DONE | how;
    if (this.ctrl & INTERRUPT) this.irqs[0].raise();
  }
  private acknowledge(bits: number): void {
    this.status &= ~(bits & (DONE | FAILED | TOO_LONG));
    if (!(this.status & (DONE | FAILED | TOO_LONG))) this.irqs[0].lower();
  }
}
