/**
 * Virtio over MMIO, legacy (version 1) and modern (version 2). Source: VIRTIO 1.2, section 4.2, the legacy registers in 4.2.4.
 * `force-legacy` is on unless asked otherwise, as in QEMU.
 */
import { defineType, type TypeInfo } from '../../qom/object.js';
import { bool, string } from '../../qom/property.js';
import { defineDevice } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import { SysBusDevice } from '../core/sysbus.js';
import { u32, u64, vmState } from '../core/vmstate.js';
import { F_VERSION_1, STATUS_FEATURES_OK, VirtioBus, type VirtioDevice, type VirtioTransport } from './virtio.js';
import { MAX_QUEUE_SIZE, type VirtQueue, type VirtQueueMemory } from './virtqueue.js';

const MAGIC_VALUE = 0x000;
const VERSION = 0x004;
const DEVICE_ID = 0x008;
const VENDOR_ID = 0x00c;
const DEVICE_FEATURES = 0x010;
const DEVICE_FEATURES_SEL = 0x014;
const DRIVER_FEATURES = 0x020;
const DRIVER_FEATURES_SEL = 0x024;
const GUEST_PAGE_SIZE = 0x028; // legacy
const QUEUE_SEL = 0x030;
const QUEUE_NUM_MAX = 0x034;
const QUEUE_NUM = 0x038;
const QUEUE_ALIGN = 0x03c; // legacy
const QUEUE_PFN = 0x040; // legacy
const QUEUE_READY = 0x044;
const QUEUE_NOTIFY = 0x050;
const INTERRUPT_STATUS = 0x060;
const INTERRUPT_ACK = 0x064;
const STATUS = 0x070;
const QUEUE_DESC_LOW = 0x080;
const QUEUE_DESC_HIGH = 0x084;
const QUEUE_DRIVER_LOW = 0x090;
const QUEUE_DRIVER_HIGH = 0x094;
const QUEUE_DEVICE_LOW = 0x0a0;
const QUEUE_DEVICE_HIGH = 0x0a4;
const SHM_LEN_LOW = 0x0b0;
const SHM_LEN_HIGH = 0x0b4;
const SHM_BASE_LOW = 0x0b8;
const SHM_BASE_HIGH = 0x0bc;
const CONFIG_GENERATION = 0x0fc;
const CONFIG = 0x100;
const SIZE = 0x200;

const MAGIC = 0x7472_6976; // "virt"
const VENDOR = 0x554d_4551; // "QEMU"
const TWO_32 = 0x1_0000_0000;

export class VirtioMmioBus extends VirtioBus {
  static override readonly type: TypeInfo = defineType('virtio-mmio-bus', VirtioBus, VirtioMmioBus);
}

