/**
 * Memory regions: the tree from which an address space is rendered (QEMU docs/devel/memory.rst).
 * Addresses and sizes are JS numbers, exact to 2^53; a container that stands for the whole 64-bit space is 2^53 large.
 */
import { QObject, defineType, type TypeInfo } from '../qom/object.js';
import type { RamBlock } from './ram.js';

/** Size of "everything". */
export const ADDRESS_SPACE_SIZE = 2 ** 53;

export type AccessSize = 1 | 2 | 4 | 8;

/** What an I/O region does. Offsets are relative to the region. Values up to 32 bits are unsigned numbers. */
export interface MemoryRegionOps {
  read?(offset: number, size: number): number;
  write?(offset: number, value: number, size: number): unknown;
  /** 8-byte accesses as bigint; without these they are split into two 4-byte ones. */
  read64?(offset: number): bigint;
  write64?(offset: number, value: bigint): unknown;
  /** Sizes that the guest may use; others are bus errors. Default: all. */
  accessSizes?: readonly AccessSize[];
  /** Sizes that the handlers understand; other sizes are split, or handed over at the smallest size. Default: 1, 2, 4. */
  implSizes?: readonly AccessSize[];
  /** Byte order of the device's registers. Default: little. */
  endianness?: 'little' | 'big';
  /** The guest may access it at unaligned addresses. Default: false. */
  unaligned?: boolean;
}

export type MemoryRegionKind = 'container' | 'ram' | 'rom' | 'romd' | 'i/o' | 'alias';

interface Subregion {
  readonly region: MemoryRegion;
  offset: number;
  priority: number;
}

/** Told when the tree has changed and no transaction is open. */
export type MemoryTopologyListener = () => void;

/** Collects changes of all regions of a machine, so that address spaces are rendered once a transaction. */
export class MemoryTopology {
  private depth = 0;
  private dirty = false;
  private readonly listeners = new Set<MemoryTopologyListener>();

  /** Runs `change` with rendering put off until the outermost transaction ends. */
  transaction<T>(change: () => T): T {
    this.depth++;
    try {
      return change();
    } finally {
      this.depth--;
      this.flush();
    }
  }
  changed(): void {
    this.dirty = true;
    this.flush();
  }
  listen(listener: MemoryTopologyListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  private flush(): void {
    if (this.depth > 0 || !this.dirty) return;
    this.dirty = false;
    for (const listener of this.listeners) listener();
  }
}

/** The smallest and the largest access that the handlers understand. */
interface ImplSizes {
  readonly minimum: number;
  readonly maximum: number;
}

function implSizesOf(ops: MemoryRegionOps | undefined): ImplSizes {
  const sizes = ops?.implSizes ?? [1, 2, 4];
  const maximum = ops?.implSizes === undefined && (ops?.read64 || ops?.write64) ? 8 : Math.max(...sizes);
  return { minimum: Math.min(...sizes), maximum };
}

interface RegionInit {
  kind: MemoryRegionKind;
  name: string;
  size: number;
  ops?: MemoryRegionOps;
  ramBlock?: RamBlock;
  alias?: { target: MemoryRegion; offset: number };
  owner?: QObject;
}

export class MemoryRegion extends QObject {
  static override readonly type: TypeInfo = defineType('memory-region', QObject, MemoryRegion);

  readonly kind: MemoryRegionKind;
  readonly name: string;
  readonly ops: MemoryRegionOps | undefined;
  readonly implSizes: ImplSizes;
  readonly ramBlock: RamBlock | undefined;
  readonly alias: MemoryRegion | undefined;
  readonly owner: QObject | undefined;
  /** Rendered subregions, highest priority first; a later one of the same priority comes first. */
  readonly subregions: Subregion[] = [];
  private bytes: number;
  private start: number;
  private on = true;
  readonly readonly: boolean;
  private romMode = true;
  private container: MemoryRegion | undefined;

