import { describe, expect, it } from 'vitest';
import { MemTxResult } from './access.js';
import { AddressSpace } from './address-space.js';
import { flatViewText, mtreeText } from './mtree.js';
import { PlainRamAllocator } from './ram.js';
import { MemoryRegion, MemoryTopology, type MemoryRegionOps } from './region.js';

function fixture() {
  const topology = new MemoryTopology();
  const ram = new PlainRamAllocator();
  const system = MemoryRegion.container(topology, 'system');
  const space = new AddressSpace(system, 'memory');
  const calls: string[] = [];
  const recorder = (ops: Partial<MemoryRegionOps> = {}): MemoryRegionOps => ({
    read: (offset, size) => {
      calls.push(`r${size}@${offset}`);
      return 0x11223344;
    },
    write: (offset, value, size) => calls.push(`w${size}@${offset}=${value.toString(16)}`),
    ...ops,
  });
  return {
    topology,
    system,
    space,
    calls,
    recorder,
    ram: (name: string, size: number) => MemoryRegion.ram(topology, name, ram.allocate(name, size)),
    rom: (name: string, size: number) => MemoryRegion.rom(topology, name, ram.allocate(name, size)),
    io: (name: string, size: number, ops: MemoryRegionOps) => MemoryRegion.io(topology, name, size, ops),
    romDevice: (name: string, size: number, ops: MemoryRegionOps) => MemoryRegion.romDevice(topology, name, ram.allocate(name, size), ops),
    layout: () =>
      space.flatView().ranges.map((r) => `${r.region.name}:${r.start.toString(16)}+${r.size.toString(16)}@${r.offset.toString(16)}`),
  };
}

describe('FlatView', () => {
  it('lets the higher priority win, then the later region, and keeps the rest of the loser', () => {
    const f = fixture();
    f.system.addSubregion(0x1000, f.ram('low', 0x4000));
    f.system.addSubregion(0x2000, f.io('high', 0x1000, {}), 1);
    f.system.addSubregion(0x4000, f.io('late', 0x2000, {}));
    expect(f.layout()).toEqual(['low:1000+1000@0', 'high:2000+1000@0', 'low:3000+1000@2000', 'late:4000+2000@0']);
  });

  it('clips subregions to their container, and lets a hole of a container show what lies below', () => {
    const f = fixture();
    f.system.addSubregion(0, f.ram('ram', 0x3000), -1);
    const box = MemoryRegion.container(f.topology, 'box', 0x1000);
    f.system.addSubregion(0x1000, box);
    box.addSubregion(0x800, f.io('io', 0x1000, {}));
    expect(f.layout()).toEqual(['ram:0+1800@0', 'io:1800+800@0', 'ram:2000+1000@2000']);
    box.setEnabled(false);
    expect(f.layout()).toEqual(['ram:0+3000@0']);
  });

  it('follows aliases, also of a container and of an alias', () => {
    const f = fixture();
    const ram = f.ram('ram', 0x10000);
    f.system.addSubregion(0x100000, ram);
    const alias = MemoryRegion.alias(f.topology, 'window', ram, 0x2000, 0x1000);
    f.system.addSubregion(0x4000, alias);
    f.system.addSubregion(0x8000, MemoryRegion.alias(f.topology, 'again', alias, 0x800, 0x400));
    expect(f.layout()).toEqual(['ram:4000+1000@2000', 'ram:8000+400@2800', 'ram:100000+10000@0']);
    alias.setAliasOffset(0x3000);
    expect(f.layout()[0]).toBe('ram:4000+1000@3000');
  });

  it('is rendered once a transaction, and listeners hear only that', () => {
    const f = fixture();
    let commits = 0;
    f.space.addListener({ commit: () => commits++ });
    const region = f.ram('a', 0x1000);
    f.topology.transaction(() => {
      f.system.addSubregion(0, region);
      region.setAddress(0x5000);
      expect(f.layout()).toEqual([]);
    });
    expect(commits).toBe(2); // one when added
    expect(f.layout()).toEqual(['a:5000+1000@0']);
  });

  it('refuses to render a region that contains itself', () => {
    const f = fixture();
    const box = MemoryRegion.container(f.topology, 'box', 0x1000);
    box.addSubregion(0, MemoryRegion.alias(f.topology, 'loop', box, 0, 0x1000));
    expect(() => f.system.addSubregion(0, box)).toThrow(/contains itself/);
  });
});

