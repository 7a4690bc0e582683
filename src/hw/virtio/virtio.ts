/** What all virtio devices share, whatever transport carries them. Source: VIRTIO 1.2, sections 2 and 3. */
import { defineType, type TypeInfo } from '../../qom/object.js';
import { bool as boolProperty } from '../../qom/property.js';
import { Bus } from '../core/bus.js';
import { DeviceState, defineDevice } from '../core/device.js';
import { array, bool, buffer, structArray, u32, u64, u8, vmState, type VmState } from '../core/vmstate.js';
import { VirtQueue, type VirtQueueElement, type VirtQueueMemory, type VirtQueueOwner } from './virtqueue.js';
import { traceEvents } from '../../util/trace.js';

const VIRTQUEUE_TRACE = traceEvents({
  virtqueue_pop: (queue: number, head: number, into: number, out: number) => `vq ${queue} elem ${head} in_num ${into} out_num ${out}`,
  virtqueue_fill: (queue: number, head: number, length: number) => `vq ${queue} elem ${head} len ${length}`,
});
/** Devices by their type, queues by number. */
const TRACE = traceEvents({
  virtio_queue_notify: (device: string, queue: number) => `vdev ${device} n ${queue}`,
  virtio_notify: (device: string, queue: number) => `vdev ${device} vq ${queue}`,
  virtio_notify_config: (device: string) => `vdev ${device}`,
  virtio_set_status: (device: string, status: number) => `vdev ${device} val ${status}`,
});

/** Device numbers (section 5). */
export const VIRTIO_ID = {
  NET: 1,
  BLOCK: 2,
  CONSOLE: 3,
  RNG: 4,
  BALLOON: 5,
  SCSI: 8,
  P9: 9,
  GPU: 16,
  INPUT: 18,
  VSOCK: 19,
  CRYPTO: 20,
  FS: 26,
} as const;

// Device status (section 2.1), as far as it means something to a device
export const STATUS_DRIVER_OK = 4;
export const STATUS_FEATURES_OK = 8;
const STATUS_NEEDS_RESET = 0x40;

// Feature bits that belong to no device type (section 6)
const F_NOTIFY_ON_EMPTY = 1n << 24n;
export const F_ANY_LAYOUT = 1n << 27n;
const F_INDIRECT_DESC = 1n << 28n;
const F_EVENT_IDX = 1n << 29n;
const F_VERSION_1 = 1n << 32n;
const F_RING_RESET = 1n << 40n;

const TWO_32 = 0x1_0000_0000;

// Interrupt status
export const ISR_QUEUE = 1;
const ISR_CONFIG = 2;

/** What a device needs of the transport that it is plugged into. */
export interface VirtioTransport {
  readonly memory: VirtQueueMemory;
  /** It has the interface of VIRTIO 1.0 and later; else only that of before. */
  readonly isModern: boolean;
  /** What the user calls it. */
  readonly id: string | undefined;
  /** Bits of `isr` went. */
  updateIrq(): void;
  /** The driver is to hear of a queue, by its number, or of the configuration; `isr` says so. */
  interrupt(queue?: number): void;
  /** The device is there, with its queues and configuration. */
  plugged?(): void;
}

/** The bus between a transport and its one device. */
export class VirtioBus extends Bus {
  static override readonly type: TypeInfo = defineType('virtio-bus', Bus, VirtioBus, { abstract: true });
  override readonly maxDevices = 1;

  constructor(
    parent: DeviceState,
    name: string,
    private readonly transport: VirtioTransport,
  ) {
    super(parent, name);
  }

  get device(): VirtioDevice | undefined {
    return this.children[0] as VirtioDevice | undefined;
  }

  override attach(device: DeviceState): void {
    if (!(device instanceof VirtioDevice)) throw new TypeError(`'${device.typeName}' is not a virtio device`);
    super.attach(device);
    device.plug(this.transport);
  }
  override childRealized(): void {
    this.transport.plugged?.();
  }
}

/** What every device saves: the first fields of those with a table of their own. */
export const VIRTIO_FIELDS = [
  u8('status'),
  u8('isr'),
  u64('guestFeatures'),
  bool('broken'),
  u32('configGeneration'),
  buffer('config'),
  structArray('queues', VirtQueue.vmState),
  array('unfinished', bool),
];

