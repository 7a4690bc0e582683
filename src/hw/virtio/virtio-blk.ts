/** Virtio block device. Source: VIRTIO 1.2, section 5.2. */
import { ERROR_POLICIES, type BlockBackend, type ErrorPolicy } from '../../block/backend.js';
import { asBlockError, SECTOR } from '../../block/node.js';
import { bool as boolProperty, enumeration, int32, link, size, string, uint16, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import { array, bool, buffer, vmState } from '../core/vmstate.js';
import { F_ANY_LAYOUT, STATUS_DRIVER_OK, VIRTIO_FIELDS, VIRTIO_ID, VirtioDevice } from './virtio.js';
import { BadRequest, BlkRequest, ID_SIZE, perform, S_IOERR, S_OK, T_IN, T_OUT, type RequestRules } from './virtio-blk-request.js';
import { MAX_QUEUE_SIZE, totalLength, type VirtQueue, type VirtQueueElement } from './virtqueue.js';
import { traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  virtio_blk_handle_read: (sector: number, count: number) => `sector ${sector} nsectors ${count}`,
  virtio_blk_handle_write: (sector: number, count: number) => `sector ${sector} nsectors ${count}`,
  virtio_blk_req_complete: (sector: number, status: number) => `sector ${sector} status ${status}`,
});

// Feature bits (5.2.3)
const F_SEG_MAX = 1n << 2n;
const F_GEOMETRY = 1n << 4n;
const F_RO = 1n << 5n;
const F_BLK_SIZE = 1n << 6n;
const F_SCSI = 1n << 7n; // legacy; its requests are not served
const F_FLUSH = 1n << 9n;
const F_TOPOLOGY = 1n << 10n;
const F_CONFIG_WCE = 1n << 11n;
const F_MQ = 1n << 12n;
const F_DISCARD = 1n << 13n;
const F_WRITE_ZEROES = 1n << 14n;

// struct virtio_blk_config (5.2.4), as long as its features make it
const CONFIG_WCE = 32;
const CONFIG_SIZE = 36;
const CONFIG_SIZE_DISCARD = 48;
const CONFIG_SIZE_WRITE_ZEROES = 57;

/** As many as the device finds right (`num-queues`). */
const AUTO_QUEUES = 0xffff;
const LARGEST_BLOCK = 2 * 1024 * 1024;
/** `discard_granularity` that nobody has given. */
const AUTO_GRANULARITY = 0xffff_ffff;

const isPowerOfTwo = (n: number): boolean => n > 0 && 2 ** Math.round(Math.log2(n)) === n;
const clamp = (n: number, least: number, most: number): number => Math.min(Math.max(n, least), most);
/** What needs other threads, or another layout of the queues. */
const never = <Name extends string>(name: Name) => enumeration(name, ['off'], { notBuilt: ['on'], kind: 'bool', description: 'on/off' });

const ON_OFF_AUTO = { kind: 'OnOffAuto', description: 'on/off/auto' } as const;
const ON_ERROR = { kind: 'BlockdevOnError', description: 'Error handling policy (report/ignore/enospc/stop/auto)' } as const;
const BLOCK_SIZE = { description: 'A power of two between 512 B and 2 MiB' } as const;

export class VirtioBlk extends VirtioDevice {
  static override readonly type = defineDevice('virtio-blk-device', VirtioDevice, VirtioBlk, {
    description: 'Virtio disk',
    category: 'storage',
    bus: 'virtio-bus',
    userCreatable: true,
    properties: [
      link('drive', 'drive'),
      string('serial', { description: 'at most 20 characters' }),
      ...[
        size('logical_block_size', BLOCK_SIZE),
        size('physical_block_size', BLOCK_SIZE),
        size('min_io_size'),
        size('opt_io_size'),
        size('discard_granularity'),
      ],
      ...[uint32('cyls'), uint32('heads'), uint32('secs')],
      ...[uint16('queue-size'), uint16('num-queues'), boolProperty('seg-max-adjust')],
      ...[boolProperty('discard'), boolProperty('write-zeroes'), uint32('max-discard-sectors'), uint32('max-write-zeroes-sectors')],
      ...[boolProperty('config-wce'), enumeration('write-cache', ['auto', 'on', 'off'], ON_OFF_AUTO)],
      ...[enumeration('rerror', ERROR_POLICIES, ON_ERROR), enumeration('werror', ERROR_POLICIES, ON_ERROR)],
      ...[boolProperty('share-rw'), boolProperty('request-merging'), int32('bootindex')],
      ...[never('packed'), never('in_order'), never('iommu_platform')],
    ],
  });
  static override readonly vmState = vmState<VirtioBlk>(
    'virtio-blk',
    {
      version: 2,
      preSave: (device) => device.notePending(),
      preLoad: (device) => device.dropAll(),
      postLoad: (device) => device.takePending(),
    },
    [...VIRTIO_FIELDS, bool('writeCacheOn'), buffer('pending'), array('waits', bool)],
  );

