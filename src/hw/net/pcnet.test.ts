import { expect, it } from 'vitest';
import { PciRig } from '../pci/testing.js';
import { PcNet } from './pcnet.js';

const BAR = 0x4000_0000;

it('has an address, registers, and stays stopped', () => {
  const rig = new PciRig();
  rig.add(PcNet, { addr: '1.0' });
  rig.m.reset();
  rig.put(1, 0x14, BAR);
  rig.enable(1);
  expect(Array.from({ length: 6 }, (_, n) => rig.read(BAR + n, 1))).toEqual([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
  const csr = (n: number): number => (rig.write(BAR + 0x12, n, 2), rig.read(BAR + 0x10, 2));
  expect([csr(0), csr(88), csr(89)]).toEqual([4, 0x1003, 0x0262]);
  csr(0);
  rig.write(BAR + 0x10, 0x43, 2);
  expect(csr(0)).toBe(4);
  rig.write(BAR + 0x14, 88, 4); // the same registers, as double words
  expect(rig.read(BAR + 0x10, 4)).toBe(0x1003);
  for (let n = 0; n < 200; n++) for (const at of [0x10, 0x12, 0x14, 0x16, 0x18]) rig.write(BAR + at, n * 0x0101, 2);
  rig.read(BAR + 0x14, 2); // reset
  expect(csr(0)).toBe(4);
});

it('refuses what is no address', () => {
  expect(() => new PciRig().add(PcNet, { mac: '1:2' })).toThrow("'1:2' is no address");
});
