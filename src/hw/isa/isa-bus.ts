/**
 * The ISA bus: a space of I/O ports, sixteen interrupt lines, eight DMA channels, and the devices on it, each of which says where it is. Source: ISA System
 * Architecture (MindShare), chapters 5 and 17.
 */
import type { MemoryRegion } from '../../memory/region.js';
import { defineType, type TypeInfo } from '../../qom/object.js';
import { OptionError } from '../../util/errors.js';
import { Bus } from '../core/bus.js';
import { defineDevice, DeviceState } from '../core/device.js';
import type { GuestMemory } from '../core/guest-memory.js';
import type { IrqLine } from '../core/irq.js';
import type { RegisterAccess, RegisterMap } from '../core/registers.js';

export const ISA_LINES = 16;

/** What a DMA controller offers the device on one of its channels. */
export interface IsaDmaChannel {
  /** The device asks for service, or not any more; while it does, `handler` is called. */
  request(level: boolean): void;
  /** Bytes that are still to be moved, the terminal count's included. */
  readonly left: number;
  /** As the guest has programmed it: from the device to memory (`write`), the other way, or neither. */
  readonly direction: 'verify' | 'write' | 'read';
  /** Moves bytes to memory, or from there; as many as fit. */
  write(bytes: Uint8Array): number;
  read(into: Uint8Array): number;
  /** Who is on the channel: called with each chance to move something. */
  handler: (() => void) | undefined;
}

export class IsaBus extends Bus {
  static override readonly type: TypeInfo = defineType('ISA', Bus, IsaBus);

  /** Inputs of the interrupt controllers, which are devices of this bus themselves. */
  lines: readonly IrqLine[] = [];
  /** Of the DMA controllers; the fourth is between these. */
  readonly channels: (IsaDmaChannel | undefined)[] = [];

  constructor(
    parent: DeviceState,
    name: string,
    /** Its ports. */
    readonly io: MemoryRegion,
    /** Memory, for DMA. */
    readonly memory: GuestMemory,
  ) {
    super(parent, name);
  }
}

/** Offset and length of ports in a row, bytes. */
export type PortRun = readonly [offset: number, length: number];

export abstract class IsaDevice extends DeviceState {
  static override readonly type = defineDevice('isa-device', DeviceState, IsaDevice, { bus: 'ISA', abstract: true });

  protected get bus(): IsaBus {
    return this.parentBus as IsaBus;
  }

  /** The number of one that was told none: how many of its class the bus has already. */
  protected get nextIndex(): number {
    return this.bus.children.filter((device) => device instanceof this.constructor && device.realized).length;
  }

  /** Puts a part of this device on the bus. */
  protected realizePart(part: IsaDevice): void {
    this.bus.attach(part);
    part.realizeDevice();
  }

  private readonly ports: MemoryRegion[] = [];

  /** Puts a region at a port. */
  protected mapPorts(port: number, region: MemoryRegion): void {
    this.ports.push(region);
    this.bus.io.addSubregion(port, region);
  }

  /** Ports that are registers, from `port` on; `runs`: those of them that the device decodes, each of which is a region of that name. */
  protected mapRegisters<T>(
    this: T & IsaDevice,
    name: string,
    port: number,
    runs: readonly PortRun[],
    map: RegisterMap<T>,
    access: RegisterAccess = BYTES,
  ): void {
    const { read, write, ...sizes } = this.bindRegisters<T>(map, this).ops(access);
    for (const [offset, length] of runs) {
      const ops = {
        ...sizes,
        read: (at: number, size: number) => read!(offset + at, size),
        write: (at: number, value: number, size: number) => write!(offset + at, value, size),
      };
      this.mapPorts(port + offset, this.ioRegion(name, length, ops));
    }
  }

  /** A new output that drives one of the bus's interrupt lines. @throws OptionError if there is no such line */
  protected isaIrq(n: number, name = ''): IrqLine {
    const line = this.bus.lines[n];
    if (!line) throw new OptionError(`ISA has no interrupt ${n}`, this.id ?? this.typeName, `0 to ${ISA_LINES - 1}`);
    const [output] = this.initGpioOut(1, name === '' ? IRQ : `${IRQ}-${name}`);
    output.connect(line);
    return output;
  }

  protected override unrealize(): void {
    for (const region of this.ports.splice(0)) region.parentRegion?.removeSubregion(region);
  }
}

const IRQ = 'isa-irq';

/** Eight data lines: wider accesses are several. */
export const BYTES: RegisterAccess = { accessSizes: [1, 2, 4], implSizes: [1] };
