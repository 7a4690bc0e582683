/** The DMA part of an Intel 82374: both controllers, and registers for chains of buffers. Source: 82374EB data sheet, 3.1. Chains are not built. */
import { uint32 } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { array, u8, vmState } from '../core/vmstate.js';
import { IsaDevice } from '../isa/isa-bus.js';
import { I8257 } from './i8257.js';

/** Modes and status of chains: the first port, and how many. */
const CHAIN = 0x10;
const CHAIN_PORTS = 0x30;

export class I82374 extends IsaDevice {
  static override readonly type = defineDevice('i82374', IsaDevice, I82374, {
    description: 'Intel 82374 DMA',
    properties: [uint32('iobase')],
  });
  static readonly vmState = vmState<I82374>('i82374', { version: 1 }, [array('chain', u8)]);

  static readonly registers = registerMap<I82374>('i82374', [
    ro(0x0a, 'CHAIN_INTERRUPTS', { read: () => 0 }),
    rw(CHAIN, 'CHAIN', {
      array: () => [[CHAIN_PORTS, 1]],
      read: (s, n) => s.chain[n],
      write: (s, value, n) => s.setChain(n, value),
    }),
  ]);

  iobase = 0x400;
  readonly chain = new Uint8Array(CHAIN_PORTS);
  private readonly controllers = [this.newPart(I8257, 'dma[0]'), this.newPart(I8257, 'dma[1]')] as const;

  protected override realize(): void {
    this.mapRegisters('i82374', this.iobase, [[0x0a, 1], [CHAIN, CHAIN_PORTS]], I82374.registers); // prettier-ignore
    const places = [
      { base: 0, pageBase: 0x80, pagehBase: 0x480, dshift: 0 },
      { base: 0xc0, pageBase: 0x88, pagehBase: 0x488, dshift: 1 },
    ];
    for (const [n, place] of places.entries()) this.realizePart(Object.assign(this.controllers[n], place));
  }

  override reset(): void {
    this.chain.fill(0);
  }

  private setChain(n: number, value: number): void {
    this.chain[n] = value;
    if (value !== 0) this.unimplemented('chains of DMA buffers are not built');
  }
}
