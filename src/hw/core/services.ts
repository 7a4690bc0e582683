/**
 * What a machine offers to a device, as `this.services`: all that a device may know of it. What is used often has a shorter name in DeviceState
 * (`this.now`, `this.newTimer`, `this.ioRegion`, `this.guestError`). A wall keeps MachineState itself out of the rooms of devices.
 */
import type { AddressSpace } from '../../memory/address-space.js';
import type { MemoryRegion, MemoryTopology } from '../../memory/region.js';
import type { RamAllocator, RamBlock } from '../../memory/ram.js';
import type { Log } from '../../util/log.js';
import type { ClockType, Timer } from './clock.js';
import type { DeviceState } from './device.js';
import type { SymbolTable } from './elf.js';
import type { MachineEvents } from './events.js';
import type { GuestMemory } from './guest-memory.js';
import type { Keyboard } from './keys.js';
import type { FileSource } from './machine-config.js';
import type { RomList } from './rom.js';
import type { ShutdownCause } from './runstate.js';

export interface TimeService {
  /** ns of a clock. */
  now(clock: ClockType): bigint;
  /** A timer that is not pending yet. */
  timer(clock: ClockType, callback: () => void): Timer;
  /** The guest's calendar (`-rtc`): the clock that it follows, and the time of day, ns since 1970 UTC, at guest time 0. */
  readonly calendar: { readonly clock: ClockType; readonly startNs: bigint };
}

export interface MemoryService {
  readonly topology: MemoryTopology;
  readonly ram: RamAllocator;
  /** Maps `region` into the system's address space, or moves it there. */
  map(region: MemoryRegion, address: number, priority: number): void;
  /** What `map` maps into. */
  readonly system: MemoryRegion;
  /** How a bus master sees memory. */
  newAddressSpace(root: MemoryRegion, name: string): AddressSpace;
  /** A device has changed memory of its own: code that was translated from it is stale. Offset and length in bytes. */
  changed(block: RamBlock, offset: number, length: number): void;
}

/** What a device asks of the machine as a whole; served when the running slice is over. */
export interface RequestService {
  /** The first request wins. */
  shutdown(cause: ShutdownCause, exitCode?: number): void;
  reset(cause: ShutdownCause): void;
  /** The guest has panicked, and says so. */
  panic(): void;
  /** The guest has not fed its watchdog. */
  watchdog(): void;
}

/** What is in memory, and where CPUs start, when a reset is over. For loaders. */
export interface BootService {
  readonly roms: RomList;
  readonly symbols: SymbolTable[];
  readonly littleEndian: boolean;
  /** A file of the host's. @throws OptionError */
  readFile(name: string): Uint8Array;
  /** One that is read piece by piece; see MachineEnvironment. @throws OptionError */
  openFile(name: string, zeros?: number): FileSource;
  /** Writes as a CPU would, devices too; where nothing is, nothing happens. */
  write(address: number, bytes: Uint8Array): void;
  /** From now on the CPU starts at `pc` after a reset; false: there is no such CPU. */
  startCpu(index: number, pc: bigint): boolean;
}

export interface DeviceServices {
  readonly time: TimeService;
  readonly memory: MemoryService;
  /** Guest memory as a bus master sees it. */
  readonly dma: GuestMemory;
  readonly log: Log;
  readonly requests: RequestService;
  /** Who watches the machine hears of it. */
  readonly events: Pick<MachineEvents, 'tell'>;
  readonly boot: BootService;
  /** A keyboard that the machine has: the last one hears what is typed. */
  addKeyboard(keyboard: Keyboard): void;
  /** Entropy for the guest: the host's, or in icount mode always the same. */
  randomBytes(count: number): Uint8Array;
}

/** The machine's books of its devices: for DeviceState only, which keeps them. */
export interface InventoryService {
  /** Its properties have their defaults. */
  created(device: DeviceState): void;
  realized(device: DeviceState): void;
  unrealized(device: DeviceState): void;
  /** What a link property's text names; undefined: nothing of that kind. */
  find(kind: string, id: string): unknown;
}

export interface MachineServices extends DeviceServices {
  readonly inventory: InventoryService;
}
