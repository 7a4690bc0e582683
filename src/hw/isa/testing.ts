/** An ISA bus for tests of devices: ports are read and written by number, lines and memory can be looked at. */
import { KiB } from '../../util/size.js';
import { defineDevice, DeviceState, type DeviceClass, type Given } from '../core/device.js';
import { IrqLine } from '../core/irq.js';
import { GuestMemory } from '../core/guest-memory.js';
import { TestMachine } from '../core/testing.js';
import { IsaBus, ISA_LINES } from './isa-bus.js';

class TestIsaBridge extends DeviceState {
  static override readonly type = defineDevice('test-isa-bridge', DeviceState, TestIsaBridge);
}

/** Where the ports are in memory. */
const PORTS = 0x8000_0000;
export const RAM_SIZE = 128 * KiB;

export class IsaRig {
  readonly m = new TestMachine();
  /** Levels of the bus's lines, unless a device has taken them over. */
  readonly levels: number[] = Array.from({ length: ISA_LINES }, () => 0);
  readonly bus: IsaBus;

  constructor() {
    const { m } = this;
    m.systemMemory.addSubregion(PORTS, m.ioMemory);
    m.systemMemory.addSubregion(0, m.newRam('ram', RAM_SIZE));
    this.bus = new IsaBus(m.addDevice(TestIsaBridge), 'isa.0', m.ioMemory, new GuestMemory(m.addressSpace));
    this.bus.lines = this.levels.map((_, n) => this.line((level) => (this.levels[n] = level)));
  }

  add<T extends DeviceState, Values>(klass: DeviceClass<T, Values>, properties?: Given<Values>, prepare?: (device: T) => void): T {
    const device = this.m.newDevice(klass, properties);
    prepare?.(device);
    return this.m.realize(device, { bus: this.bus });
  }
  line(heard: (level: number) => void): IrqLine {
    return new IrqLine((_, level) => heard(level));
  }
  in(port: number, size: 1 | 2 | 4 = 1): number {
    return this.m.addressSpace.read(PORTS + port, size);
  }
  out(port: number, value: number, size: 1 | 2 | 4 = 1): void {
    this.m.addressSpace.write(PORTS + port, size, value);
  }
}
