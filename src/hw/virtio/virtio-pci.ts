/**
 * Virtio over PCI: the interface of VIRTIO 1.2, section 4.1, behind BAR 4 and capabilities, and beside it that of before (4.1.4.10) behind BAR 0. A device has both, unless
 * asked otherwise. Interrupts are messages where the machine takes them, else the pin.
 */
import { ioRead, ioWrite, type ValueCell } from '../../memory/access.js';
import type { MemoryRegion } from '../../memory/region.js';
import { defineType, propertiesOf, type TypeInfo } from '../../qom/object.js';
import { bool as boolProperty, enumeration, uint32, type Property, type PropertyOf, type ValuesOf } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice, type DeviceClass, type PropertyValues } from '../core/device.js';
import type { MachineServices } from '../core/services.js';
import { array, struct, u16, u32, u64 } from '../core/vmstate.js';
import { touches } from '../pci/config-space.js';
import { PciDevice, type PciIdentity } from '../pci/device.js';
import { addPowerManagement, ExpressEndpoint } from '../pci/express.js';
import { MOST_VECTORS, Msix } from '../pci/msix.js';
import { CAPABILITY, COMMAND, COMMAND_MASTER, VENDOR } from '../pci/regs.js';
import { pciVmState } from '../pci/vmstate.js';
import { ISR_QUEUE, STATUS_DRIVER_OK, STATUS_FEATURES_OK, VirtioBus, type VirtioDevice, type VirtioTransport } from './virtio.js';
import { COMMON_SIZE, commonRegisters, LEGACY_HEADER, LEGACY_VECTORS, legacyRegisters } from './virtio-pci-registers.js';
import { MAX_QUEUE_SIZE, type VirtQueue } from './virtqueue.js';

/** No message for it. */
const NO_VECTOR = 0xffff;
/** `vectors`: as many as the device finds right. */
const AUTO_VECTORS = 0xffff_ffff;

const LEGACY_BAR = 0;
const MSIX_BAR = 1;
const MODERN_BAR = 4;

/** Pieces of the modern BAR, in their order; each has as much room. */
const PIECE = 0x1000;
const PIECES = ['common', 'isr', 'device', 'notify'] as const;
/** Bytes between queues' places to notify them. */
const NOTIFY_MULTIPLIER = 4;

/** struct virtio_pci_cap: what it describes, and its length, bytes (4.1.4). */
const CAP = { COMMON: 1, NOTIFY: 2, ISR: 3, DEVICE: 4, PCI: 5 } as const;
const CAP_SIZE = 16;
const [CAP_LENGTH, CAP_KIND, CAP_BAR, CAP_OFFSET, CAP_EXTENT, CAP_MORE] = [2, 3, 4, 8, 12, 16];

/** Device numbers of PCI: of VIRTIO 1.0 and later from here on, after the device's; those before have some of their own. */
const MODERN_IDS = 0x1040;

class VirtioPciBus extends VirtioBus {
  static override readonly type: TypeInfo = defineType('virtio-pci-bus', VirtioBus, VirtioPciBus);
}

/** What a kind of device is on PCI. */
export interface VirtioPciKind {
  readonly class: number;
  /** With the legacy interface. */
  readonly transitionalId: number;
  /** How many it takes that is left to choose. */
  readonly vectors: (device: VirtioDevice) => number;
  /** Default: it is left to choose. */
  readonly defaultVectors?: number;
}

export abstract class VirtioPci extends PciDevice implements VirtioTransport {
  static override readonly type = defineDevice('virtio-pci', PciDevice, VirtioPci, {
    abstract: true,
    properties: [uint32('vectors')],
  });
  static readonly vmState = pciVmState<VirtioPci>('virtio_pci', { version: 1 }, [
    u32('deviceFeatureSelect'),
    u32('driverFeatureSelect'),
    u64('driverFeatures'),
    u32('queueSelect'),
    u16('configVector'),
    array('vectorOf', u16),
    struct('msix', Msix.vmState, { when: (device: VirtioPci) => device.msix !== undefined }) as never,
  ]);

  vectors: number;
  disableLegacy = 'auto';
  disableModern = false;

  deviceFeatureSelect = 0;
  driverFeatureSelect = 0;
  /** The driver's, until it is all told. */
  driverFeatures = 0n;
  queueSelect = 0;
  configVector = NO_VECTOR;
  /** By queue. */
  readonly vectorOf: number[] = [];
  readonly virtioBus = new VirtioPciBus(this, 'virtio-bus', this);
  /** Without its BAR, what is in the modern one, by place. */
  private readonly pieces: MemoryRegion[] = [];
  private configAccess = 0;
  private express: ExpressEndpoint | undefined;

