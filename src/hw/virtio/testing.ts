/** A virtio driver on virtio-mmio, for tests of devices. */
import { IrqLine } from '../core/irq.js';
import type { DeviceClass } from '../core/device.js';
import { TestMachine } from '../core/testing.js';
import type { VirtioDevice } from './virtio.js';
import { VirtioMmio } from './virtio-mmio.js';

export const RAM = 0x8000_0000;
export const DESC = RAM + 0x1000;
export const AVAIL = RAM + 0x2000;
export const USED = RAM + 0x3000;
export const DATA = RAM + 0x8000;
export const [NEXT, WRITE, INDIRECT] = [1, 2, 4];

/** A driver in the guest's place: modern transport, rings at fixed places 0x10000 apart. */
export class Driver {
  readonly m = new TestMachine();
  readonly transport: VirtioMmio;
  irq = 0;
  private readonly availIdx = new Map<number, number>();

  constructor(forceLegacy = false) {
    this.m.systemMemory.addSubregion(RAM, this.m.newRam('ram', 0x10_0000));
    this.transport = this.m.addDevice(VirtioMmio, { 'force-legacy': forceLegacy });
    this.transport.mmioMap(0, 0);
    this.transport.connectIrq(0, new IrqLine((_, level) => (this.irq = level)));
  }
  plug<T extends VirtioDevice>(klass: DeviceClass<T>): T {
    return this.m.realize(this.m.newDevice(klass), { bus: this.transport.bus });
  }
  r = (at: number): number => this.m.addressSpace.read(at, 4);
  w = (at: number, value: number): void => void this.m.addressSpace.write(at, 4, value >>> 0);

  /** As after a reset of the machine: the rings begin anew. */
  restart(): void {
    this.availIdx.clear();
    this.start();
  }
  start(features = 0n, queues = [0]): void {
    for (const status of [1, 3]) this.w(0x70, status);
    features |= 1n << 32n;
    for (const half of [0, 1]) {
      this.w(0x24, half);
      this.w(0x20, Number((features >> BigInt(32 * half)) & 0xffff_ffffn));
    }
    this.w(0x70, 11);
    for (const q of queues) {
      this.w(0x30, q);
      this.w(0x38, 8);
      [DESC, AVAIL, USED].forEach((area, i) => this.w(0x80 + 0x10 * i, area + 0x10000 * q));
      this.w(0x44, 1);
    }
    this.w(0x70, 15);
  }
  desc(i: number, address: number, length: number, flags: number, next = 0, q = 0): void {
    const at = DESC + 0x10000 * q + 16 * i;
    this.m.addressSpace.write64(at, BigInt(address));
    this.w(at + 8, length);
    this.w(at + 12, flags | (next << 16));
  }
  offer(head: number, q = 0): void {
    const idx = this.availIdx.get(q) ?? 0;
    this.m.addressSpace.write(AVAIL + 0x10000 * q + 4 + 2 * (idx % 8), 2, head);
    this.availIdx.set(q, idx + 1);
    this.m.addressSpace.write(AVAIL + 0x10000 * q + 2, 2, idx + 1);
    this.w(0x50, q);
  }
  usedIdx = (q = 0): number => this.m.addressSpace.read(USED + 0x10000 * q + 2, 2);
}