export abstract class VirtioDevice extends DeviceState implements VirtQueueOwner {
  static override readonly type = defineDevice('virtio-device', DeviceState, VirtioDevice, {
    bus: 'virtio-bus',
    abstract: true,
    properties: [
      boolProperty('indirect_desc'),
      boolProperty('event_idx', { field: 'eventIdxOffered' }),
      boolProperty('notify_on_empty'),
      boolProperty('any_layout'),
      boolProperty('queue_reset'),
    ],
  });

  indirectDesc = true;
  eventIdxOffered = true;
  notifyOnEmpty = true;
  anyLayout = true;
  queueReset = true;

  /** Also of the devices that have nothing more to save. */
  static readonly vmState: VmState = vmState<VirtioDevice>('virtio', { version: 1 }, VIRTIO_FIELDS);

  abstract readonly deviceId: number;
  /** What the user calls it, or its transport. */
  protected get givenId(): string | undefined {
    return this.id ?? this.transport?.id;
  }
  /** Feature bits of the device type. */
  protected abstract deviceFeatures(): bigint;

  readonly queues: VirtQueue[] = [];
  /** Device-specific configuration space. */
  config = new Uint8Array(0);
  /** Counts changes of `config`, so that a driver can read it whole. */
  configGeneration = 0;
  status = 0;
  isr = 0;
  guestFeatures = 0n;
  /** The driver broke the rules; nothing moves until it resets the device. */
  broken = false;
  private transport: VirtioTransport | undefined;
  /** By queue: there is more to do than could be done at once. */
  readonly unfinished: boolean[] = [];
  private readonly goOn = this.newTimer(() => {
    const numbers = this.unfinished.flatMap((is, n) => (is ? [n] : []));
    this.unfinished.fill(false);
    for (const n of numbers) this.notifyQueue(n);
  });

  get memory(): VirtQueueMemory {
    return this.transport!.memory;
  }
  get eventIdx(): boolean {
    return (this.guestFeatures & F_EVENT_IDX) !== 0n;
  }

  /** Called by the transport's bus when the device is put into it. */
  plug(transport: VirtioTransport): void {
    this.transport = transport;
  }

  /** Everything offered to the driver, by the interface that it uses. */
  hostFeatures(legacy: boolean): bigint {
    return (
      this.deviceFeatures() |
      (this.indirectDesc ? F_INDIRECT_DESC : 0n) |
      (this.eventIdxOffered ? F_EVENT_IDX : 0n) |
      (legacy && this.notifyOnEmpty ? F_NOTIFY_ON_EMPTY : 0n) |
      (legacy && this.anyLayout ? F_ANY_LAYOUT : 0n) |
      (legacy ? 0n : F_VERSION_1) |
      (!legacy && this.queueReset ? F_RING_RESET : 0n)
    );
  }
  /** No driver of VIRTIO 1.0 or later can use it. */
  protected get isLegacy(): boolean {
    return this.transport?.isModern !== true;
  }

  setGuestFeatures(features: bigint, legacy: boolean): void {
    this.guestFeatures = features & this.hostFeatures(legacy);
  }

  setStatus(status: number): void {
    // FEATURES_OK sticks whatever the driver has taken, as in QEMU: on a modern transport VERSION_1 should be among it (section 6.1), and xv6's driver
    // leaves it out.
    this.status = status &= 0xff;
    this.trace(TRACE.virtio_set_status, this.typeName, status);
    if (status === 0) this.resetDevice();
    else this.statusChanged(status);
  }

  /** Back to how the driver found it; wiring and configuration stay. */
  resetDevice(): void {
    this.status = 0;
    this.guestFeatures = 0n;
    this.broken = false;
    this.unfinished.fill(false);
    this.goOn.del();
    for (const queue of this.queues) queue.reset();
    this.deviceReset();
    this.isr = 0;
    this.transport?.updateIrq();
  }