describe('accesses', () => {
  it('read and write RAM little-endian, across regions too', () => {
    const f = fixture();
    f.system.addSubregion(0, f.ram('a', 0x1000));
    f.system.addSubregion(0x1000, f.ram('b', 0x1000));
    expect(f.space.write64(0xffc, 0x1122334455667788n)).toBe(MemTxResult.Ok);
    expect(f.space.read(0x1000)).toBe(0x11223344);
    expect(f.space.read64(0xffc)).toBe(0x1122334455667788n);
    expect(f.space.readTx(0x1ffe, 4)).toBe(MemTxResult.DecodeError);
  });

  it('ignore writes to ROM, but loaders may write it', () => {
    const f = fixture();
    f.system.addSubregion(0, f.rom('rom', 0x1000));
    expect(f.space.write(0, 4, 5)).toBe(MemTxResult.Ok);
    expect(f.space.read(0)).toBe(0);
    f.space.writeRom(0, Uint8Array.of(1, 2));
    expect(f.space.read(0)).toBe(0x201);
    expect(f.space.writeRom(1, 0xfff)).toBe(MemTxResult.Ok);
    expect(f.space.read(0)).toBe(1);
  });

  it('of loaders pass over a device in RAM, but not over holes or a device alone', () => {
    const f = fixture();
    f.system.addSubregion(0, f.ram('ram', 0x1000));
    f.system.addSubregion(4, f.io('device', 4, f.recorder()), 1);
    expect(f.space.writeRom(0, Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3))).toBe(MemTxResult.Ok);
    expect([f.space.read(0), f.space.read(8)]).toEqual([0x01010101, 0x03030303]);
    expect(f.calls).toEqual([]);
    expect(f.space.writeRom(4, Uint8Array.of(1, 2, 3, 4))).toBe(MemTxResult.DecodeError);
    expect(f.space.writeRom(0xffe, Uint8Array.of(1, 2, 3, 4))).toBe(MemTxResult.DecodeError);
  });

  it.each([
    ['are split into sizes that the device knows', { implSizes: [1] }, 4, ['r1@0', 'r1@1', 'r1@2', 'r1@3'], 0x44444444],
    ['are widened for a device of words', { implSizes: [4] }, 1, ['r4@0'], 0x44],
    ['are split into 4 bytes by default', {}, 8, ['r4@0', 'r4@4'], 0x11223344],
    ['swap bytes of big-endian devices', { endianness: 'big' }, 4, ['r4@0'], 0x44332211],
    ['swap halves too', { endianness: 'big' }, 2, ['r2@0'], 0x4433],
  ] as [string, Partial<MemoryRegionOps>, number, string[], number][])('%s', (_, ops, size, calls, low) => {
    const f = fixture();
    f.system.addSubregion(0x1000, f.io('dev', 0x100, f.recorder(ops)));
    expect(f.space.readTx(0x1000, size)).toBe(MemTxResult.Ok);
    expect(f.calls).toEqual(calls);
    expect(f.space.lo).toBe(low);
  });

  it('write the pieces in order', () => {
    const f = fixture();
    f.system.addSubregion(0, f.io('dev', 0x100, f.recorder({ implSizes: [2] })));
    f.space.write64(8, 0x8877665544332211n);
    expect(f.calls).toEqual(['w2@8=2211', 'w2@10=4433', 'w2@12=6655', 'w2@14=8877']);
  });

  it('give 64-bit devices whole words', () => {
    const f = fixture();
    let stored = 0n;
    f.system.addSubregion(0, f.io('dev', 0x100, { read64: () => 0x1122334455667788n, write64: (_, value) => (stored = value) }));
    expect(f.space.read64(0)).toBe(0x1122334455667788n);
    f.space.write64(0, 0xfedcba9876543210n);
    expect(stored).toBe(0xfedcba9876543210n);
    expect(f.space.read(4)).toBe(0x11223344);
  });

  it("fail if the size or alignment is not the device's", () => {
    const f = fixture();
    f.system.addSubregion(0, f.io('dev', 0x100, f.recorder({ accessSizes: [4] })));
    expect(f.space.readTx(0, 1)).toBe(MemTxResult.Error);
    expect(f.space.writeTx(2, 4, 0)).toBe(MemTxResult.Error);
    expect(f.calls).toEqual([]);
  });

  it.each([
    ['RAM', 0],
    ['ROM', 0x1000],
    ['a device', 0x2000],
    ['a device that says its sizes', 0x3000],
    ['nothing', 0x8000],
    ['RAM and ROM', 0xfff],
  ])('of %s with a size that is none (a value, say) are a mistake of the host', (_, address) => {
    const f = fixture();
    f.system.addSubregion(0, f.ram('ram', 0x1000));
    f.system.addSubregion(0x1000, f.rom('rom', 0x1000));
    f.system.addSubregion(0x2000, f.io('device', 0x1000, f.recorder()));
    f.system.addSubregion(0x3000, f.io('words', 0x1000, f.recorder({ accessSizes: [4] })));
    for (const size of [3, 0, 1.5, 16, 0xdead_beef]) {
      expect(() => f.space.readTx(address, size)).toThrow(`an access to memory has 1, 2, 4 or 8 bytes, not ${size}`);
      expect(() => f.space.writeTx(address, size, 4)).toThrow(`not ${size}`);
    }
    expect(f.calls).toEqual([]);
  });

  it('of a ROM device go to memory or to the device, as it says', () => {
    const f = fixture();
    const flash = f.romDevice('flash', 0x1000, f.recorder());
    f.system.addSubregion(0, flash);
    f.space.writeRom(0, Uint8Array.of(7));
    expect(f.space.read(0, 1)).toBe(7);
    f.space.write(0, 1, 0x90);
    flash.setRomd(false);
    expect(f.space.read(0, 1)).toBe(0x44);
    expect(f.calls).toEqual(['w1@0=90', 'r1@0']);
  });

  it('of DMA cross regions, devices and holes', () => {
    const f = fixture();
    const dirty: number[] = [];
    f.space.dirtyHook = (_, size) => dirty.push(size);
    f.system.addSubregion(0, f.ram('ram', 0x10));
    f.system.addSubregion(0x10, f.io('dev', 6, f.recorder()));
    expect(f.space.writeBytes(0xe, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toBe(MemTxResult.Ok);
    expect(f.calls).toEqual(['w4@0=6050403', 'w2@4=807']);
    expect(dirty).toEqual([2]);
    const into = new Uint8Array(4).fill(0xff);
    expect(f.space.readBytes(0x1000, into)).toBe(MemTxResult.DecodeError);
    expect([...into]).toEqual([0, 0, 0, 0]);
  });
});

it('info mtree and mtree -f', () => {
  const f = fixture();
  const ram = f.ram('board.ram', 0x1000);
  f.system.addSubregion(0x8000, ram);
  f.system.addSubregion(0x1000, f.rom('mrom', 0x1000));
  f.system.addSubregion(0x4000, MemoryRegion.alias(f.topology, 'low', ram, 0, 0x800), 2);
  expect(mtreeText([{ name: 'memory', space: f.space }])).toBe(`address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000001000-0000000000001fff (prio 0, rom): mrom
    0000000000004000-00000000000047ff (prio 2, ram): alias low @board.ram 0000000000000000-00000000000007ff
    0000000000008000-0000000000008fff (prio 0, ram): board.ram

memory-region: board.ram
  0000000000000000-0000000000000fff (prio 0, ram): board.ram

`);
  expect(flatViewText([{ name: 'memory', space: f.space }])).toBe(`FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000001000-0000000000001fff (prio 0, rom): mrom
  0000000000004000-00000000000047ff (prio 0, ram): board.ram
  0000000000008000-0000000000008fff (prio 0, ram): board.ram

`);
});
