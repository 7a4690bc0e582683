/** qdev: a device has properties, is realized, reset and unrealized, owns memory regions, timers and named GPIO lines, and sits on a bus. */
import { MemoryRegion, type MemoryRegionOps } from '../../memory/region.js';
import { QObject, ancestry, defineType, isA, type ObjectClass, type TypeInfo, type TypeOptions } from '../../qom/object.js';
import type { Property, ValuesOf } from '../../qom/property.js';
import type { Bus } from './bus.js';
import { ClockType, type Timer } from './clock.js';
import { IrqLine, irqLines, type IrqHandler } from './irq.js';
import { Registers, type RegisterAccess, type RegisterMap, type RegisterView } from './registers.js';
import type { DeviceServices, MachineServices } from './services.js';
import type { VmState } from './vmstate.js';
import type { TraceEvent } from '../../util/trace.js';

/** What a device class says of itself beside its QOM options. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface DeviceOptions<T = any> extends TypeOptions<T> {
  /** Another name for it (`-device`). */
  alias?: string;
  /** Type name of the bus that it plugs into (`-device` finds one); undefined: none needed. */
  bus?: string;
}

/** Declares a device type: `static override readonly type = defineDevice('foo', SysBusDevice, Foo, { ... })`. */
export function defineDevice<T extends DeviceState, Inherited = object, Rows extends Property = never>(
  name: string,
  parent: { readonly type: TypeInfo<unknown, Inherited> },
  klass: ObjectClass<T>,
  options: DeviceOptions<NoInfer<T>> & { readonly properties?: readonly Rows[] } = {},
): TypeInfo<DeviceOptions, Inherited & ValuesOf<T, Rows>> {
  const type = defineType(name, parent, klass, { category: 'misc', ...options }, options);
  refuseBus(type as TypeInfo, parent.type as TypeInfo);
  return type;
}

/** What `-device` puts a device of a type on; undefined: nothing. */
export function busOf(type: TypeInfo): string | undefined {
  return [...ancestry(type)].map(({ ext }) => (ext as DeviceOptions | undefined)?.bus).find((bus) => bus !== undefined);
}

/** @throws Error if `-device` would put a device of the type on no bus, so that no guest finds it, or on one that its class is not made for */
function refuseBus(type: TypeInfo, parent: TypeInfo): void {
  const bus = busOf(type);
  const expected = busOf(parent) ?? (isA(type, 'sys-bus-device') ? 'platform-bus' : undefined);
  if (expected === undefined || bus === expected) return;
  if (bus !== undefined) throw new Error(`${type.name}: the bus of a ${parent.name} is '${expected}', not '${bus}'`);
  if (type.userCreatable) throw new Error(`${type.name}: userCreatable, but on no bus (bus: '${expected}')`);
}

/** A device class that can be instantiated. `Values`: of its properties. */
export type DeviceClass<T extends DeviceState = DeviceState, Values = object> = (new (services: MachineServices) => T) & {
  readonly type: TypeInfo<unknown, Values>;
};
/** Of a class's properties: `PropertyValues<typeof Foo>`. */
export type PropertyValues<Class> = Class extends { readonly type: TypeInfo<unknown, infer Values> } ? Values : never;
/** What may be given to a device of such a class: nothing where it has no properties. */
export type Given<Values> = [keyof Values] extends [never] ? Readonly<Record<string, never>> : NoInfer<Values>;

export abstract class DeviceState extends QObject {
  static override readonly type: TypeInfo = defineType('device', QObject, DeviceState, { abstract: true });

  /** The bus that this device is plugged into. */
  parentBus: Bus | undefined;
  /** Buses that this device provides. */
  readonly childBuses: Bus[] = [];
  #realized = false;
  readonly #services: MachineServices;
  readonly #inputs = new Map<string, IrqLine[]>();
  readonly #outputs = new Map<string, IrqLine[]>();
  readonly #timers: Timer[] = [];
  readonly #registers: { readonly name: string; reset(): void; view(): RegisterView[] }[] = [];