  /** The driver takes one queue back (section 2.6.1). */
  resetQueue(queue: VirtQueue): void {
    queue.reset();
    this.unfinished[this.queues.indexOf(queue)] = false;
    this.queueWasReset(queue);
  }

  /** The driver notified queue `n`. */
  notifyQueue(n: number): void {
    const queue = this.queues[n];
    this.trace(TRACE.virtio_queue_notify, this.typeName, n);
    if (queue && queue.desc !== 0 && !this.broken) queue.notified();
  }

  /** Of the configuration space: all ones outside of it, as QEMU has it. */
  readConfig(offset: number, size: number): number {
    const { config } = this;
    if (offset + size > config.length) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | config[offset + i];
    return value >>> 0;
  }
  writeConfig(offset: number, value: number, size: number): void {
    if (offset + size > this.config.length) return;
    for (let i = 0; i < size; i++) this.config[offset + i] = value >>> (8 * i);
    this.configWritten(offset, size);
  }
  protected configWritten(_offset: number, _size: number): void {}

  onError(message: string): void {
    if (this.broken) return;
    this.broken = true;
    this.guestError(`${message}: device is broken until reset`);
    if (this.guestFeatures & F_VERSION_1) {
      this.status |= STATUS_NEEDS_RESET;
      this.notifyConfig();
    }
  }

  popped(queue: VirtQueue, { head, in: into, out }: VirtQueueElement): void {
    this.trace(VIRTQUEUE_TRACE.virtqueue_pop, this.queues.indexOf(queue), head, into.length, out.length);
  }
  pushed(queue: VirtQueue, { head }: VirtQueueElement, written: number): void {
    this.trace(VIRTQUEUE_TRACE.virtqueue_fill, this.queues.indexOf(queue), head, written);
  }

  later(queue: VirtQueue): void {
    this.unfinished[this.queues.indexOf(queue)] = true;
    if (!this.goOn.pending) this.goOn.startNs(0);
  }

  ackIsr(bits: number): void {
    this.isr &= ~bits;
    this.transport?.updateIrq();
  }

  protected addQueue(size: number, handle: (queue: VirtQueue) => void): VirtQueue {
    const queue = new VirtQueue(this, size, handle);
    this.queues.push(queue);
    this.unfinished.push(false);
    return queue;
  }

  /** Returns one buffer and interrupts if the driver wants to know. */
  protected complete(queue: VirtQueue, element: VirtQueueElement, written: number): void {
    queue.push(element, written);
    this.notify(queue);
  }

  protected notify(queue: VirtQueue): void {
    if (this.broken || !queue.shouldInterrupt((this.guestFeatures & F_NOTIFY_ON_EMPTY) !== 0n)) return;
    this.trace(TRACE.virtio_notify, this.typeName, this.queues.indexOf(queue));
    this.isr |= ISR_QUEUE;
    this.transport?.interrupt(this.queues.indexOf(queue));
  }

  /** `config` has changed. */
  protected notifyConfig(): void {
    if (!(this.status & STATUS_DRIVER_OK)) return;
    this.trace(TRACE.virtio_notify_config, this.typeName);
    this.configGeneration = (this.configGeneration + 1) >>> 0;
    this.isr |= ISR_QUEUE | ISR_CONFIG;
    this.transport?.interrupt();
  }

  override reset(): void {
    this.resetDevice();
  }

  protected deviceReset(): void {}
  protected queueWasReset(_queue: VirtQueue): void {}
  protected statusChanged(_status: number): void {}
}

// ---- what transports have in common
/** Features come in words of 32 bits, of which there are two. */
export const featureWord = (features: bigint, select: number): number =>
  select > 1 ? 0 : Number(BigInt.asUintN(32, features >> BigInt(32 * select)));
export function withFeatureWord(features: bigint, select: number, value: number): bigint {
  if (select > 1) return features;
  const shift = BigInt(32 * select);
  return (features & ~(0xffff_ffffn << shift)) | (BigInt(value) << shift);
}

/** The low or the high word of an address. */
export function setHalf(values: number[], at: number, high: boolean, value: number): void {
  const low = values[at] % TWO_32;
  values[at] = high ? low + value * TWO_32 : values[at] - low + value;
}
