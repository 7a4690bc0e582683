import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { virtioPciDevices } from '../virtio/virtio-pci-devices.js';
import type { DeviceClass } from '../core/device.js';
import { PciBridge } from './pci-bridge.js';
import { PcieRootPort } from './pcie-root-port.js';
import { PciRig } from './testing.js';
import type { PciDevice } from './device.js';

const RngPci = virtioPciDevices.find(({ type }) => type.name === 'virtio-rng-pci') as unknown as DeviceClass<PciDevice, unknown>;
type Place = number | readonly [number, number];

/** Lines of 16 bytes that are not all 0, as QEMU 10.0's were read by its qtest: with hotplug=off, and of each bit whether it can be written. */
function dump(
  rig: PciRig,
  place: Place,
  from: number,
  to: number,
  value: (at: number) => number = (at) => rig.get(place, at, 1),
): string[] {
  const lines: string[] = [];
  for (let at = from; at < to; at += 16) {
    const bytes = Array.from({ length: 16 }, (_, i) => value(at + i));
    if (bytes.some(Boolean)) lines.push(`${at.toString(16)}: ${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`);
  }
  return lines;
}
const writable = (rig: PciRig, place: Place, from: number, to: number): string[] =>
  dump(rig, place, from, to, (at) => {
    const old = rig.get(place, at, 1);
    const [ones, zeros] = [0xff, 0].map((value) => {
      rig.put(place, at, value, 1);
      return rig.get(place, at, 1);
    });
    rig.put(place, at, old, 1);
    return ones ^ zeros;
  });
const portOn = (rig: PciRig, properties: Record<string, number | string> = {}): PcieRootPort =>
  rig.add(PcieRootPort, { addr: '1', ...properties } as never);

