import { expect, it } from 'vitest';
import { IrqLine } from '../core/irq.js';
import { TestMachine } from '../core/testing.js';
import { VmGenId } from './vmgenid.js';

it('has a number, and another one in each generation, told by an edge', () => {
  const machine = new TestMachine();
  const device = machine.addDevice(VmGenId);
  device.mmioMap(0, 0x1000);
  const edges: number[] = [];
  device.connectIrq(0, new IrqLine((_, level) => edges.push(level)));
  const guid = (): Uint8Array => {
    const bytes = new Uint8Array(16);
    machine.addressSpace.readBytes(0x1000, bytes);
    return bytes;
  };
  const first = guid();
  expect(first).toEqual(device.guid);
  expect(machine.addressSpace.read(0x1004, 4)).toBe(new DataView(first.buffer).getUint32(4, true));
  machine.reset();
  expect([guid(), edges]).toEqual([first, []]);
  device.newGeneration();
  expect(guid()).not.toEqual(first);
  expect(edges).toEqual([1, 0]);
});
