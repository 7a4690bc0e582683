import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { defineDevice } from '../core/device.js';
import { vmState } from '../core/vmstate.js';
import { ECAM, PciRig, PORTS, RAM, TestFunction } from './testing.js';

const BAR = (n: number): number => 0x10 + 4 * n;

describe('functions on a bus', () => {
  it('answer configuration cycles at their places; nobody else does', () => {
    const rig = new PciRig();
    rig.function('3.0', [], undefined, { multifunction: 'on' });
    rig.function('3.2');
    expect([rig.get([0, 3, 0], 0), rig.get([0, 3, 2], 0), rig.get([0, 3, 1], 0), rig.get([0, 4, 0], 0)]).toEqual([
      0x5678_1234, 0x5678_1234, 0xffff_ffff, 0xffff_ffff,
    ]);
    expect([rig.get(3, 0x2c), rig.get(3, 0x0e, 1), rig.get([7, 3], 0, 2), rig.get(3, 0x100)]).toEqual([
      0x1100_1af4, 0x80, 0xffff, 0xffff_ffff,
    ]);
    rig.put([9, 9], 4, 7);
    rig.put(3, 0, 0);
    expect(rig.get(3, 0)).toBe(0x5678_1234);
  });

  it('take the first free slot, or the one that they are told', () => {
    const rig = new PciRig();
    rig.function('0');
    rig.function('2');
    expect([rig.add(TestFunction).devfn, rig.add(TestFunction).devfn]).toEqual([1 << 3, 3 << 3]);
  });

  it('are refused in words of QEMU where they cannot be', () => {
    const rig = new PciRig();
    rig.function('1.0', [], undefined, { romfile: '' }).id = 'a';
    expect(() => rig.function('1')).toThrow('PCI: slot 1 function 0 not available for test-function, in use by test-function,id=a');
    expect(() => rig.function('1.1')).toThrow("PCI: single function device can't be populated in function 1.1");
    rig.function('1e.3');
    expect(() => rig.function('1e.0')).toThrow('PCI: 1e.0 indicates single function, but 1e.3 is already populated.');
    expect(() => rig.function('20')).toThrow(/doesn't take value '20'/);
    expect(() => rig.function('1.8')).toThrow(/doesn't take value '1.8'/);
    expect(() => rig.function('x')).toThrow(/doesn't take value 'x'/);
    expect(() => rig.function('2', [], undefined, { romfile: 'x.rom' })).toThrow(/option ROMs are not built/);
    const full = new PciRig();
    for (let slot = 0; slot < 32; slot++) full.add(TestFunction);
    expect(() => full.add(TestFunction)).toThrow('PCI: no slot/function available for test-function, all in use or reserved');
  });
});

describe('BARs', () => {
  it.each([
    ['32 bits', 0x1000, {}, [0xffff_f000]],
    ['prefetchable', 0x10_0000, { prefetch: true }, [0xfff0_0008]],
    ['64 bits', 0x4000, { wide: true, prefetch: true }, [0xffff_c00c, 0xffff_ffff]],
    ['8 GiB', 0x2_0000_0000, { wide: true }, [0x0000_0004, 0xffff_fffe]],
    ['4 GiB', 0x1_0000_0000, { wide: true }, [0x0000_0004, 0xffff_ffff]],
    ['I/O', 0x20, { io: true }, [0xffff_ffe1]],
  ])('tell their size: %s', (_, size, kind, sizes) => {
    const rig = new PciRig();
    rig.function('1', [[2, size, kind]]);
    expect(rig.get(1, BAR(2))).toBe(sizes[0] & ('io' in kind ? 1 : 15));
    sizes.forEach((_, i) => rig.put(1, BAR(2 + i), -1));
    expect(sizes.map((_, i) => rig.get(1, BAR(2 + i)))).toEqual(sizes);
    expect(rig.get(1, BAR(1))).toBe(0);
  });

  it('are mapped where they say while the command register lets them, and move', () => {
    const rig = new PciRig();
    const device = rig.function('1', [
      [0, 0x1000],
      [1, 0x20, { io: true }],
      [2, 0x1000, { wide: true }],
    ]);
    rig.put(1, BAR(0), 0x4000_0000);
    rig.put(1, BAR(1), 0x1020);
    rig.put(1, BAR(2), 0x5000_0000);
    rig.put(1, BAR(3), 0x4);
    expect(rig.at(0x4000_0000)).toBeUndefined();
    rig.enable(1, 2);
    expect([rig.at(0x4000_0000), rig.at(PORTS + 0x1020), rig.at(0x4_5000_0000)]).toEqual(['bar0', undefined, 'bar2']);
    rig.enable(1, 3);
    rig.write(PORTS + 0x1020, 7);
    expect([device.words[1], rig.read(0x4000_0ffc), rig.read(PORTS + 0x1020, 1)]).toEqual([7, 0xffc, 7]);
    rig.put(1, BAR(0), 0x6000_0000);
    expect([rig.at(0x4000_0000), rig.at(0x6000_0fff)]).toEqual([undefined, 'bar0']);
    rig.enable(1, 0);
    expect([rig.at(0x6000_0000), rig.at(PORTS + 0x1020), rig.at(0x4_5000_0000)]).toEqual([undefined, undefined, undefined]);
  });

  it('bear whatever a guest programs', () => {
    const rig = new PciRig();
    rig.function('1', [
      [0, 0x1000],
      [1, 0x1000],
      [2, 0x4000, { wide: true }],
      [4, 0x20, { io: true }],
    ]);
    rig.enable(1);
    for (const n of [0, 1, 2, 3, 4]) rig.put(1, BAR(n), -1); // all ones while enabled: nowhere
    expect(rig.at(0xffff_f000)).toBeUndefined();
    expect(rig.at(2 ** 53 - 0x4000)).toBeUndefined();
    for (const n of [0, 1]) rig.put(1, BAR(n), 0);
    expect(rig.at(0)).toBeUndefined(); // 0 is nowhere on this board
    rig.put(1, BAR(0), RAM);
    expect(rig.at(RAM)).toBe('ram'); // below it
    for (const n of [0, 1]) rig.put(1, BAR(n), 0x4000_0000);
    expect(rig.at(0x4000_0000)).toBe('bar1'); // on itself: the one that came later
    rig.put(1, BAR(1), 0x5000_0000);
    expect(rig.at(0x4000_0000)).toBe('bar0');
    rig.put(1, BAR(0), ECAM);
    expect([rig.at(ECAM), rig.get(1, 0)]).toEqual(['pcie-mmcfg-mmio', 0x5678_1234]);
    rig.put(1, BAR(4), 0xffe1);
    expect(rig.at(PORTS + 0xffe0)).toBe('bar4');
    rig.put(1, BAR(4), 0x1_0000);
    expect(rig.at(PORTS + 0x1_0000)).toBeUndefined();
  });

  it('are gone after a reset', () => {
    const rig = new PciRig();
    rig.function('1', [[0, 0x1000]]);
    rig.put(1, BAR(0), 0x4000_0000);
    rig.put(1, 0x3c, 0x55, 1);
    rig.enable(1);
    rig.m.reset();
    expect([rig.at(0x4000_0000), rig.get(1, 4, 2), rig.get(1, BAR(0)), rig.get(1, 0x3c, 1), rig.get(1, 0x3d, 1)]).toEqual([
      undefined,
      0,
      0,
      0,
      1,
    ]);
  });
});

describe('the pin', () => {
  it('leads to the line of its slot, shared and swizzled', () => {
    const rig = new PciRig();
    const [a, b] = [rig.function('1'), rig.function('5')];
    a.drive(1);
    expect([rig.host.lines, rig.get(1, 6, 2) & 8]).toEqual([[false, true, false, false], 8]);
    b.drive(1);
    a.drive(0);
    expect([rig.host.lines[1], rig.get(1, 6, 2) & 8, rig.get(5, 6, 2) & 8]).toEqual([true, 0, 8]);
    b.drive(0);
    expect(rig.host.lines[1]).toBe(false);
    rig.function('6').drive(1);
    expect(rig.host.lines).toEqual([false, false, true, false]);
  });

  it('is silent while interrupts are disabled, and after a reset', () => {
    const rig = new PciRig();
    const a = rig.function('1');
    rig.enable(1, 0x400);
    a.drive(1);
    expect([rig.host.lines[1], rig.get(1, 6, 2) & 8]).toEqual([false, 8]);
    rig.enable(1, 0);
    expect(rig.host.lines[1]).toBe(true);
    rig.enable(1, 0x400);
    expect(rig.host.lines[1]).toBe(false);
    rig.enable(1, 0);
    rig.m.reset();
    expect([rig.host.lines[1], rig.get(1, 6, 2) & 8]).toEqual([false, 0]);
  });
});

describe('a master', () => {
  it('reaches memory only while it may, and never a device', () => {
    const rig = new PciRig();
    const { dma } = rig.function('1', [[0, 0x1000]]);
    rig.put(1, BAR(0), 0x4000_0000);
    rig.enable(1, 2);
    expect([dma.read(RAM, 4), dma.write(RAM, Uint8Array.of(1))]).toEqual([undefined, false]);
    rig.enable(1);
    expect(dma.write(RAM, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(rig.read(RAM)).toBe(0x0403_0201);
    expect([dma.read(0x4000_0000, 4), dma.read(ECAM, 4), dma.read(0xffff_ffff_f000, 4)]).toEqual([undefined, undefined, undefined]);
    rig.m.reset();
    expect(dma.read(RAM, 4)).toBeUndefined();
  });
});

describe('snapshots', () => {
  it('carry a function, its mappings and its interrupt', () => {
    const make = () => {
      const rig = new PciRig();
      return { rig, device: rig.function('1', [[0, 0x1000]]) };
    };
    const [from, to] = [make(), make()];
    from.rig.put(1, BAR(0), 0x4000_0000);
    from.rig.enable(1);
    from.device.drive(1);
    const out = new ByteWriter();
    TestFunction.vmState.save(from.device, out);
    TestFunction.vmState.check(to.device, new ByteReader(out.finish()), 1);
    TestFunction.vmState.load(to.device, new ByteReader(out.finish()), 1);
    expect([to.rig.at(0x4000_0000), to.device.dma.write(RAM, Uint8Array.of(1)), to.rig.host.lines[1]]).toEqual(['bar0', true, false]);
    to.device.drive(0); // whom the line leads to knows that it was high
    expect(to.device.drivesPin).toBe(false);
  });

  it('of another function are refused', () => {
    const rig = new PciRig();
    const [a, b] = [rig.function('1', [[0, 0x1000]]), rig.function('2', [[0, 0x2000]])];
    const out = new ByteWriter();
    rig.put(1, BAR(0), 0x4000_1000);
    TestFunction.vmState.save(a, out);
    expect(() => TestFunction.vmState.check(b, new ByteReader(out.finish()), 1)).toThrow(
      /byte 0x11 of the configuration space is 0x10, not 0x0/,
    );
  });
});

it('a function whose table leaves out its configuration space is refused', () => {
  class Bare extends TestFunction {
    static override readonly type = defineDevice('bare-function', TestFunction, Bare);
    static override readonly vmState = vmState<Bare>('bare-function', { version: 1 }, []);
  }
  expect(() => new PciRig().add(Bare)).toThrow('bare-function: a table without the configuration space: pciVmState makes one with it');
});
