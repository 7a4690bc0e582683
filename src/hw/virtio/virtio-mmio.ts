/**
 * Virtio over MMIO, legacy (version 1) and modern (version 2). Source: VIRTIO 1.2, section 4.2, the legacy registers in 4.2.4.
 * `force-legacy` is on unless asked otherwise, as in QEMU.
 */
import { defineType, type TypeInfo } from '../../qom/object.js';
import { bool, string } from '../../qom/property.js';
import { defineDevice, type DeviceState } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw, wo, type Registers } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { u32, u64, vmState } from '../core/vmstate.js';
import { featureWord, setHalf, STATUS_FEATURES_OK, VirtioBus, withFeatureWord, type VirtioDevice, type VirtioTransport } from './virtio.js';
import { MAX_QUEUE_SIZE, type VirtQueue, type VirtQueueMemory } from './virtqueue.js';

const CONFIG = 0x100;
const SIZE = 0x200;

const MAGIC = 0x7472_6976; // "virt"
const VENDOR = 0x554d_4551; // "QEMU"
const WORDS = [[2, 4]] as const;

const legacy = (s: VirtioMmio): boolean => s.forceLegacy;
const modern = (s: VirtioMmio): boolean => !s.forceLegacy;

export class VirtioMmioBus extends VirtioBus {
  static override readonly type: TypeInfo = defineType('virtio-mmio-bus', VirtioBus, VirtioMmioBus);
}

export class VirtioMmio extends SysBusDevice implements VirtioTransport {
  static override readonly type = defineDevice('virtio-mmio', SysBusDevice, VirtioMmio, {
    description: 'Virtio transport over MMIO',
    properties: [bool('force-legacy'), string('bus-name')],
  });

  static readonly vmState = vmState<VirtioMmio>('virtio_mmio', { version: 1 }, [
    u32('deviceFeaturesSel'),
    u32('driverFeaturesSel'),
    u64('driverFeatures'),
    u32('guestPageSize'),
    u32('queueSel'),
  ]);

  /** Of a slot with a device. The configuration space follows. */
  static readonly registers = registerMap<VirtioMmio>('virtio_mmio', [
    ro(0x000, 'MagicValue', { read: () => MAGIC }),
    ro(0x004, 'Version', { read: (s) => s.version }),
    ro(0x008, 'DeviceID', { read: (s) => s.device!.deviceId }),
    ro(0x00c, 'VendorID', { read: () => VENDOR }),
    ro(0x010, 'DeviceFeatures', { read: (s) => s.deviceFeatures(s.device!) }),
    wo(0x014, 'DeviceFeaturesSel', { field: 'deviceFeaturesSel' }),
    wo(0x020, 'DriverFeatures', { write: (s, value) => s.setDriverFeatures(s.device!, value) }),
    wo(0x024, 'DriverFeaturesSel', { field: 'driverFeaturesSel' }),
    wo(0x028, 'GuestPageSize', { when: legacy, write: (s, value) => void (s.guestPageSize = (value & -value) >>> 0) }),
    wo(0x030, 'QueueSel', { field: 'queueSel' }),
    ro(0x034, 'QueueNumMax', { read: (s) => (s.queue ? MAX_QUEUE_SIZE : 0) }),
    wo(0x038, 'QueueNum', { write: (s, value) => s.setQueueNum(value) }),
    wo(0x03c, 'QueueAlign', { when: legacy, write: (s, value) => s.setQueueAlign(value) }),
    rw(0x040, 'QueuePFN', { when: legacy, read: (s) => s.queuePfn(), write: (s, value) => s.setQueuePfn(value) }),
    rw(0x044, 'QueueReady', { when: modern, read: (s) => Number(s.queue?.ready ?? 0), write: (s, value) => s.setReady((value & 1) !== 0) }),
    wo(0x050, 'QueueNotify', { write: (s, value) => s.device!.notifyQueue(value) }),
    ro(0x060, 'InterruptStatus', { read: (s) => s.device!.isr }),
    wo(0x064, 'InterruptACK', { write: (s, value) => s.device!.ackIsr(value) }),
    rw(0x070, 'Status', { read: (s) => s.device!.status, write: (s, value) => s.setStatus(s.device!, value) }),
    // The low and the high word of each area of the queue
    wo(0x080, 'QueueDesc', { when: modern, array: () => WORDS, write: (s, value, word) => s.setArea(0, word === 1, value) }),
    wo(0x090, 'QueueDriver', { when: modern, array: () => WORDS, write: (s, value, word) => s.setArea(1, word === 1, value) }),
    wo(0x0a0, 'QueueDevice', { when: modern, array: () => WORDS, write: (s, value, word) => s.setArea(2, word === 1, value) }),
    // Length and base of a shared memory region; there is none: all ones (4.2.2.1)
    ro(0x0b0, 'SHM', { when: modern, array: () => [[4, 4]], read: () => 0xffff_ffff }),
    rw(0x0c0, 'QueueReset', { when: modern, read: () => 0, write: (s, value) => s.resetQueue(value) }),
    ro(0x0fc, 'ConfigGeneration', { when: modern, read: (s) => s.device!.configGeneration }),
  ]);

  forceLegacy = true;