  constructor(services: MachineServices) {
    super();
    this.#services = services;
  }

  get realized(): boolean {
    return this.#realized;
  }

  /** Snapshot description: the class's `static readonly vmState`, if it has one. */
  get vmState(): VmState | undefined {
    return (this.constructor as unknown as { vmState?: VmState }).vmState;
  }

  /** Builds what depends on the properties. Throws OptionError if they make no sense. */
  protected realize(): void {}
  /** Gives back what realize took; regions, timers and lines are taken care of. */
  protected unrealize(): void {}
  /** Power-on state, but for the registers with a field: they have theirs already. Called at every system reset, and once before the guest starts. */
  reset(): void {}

  /** System reset of this device. */
  coldReset(): void {
    for (const registers of this.#registers) registers.reset();
    this.reset();
  }

  /** The same, after all that is on its buses. */
  resetTree(): void {
    for (const bus of this.childBuses) for (const child of bus.children) child.resetTree();
    this.coldReset();
  }

  /** The machine was loaded from a file, and may be one of several that were: what each of them is to have for itself is made anew. */
  newGeneration(): void {}

  /** Runs realize once; use `machine.realize(device)` to put it into the tree as well. */
  realizeDevice(): void {
    if (this.#realized) return;
    this.realize();
    this.#realized = true;
    for (const bus of this.childBuses) bus.realizeChildren();
    this.parentBus?.childRealized(this);
    this.#services.inventory.realized(this);
  }

  unrealizeDevice(): void {
    if (!this.#realized) return;
    for (const bus of this.childBuses) for (const child of [...bus.children]) child.unrealizeDevice();
    this.unrealize();
    for (const timer of this.#timers) timer.del();
    this.#realized = false;
    this.#services.inventory.unrealized(this);
    this.parentBus?.remove(this);
    this.unparent();
  }

  // ---- the machine's services --------------------------------------------------------------------------------------------
  protected get services(): DeviceServices {
    return this.#services;
  }
  /** Guest time in ns. */
  protected get now(): bigint {
    return this.services.time.now(ClockType.Virtual);
  }

  /** A device that is part of this one, at `name` below it, with what -global says; it is put on one of this one's buses before that is realized. */
  protected newPart<T extends DeviceState>(klass: DeviceClass<T>, name: string): T {
    const part = new klass(this.#services);
    this.#services.inventory.created(part);
    return this.addChild(name, part);
  }

  // ---- memory regions, owned by this device ----------------------------------------------------------------------------
  /** An I/O region; offsets given to the handlers are relative to it. */
  protected ioRegion(name: string, size: number, ops: MemoryRegionOps): MemoryRegion {
    return MemoryRegion.io(this.services.memory.topology, name, size, ops, this);
  }
  /** An I/O region of registers: see registers.ts. They are reset with the device. */
  protected registerRegion<T>(
    this: T & DeviceState,
    name: string,
    size: number,
    map: RegisterMap<T>,
    access?: RegisterAccess,
  ): MemoryRegion {
    const registers = this.bindRegisters<T>(map, this);
    registers.mustFit(size);
    return this.ioRegion(name, size, registers.ops(access));
  }
  /** Registers that are part of a larger region, or that another object has. */
  protected bindRegisters<T>(map: RegisterMap<T>, holder: T): Registers<T> {
    const registers = new Registers(map, holder, this.services.log, (text) => this.guestError(text));
    this.#registers.push(registers);
    return registers;
  }
  /** Its register maps, for a debugger. */
  get registerMaps(): readonly { readonly name: string; readonly registers: readonly RegisterView[] }[] {
    return this.#registers.map((registers) => ({ name: registers.name, registers: registers.view() }));
  }
  protected ramRegion(name: string, size: number): MemoryRegion {
    const { topology, ram } = this.services.memory;
    return MemoryRegion.ram(topology, name, ram.allocate(name, size), this);
  }
  protected romRegion(name: string, size: number): MemoryRegion {
    const { topology, ram } = this.services.memory;
    return MemoryRegion.rom(topology, name, ram.allocate(name, size), this);
  }
  /** Flash: reads from memory while in ROM mode (`setRomd`), writes to `ops`. */
  protected romDeviceRegion(name: string, size: number, ops: MemoryRegionOps): MemoryRegion {
    const { topology, ram } = this.services.memory;
    return MemoryRegion.romDevice(topology, name, ram.allocate(name, size), ops, this);
  }
  protected containerRegion(name: string, size: number): MemoryRegion {
    return MemoryRegion.container(this.services.memory.topology, name, size, this);
  }
  protected aliasRegion(name: string, target: MemoryRegion, offset: number, size: number): MemoryRegion {
    return MemoryRegion.alias(this.services.memory.topology, name, target, offset, size, this);
  }

  // ---- timers ----------------------------------------------------------------------------------------------------------
  protected newTimer(callback: () => void, clock: ClockType = ClockType.Virtual): Timer {
    const timer = this.services.time.timer(clock, callback);
    this.#timers.push(timer);
    return timer;
  }

  /** In the order in which they were made. */
  get timers(): readonly Timer[] {
    return this.#timers;
  }

  // ---- GPIO ------------------------------------------------------------------------------------------------------------
  /** Adds `count` inputs; `name` distinguishes groups. */
  protected initGpioIn(count: number, handler: IrqHandler, name = ''): IrqLine[] {
    return this.#addLines(this.#inputs, irqLines(handler, count, this), name);
  }
  /** Adds `count` outputs, to be driven by this device. */
  protected initGpioOut(count: number, name = ''): IrqLine[] {
    return this.#addLines(
      this.#outputs,
      Array.from({ length: count }, (_, n) => new IrqLine(undefined, n)),
      name,
    );
  }
  gpioIn(n = 0, name = ''): IrqLine {
    return this.#line(this.#inputs, n, name, 'input');
  }
  gpioOut(n = 0, name = ''): IrqLine {
    return this.#line(this.#outputs, n, name, 'output');
  }
  connectGpioOut(n: number, target: IrqLine | undefined, name = ''): void {
    this.gpioOut(n, name).connect(target);
  }
  /** How many lines each group has, in the order in which the groups were made. */
  gpioGroups(): { readonly name: string; readonly inputs: number; readonly outputs: number }[] {
    const names = [...new Set([...this.#inputs.keys(), ...this.#outputs.keys()])];
    return names.map((name) => ({
      name,
      inputs: this.#inputs.get(name)?.length ?? 0,
      outputs: this.#outputs.get(name)?.length ?? 0,
    }));
  }

  // ---- logging ---------------------------------------------------------------------------------------------------------
  /** The guest did something that the hardware does not define. */
  protected guestError(message: string): void {
    this.services.log.mask('guest_errors', `${this.typeName}: ${message}`);
  }

  /** A trace event of its own (util/trace.ts). */
  protected trace<Args extends readonly unknown[]>(event: TraceEvent<Args>, ...args: Args): void {
    if (this.services.log.traces) this.services.log.trace(event, ...args);
  }
  /** The guest used something that is not built. */
  protected unimplemented(message: string): void {
    this.services.log.mask('unimp', `${this.typeName}: ${message}`);
  }

  protected override mayChange(property: Property): boolean {
    return !this.#realized || property.runtime === true;
  }
  protected override resolveLink(kind: string, id: string): unknown {
    return this.#services.inventory.find(kind, id);
  }

  #addLines(map: Map<string, IrqLine[]>, lines: IrqLine[], name: string): IrqLine[] {
    const all = map.get(name) ?? [];
    map.set(name, [...all, ...lines]);
    return lines;
  }
  #line(map: Map<string, IrqLine[]>, n: number, name: string, what: string): IrqLine {
    const found = map.get(name)?.[n];
    if (!found) throw new RangeError(`${this.typeName} has no GPIO ${what} ${name ? `'${name}' ` : ''}${n}`);
    return found;
  }
}