  constructor(
    services: MachineServices,
    private readonly kind: VirtioPciKind,
    /** What it is the transport of. */
    readonly backend: VirtioDevice,
  ) {
    super(services);
    this.vectors = kind.defaultVectors ?? AUTO_VECTORS;
  }

  override get identity(): PciIdentity {
    const { transitionalId, class: kind } = this.kind;
    const { deviceId } = this.backend;
    return {
      ...{ vendor: VENDOR.QUMRANET, class: kind },
      ...(this.isLegacyToo
        ? { device: transitionalId, revision: 0, subsystem: { vendor: VENDOR.QUMRANET, device: deviceId } }
        : { device: MODERN_IDS + deviceId, revision: 1 }),
    };
  }
  get isModern(): boolean {
    return !this.disableModern;
  }
  /** On a root bus, where nothing speaks against I/O ports, `auto` has it. */
  private get isLegacyToo(): boolean {
    return this.disableLegacy === 'off' || (this.disableLegacy === 'auto' && !this.isExpress);
  }
  /** In a slot of PCI Express. On a root bus it would be a part of the root complex, which it does not say. */
  protected override get isExpress(): boolean {
    return this.bus.isExpress && !this.bus.isRootBus;
  }
  get memory() {
    return this.dma;
  }
  get queue(): VirtQueue | undefined {
    return this.backend.queues[this.queueSelect];
  }

  // ---- properties of the device are this one's, too
  override setProperty(name: string, value: unknown): void {
    if (this.isOwn(this.findProperty(name))) super.setProperty(name, value);
    else this.backend.setProperty(name, value);
  }
  override getProperty(name: string): unknown {
    return this.isOwn(this.findProperty(name)) ? super.getProperty(name) : this.backend.getProperty(name);
  }
  private isOwn(property: Property): boolean {
    return !property.isAlias;
  }

  protected override realizeFunction(): void {
    if (this.disableModern && !this.isLegacyToo)
      throw new OptionError(
        'device cannot work as neither modern nor legacy mode is enabled',
        undefined,
        'disable-modern=off or disable-legacy=off',
      );
    this.disableLegacy = this.isLegacyToo ? 'off' : 'on';
    if (this.isExpress) {
      this.express = new ExpressEndpoint(this.config);
      addPowerManagement(this.config);
    }
    this.virtioBus.attach(this.backend);
  }

  /** The backend knows its queues now. */
  plugged(): void {
    const { backend } = this;
    this.useInterruptPin();
    this.vectorOf.push(...backend.queues.map(() => NO_VECTOR));
    if (this.isModern) this.makeModern();
    const vectors = this.vectors === AUTO_VECTORS ? this.kind.vectors(backend) : this.vectors;
    if (vectors > MOST_VECTORS) throw new OptionError(`invalid vectors ${vectors}`, this.id ?? this.typeName, `0 to ${MOST_VECTORS}`);
    if (vectors > 0 && this.hasMsi) this.useMsixBar(MSIX_BAR, vectors);
    if (this.isLegacyToo) this.makeLegacy();
  }

  private makeModern(): void {
    const name = this.backend.typeName.replace(/-device$/, '');
    const bar = this.containerRegion('virtio-pci', PIECES.length * PIECE);
    const { backend } = this;
    const common = this.bindRegisters(commonRegisters, this);
    const handlers = {
      common: {
        read: (offset: number, size: number) => (offset < COMMON_SIZE ? common.read(offset, size) : 0),
        write: (offset: number, value: number, size: number) => offset < COMMON_SIZE && common.write(offset, value, size),
      },
      isr: { read: () => this.readIsr(), write: () => {} },
      device: {
        read: (offset: number, size: number) => backend.readConfig(offset, size),
        write: (offset: number, value: number, size: number) => backend.writeConfig(offset, value, size),
      },
      notify: {
        read: () => 0,
        write: (offset: number) => this.notifyQueue(Math.floor(offset / NOTIFY_MULTIPLIER)),
      },
    };
    PIECES.forEach((piece, i) => {
      const region = this.ioRegion(`virtio-pci-${piece}-${name}`, PIECE, { accessSizes: [1, 2, 4], ...handlers[piece] });
      this.pieces.push(region);
      bar.addSubregion(i * PIECE, region);
    });
    this.registerBar(MODERN_BAR, bar, { wide: true, prefetch: true });
    this.describe(CAP.COMMON, 0);
    this.describe(CAP.ISR, 1);
    this.describe(CAP.DEVICE, 2);
    this.config.set(this.describe(CAP.NOTIFY, 3, 4) + CAP_MORE, 4, NOTIFY_MULTIPLIER);
    this.configAccess = this.addCapability(CAP.PCI, 4);
    const at = this.configAccess;
    this.config.define(at + CAP_BAR, 1, 0, 0xff);
    for (const field of [CAP_OFFSET, CAP_EXTENT, CAP_MORE]) this.config.define(at + field, 4, 0, ~0);
  }