  drive: BlockBackend | undefined;
  serial = '';
  logicalBlockSize = 0;
  physicalBlockSize = 0;
  minIoSize = 0;
  optIoSize = 0;
  discardGranularity = AUTO_GRANULARITY;
  cyls = 0;
  heads = 0;
  secs = 0;
  queueSize = 256;
  numQueues = AUTO_QUEUES;
  segMaxAdjust = true;
  discard = true;
  writeZeroes = true;
  maxDiscardSectors = 0x3f_ffff;
  maxWriteZeroesSectors = 0x3f_ffff;
  configWce = true;
  writeCache = 'auto';
  rerror: ErrorPolicy = 'auto';
  werror: ErrorPolicy = 'auto';
  /** Nobody else has the drive; an image is locked by whoever opens it. */
  shareRw = false;
  /** Without effect: requests go to the host as they come. */
  requestMerging = true;
  /** Without effect: firmware chooses. */
  bootindex = -1;
  packed = 'off';
  inOrder = 'off';
  iommuPlatform = 'off';

  override readonly deviceId = VIRTIO_ID.BLOCK;
  /** Writes survive when they are flushed; else when they are done. */
  writeCacheOn = true;
  private rules!: RequestRules;
  private readonly active = new Set<BlkRequest>();
  /** Failed, and to be tried again when the guest goes on. */
  private readonly stopped = new Set<BlkRequest>();
  /** Requests of queues that were reset since: what comes after them must not overtake them. */
  private cancelled = 0;
  /** Queues with requests that have to wait. */
  private readonly waiting = new Set<VirtQueue>();
  /** A bit for each head that is popped and not pushed, queue by queue: in snapshots only. */
  pending = new Uint8Array(0);
  /** `waiting`, queue by queue: in snapshots only. */
  readonly waits: boolean[] = [];

  // ---- what the driver is told
  protected override deviceFeatures(): bigint {
    return (
      F_SEG_MAX | F_GEOMETRY | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY |
      (this.rules.readOnly ? F_RO : 0n) |
      (this.isLegacy ? F_SCSI : 0n) |
      (this.configWce ? F_CONFIG_WCE : 0n) |
      (this.numQueues > 1 ? F_MQ : 0n) |
      (this.discard ? F_DISCARD : 0n) |
      (this.writeZeroes ? F_WRITE_ZEROES : 0n)
    ); // prettier-ignore
  }
  /** Legacy requests have their parts in descriptors of their own. */
  override hostFeatures(legacy: boolean): bigint {
    return super.hostFeatures(legacy) & ~(this.isLegacy ? F_ANY_LAYOUT : 0n);
  }

  protected override realize(): void {
    const drive = this.takeDrive();
    this.checkProperties();
    for (let n = 0; n < this.numQueues; n++) {
      this.addQueue(this.queueSize, (queue) => this.serve(queue));
      this.waits.push(false);
    }
    this.pending = new Uint8Array((this.numQueues * MAX_QUEUE_SIZE) / 8);
    this.rules = {
      drive,
      readOnly: drive.node.readOnly,
      logicalBlockSize: this.logicalBlockSize,
      maxDiscard: this.discard ? this.maxDiscardSectors : 0,
      maxWriteZeroes: this.writeZeroes ? this.maxWriteZeroesSectors : 0,
      serial: this.serialBytes(),
      writeThrough: false,
    };
    this.useWriteCache(this.defaultWriteCache);
    drive.resumed = () => this.resume();
  }
  protected override unrealize(): void {
    this.deviceReset();
    if (this.drive) this.drive.user = undefined;
  }

  private takeDrive(): BlockBackend {
    const { drive } = this;
    if (!drive) throw new OptionError('drive property not set');
    if (drive.user !== undefined) throw new OptionError(`Drive '${drive.id}' is already in use by another device`);
    drive.user = this.id ?? this.canonicalPath ?? this.typeName;
    return drive;
  }

