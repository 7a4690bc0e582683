/** Small things that "QEMU internals" shows: machines, regions, devices, interrupts, run states. */
import { expect, it } from 'vitest';
import { defineDevice } from '../../src/hw/core/device.js';
import { IrqLine, irqLines } from '../../src/hw/core/irq.js';
import { MachineState } from '../../src/hw/core/machine.js';
import { defineMachine } from '../../src/hw/core/machine-class.js';
import { SysBusDevice } from '../../src/hw/core/sysbus.js';
import { TestMachine } from '../../src/hw/core/testing.js';
import { MemoryRegion } from '../../src/memory/region.js';
import { ManualHostClock } from '../../src/hw/core/clock.js';
import { KiB } from '../../src/util/size.js';

it('a region of 64 KiB whose write of 42 at offset 0 resets the machine, and which reads 0', () => {
  const m = new TestMachine();
  const region = MemoryRegion.io(m.topology, 'reset', 64 * KiB, {
    read: () => 0,
    write: (offset, value) => offset === 0 && value === 42 && m.requestReset('guest-reset'),
  });
  m.systemMemory.addSubregion(0x1000_0000, region);
  expect(m.addressSpace.read(0x1000_0000)).toBe(0);
  m.addressSpace.write(0x1000_0000, 4, 41);
  m.addressSpace.write(0x1000_0004, 4, 42);
  expect(m.runState.resetRequest).toBeUndefined();
  m.addressSpace.write(0x1000_0000, 4, 42);
  expect(m.runState.resetRequest).toBe('guest-reset');
});

it('lines are an array of one handler; one that leads nowhere does nothing', () => {
  const heard: [number, number][] = [];
  const lines = irqLines((n, level) => void heard.push([n, level]), 3);
  lines[2].raise();
  lines[0].set(1);
  lines[2].lower();
  expect(heard).toEqual([[2, 1], [0, 1], [2, 0]]); // prettier-ignore
  const open = new IrqLine();
  open.raise();
  expect([open.level, open.connected]).toEqual([1, false]);
});

/** The EDC's shape: registers, a window and a second bank that others map, and an interrupt of its own beside one that comes in by name. */
class Edc extends SysBusDevice {
  static override readonly type = defineDevice('edc', SysBusDevice, Edc, { description: 'errors' });
  readonly heard: [n: number, level: number][] = [];
  protected override realize(): void {
    ['reg1', 'window', 'reg2'].forEach((name, n) => this.initMmio(this.ioRegion(name, 0x1000, { read: () => n, write: () => {} })));
    for (let n = 0; n < 2; n++) this.initIrq();
    this.initGpioIn(4, (n, level) => this.heard.push([n, level]), 'ITN');
    this.initGpioOut(1, 'ready');
  }
  fail(n: number): void {
    this.irqs[n].raise();
  }
  ready(): void {
    this.gpioOut(0, 'ready').raise();
  }
}

/** A machine type is one declaration; what is made of it is in order: its parts, what `-device` adds, and then what boots. */
class Board extends MachineState {
  static override readonly type = defineMachine('board', MachineState, Board, { desc: 'a board', defaultRamSize: 64 * KiB });
  readonly steps: string[] = [];
  edc!: Edc;
  protected override init(): void {
    this.systemMemory.addSubregion(0x8000_0000, this.newRam('ram', this.ramSize));
    this.edc = this.addDevice(Edc);
    this.steps.push('init');
  }
  protected override devicesAdded(): void {
    this.steps.push('boot');
  }
}
/** A machine that is another one but for what it says. */
class LargerBoard extends Board {
  static override readonly type = defineMachine('larger-board', Board, LargerBoard, { desc: 'a larger board', defaultRamSize: 128 * KiB });
}

it('a machine is one declaration, after its parent; parts first, then what boots', () => {
  for (const [klass, desc, size] of [
    [Board, 'a board', 64 * KiB],
    [LargerBoard, 'a larger board', 128 * KiB],
  ] as const) {
    const machine = new klass({ hostClock: new ManualHostClock() });
    machine.create();
    expect([machine.class.desc, machine.ramSize, machine.steps]).toEqual([desc, size, ['init', 'boot']]);
    expect(machine instanceof Board).toBe(true);
  }
});

it('a device has several regions and interrupts; one call places it; what nobody maps is nowhere', () => {
  const m = new TestMachine();
  const levels = [0, 0];
  const edc = m.addDevice(Edc).place([0x2000_1000, 0x1000], ...irqLines((n, level) => void (levels[n] = level), 2));
  edc.mmioMap(2, 0x2000_5000);
  expect([0x2000_1000, 0x2000_5000].map((at) => m.addressSpace.find(at)?.region.name)).toEqual(['reg1', 'reg2']);
  expect(m.addressSpace.find(0x2000_2000)).toBeUndefined();
  expect(edc.mmio.map(({ parentRegion }) => parentRegion !== undefined)).toEqual([true, false, true]);
  edc.fail(1);
  expect(levels).toEqual([0, 1]);
});

it('lines have names and numbers, and lead from one device to another', () => {
  const m = new TestMachine();
  const [from, to] = [m.addDevice(Edc), m.addDevice(Edc)];
  to.ready(); // it leads nowhere
  from.connectGpioOut(0, to.gpioIn(3, 'ITN'), 'ready');
  from.ready();
  expect(to.heard).toEqual([[3, 1]]);
  expect(() => to.gpioIn(4, 'ITN')).toThrow();
});

it('a change of the run state is a trace event', () => {
  const m = new TestMachine();
  m.log.set('trace:runstate_*', true);
  void m.vmStop();
  expect(m.logged.join('')).toContain('current_run_state (running) new_state (paused)');
});