  /** Use the factories below. */
  constructor(
    readonly topology: MemoryTopology,
    init: RegionInit,
  ) {
    super();
    this.kind = init.kind;
    this.name = init.name;
    this.bytes = init.size;
    this.ops = init.ops;
    this.implSizes = implSizesOf(init.ops);
    this.ramBlock = init.ramBlock;
    this.alias = init.alias?.target;
    this.start = init.alias?.offset ?? 0;
    this.owner = init.owner;
    this.readonly = init.kind === 'rom';
    if (!(init.size >= 0 && init.size <= ADDRESS_SPACE_SIZE)) throw new RangeError(`memory region '${init.name}': bad size ${init.size}`);
    init.owner?.addChild(`${init.name.replaceAll('/', '\\/')}[*]`, this);
  }

  static container(topology: MemoryTopology, name: string, size: number = ADDRESS_SPACE_SIZE, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'container', name, size, owner });
  }
  static io(topology: MemoryTopology, name: string, size: number, ops: MemoryRegionOps, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'i/o', name, size, ops, owner });
  }
  static ram(topology: MemoryTopology, name: string, ramBlock: RamBlock, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'ram', name, size: ramBlock.size, ramBlock, owner });
  }
  /** The guest's writes are ignored. */
  static rom(topology: MemoryTopology, name: string, ramBlock: RamBlock, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'rom', name, size: ramBlock.size, ramBlock, owner });
  }
  /** Reads come from memory while `romd` is on; writes, and reads while it is off, go to `ops` (flash). */
  static romDevice(topology: MemoryTopology, name: string, ramBlock: RamBlock, ops: MemoryRegionOps, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'romd', name, size: ramBlock.size, ramBlock, ops, owner });
  }
  static alias(topology: MemoryTopology, name: string, target: MemoryRegion, offset: number, size: number, owner?: QObject): MemoryRegion {
    return new MemoryRegion(topology, { kind: 'alias', name, size, alias: { target, offset }, owner });
  }

  get size(): number {
    return this.bytes;
  }
  /** Of a container or an alias: a window that is programmed. */
  setSize(size: number): void {
    if (size === this.bytes) return;
    this.bytes = size;
    this.topology.changed();
  }
  get enabled(): boolean {
    return this.on;
  }
  setEnabled(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.topology.changed();
  }
  /** ROM device: whether reads come straight from memory. */
  get romd(): boolean {
    return this.romMode;
  }
  setRomd(on: boolean): void {
    if (on === this.romMode) return;
    this.romMode = on;
    this.topology.changed();
  }
  /** Where in its target an alias begins. */
  get aliasOffset(): number {
    return this.start;
  }
  setAliasOffset(offset: number): void {
    if (offset === this.start) return;
    this.start = offset;
    this.topology.changed();
  }
  get parentRegion(): MemoryRegion | undefined {
    return this.container;
  }

  /** Maps `region` at `offset`. Where regions overlap the higher priority wins, then the later added one. */
  addSubregion(offset: number, region: MemoryRegion, priority = 0): void {
    if (region.container) throw new Error(`memory region '${region.name}' is already mapped in '${region.container.name}'`);
    region.container = this;
    this.insert({ region, offset, priority });
    this.topology.changed();
  }
  removeSubregion(region: MemoryRegion): void {
    const index = this.subregions.findIndex((s) => s.region === region);
    if (index < 0) throw new Error(`memory region '${region.name}' is not mapped in '${this.name}'`);
    this.subregions.splice(index, 1);
    region.container = undefined;
    this.topology.changed();
  }
  /** Moves this region inside its container (BAR remapping). */
  setAddress(offset: number): void {
    const siblings = this.container?.subregions;
    const index = siblings?.findIndex((s) => s.region === this) ?? -1;
    if (!siblings || index < 0) throw new Error(`memory region '${this.name}' is not mapped`);
    const [slot] = siblings.splice(index, 1);
    if (slot.offset !== offset) this.topology.changed();
    slot.offset = offset;
    this.container!.insert(slot);
    this.topology.changed();
  }
  /** Offset inside the container; 0 when not mapped. */
  get address(): number {
    return this.container?.subregions.find((s) => s.region === this)?.offset ?? 0;
  }

  /** Among its siblings; 0 when not mapped. */
  get priority(): number {
    return this.container?.subregions.find((s) => s.region === this)?.priority ?? 0;
  }

  private insert(slot: Subregion): void {
    const at = this.subregions.findIndex((s) => s.priority <= slot.priority);
    this.subregions.splice(at < 0 ? this.subregions.length : at, 0, slot);
  }
}
