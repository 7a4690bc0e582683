import { expect, it } from 'vitest';
import { TypeRegistry } from '../../qom/registry.js';
import { defineDevice } from './device.js';
import type { FdtNode } from './fdt.js';
import { IrqLine } from './irq.js';
import { PlatformBusDevice } from './platform-bus.js';
import { registerMap, ro, rw } from './registers.js';
import { SysBusDevice } from './sysbus.js';
import { TestMachine } from './testing.js';
import { TreeBus } from './tree-bus.js';
import { FdtTree } from './fdt.js';
import { deviceAdd } from './device-add.js';

class Counter extends SysBusDevice {
  static override readonly type = defineDevice('counter', SysBusDevice, Counter, { bus: 'platform-bus', userCreatable: true });
  static readonly registers = registerMap<Counter>('counter', [
    rw(0, 'COUNT', { field: 'count', written: (s) => s.irq.set(s.count !== 0) }),
  ]);
  count = 0;
  readonly irq = this.initIrq();
  protected override realize(): void {
    this.initMmio(this.registerRegion('counter', 0x1800, Counter.registers));
  }
  override addTreeNode(bus: TreeBus): FdtNode {
    return bus.device(this, 'counter', 'wemu,counter');
  }
}

/** A machine with a bus of 64 KiB and two interrupts; `levels` are those of its inputs. */
function setup() {
  const m = new TestMachine({ types: new TypeRegistry([Counter, PlatformBusDevice]) });
  const bus = m.addDevice(PlatformBusDevice, { num_irqs: 2, mmio_size: 0x1_0000 });
  const levels = [0, 0, 0, 0];
  const controller = {};
  bus.place([0x400_0000, 0x1_0000], ...[2, 3].map((n) => new IrqLine((at, level) => (levels[at] = level), n, controller)));
  return { m, bus, levels, controller };
}

it('-device puts a device where there is room, and on a free interrupt', () => {
  const { m, levels } = setup();
  deviceAdd(m, 'counter,id=a');
  deviceAdd(m, 'counter,id=b');
  m.addressSpace.write(0x400_2000, 4, 7); // 0x1800 bytes: 0x2000 apart
  expect([m.addressSpace.read(0x400_0000, 4), m.addressSpace.read(0x400_2000, 4), levels]).toEqual([0, 7, [0, 0, 0, 1]]);
  m.reset();
  expect(m.addressSpace.read(0x400_2000, 4)).toBe(0);
});

it('says what it has no room for', () => {
  const { m } = setup();
  for (const id of ['a', 'b']) deviceAdd(m, `counter,id=${id}`);
  expect(() => deviceAdd(m, 'counter,id=c')).toThrow('-device counter,id=c: c: the platform bus has no more than 2 interrupts');
  const small = new TestMachine({ types: new TypeRegistry([Counter]) });
  expect(() => deviceAdd(small, 'counter')).toThrow("-device counter: No 'platform-bus' bus found for device 'counter'");
  small.addDevice(PlatformBusDevice, { num_irqs: 2, mmio_size: 0x1000 });
  expect(() => deviceAdd(small, 'counter')).toThrow('-device counter: counter: the platform bus has no room for 6144 bytes');
});

it('a device describes itself there', () => {
  const { m, bus, controller } = setup();
  deviceAdd(m, 'counter');
  deviceAdd(m, 'counter');
  const tree = new FdtTree();
  bus.addTreeNode(new TreeBus(tree.root, new Map([[controller, 5]])));
  const node = tree.find('/platform-bus@4000000')!;
  const cells = (at: FdtNode, name: string): number[] => {
    const bytes = at.properties.get(name)!;
    return Array.from({ length: bytes.length / 4 }, (_, i) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * i));
  };
  expect(cells(node, 'ranges')).toEqual([0, 0, 0x400_0000, 0x1_0000]);
  expect(cells(node, 'interrupt-parent')).toEqual([5]);
  const second = node.children.get('counter@2000')!;
  expect([cells(second, 'reg'), cells(second, 'interrupts'), cells(second, 'interrupt-parent')]).toEqual([[0x2000, 0x1800], [3], [5]]);
});

it('who would be on no bus, or on a wrong one, is not declared', () => {
  class Lost extends SysBusDevice {}
  const declare = (bus?: string) => () => defineDevice('lost', SysBusDevice, Lost, { bus, userCreatable: true });
  expect(declare()).toThrow("lost: userCreatable, but on no bus (bus: 'platform-bus')");
  expect(declare('platfrom-bus')).toThrow("lost: the bus of a sys-bus-device is 'platform-bus', not 'platfrom-bus'");
  expect(declare('platform-bus')).not.toThrow();
  expect(() => defineDevice('of-a-board', SysBusDevice, Lost)).not.toThrow();
});

it('a register beyond its region is not declared', () => {
  class Far extends SysBusDevice {
    static override readonly type = defineDevice('far', SysBusDevice, Far);
    protected override realize(): void {
      this.registerRegion('far', 0x10, registerMap<Far>('far', [ro(0xc, 'LAST', { array: () => [[2, 4]], read: () => 0 })]));
    }
  }
  expect(() => new TestMachine().addDevice(Far)).toThrow('far: LAST, at 0x10, is beyond its region of 0x10 bytes');
});
