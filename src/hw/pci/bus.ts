/** A PCI bus: its functions by place, where their BARs are mapped, and where their interrupts go. Source: PCI Local Bus Specification 3.0. */
import type { MemoryRegion } from '../../memory/region.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { OptionError } from '../../util/errors.js';
import { Bus } from '../core/bus.js';
import type { DeviceState } from '../core/device.js';
import type { PciBridgeBase } from './bridge.js';
import type { PciDevice } from './device.js';
import { devfn, FUNCTIONS, functionOf, SLOTS, slotOf } from './regs.js';

/** Where messages of MSI go that are no writes to memory. */
export interface MsiTarget {
  send(address: number, data: number): void;
}

/** What a host bridge gives its bus. */
export interface RootWiring {
  /** Interrupt lines that leave the bus. */
  readonly lines: number;
  /** The line of a function's pin (0 is INTA#). */
  mapIrq(device: PciDevice, pin: number): number;
  setIrq(line: number, level: boolean): void;
  /** Where masters write to and read from. */
  readonly dma: MemoryRegion;
  /** Undefined: nobody takes messages, and devices offer none. */
  readonly msi?: MsiTarget;
  /** BARs may be at address 0. */
  readonly allowZero?: boolean;
}

/** As bridges and most boards wire it: each slot's pins begin with the next line. */
export const swizzle = (device: PciDevice, pin: number): number => (slotOf(device.devfn) + pin) % 4;

/** Deepest nesting of bridges: a guest may open both windows of each, and then all that is behind them is looked at twice a level. */
const MOST_BRIDGES = 8;

export class PciBus extends Bus {
  static override readonly type: TypeInfo = defineType('PCI', Bus, PciBus);

  readonly #functions = new Map<number, PciDevice>();
  readonly #levels: boolean[] = [];
  /** Undefined: behind a bridge. */
  #wiring: RootWiring | undefined;

  constructor(
    parent: DeviceState,
    name: string,
    /** Where BARs are mapped. */
    readonly memory: MemoryRegion,
    readonly io: MemoryRegion,
    /** The bridge whose secondary side it is. */
    readonly bridge?: PciBridgeBase,
  ) {
    super(parent, name);
    if (this.depth > MOST_BRIDGES) throw new OptionError(`more than ${MOST_BRIDGES} bridges one behind the other`, name);
  }

  /** Of a root bus; before devices are put on it. */
  wire(wiring: RootWiring): this {
    this.#wiring = wiring;
    this.#levels.length = wiring.lines;
    this.#levels.fill(false);
    return this;
  }

  get isRootBus(): boolean {
    return this.bridge === undefined;
  }
  private get depth(): number {
    return this.bridge ? this.bridge.bus.depth + 1 : 0;
  }
  get root(): PciBus {
    return this.bridge ? this.bridge.bus.root : this;
  }
  get wiring(): RootWiring {
    const { root } = this;
    if (!root.#wiring) throw new Error(`bus '${root.name}' is not wired`);
    return root.#wiring;
  }
  /** Software gives the buses behind bridges their numbers. */
  get number(): number {
    return this.bridge?.secondary ?? 0;
  }
  /** Functions have the extended configuration space. */
  get isExpress(): boolean {
    return false;
  }

  // ---- functions
  /** In the order of their places. */
  get functions(): PciDevice[] {
    return [...this.#functions.values()].sort((a, b) => a.devfn - b.devfn);
  }
  at(place: number): PciDevice | undefined {
    return this.#functions.get(place);
  }
  get bridges(): PciBridgeBase[] {
    return this.functions.flatMap((device) => device.asBridge ?? []);
  }

  /** Gives `device` its place: the one asked for, or function 0 of the first free slot. @throws OptionError, in QEMU's words */
  claim(device: PciDevice, asked: number | undefined): number {
    const place = asked ?? this.freeSlot();
    if (place === undefined) throw new OptionError(`PCI: no slot/function available for ${device.typeName}, all in use or reserved`);
    const other = this.at(place);
    const name = `slot ${slotOf(place)} function ${functionOf(place)}`;
    if (other)
      throw new OptionError(`PCI: ${name} not available for ${device.typeName}, in use by ${other.typeName},id=${other.id ?? '(null)'}`);
    this.checkFunctions(device, place);
    this.#functions.set(place, device);
    return place;
  }
  release(device: PciDevice): void {
    if (this.at(device.devfn) === device) this.#functions.delete(device.devfn);
  }

  private freeSlot(): number | undefined {
    for (let slot = 0; slot < SLOTS; slot++) if (!this.at(devfn(slot, 0))) return devfn(slot, 0);
    return undefined;
  }
  /** Function 0 says whether there are others (section 6.2.1). */
  private checkFunctions(device: PciDevice, place: number): void {
    const slot = slotOf(place);
    if (functionOf(place) !== 0) {
      const first = this.at(devfn(slot, 0));
      if (first && !first.multifunction)
        throw new OptionError(
          `PCI: single function device can't be populated in function ${slot.toString(16)}.${functionOf(place).toString(16)}`,
        );
      return;
    }
    if (device.multifunction) return;
    for (let fn = 1; fn < FUNCTIONS; fn++)
      if (this.at(devfn(slot, fn)))
        throw new OptionError(
          `PCI: ${slot.toString(16)}.0 indicates single function, but ${slot.toString(16)}.${fn.toString(16)} is already populated.`,
        );
  }

  /**
   * The bus of that number, here or behind a bridge. The way leads down the tree of bridges, whatever numbers software has given them: two with the
   * same are no loop, the first answers.
   */
  find(number: number): PciBus | undefined {
    if (number === this.number) return this;
    for (const bridge of this.bridges) {
      if (!bridge.covers(number)) continue;
      const found = bridge.secondaryBus.find(number);
      if (found) return found;
    }
    return undefined;
  }

  // ---- interrupts
  /** The root's line that a function's pin leads to. */
  private lineOf(device: PciDevice): number {
    let [at, pin] = [device, device.interruptPin - 1];
    for (let bridge = at.bus.bridge; bridge; bridge = at.bus.bridge) {
      pin = swizzle(at, pin);
      at = bridge;
    }
    return this.wiring.mapIrq(at, pin);
  }

  /** A function has raised or lowered its pin, or may not drive it any more: its line is high while any function drives it. */
  interruptChanged(device: PciDevice): void {
    const line = this.lineOf(device);
    const level = this.root.drives(line);
    if (this.root.#levels[line] === level) return;
    this.root.#levels[line] = level;
    this.wiring.setIrq(line, level);
  }
  private drives(line: number): boolean {
    for (const device of this.#functions.values()) {
      if (device.drivesPin && this.lineOf(device) === line) return true;
      if (device.asBridge?.secondaryBus.drives(line)) return true;
    }
    return false;
  }
  /** After a snapshot: levels are those of the functions, and known to whom they lead. */
  noteLevels(): void {
    for (let line = 0; line < this.#levels.length; line++) this.#levels[line] = this.drives(line);
  }
}

/** A bus whose functions have an extended configuration space. */
export class PcieBus extends PciBus {
  static override readonly type: TypeInfo = defineType('PCIE', PciBus, PcieBus);
  override get isExpress(): boolean {
    return true;
  }
}