export class VirtioMmio extends SysBusDevice implements VirtioTransport {
  static override readonly type: TypeInfo = defineDevice('virtio-mmio', SysBusDevice, VirtioMmio, {
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

  forceLegacy = true;

  readonly memory: VirtQueueMemory = this.services.dma;
  busName = 'virtio-mmio-bus';
  bus!: VirtioMmioBus;
  private irq!: IrqLine;
  deviceFeaturesSel = 0;
  driverFeaturesSel = 0;
  /** The driver's features, until it is all told (modern: when FEATURES_OK is set). */
  driverFeatures = 0n;
  guestPageSize = 0;
  queueSel = 0;

  protected override realize(): void {
    this.bus = new VirtioMmioBus(this, this.busName, this);
    this.irq = this.initIrq();
    this.initMmio(
      this.ioRegion('virtio-mmio', SIZE, {
        accessSizes: [1, 2, 4],
        read: (offset, size) => this.read(offset, size),
        write: (offset, value, size) => this.write(offset, value >>> 0, size),
      }),
    );
  }

  get features(): bigint {
    return this.forceLegacy ? 0n : F_VERSION_1;
  }
  private get device(): VirtioDevice | undefined {
    return this.bus.device;
  }
  private get queue(): VirtQueue | undefined {
    return this.device?.queues[this.queueSel];
  }

  updateIrq(): void {
    this.irq.set(this.device && this.device.isr !== 0 ? 1 : 0);
  }

  override reset(): void {
    this.softReset();
    this.guestPageSize = 0;
    this.pendingAreas.clear();
  }

  private softReset(): void {
    this.deviceFeaturesSel = this.driverFeaturesSel = this.queueSel = 0;
    this.driverFeatures = 0n;
  }

  private read(offset: number, size: number): number {
    const { device } = this;
    if (!device) {
      // An empty slot: recognisable, of version and vendor, but device 0, which no driver takes.
      return offset === MAGIC_VALUE ? MAGIC : offset === VERSION ? this.version : offset === VENDOR_ID ? VENDOR : 0;
    }
    if (offset >= CONFIG) return readConfig(device.config, offset - CONFIG, size);
    if (size !== 4) return this.bad('read', offset, `size ${size}`);
    switch (offset) {
      case MAGIC_VALUE:
        return MAGIC;
      case VERSION:
        return this.version;
      case DEVICE_ID:
        return device.deviceId;
      case VENDOR_ID:
        return VENDOR;
      case DEVICE_FEATURES:
        return this.deviceFeaturesSel > 1 ? 0 : Number(BigInt.asUintN(32, device.hostFeatures >> BigInt(32 * this.deviceFeaturesSel)));
      case QUEUE_NUM_MAX:
        return this.queue ? MAX_QUEUE_SIZE : 0;
      case INTERRUPT_STATUS:
        return device.isr;
      case STATUS:
        return device.status;
    }
    if (this.forceLegacy) {
      if (offset === QUEUE_PFN) return this.guestPageSize ? Math.floor((this.queue?.desc ?? 0) / this.guestPageSize) >>> 0 : 0;
    } else {
      switch (offset) {
        case QUEUE_READY:
          return this.queue?.ready ? 1 : 0;
        case CONFIG_GENERATION:
          return device.configGeneration;
        case SHM_LEN_LOW: // no shared memory regions: length -1 (4.2.2.1)
        case SHM_LEN_HIGH:
        case SHM_BASE_LOW:
        case SHM_BASE_HIGH:
          return 0xffff_ffff;
      }
    }
    return this.bad('read', offset);
  }

  private write(offset: number, value: number, size: number): void {
    const { device, queue } = this;
    if (!device) return; // an empty slot ignores everything
    if (offset >= CONFIG) {
      if (offset - CONFIG + size <= device.config.length) {
        for (let i = 0; i < size; i++) device.config[offset - CONFIG + i] = value >>> (8 * i);
        device.configWritten(offset - CONFIG, size);
      }
      return;
    }
    if (size !== 4) return void this.bad('write', offset, `size ${size}`);
    switch (offset) {
      case DEVICE_FEATURES_SEL:
        this.deviceFeaturesSel = value;
        return;
      case DRIVER_FEATURES:
        return this.setDriverFeatures(device, value);
      case DRIVER_FEATURES_SEL:
        this.driverFeaturesSel = value;
        return;
      case QUEUE_SEL:
        this.queueSel = value;
        return;
      case QUEUE_NUM:
        // A queue neither comes nor goes by its size.
        if (queue && queue.num > 0 && value > 0 && value <= MAX_QUEUE_SIZE) queue.num = value;
        else this.bad('write', offset, `queue size ${value}`);
        return;
      case QUEUE_NOTIFY:
        return device.notifyQueue(value);
      case INTERRUPT_ACK:
        return device.ackIsr(value);
      case STATUS:
        return this.setStatus(device, value);
    }
    if (this.forceLegacy ? this.writeLegacy(offset, value) : this.writeModern(offset, value)) return;
    this.bad('write', offset);
  }

  private writeLegacy(offset: number, value: number): boolean {
    switch (offset) {
      case GUEST_PAGE_SIZE:
        this.guestPageSize = value === 0 ? 0 : (value & -value) >>> 0;
        return true;
      case QUEUE_ALIGN:
        // A power of two, or the ring's place would be anywhere.
        if (this.queue && value !== 0 && (value & (value - 1)) === 0) this.queue.align = value;
        return true;
      case QUEUE_PFN:
        if (value === 0) this.device?.resetDevice();
        else this.queue?.setLegacyAddress(value * (this.guestPageSize || 1));
        return true;
    }
    return false;
  }

  private writeModern(offset: number, value: number): boolean {
    const queue = this.queue;
    switch (offset) {
      case QUEUE_READY:
        if (queue) this.setReady(queue, (value & 1) !== 0);
        return true;
      case QUEUE_DESC_LOW:
      case QUEUE_DESC_HIGH:
      case QUEUE_DRIVER_LOW:
      case QUEUE_DRIVER_HIGH:
      case QUEUE_DEVICE_LOW:
      case QUEUE_DEVICE_HIGH:
        if (queue) setHalf(this.areas(queue), (offset - QUEUE_DESC_LOW) >> 4, (offset & 4) !== 0, value);
        return true;
    }
    return false;
  }

  /** Addresses of desc, driver and device area, as being written; they count once the queue is ready. */
  private readonly pendingAreas = new Map<VirtQueue, number[]>();
  private areas(queue: VirtQueue): number[] {
    let areas = this.pendingAreas.get(queue);
    if (!areas) this.pendingAreas.set(queue, (areas = [0, 0, 0]));
    return areas;
  }
  private setReady(queue: VirtQueue, ready: boolean): void {
    queue.ready = ready;
    [queue.desc, queue.avail, queue.used] = ready ? this.areas(queue) : [0, 0, 0];
  }

  private setDriverFeatures(device: VirtioDevice, value: number): void {
    if (this.forceLegacy) {
      if (this.driverFeaturesSel === 0) device.setGuestFeatures(BigInt(value));
      return;
    }
    if (this.driverFeaturesSel > 1) return;
    const shift = BigInt(32 * this.driverFeaturesSel);
    this.driverFeatures = (this.driverFeatures & ~(0xffff_ffffn << shift)) | (BigInt(value) << shift);
  }

  private setStatus(device: VirtioDevice, value: number): void {
    if (!this.forceLegacy && value & STATUS_FEATURES_OK && !(device.status & STATUS_FEATURES_OK))
      device.setGuestFeatures(this.driverFeatures);
    device.setStatus(value);
    if ((value & 0xff) === 0) {
      this.softReset();
      this.pendingAreas.clear();
    }
  }

  private get version(): number {
    return this.forceLegacy ? 1 : 2;
  }

  private bad(what: string, offset: number, detail = ''): 0 {
    this.guestError(`bad register ${what} at 0x${offset.toString(16)} ${detail}`);
    return 0;
  }
}

/** All ones outside of the configuration space, as QEMU has it. */
function readConfig(config: Uint8Array, offset: number, size: number): number {
  if (offset + size > config.length) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = (value << 8) | config[offset + i];
  return value >>> 0;
}

function setHalf(values: number[], at: number, high: boolean, value: number): void {
  const low = values[at] % TWO_32;
  values[at] = high ? low + value * TWO_32 : values[at] - low + value;
}