describe('pcie-root-port', () => {
  it('has the registers of QEMU', () => {
    const rig = new PciRig();
    portOn(rig, { chassis: 3, slot: 5, port: 7 }).coldReset();
    expect(dump(rig, 1, 0, 0x200)).toEqual([
      '0: 36 1b 0c 00 00 00 10 00 00 00 04 06 00 00 01 00',
      '10: 00 00 00 00 00 00 00 00 00 00 00 00 f0 00 00 00',
      '20: f0 ff 00 00 f1 ff 01 00 00 00 00 00 00 00 00 00',
      '30: 00 00 00 00 54 00 00 00 00 00 00 00 00 01 00 00',
      '40: 0d 00 00 00 36 1b 00 00 11 40 00 00 00 00 00 00',
      '50: 00 08 00 00 10 48 42 01 20 80 00 00 00 00 00 00',
      '60: 04 06 30 07 00 00 04 02 1b 00 2a 00 c0 07 00 00',
      '70: 00 00 00 00 00 00 00 00 20 00 30 00 00 00 00 00',
      '80: 1e 00 00 00 04 00 00 00 00 00 00 00 00 00 00 00',
      '100: 01 00 82 14 00 00 00 00 00 00 40 02 30 20 46 00',
      '110: 00 00 00 00 00 e0 00 00 a0 02 00 00 00 00 00 00',
      '140: 00 00 00 00 00 00 00 00 0d 00 01 00 5f 00 00 00',
    ]);
    expect(writable(rig, 1, 0, 0x90)).toEqual([
      '0: 00 00 00 00 07 05 00 00 00 00 00 00 ff 00 00 00',
      '10: 00 f0 ff ff 00 00 00 00 ff ff ff 00 f0 f0 00 00',
      '20: f0 ff f0 ff f0 ff f0 ff ff ff ff ff ff ff ff ff',
      '30: 00 00 00 00 00 00 00 00 00 00 00 00 ff 00 5f 00',
      '40: 00 00 00 00 00 00 00 00 00 00 00 c0 00 00 00 00',
      '50: 00 00 00 00 00 00 00 00 00 00 00 00 0f 00 00 00',
      '60: 00 00 00 00 00 00 00 00 00 00 00 00 f9 07 00 00',
      '70: 07 00 00 00 00 00 00 00 00 00 00 00 20 80 00 00',
    ]);
    expect(writable(rig, 1, 0x100, 0x150)).toEqual([
      '100: 00 00 00 00 00 00 00 00 30 f0 ff 03 30 f0 ff 03',
      '110: 00 00 00 00 c1 f1 00 00 40 05 00 00 00 00 00 00',
      '120: 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00 00',
      '140: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 5f 00',
    ]);
  });

  it('says that its slot is taken, and makes what is in it a device of PCI Express', () => {
    const rig = new PciRig();
    const port = portOn(rig);
    rig.add(RngPci, {}, { bus: port.secondaryBus });
    port.resetTree();
    expect(dump(rig, 1, 0x60, 0x70)).toEqual(['60: 04 06 30 00 00 00 04 22 1b 00 02 00 c0 03 40 00']);
    rig.put(1, 0x18, 0x01_01_00);
    expect(dump(rig, [1, 0], 0x30, 0x90)).toEqual([
      '30: 00 00 00 00 dc 00 00 00 00 00 00 00 00 01 00 00',
      '40: 10 00 02 00 20 80 00 10 00 00 00 00 11 04 00 00',
      '50: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00',
      '60: 00 00 00 00 00 00 30 00 00 00 00 00 00 00 00 00',
      '70: 00 00 00 00 00 00 00 00 00 00 00 00 01 40 03 00',
      '80: 00 00 00 00 09 7c 10 01 04 00 00 00 00 00 00 00',
    ]);
    expect(writable(rig, [1, 0], 0x40, 0x90)).toEqual([
      '40: 00 00 00 00 00 00 00 00 0f 00 00 00 00 00 00 00',
      '50: c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
      '60: 00 00 00 00 00 00 00 00 00 80 00 00 00 00 00 00',
      '80: 03 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
    ]);
    expect([rig.get([1, 0], 2, 2), rig.get([1, 0], 0x100)]).toEqual([0x1044, 0]); // modern alone, with the extended space
  });

  it('resets what is in its slot when software asks the function for it', () => {
    const rig = new PciRig();
    const port = portOn(rig);
    rig.add(RngPci, {}, { bus: port.secondaryBus });
    rig.put(1, 0x18, 0x01_01_00);
    rig.put([1, 0], 0x20, 0x4000_0000);
    rig.put([1, 0], 4, 7, 2);
    rig.put([1, 0], 0x48, 0x000f, 2);
    expect([rig.get([1, 0], 4, 2), rig.get([1, 0], 0x48, 2)]).toEqual([7, 0xf]);
    rig.put([1, 0], 0x48, 0x800f, 2);
    expect([rig.get([1, 0], 4, 2), rig.get([1, 0], 0x48, 2), rig.get([1, 0], 0x20)]).toEqual([0, 0, 0xc]);
  });

  it('shows nothing through its windows before they are opened', () => {
    const rig = new PciRig();
    const port = portOn(rig);
    rig.function('0', [[0, 0x1000]], port.secondaryBus);
    port.resetTree();
    rig.put(1, 0x18, 0x01_01_00);
    rig.put([1, 0], 0x10, 0x4000_0000);
    rig.enable([1, 0]);
    rig.enable(1);
    expect(rig.at(0x4000_0000)).not.toBe('bar0');
    rig.put(1, 0x20, 0x4000_4000);
    expect(rig.at(0x4000_0000)).toBe('bar0');
    port.resetTree();
    expect(rig.at(0x4000_0000)).not.toBe('bar0');
  });

  it('wants a chassis and slot of its own, and a bus of PCI Express', () => {
    const rig = new PciRig();
    const port = portOn(rig);
    expect(() => portOn(rig, { addr: '2' })).toThrow("Can't add chassis slot, error -16");
    portOn(rig, { addr: '3', slot: 1 });
    const nested = rig.add(PcieRootPort, { chassis: 4 }, { bus: port.secondaryBus });
    expect(nested.secondaryBus.isExpress).toBe(true);
    expect(() => portOn(rig, { addr: '4', chassis: 4 })).toThrow("Can't add chassis slot, error -16");
    const bridge = rig.add(PciBridge, { addr: '5', chassis_nr: 1 });
    expect(() => rig.add(PcieRootPort, { chassis: 9 }, { bus: bridge.secondaryBus })).toThrow('is no PCI Express bus');
    expect(() => portOn(rig, { addr: '6', chassis: 8, hotplug: 'on' })).toThrow(/not built/);
  });

  it('is carried over by a snapshot', () => {
    const [a, b] = [new PciRig(), new PciRig()].map((rig) => ({ rig, port: portOn(rig) }));
    for (const { port } of [a, b]) port.resetTree();
    a.rig.put(1, 0x18, 0x05_05_00);
    a.rig.put(1, 0x6c, 0x7c8, 2);
    const out = new ByteWriter();
    PcieRootPort.vmState.save(a.port, out);
    PcieRootPort.vmState.load(b.port, new ByteReader(out.finish()), 1);
    expect([b.port.secondary, b.rig.get(1, 0x6c, 2)]).toEqual([5, 0x7c8]);
  });
});
