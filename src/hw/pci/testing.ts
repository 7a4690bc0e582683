/** A host bridge for tests of functions: where everything is, its lines and the messages that it was sent can be looked at. */
import { ADDRESS_SPACE_SIZE } from '../../memory/region.js';
import type { DeviceClass, Given, PropertyValues } from '../core/device.js';
import { defineDevice } from '../core/device.js';
import { TestMachine } from '../core/testing.js';
import { PcieBus, swizzle, type PciBus } from './bus.js';
import type { BarKind, PciIdentity } from './device.js';
import { PciDevice } from './device.js';
import { PcieHostBridge } from './host.js';
import { devfn } from './regs.js';
import { pciVmState } from './vmstate.js';

export const ECAM = 0x3000_0000;
/** BARs of memory are at their own addresses, below whatever else is there. */
export const PORTS = 0x0300_0000;
export const RAM = 0x8000_0000;
export const RAM_SIZE = 0x10_0000;

export class TestHost extends PcieHostBridge {
  static override readonly type = defineDevice('test-pcihost', PcieHostBridge, TestHost);
  readonly lines = [false, false, false, false];
  readonly messages: [address: number, data: number][] = [];
  takesMessages = true;

  protected override realize(): void {
    const memory = this.containerRegion('pci-memory', ADDRESS_SPACE_SIZE);
    const io = this.containerRegion('pci-io', 0x1_0000);
    const { map, system } = this.services.memory;
    map(memory, 0, -1);
    map(io, PORTS, 0);
    map(this.ecamRegion(0x1000_0000), ECAM, 0);
    this.bus = new PcieBus(this, 'pcie.0', memory, io).wire({
      ...{ lines: 4, mapIrq: swizzle, setIrq: (line, level) => void (this.lines[line] = level), dma: system },
      msi: this.takesMessages ? { send: (address, data) => void this.messages.push([address, data]) } : undefined,
    });
  }
}

/** A function with BARs of RAM-like registers: what is written to the first word of each is there again. */
export class TestFunction extends PciDevice {
  static override readonly type = defineDevice('test-function', PciDevice, TestFunction, { userCreatable: true });
  static readonly vmState = pciVmState<TestFunction>('test-function', { version: 1 }, []);
  override readonly identity: PciIdentity = { vendor: 0x1234, device: 0x5678, class: 0x00ff };
  /** Number, bytes, kind: set before it is realized. */
  layout: readonly (readonly [n: number, size: number, kind?: BarKind])[] = [];
  readonly words: number[] = [];

  protected override realizeFunction(): void {
    this.useInterruptPin();
    for (const [n, size, kind] of this.layout) {
      const region = this.ioRegion(`bar${n}`, size, {
        read: (offset) => (offset === 0 ? (this.words[n] ?? 0) : offset),
        write: (offset, value) => offset === 0 && (this.words[n] = value >>> 0),
      });
      this.registerBar(n, region, kind);
    }
  }
  drive(level: number): void {
    this.setPin(level);
  }
}

export class PciRig {
  readonly m = new TestMachine();
  readonly host: TestHost;

  constructor({ messages = true } = {}) {
    this.m.systemMemory.addSubregion(RAM, this.m.newRam('ram', RAM_SIZE));
    const host = this.m.newDevice(TestHost);
    host.takesMessages = messages;
    this.host = this.m.realize(host);
  }

  add<T extends PciDevice, Values>(
    klass: DeviceClass<T, Values>,
    props?: Given<Values>,
    more: { bus?: PciBus; before?: (device: T) => void } = {},
  ): T {
    const device = this.m.newDevice(klass, props);
    more.before?.(device);
    return this.m.realize(device, { bus: more.bus ?? this.host.bus });
  }
  function(addr: string, layout: TestFunction['layout'] = [], bus?: PciBus, props: PropertyValues<typeof TestFunction> = {}): TestFunction {
    return this.add(TestFunction, { addr, ...props }, { bus, before: (device) => (device.layout = layout) });
  }

  // ---- configuration cycles: register, width; `place`: slot, or [bus, slot, function]
  private address(place: number | readonly [number, number, number?], at: number): number {
    const [bus, slot, fn = 0] = typeof place === 'number' ? [0, place] : place;
    return ECAM + bus * 0x10_0000 + devfn(slot, fn) * 0x1000 + at;
  }
  get(place: number | readonly [number, number, number?], at: number, width: 1 | 2 | 4 = 4): number {
    return this.m.addressSpace.read(this.address(place, at), width);
  }
  put(place: number | readonly [number, number, number?], at: number, value: number, width: 1 | 2 | 4 = 4): void {
    this.m.addressSpace.write(this.address(place, at), width, value >>> 0);
  }
  /** I/O, memory and mastering on. */
  enable(place: number | readonly [number, number, number?], command = 7): void {
    this.put(place, 4, command, 2);
  }
  /** What answers at an address; undefined: nothing. */
  at(address: number): string | undefined {
    return this.m.addressSpace.find(address)?.region.name;
  }
  read = (address: number, width: 1 | 2 | 4 = 4): number => this.m.addressSpace.read(address, width);
  write = (address: number, value: number, width: 1 | 2 | 4 = 4): void => void this.m.addressSpace.write(address, width, value >>> 0);
}