  private addCapability(kind: number, more = 0): number {
    const at = this.config.addCapability(CAPABILITY.VENDOR, CAP_SIZE + more);
    this.config.set(at + CAP_LENGTH, 1, CAP_SIZE + more);
    this.config.set(at + CAP_KIND, 1, kind);
    return at;
  }
  /** Tells the driver where a piece of the modern BAR is. */
  private describe(kind: number, piece: number, more = 0): number {
    const at = this.addCapability(kind, more);
    this.config.set(at + CAP_BAR, 1, MODERN_BAR);
    this.config.set(at + CAP_OFFSET, 4, piece * PIECE);
    this.config.set(at + CAP_EXTENT, 4, PIECE);
    return at;
  }

  private makeLegacy(): void {
    const { backend } = this;
    const registers = this.bindRegisters(legacyRegisters, this);
    const header = (): number => (this.msix?.enabled ? LEGACY_VECTORS : LEGACY_HEADER);
    const length = (this.msix ? LEGACY_VECTORS : LEGACY_HEADER) + backend.config.length;
    const ports = this.ioRegion('virtio-pci', 2 ** Math.ceil(Math.log2(length)), {
      accessSizes: [1, 2, 4],
      read: (offset, size) => (offset < header() ? registers.read(offset, size) : backend.readConfig(offset - header(), size)),
      write: (offset, value, size) =>
        offset < header() ? registers.write(offset, value, size) : backend.writeConfig(offset - header(), value, size),
    });
    this.registerBar(LEGACY_BAR, ports, { io: true });
  }

  // ---- what the driver does
  notifyQueue(n: number): void {
    // A function that may not be a master reaches no ring: it does nothing until it may.
    if (this.isMaster) this.backend.notifyQueue(n);
    else this.guestError(`queue ${n} is notified while bus mastering is off`);
  }
  setStatus(status: number, legacy: boolean): void {
    const { backend } = this;
    if (!legacy && status & STATUS_FEATURES_OK && !(backend.status & STATUS_FEATURES_OK))
      backend.setGuestFeatures(this.driverFeatures, false);
    backend.setStatus(status);
    if (backend.status === 0) this.forgetDriver();
  }
  /** Linux before 2.6.34 does not turn bus mastering on for the legacy interface; QEMU does it for all. */
  becomeMaster(): void {
    this.writeConfig(COMMAND, this.command | COMMAND_MASTER, 2);
  }
  setQueueSize(size: number): void {
    const { queue } = this;
    if (queue && queue.num > 0 && size > 0 && size <= MAX_QUEUE_SIZE) queue.num = size;
    else this.guestError(`queue size ${size}`);
  }
  /** A queue is enabled by 1, and disabled only by a reset (4.1.4.3.2). */
  enableQueue(value: number): void {
    const { queue } = this;
    if (!queue) return;
    if (value !== 1) return this.backend.onError(`wrong value for queue_enable ${value}`);
    queue.ready = true;
    [queue.desc, queue.avail, queue.used] = queue.areas;
  }
  /** At once: it reads as done. */
  resetQueue(value: number): void {
    const { queue } = this;
    if (queue && value === 1) this.backend.resetQueue(queue);
  }
  setLegacyQueue(address: number): void {
    if (address !== 0) return this.queue?.setLegacyAddress(address);
    this.backend.resetDevice();
    this.forgetDriver();
  }
  setVector(queue: number | undefined, vector: number): void {
    const allowed = this.msix && vector < this.msix.vectors ? vector : NO_VECTOR;
    if (queue === undefined) this.configVector = allowed;
    else if (queue < this.vectorOf.length) this.vectorOf[queue] = allowed;
  }
  readIsr(): number {
    const { isr } = this.backend;
    this.backend.ackIsr(0xff);
    return isr;
  }