  private checkProperties(): void {
    for (const name of ['logicalBlockSize', 'physicalBlockSize'] as const) {
      this[name] ||= SECTOR;
      if (!isPowerOfTwo(this[name]) || this[name] < SECTOR || this[name] > LARGEST_BLOCK)
        throw new OptionError(`invalid block size ${this[name]}`, undefined, `a power of two from ${SECTOR} to ${LARGEST_BLOCK}`);
    }
    if (this.logicalBlockSize > this.physicalBlockSize) throw new OptionError('logical_block_size > physical_block_size not supported');
    if (this.minIoSize % this.logicalBlockSize !== 0) throw new OptionError('min_io_size must be a multiple of logical_block_size');
    if (this.optIoSize % this.logicalBlockSize !== 0) throw new OptionError('opt_io_size must be a multiple of logical_block_size');
    if (this.discardGranularity !== AUTO_GRANULARITY && this.discardGranularity % this.logicalBlockSize !== 0)
      throw new OptionError('discard_granularity must be a multiple of logical_block_size');
    if (!isPowerOfTwo(this.queueSize) || this.queueSize <= 2 || this.queueSize > MAX_QUEUE_SIZE)
      throw new OptionError(`invalid queue-size property (${this.queueSize})`, undefined, `a power of two from 4 to ${MAX_QUEUE_SIZE}`);
    if (this.numQueues === AUTO_QUEUES) this.numQueues = 1;
    if (this.numQueues < 1 || this.numQueues > MAX_QUEUE_SIZE)
      throw new OptionError(`invalid num-queues ${this.numQueues}`, undefined, `1 to ${MAX_QUEUE_SIZE}`);
    if (this.drive!.node.length % this.logicalBlockSize !== 0)
      throw new OptionError(`the image is not a multiple of logical_block_size`, undefined, `blocks of ${SECTOR} bytes`);
  }

  private serialBytes(): Uint8Array {
    const bytes = new Uint8Array(ID_SIZE);
    bytes.set(new TextEncoder().encode(this.serial).subarray(0, ID_SIZE));
    return bytes;
  }

  private get defaultWriteCache(): boolean {
    return this.writeCache === 'auto' ? this.drive!.options.writeCache : this.writeCache === 'on';
  }

  private useWriteCache(on: boolean): void {
    this.writeCacheOn = on;
    this.rules = { ...this.rules, writeThrough: !on };
    this.config = this.makeConfig();
  }

  private makeConfig(): Uint8Array<ArrayBuffer> {
    const { logicalBlockSize: block, physicalBlockSize: physical, drive } = this;
    const length = this.writeZeroes ? CONFIG_SIZE_WRITE_ZEROES : this.discard ? CONFIG_SIZE_DISCARD : CONFIG_SIZE;
    const view = new DataView(new ArrayBuffer(CONFIG_SIZE_WRITE_ZEROES + 3));
    const capacity = drive!.node.length / SECTOR;
    // What BIOSes made of a disk without partitions.
    const [heads, secs] = [this.heads || 16, this.secs || 63];
    view.setBigUint64(0, BigInt(capacity), true);
    view.setUint32(12, (this.segMaxAdjust ? this.queueSize : 128) - 2, true);
    view.setUint16(16, this.cyls || clamp(Math.floor(capacity / (16 * 63)), 2, 16383), true);
    view.setUint8(18, heads);
    view.setUint8(19, secs & ~(block / SECTOR - 1));
    view.setUint32(20, block, true);
    view.setUint8(24, Math.log2(physical / block));
    view.setUint16(26, this.minIoSize / block, true);
    view.setUint32(28, this.optIoSize / block, true);
    view.setUint8(CONFIG_WCE, this.writeCacheOn ? 1 : 0);
    view.setUint16(34, this.numQueues, true);
    const granularity = this.discardGranularity === AUTO_GRANULARITY ? block : this.discardGranularity;
    if (this.discard) [this.maxDiscardSectors, 1, granularity / SECTOR].forEach((value, i) => view.setUint32(36 + 4 * i, value, true));
    if (this.writeZeroes) [this.maxWriteZeroesSectors, 1, 1].forEach((value, i) => view.setUint32(48 + 4 * i, value, true));
    return new Uint8Array(view.buffer, 0, length);
  }

  /** Only the write cache is the driver's to change (5.2.5.1). */
  protected override configWritten(): void {
    this.useWriteCache(this.config[CONFIG_WCE] !== 0);
  }

  /** A driver that does not flush gets its writes kept at once (5.2.5.1). */
  protected override statusChanged(status: number): void {
    if (status & STATUS_DRIVER_OK && !(this.guestFeatures & F_CONFIG_WCE)) this.useWriteCache((this.guestFeatures & F_FLUSH) !== 0n);
  }

