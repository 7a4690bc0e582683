import { beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from '../core/testing.js';
import { TestFunction } from '../pci/testing.js';
import { RavenHost } from './raven.js';

const [SPARSE, INDEX, DATA, DIRECT, ACKNOWLEDGE] = [0x8000_0000, 0x8000_0cf8, 0x8000_0cfc, 0x8080_0000, 0xbfff_fff0];
const ID = 0x4801_1057;

let m: TestMachine;
let raven: RavenHost;
beforeEach(() => {
  m = new TestMachine();
  m.systemMemory.addSubregion(0, m.newRam('ram', 0x10_0000));
  raven = m.addDevice(RavenHost);
});
const read = (address: number, size: 1 | 2 | 4 = 4): number => m.addressSpace.read(address, size);
const write = (address: number, value: number, size: 1 | 2 | 4 = 4): void => void m.addressSpace.write(address, size, value >>> 0);
const add = (addr: string, layout: TestFunction['layout'] = []): TestFunction => {
  const device = m.newDevice(TestFunction, { addr });
  device.layout = layout;
  return m.realize(device, { bus: raven.bus });
};

describe('raven', () => {
  it('is a function itself, with a ROM at the end of memory', () => {
    write(INDEX, 0x8000_0000);
    expect([read(INDEX), read(DATA), read(DATA + 2, 2), read(DATA, 1)]).toEqual([0x8000_0000, ID, 0x4801, 0x57]);
    write(INDEX, 0x8000_0008);
    expect(read(DATA)).toBe(0x0600_0000);
    expect(m.addressSpace.find(0xffff_ffff)?.region.name).toBe('bios');
  });

  it('reads ones where no function is, and where configuration is not enabled', () => {
    write(INDEX, 0x8000_2800);
    expect([read(DATA), read(DATA, 1)]).toEqual([0xffff_ffff, 0xff]);
    write(INDEX, 0);
    expect(read(DATA)).toBe(0xffff_ffff);
    write(INDEX, 0x80, 1); // only words are the register
    expect(read(INDEX)).toBe(0);
  });

  it('reaches configuration by address lines', () => {
    add('03.0');
    add('0b.0');
    expect(read(DIRECT + (1 << 14))).toBe(0x5678_1234);
    expect(read(DIRECT)).toBe(0x5678_1234); // no line: the eleventh slot
    expect(read(DIRECT + (1 << 13))).toBe(0xffff_ffff);
    write(DIRECT + (1 << 14) + 0x3c, 0x55, 1);
    expect(read(DIRECT + (1 << 14) + 0x3c, 1)).toBe(0x55);
  });

  it('has ports in a row, or 32 a page', () => {
    add('01.0', [[0, 0x100, { io: true }]]);
    write(DIRECT + (1 << 12) + 0x10, 0x1000);
    write(DIRECT + (1 << 12) + 4, 1, 2);
    write(SPARSE + 0x1000, 42);
    expect([read(SPARSE + 0x1000), read(SPARSE + 0x1_1000)]).toEqual([42, 42]);
    raven.gpioIn(0).set(1);
    // port 1000 is at the begin of page 80
    expect([read(SPARSE + 0x8_0000), read(SPARSE + 0x8_0004), read(SPARSE + 0x8_1000)]).toEqual([42, 4, 0x20]);
    raven.gpioIn(0).set(0);
    expect(read(SPARSE + 0x1000)).toBe(42);
  });

  it('shows masters memory from 80000000 on, and PCI memory below', () => {
    const device = add('01.0');
    write(DIRECT + (1 << 12) + 4, 4, 2);
    expect(device.dma.write(0x8000_0100, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(read(0x100)).toBe(0x0403_0201);
    expect(device.dma.write(0x100, Uint8Array.of(1))).toBe(false);
  });

  it('asks for vectors, and joins the lines', () => {
    raven.acknowledge = () => 0x6f;
    expect(read(ACKNOWLEDGE, 1)).toBe(0x6f);
    const device = add('01.0');
    device.drive(1);
    expect(raven.irqs[0].level).toBe(1);
    device.drive(0);
    expect(raven.irqs[0].level).toBe(0);
  });

  it('survives BARs anywhere', () => {
    add('01.0', [[0, 0x1000], [1, 0x100, { io: true }]]); // prettier-ignore
    write(DIRECT + (1 << 12) + 4, 7, 2);
    for (const at of [0, 0x3eff_f000, 0x3f00_0000, 0x8000_0000, 0xffff_f000, 0xffff_ffff])
      for (const bar of [0x10, 0x14]) {
        write(DIRECT + (1 << 12) + bar, at);
        read(0xc000_0000);
        read(SPARSE);
      }
    expect(read(DIRECT + (1 << 12))).toBe(0x5678_1234);
  });
});
