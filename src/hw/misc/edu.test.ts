import { describe, expect, it } from 'vitest';
import { PciRig, RAM } from '../pci/testing.js';
import { Edu } from './edu.js';

const BASE = 0x4000_0000;
const make = (options?: { messages: boolean }) => {
  const rig = new PciRig(options);
  const device = rig.add(Edu, { addr: '1' });
  rig.put(1, 0x10, BASE);
  rig.enable(1);
  const dma = (source: number, destination: number, count: number, command: number): void =>
    [source, destination, count, command].forEach((value, i) => rig.m.addressSpace.write64(BASE + 0x80 + 8 * i, BigInt(value)));
  return { rig, device, r: (at: number) => rig.read(BASE + at), w: (at: number, value: number) => rig.write(BASE + at, value), dma };
};

describe('edu', () => {
  it('says who it is, and is alive', () => {
    const { rig, r, w } = make();
    expect([rig.get(1, 0), rig.get(1, 8), r(0)]).toEqual([0x11e8_1234, 0x00ff_0010, 0x0100_00ed]);
    w(4, 0x1234_5678);
    expect(r(4)).toBe(0xedcb_a987);
    expect([r(0x10), rig.m.addressSpace.read64(BASE), rig.read(BASE + 8, 2)]).toEqual([0xffff_ffff, ~0n & 0xffff_ffff_ffff_ffffn, 0]);
  });

  it.each([[0, 1], [5, 120], [12, 479_001_600], [13, 1_932_053_504], [33, 0x8000_0000], [34, 0], [0xffff_ffff, 0]])('%i! is %i', (n, product) => {
    const { rig, r, w } = make();
    w(8, n);
    expect(r(0x20)).toBe(1);
    w(8, 3); // it is at work
    rig.m.advance(1000);
    expect([r(8), r(0x20)]).toEqual([product, 0]);
  }); // prettier-ignore

  it('interrupts by its pin until all is acknowledged', () => {
    const { rig, r, w } = make();
    w(0x20, 0xff);
    w(8, 4);
    rig.m.advance(1000);
    expect([r(0x24), rig.host.lines[1]]).toEqual([1, true]);
    w(0x60, 0x30);
    w(0x64, 0x11);
    expect([r(0x24), rig.host.lines[1]]).toEqual([0x20, true]);
    w(0x64, 0x20);
    expect([r(0x24), rig.host.lines[1]]).toEqual([0, false]);
  });

  it('interrupts by messages where there are some, and has no such capability where not', () => {
    const { rig, w } = make();
    rig.put(1, 0x44, 0x2800_0000);
    rig.put(1, 0x4c, 9, 2);
    rig.put(1, 0x42, 1, 2);
    w(0x60, 1);
    expect([rig.host.messages, rig.host.lines[1]]).toEqual([[[0x2800_0000, 9]], false]);
    expect(make({ messages: false }).rig.get(1, 0x34, 1)).toBe(0);
  });

  it('moves memory to its buffer and back', () => {
    const { rig, r, w, dma } = make();
    rig.write(RAM + 0x100, 0xcafe_f00d);
    rig.m.addressSpace.write64(BASE + 0x80, 0n);
    // 28 bits reach no RAM of this machine: the mask is part of the device
    dma(RAM + 0x100, 0x4_0010, 4, 1);
    expect(r(0x98)).toBe(1);
    w(0x90, 99); // the engine is at work
    rig.m.advance(99e6);
    expect([r(0x98), r(0x90)]).toEqual([1, 4]);
    rig.m.advance(1e6);
    expect(r(0x98)).toBe(0);
    expect(rig.m.logged.join('\n')).toMatch(/clamping DMA 0x80000100 to 0x100/);
  });

  it('reaches further with another mask, and tells by an interrupt', () => {
    const rig = new PciRig();
    rig.add(Edu, { addr: '1', dma_mask: '0xffffffff' });
    rig.put(1, 0x10, BASE);
    rig.enable(1);
    rig.write(RAM + 0x100, 0xcafe_f00d);
    const go = (source: number, destination: number, command: number): void => {
      [source, destination, 4, command].forEach((value, i) => rig.m.addressSpace.write64(BASE + 0x80 + 8 * i, BigInt(value)));
      rig.m.advance(100e6);
    };
    go(RAM + 0x100, 0x4_0ffc, 1);
    go(0x4_0ffc, RAM + 0x200, 7);
    expect([rig.read(RAM + 0x200), rig.read(BASE + 0x24)]).toEqual([0xcafe_f00d, 0x100]);
    rig.enable(1, 2); // not a master
    rig.write(RAM + 0x200, 0);
    go(0x4_0ffc, RAM + 0x200, 3);
    expect(rig.read(RAM + 0x200)).toBe(0);
  });

  it('bears DMA outside of its buffer, of any length, and to itself', () => {
    const { rig, r, dma } = make();
    for (const [source, destination, count] of [[RAM, 0x4_0ffe, 4], [RAM, 0, 4], [RAM, 0x4_0000, 2 ** 53], [BASE, 0x4_0000, 64], [0x4_0000, BASE + 0x80, 64]]) {
      for (const command of [1, 3, 7]) {
        dma(source, destination, count, command);
        rig.m.advance(100e6);
        expect(r(0x98) & 1).toBe(0);
      }
    } // prettier-ignore
    expect(r(0)).toBe(0x0100_00ed);
  });
});
