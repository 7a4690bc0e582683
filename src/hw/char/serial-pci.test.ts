import { expect, it } from 'vitest';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { PciRig, PORTS } from '../pci/testing.js';
import { SerialPci } from './serial-pci.js';

it('pci-serial is a 16550 in eight ports, with the pin for its interrupt', () => {
  const rig = new PciRig();
  const chardev = new RingBufferChardev('s');
  rig.m.backends.add('chardev', 's', chardev);
  rig.add(SerialPci, { addr: '1', chardev: 's' });
  expect([rig.get(1, 0), rig.get(1, 8)]).toEqual([0x0002_1b36, 0x0700_0201]);
  rig.put(1, 0x10, 0x1000);
  expect(rig.get(1, 0x10)).toBe(0x1001);
  rig.enable(1);
  const port = PORTS + 0x1000;
  rig.write(port, 0x41, 1);
  expect(chardev.readText()).toBe('A');
  rig.write(port + 1, 1, 1);
  expect(rig.host.lines[1]).toBe(false);
  chardev.input(Uint8Array.of(0x62));
  expect([rig.host.lines[1], rig.read(port, 1), rig.host.lines[1]]).toEqual([true, 0x62, false]);
  rig.write(port + 7, 0x5a, 1);
  rig.m.reset();
  expect([rig.get(1, 0x10), rig.at(port)]).toEqual([1, undefined]);
});