  readonly memory: VirtQueueMemory = this.services.dma;
  busName = 'virtio-mmio-bus';
  bus!: VirtioMmioBus;
  private irq!: IrqLine;
  private registers!: Registers<VirtioMmio>;
  deviceFeaturesSel = 0;
  driverFeaturesSel = 0;
  /** The driver's features, until it is all told (modern: when FEATURES_OK is set). */
  driverFeatures = 0n;
  guestPageSize = 0;
  queueSel = 0;

  protected override realize(): void {
    this.bus = new VirtioMmioBus(this, this.busName, this);
    this.irq = this.initIrq();
    this.registers = this.bindRegisters(VirtioMmio.registers, this);
    this.initMmio(
      this.ioRegion('virtio-mmio', SIZE, {
        accessSizes: [1, 2, 4],
        read: (offset, size) => this.read(offset, size),
        write: (offset, value, size) => this.write(offset, value >>> 0, size),
      }),
    );
  }

  /** An empty slot has no device to ask. */
  override get registerMaps(): DeviceState['registerMaps'] {
    return this.device ? super.registerMaps : [];
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'virtio_mmio', 'virtio,mmio');
  }

  get isModern(): boolean {
    return !this.forceLegacy;
  }
  private get device(): VirtioDevice | undefined {
    return this.bus.device;
  }
  private get queue(): VirtQueue | undefined {
    return this.device?.queues[this.queueSel];
  }

  interrupt(): void {
    this.updateIrq();
  }
  updateIrq(): void {
    this.irq.set(this.device && this.device.isr !== 0 ? 1 : 0);
  }

  override reset(): void {
    this.softReset();
    this.guestPageSize = 0;
  }

  private softReset(): void {
    this.registers.reset();
    this.driverFeatures = 0n;
    for (const queue of this.device?.queues ?? []) queue.areas = [0, 0, 0];
  }

  private read(offset: number, size: number): number {
    const { device } = this;
    // An empty slot: recognisable, of version and vendor, but device 0, which no driver takes.
    if (!device) return { 0x0: MAGIC, 0x4: this.version, 0xc: VENDOR }[offset] ?? 0;
    if (offset >= CONFIG) return device.readConfig(offset - CONFIG, size);
    return size === 4 ? this.registers.read(offset, size) : this.badSize('read', offset, size);
  }

  private write(offset: number, value: number, size: number): void {
    const { device } = this;
    if (!device) return; // an empty slot ignores everything
    if (offset >= CONFIG) return device.writeConfig(offset - CONFIG, value, size);
    if (size === 4) this.registers.write(offset, value, size);
    else this.badSize('write', offset, size);
  }

  private badSize(what: string, offset: number, size: number): 0 {
    this.guestError(`${what} of size ${size} at 0x${offset.toString(16)}: registers are accessed in words`);
    return 0;
  }

  private deviceFeatures(device: VirtioDevice): number {
    return featureWord(device.hostFeatures(this.forceLegacy), this.deviceFeaturesSel);
  }

  /** A queue neither comes nor goes by its size. */
  private setQueueNum(value: number): void {
    const { queue } = this;
    if (queue && queue.num > 0 && value > 0 && value <= MAX_QUEUE_SIZE) queue.num = value;
    else this.guestError(`queue size ${value}`);
  }

  /** A power of two, or the ring's place would be anywhere. */
  private setQueueAlign(value: number): void {
    if (this.queue && value !== 0 && (value & (value - 1)) === 0) this.queue.align = value;
  }

  private queuePfn(): number {
    return this.guestPageSize ? Math.floor((this.queue?.desc ?? 0) / this.guestPageSize) >>> 0 : 0;
  }
  private setQueuePfn(value: number): void {
    if (value === 0) this.device?.resetDevice();
    else this.queue?.setLegacyAddress(value * (this.guestPageSize || 1));
  }

  private setArea(area: number, high: boolean, value: number): void {
    const { queue } = this;
    if (queue) setHalf(queue.areas, area, high, value);
  }
  private setReady(ready: boolean): void {
    const { queue } = this;
    if (!queue) return;
    queue.ready = ready;
    [queue.desc, queue.avail, queue.used] = ready ? queue.areas : [0, 0, 0];
  }

  /** At once, so it always reads as done (4.2.2.2). */
  private resetQueue(value: number): void {
    const { queue } = this;
    if (!queue || value !== 1) return;
    this.device?.resetQueue(queue);
  }

  private setDriverFeatures(device: VirtioDevice, value: number): void {
    if (this.forceLegacy) {
      if (this.driverFeaturesSel === 0) device.setGuestFeatures(BigInt(value), true);
      return;
    }
    this.driverFeatures = withFeatureWord(this.driverFeatures, this.driverFeaturesSel, value);
  }

  private setStatus(device: VirtioDevice, value: number): void {
    if (!this.forceLegacy && value & STATUS_FEATURES_OK && !(device.status & STATUS_FEATURES_OK))
      device.setGuestFeatures(this.driverFeatures, false);
    device.setStatus(value);
    if ((value & 0xff) === 0) this.softReset();
  }

  private get version(): number {
    return this.forceLegacy ? 1 : 2;
  }
}