  override writeConfig(at: number, value: number, size: number): void {
    super.writeConfig(at, value, size);
    if (this.express?.asksForReset(at, value, size)) return this.resetTree();
    if (touches(at, size, COMMAND, 2) && !this.isMaster && this.backend.status & STATUS_DRIVER_OK)
      this.backend.setStatus(this.backend.status & ~STATUS_DRIVER_OK);
    if (this.reachesData(at, size)) this.accessByConfig((region, offset, width) => {
      ioWrite(region, offset, width, this.config.get(this.configAccess + CAP_MORE, 4), 0, this.services.log);
    }); // prettier-ignore
  }
  override readConfig(at: number, size: number): number {
    if (this.reachesData(at, size)) this.accessByConfig((region, offset, width) => {
      const cell: ValueCell = { lo: 0, hi: 0 };
      ioRead(region, offset, width, cell, this.services.log);
      this.config.set(this.configAccess + CAP_MORE, 4, cell.lo);
    }); // prettier-ignore
    return super.readConfig(at, size);
  }
  private reachesData(at: number, size: number): boolean {
    return this.configAccess !== 0 && touches(at, size, this.configAccess + CAP_MORE, 4);
  }
  /** A window through configuration space into the modern BAR (4.1.4.9), for who cannot map it. */
  private accessByConfig(access: (region: MemoryRegion, offset: number, width: number) => void): void {
    const [bar, offset, width] = [CAP_BAR, CAP_OFFSET, CAP_EXTENT].map((field, i) => this.config.get(this.configAccess + field, i ? 4 : 1));
    const region = this.pieces[Math.floor(offset / PIECE)];
    if (bar === MODERN_BAR && region && [1, 2, 4].includes(width) && offset % width === 0) access(region, offset % PIECE, width);
  }

  // ---- what the driver hears
  interrupt(queue?: number): void {
    if (!this.msix?.enabled) return this.updateIrq();
    const vector = queue === undefined ? this.configVector : this.vectorOf[queue];
    if (vector !== NO_VECTOR) this.msix.notify(vector);
  }
  updateIrq(): void {
    this.setPin(!this.msix?.enabled && (this.backend.isr & ISR_QUEUE) !== 0);
  }

  private forgetDriver(): void {
    this.deviceFeatureSelect = this.driverFeatureSelect = this.queueSelect = 0;
    this.driverFeatures = 0n;
    this.configVector = NO_VECTOR;
    this.vectorOf.fill(NO_VECTOR);
  }
  override reset(): void {
    super.reset();
    this.express?.reset();
    this.forgetDriver();
  }
}

const INTERFACES = [
  enumeration('disable-legacy', ['auto', 'on', 'off'], { kind: 'OnOffAuto', description: 'on/off/auto' }),
  boolProperty('disable-modern'),
];
/** Types that say by their names which interfaces they have: both, or the modern one. */
const NAMED = { transitional: 'off', 'non-transitional': 'on' } as const;

type Transports<Values> = readonly [
  choice: DeviceClass<VirtioPci, PropertyValues<typeof VirtioPci> & Values & ValuesOf<VirtioPci, (typeof INTERFACES)[number]>>,
  ...named: DeviceClass<VirtioPci>[],
];

/** Three types of transports of a `Backend`, whose properties they have: `name`, and those that are named for their interfaces. */
export function virtioPci<Values>(
  name: string,
  Backend: DeviceClass<VirtioDevice, Values>,
  kind: VirtioPciKind,
  { category, alias }: { readonly category: string; readonly alias: string },
): Transports<Values> {
  const own = new Set([...propertiesOf(VirtioPci.type), ...INTERFACES].map((property) => property.name));
  const aliases = propertiesOf(Backend.type as TypeInfo)
    .filter((property) => !own.has(property.name))
    .map((property) => ({ ...property, isAlias: true }));
  const make = (suffix?: keyof typeof NAMED): DeviceClass<VirtioPci> =>
    class Transport extends VirtioPci {
      static override readonly type = defineDevice(suffix === undefined ? name : `${name}-${suffix}`, VirtioPci, Transport, {
        ...{ description: `${Backend.type.description} on PCI`, category, userCreatable: true },
        ...(suffix === undefined ? { alias } : { description: `${Backend.type.description} on PCI, ${suffix}` }),
        properties: [...(suffix === undefined ? INTERFACES : []), ...aliases] as unknown as PropertyOf<Transport>[],
      });
      constructor(services: MachineServices) {
        const backend = new Backend(services);
        super(services, kind, backend);
        if (suffix !== undefined) this.disableLegacy = NAMED[suffix];
        services.inventory.created(backend);
        this.addChild('virtio-backend', backend);
      }
    };
  return [make(), make('transitional'), make('non-transitional')] as unknown as Transports<Values>;
}
