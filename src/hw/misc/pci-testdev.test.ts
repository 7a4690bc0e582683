import { expect, it } from 'vitest';
import { PciRig, PORTS } from '../pci/testing.js';
import { PciTestdev } from './pci-testdev.js';

const MEMORY = 0x4000_0000;
const IO = PORTS + 0x1000;
const make = (props = {}) => {
  const rig = new PciRig();
  rig.add(PciTestdev, { addr: '1', ...props });
  rig.put(1, 0x10, MEMORY);
  rig.put(1, 0x14, 0x1000);
  rig.enable(1);
  const name = (base: number) => String.fromCharCode(...Array.from({ length: 40 }, (_, i) => rig.read(base + 16 + i, 1)).filter(Boolean));
  return { rig, name };
};

// what QEMU 10.0 says: test, offset, data, name, and how often two writes of the data and one of another count
it.each([
  [MEMORY, 0, 0x0100, 0x800, 0xfa, 'mmio-no-eventfd', 2],
  [MEMORY, 1, 0x0101, 0x801, 0xce, 'mmio-wildcard-eventfd', 0],
  [MEMORY, 2, 0x0102, 0x802, 0xfa, 'mmio-datamatch-eventfd', 0],
  [MEMORY, 3, 0, 0, 0, '', 0],
  [IO, 0, 0x0103, 0x83, 0xfa, 'portio-no-eventfd', 2],
  [IO, 1, 0x0104, 0x84, 0xce, 'portio-wildcard-eventfd', 0],
  [IO, 2, 0x0105, 0x85, 0xfa, 'portio-datamatch-eventfd', 0],
  [IO, 255, 0, 0, 0, '', 0],
])('at 0x%x, test %i', (base, test, head, offset, data, title, count) => {
  const { rig, name } = make();
  rig.write(base, test, 1);
  expect([rig.read(base), rig.read(base + 4), rig.read(base + 8), rig.read(base + 12), name(base)]).toEqual([head, offset, data, 0, title]);
  if (offset === 0) return;
  for (const value of [data, data, data ^ 1]) rig.write(base + offset, value, 1);
  rig.write(base + 8, 9);
  expect([rig.read(base + 12), rig.read(base + offset, 1), rig.read(base + 8)]).toEqual([count, 0, data]);
});

it('has a BAR of the size that is asked for', () => {
  const { rig } = make({ membar: '4M' });
  rig.put(1, 0x18, -1);
  rig.put(1, 0x1c, -1);
  expect([rig.get(1, 0x18), rig.get(1, 0x1c)]).toEqual([0xffc0_000c, 0xffff_ffff]);
  expect(() => make({ membar: '5M' })).toThrow(/a power of two/);
});