  protected override deviceReset(): void {
    for (const queue of this.queues) this.queueWasReset(queue);
    this.useWriteCache(this.defaultWriteCache);
  }
  protected override queueWasReset(queue: VirtQueue): void {
    for (const request of [...this.active, ...this.stopped]) if (request.queue === queue) this.cancel(request);
    this.waiting.delete(queue);
  }
  private cancel(request: BlkRequest): void {
    request.cancelled = true;
    this.stopped.delete(request);
    if (this.active.delete(request)) this.cancelled++;
  }

  // ---- requests
  private serve(queue: VirtQueue): void {
    // No more than `num` buffers can be waiting, whatever a ring that overlaps itself says.
    for (let n = 0; n < queue.num && !this.broken; n++) {
      if (this.cancelled > 0 || this.active.size >= this.drive!.mostRequests) {
        this.waiting.add(queue);
        return;
      }
      const element = queue.pop();
      if (!element) return;
      this.take(queue, element);
    }
  }

  private take(queue: VirtQueue, element: VirtQueueElement): void {
    try {
      this.start(new BlkRequest(queue, element, this.memory));
    } catch (error) {
      this.offend(error);
    }
  }
  private offend(error: unknown): void {
    if (!(error instanceof BadRequest)) throw error;
    this.onError(error.message);
  }

  private start(request: BlkRequest): void {
    this.active.add(request);
    if (request.type === T_IN) this.trace(TRACE.virtio_blk_handle_read, request.sector, request.inLength / SECTOR);
    else if (request.type === T_OUT) this.trace(TRACE.virtio_blk_handle_write, request.sector, totalLength(request.out) / SECTOR);
    this.drive!.begin();
    void this.run(request)
      .catch((error) => this.drive!.failed(error))
      .finally(() => this.drive!.end());
  }

  /** Does not throw, but for faults of our own. */
  private async run(request: BlkRequest): Promise<void> {
    let status: number | undefined;
    try {
      status = await perform(request, this.rules);
    } catch (error) {
      if (error instanceof BadRequest) {
        if (!request.cancelled) this.onError(error.message);
      } else if (!request.cancelled) status = this.failed(request, error);
    }
    if (request.cancelled) this.cancelled--;
    else {
      this.active.delete(request);
      if (status !== undefined && !this.stopped.has(request)) this.finish(request, status);
    }
    for (const queue of [...this.waiting]) {
      this.waiting.delete(queue);
      this.notifyQueue(this.queues.indexOf(queue));
    }
  }

  /** The status of a request that the image could not serve; undefined: it waits. */
  private failed(request: BlkRequest, error: unknown): number | undefined {
    const blockError = asBlockError(error);
    switch (this.drive!.action(blockError, request.type === T_IN, this)) {
      case 'ignore':
        return S_OK;
      case 'report':
        return S_IOERR;
      case 'stop':
        this.stopped.add(request);
        this.drive!.stopped(blockError);
        return undefined;
    }
  }

  private finish(request: BlkRequest, status: number): void {
    this.trace(TRACE.virtio_blk_req_complete, request.sector, status);
    if (this.broken) return;
    if (!this.memory.write(request.statusAddress, Uint8Array.of(status))) return this.onError('status is not in memory');
    this.complete(request.queue, request.element, request.inLength + 1);
  }

  /** The guest goes on: what has failed is tried again. */
  private resume(): void {
    const requests = [...this.stopped];
    this.stopped.clear();
    for (const request of requests) this.start(request);
  }

  // ---- snapshots: a request that is under way is done again by whoever loads them
  notePending(): void {
    this.pending.fill(0);
    for (const { queue, element } of [...this.active, ...this.stopped]) {
      const bit = this.queues.indexOf(queue) * MAX_QUEUE_SIZE + element.head;
      this.pending[bit >> 3] |= 1 << (bit & 7);
    }
    this.queues.forEach((queue, n) => (this.waits[n] = this.waiting.has(queue)));
  }
  /** What is under way belongs to a guest that is no more: nothing of it is told, and nothing overtakes it. */
  dropAll(): void {
    for (const queue of this.queues) this.queueWasReset(queue);
  }
  takePending(): void {
    this.useWriteCache(this.writeCacheOn);
    this.queues.forEach((queue, n) => this.waits[n] && this.waiting.add(queue));
    for (let bit = 0; bit < 8 * this.pending.length; bit++) {
      if (!((this.pending[bit >> 3] >> (bit & 7)) & 1)) continue;
      const queue = this.queues[Math.floor(bit / MAX_QUEUE_SIZE)];
      const element = queue.popped(bit % MAX_QUEUE_SIZE);
      if (!element) return;
      try {
        this.stopped.add(new BlkRequest(queue, element, this.memory));
      } catch (error) {
        return this.offend(error);
      }
    }
  }
}
