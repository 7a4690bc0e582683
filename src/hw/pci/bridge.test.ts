import { describe, expect, it } from 'vitest';
import { PciBridge } from './pci-bridge.js';
import { ECAM, PciRig, PORTS, TestFunction } from './testing.js';
import type { PciBus } from './bus.js';

const BAR0 = 0x10;
const [BUSES, IO, MEMORY, PREFETCH, PREFETCH_BASE_UPPER, PREFETCH_LIMIT_UPPER, CONTROL] = [0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x3e];
let chassis = 1;
const bridgeOn = (rig: PciRig, addr: string, bus?: PciBus): PciBridge =>
  rig.add(PciBridge, { addr, chassis_nr: String(chassis++ % 255 || 1) }, { bus, before: (device) => (device.id = `bridge${chassis}`) });
const numbers = (primary: number, secondary: number, subordinate: number): number => primary | (secondary << 8) | (subordinate << 16);

describe('a bridge', () => {
  it('has the header of one', () => {
    const rig = new PciRig();
    bridgeOn(rig, '2');
    expect([rig.get(2, 0), rig.get(2, 0x0a, 2), rig.get(2, 0x0e, 1), rig.get(2, 0x3d, 1)]).toEqual([0x0001_1b36, 0x0604, 1, 0]);
    for (const at of [IO, MEMORY, PREFETCH, PREFETCH_BASE_UPPER, PREFETCH_LIMIT_UPPER]) rig.put(2, at, -1);
    expect([IO, MEMORY, PREFETCH, PREFETCH_BASE_UPPER, PREFETCH_LIMIT_UPPER].map((at) => rig.get(2, at))).toEqual([
      0x00a0_f0f0, 0xfff0_fff0, 0xfff1_fff1, 0xffff_ffff, 0xffff_ffff,
    ]);
    expect(() => rig.add(PciBridge, { addr: '3' })).toThrow(/chassis/);
  });

  it('leads configuration cycles to the bus whose number it has been given', () => {
    const rig = new PciRig();
    const [a, b] = [bridgeOn(rig, '2'), bridgeOn(rig, '3')];
    const inner = bridgeOn(rig, '1', a.secondaryBus);
    rig.function('4', [], a.secondaryBus);
    rig.function('4', [], b.secondaryBus);
    rig.function('5', [], inner.secondaryBus);
    expect(rig.get([1, 4], 0)).toBe(0xffff_ffff);
    rig.put(2, BUSES, numbers(0, 1, 2));
    rig.put(3, BUSES, numbers(0, 9, 9));
    rig.put([1, 1], BUSES, numbers(1, 2, 2));
    const found = (bus: number, slot: number): boolean => rig.get([bus, slot], 0) !== 0xffff_ffff;
    expect([found(1, 4), found(2, 5), found(9, 4), found(2, 4), found(3, 4), found(255, 4)]).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([a.secondaryBus.number, inner.secondaryBus.number, b.secondaryBus.number]).toEqual([1, 2, 9]);
  });

  it('is not led astray by numbers that make loops', () => {
    const rig = new PciRig();
    const a = bridgeOn(rig, '2');
    const inner = bridgeOn(rig, '1', a.secondaryBus);
    rig.function('5', [], inner.secondaryBus);
    for (const [outer, within] of [
      [numbers(1, 0, 255), numbers(0, 0, 255)],
      [numbers(1, 1, 1), numbers(1, 1, 1)],
      [numbers(0, 255, 0), numbers(0, 1, 0)],
      [-1, -1],
    ]) {
      rig.put(2, BUSES, outer);
      rig.put([1, 1], BUSES, within);
      rig.put([255, 1], BUSES, within);
      for (const bus of [0, 1, 128, 255]) expect(typeof rig.get([bus, 5], 0)).toBe('number');
      expect(rig.get(2, 0)).toBe(0x0001_1b36);
    }
  });

  it('lets accesses through its windows only', () => {
    const rig = new PciRig();
    const a = bridgeOn(rig, '2');
    rig.function('0', [[0, 0x1000], [1, 0x20, { io: true }], [2, 0x4000, { wide: true, prefetch: true }]], a.secondaryBus); // prettier-ignore
    rig.put(2, BUSES, numbers(0, 1, 1));
    const inner = [1, 0] as const;
    rig.put(inner, BAR0, 0x4010_0000);
    rig.put(inner, BAR0 + 4, 0x1040);
    rig.put(inner, BAR0 + 8, 0x0000_0000);
    rig.put(inner, BAR0 + 12, 0x8);
    rig.enable(inner);
    const seen = () => [rig.at(0x4010_0000), rig.at(PORTS + 0x1040), rig.at(0x8_0000_0000)];
    rig.enable(2);
    rig.put(2, IO, 0x00f0); // limit below base: closed
    rig.put(2, MEMORY, 0x0000_fff0);
    rig.put(2, PREFETCH, 0x0000_fff0);
    expect(seen()).toEqual([undefined, undefined, undefined]);
    rig.put(2, MEMORY, 0x4010_4010);
    expect(seen()).toEqual(['bar0', undefined, undefined]);
    rig.put(2, IO, 0x1010);
    rig.put(2, PREFETCH, 0x0000_0000);
    rig.put(2, PREFETCH_BASE_UPPER, 0x8);
    rig.put(2, PREFETCH_LIMIT_UPPER, 0x8);
    expect(seen()).toEqual(['bar0', 'bar1', 'bar2']);
    expect(rig.read(0x4010_0010)).toBe(0x10);
    rig.put(2, MEMORY, 0x4020_4020);
    expect(rig.at(0x4010_0000)).toBeUndefined();
    rig.put(2, MEMORY, 0x4010_4010);
    rig.enable(2, 1);
    expect(seen()).toEqual([undefined, 'bar1', undefined]);
    rig.enable(2);
    rig.m.reset();
    expect(seen()).toEqual([undefined, undefined, undefined]);
  });

  it('has windows as large as may be, over everything', () => {
    const rig = new PciRig();
    let bus: PciBus | undefined;
    const path: (readonly [number, number])[] = [];
    for (let depth = 0; depth < 8; depth++) {
      bus = bridgeOn(rig, '1', bus).secondaryBus;
      path.push([depth, 1]);
      rig.put(path[depth], BUSES, numbers(depth, depth + 1, 255));
    }
    expect(() => bridgeOn(rig, '1', bus)).toThrow(/more than 8 bridges/);
    rig.function('0', [[0, 0x1000]], bus);
    const start = Date.now();
    for (const place of path) {
      rig.put(place, MEMORY, 0xfff0_0000);
      rig.put(place, PREFETCH, 0xffff_0000);
      rig.put(place, PREFETCH_LIMIT_UPPER, -1);
      rig.put(place, IO, 0xf0f0);
      rig.enable(place);
    }
    rig.put([8, 0], BAR0, 0x4000_0000);
    rig.enable([8, 0]);
    expect(rig.at(0x4000_0000)).toBe('bar0');
    rig.put([8, 0], BAR0, ECAM);
    expect(rig.at(ECAM)).toBe('pcie-mmcfg-mmio');
    expect(Date.now() - start).toBeLessThan(5000); // a bound on what takes no end
  });

  it('passes pins on, swizzled at each bus', () => {
    const rig = new PciRig();
    const a = bridgeOn(rig, '2');
    const [x, y] = [rig.function('0', [], a.secondaryBus), rig.function('3', [], a.secondaryBus)];
    x.drive(1); // pin A of slot 0 behind slot 2
    expect(rig.host.lines).toEqual([false, false, true, false]);
    y.drive(1); // pin A of slot 3: D at the bridge
    expect(rig.host.lines).toEqual([false, true, true, false]);
    x.drive(0);
    y.drive(0);
    expect(rig.host.lines).toEqual([false, false, false, false]);
  });

  it('resets what is behind it', () => {
    const rig = new PciRig();
    const a = bridgeOn(rig, '2');
    const device = rig.function('0', [[0, 0x1000]], a.secondaryBus);
    rig.put(2, BUSES, numbers(0, 1, 1));
    rig.put([1, 0], BAR0, 0x4000_0000);
    rig.enable([1, 0]);
    device.drive(1);
    rig.put(2, CONTROL, 0x40, 2);
    expect([rig.get([1, 0], BAR0), rig.get([1, 0], 4, 2), rig.host.lines[2], rig.get(2, BUSES)]).toEqual([0, 0, false, numbers(0, 1, 1)]);
    rig.put([1, 0], BAR0, 0x4000_0000);
    rig.put(2, CONTROL, 0x40, 2); // it is the edge
    expect(rig.get([1, 0], BAR0)).toBe(0x4000_0000);
  });

  it('has no extended space behind it', () => {
    const rig = new PciRig();
    const a = bridgeOn(rig, '2');
    rig.add(TestFunction, { addr: '0' }, { bus: a.secondaryBus });
    rig.put(2, BUSES, numbers(0, 1, 1));
    expect([rig.get([1, 0], 0xfc), rig.get([1, 0], 0x100)]).toEqual([0, 0xffff_ffff]);
  });
});
