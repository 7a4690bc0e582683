import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { LoaderError } from '../../util/errors.js';
import { TestMachine } from './testing.js';
import { EM_RISCV } from '../riscv/boot.js';
import { parseLinuxImage } from '../riscv/linux-image.js';
import { parseElf } from './elf.js';
import { loadElf, loadKernel, unpack } from './loader.js';
import { RomList } from './rom.js';

const expectation = { machines: [EM_RISCV], littleEndian: true, linuxImage: parseLinuxImage };

interface Segment {
  paddr: number;
  vaddr?: number;
  bytes: number[];
  memsz?: number;
}

/** A small ELF64 with a symbol `tohost` at 0x80001000. */
function elf64(segments: Segment[], patch: (view: DataView) => void = () => {}): Uint8Array {
  const strtab = '\0tohost\0';
  const file = new Uint8Array(4096);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, EM_RISCV, true);
  view.setBigUint64(24, 0xffffffff80000004n, true);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(40, 1024n, true);
  [64, 56, segments.length, 64, 3].forEach((v, i) => view.setUint16(52 + 2 * i, v, true));
  segments.forEach((s, i) => {
    const at = 64 + 56 * i;
    const offset = 2048 + 256 * i;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 5, true);
    [offset, s.vaddr ?? s.paddr, s.paddr, s.bytes.length, s.memsz ?? s.bytes.length].forEach((v, j) =>
      view.setBigUint64(at + 8 + 8 * j, BigInt.asUintN(64, BigInt(v)), true),
    );
    file.set(s.bytes, offset);
  });
  const section = (i: number, type: number, offset: number, size: number, link: number) => {
    const at = 1024 + 64 * i;
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
  };
  section(1, 2, 1400, 48, 2);
  section(2, 3, 1300, strtab.length, 0);
  file.set(new TextEncoder().encode(strtab), 1300);
  view.setUint32(1424, 1, true);
  file[1428] = 0x11;
  view.setBigUint64(1432, 0x80001000n, true);
  view.setBigUint64(1440, 8n, true);
  patch(view);
  return file;
}

const simple: Segment[] = [{ paddr: 0x8000_0000, vaddr: -0x8000_0000, bytes: [1, 2, 3, 4], memsz: 8 }];

describe('ELF', () => {
  it('gives segments, the physical entry and symbols', () => {
    const elf = parseElf('k', elf64(simple), expectation);
    expect(elf.physicalEntry).toBe(0x8000_0004n);
    expect([elf.low, elf.high]).toEqual([0x8000_0000, 0x8000_0008]);
    expect(elf.symbols.find('tohost')?.address).toBe(0x8000_1000n);
    expect(elf.symbols.at(0x8000_1007n)?.name).toBe('tohost');
    expect(elf.symbols.at(0x8000_1008n)).toBeUndefined();
  });

  it.each<[string, RegExp, Uint8Array]>([
    ['another machine', /wrong machine type 20/, elf64(simple, (v) => v.setUint16(18, 20, true))],
    ['the other byte order', /big-endian/, elf64(simple, (v) => v.setUint8(5, 2))],
    ['truncation', /truncated: segment 0/, elf64(simple).subarray(0, 2050)],
    ['overlap', /0x80000000 and 0x80000003 overlap/, elf64([...simple, { paddr: 0x8000_0003, bytes: [1] }])],
    ['the same place twice', /0x80000000 and 0x80000000 overlap/, elf64([...simple, ...simple])],
    ['absurd sizes', /absurd/, elf64([{ paddr: 0x8000_0000, bytes: [1], memsz: 2 ** 50 }])],
    ['headers beyond the end', /headers lie outside/, elf64(simple, (v) => v.setBigUint64(32, 1n << 60n, true))],
    ['a file part larger than the memory part', /larger in the file/, elf64([{ paddr: 0, bytes: [1, 2], memsz: 1 }])],
    ['no ELF at all', /not an ELF/, new Uint8Array(100)],
  ])('is refused for %s', (_, message, file) => {
    expect(() => parseElf('k', file, expectation)).toThrow(LoaderError);
    expect(() => parseElf('k', file, expectation)).toThrow(message);
  });

  it('is refused for more segments than anything has', () => {
    const many = new Uint8Array(64 + 56 * 1100);
    many.set(elf64(simple).subarray(0, 64));
    const view = new DataView(many.buffer);
    view.setUint16(56, 1100, true);
    for (let i = 0; i < 1100; i++) {
      view.setUint32(64 + 56 * i, 1, true);
      view.setBigUint64(64 + 56 * i + 24, 0x8000_0000n + 16n * BigInt(i), true);
      view.setBigUint64(64 + 56 * i + 40, 8n, true);
    }
    expect(() => parseElf('k', many, expectation)).toThrow(/^'k': more than 1024 segments to load$/);
    view.setUint16(56, 1024, true);
    expect(parseElf('k', many, expectation).segments.length).toBe(1024);
  });

  it('costs little, whatever the symbol table claims: one table is read, and names have an end', () => {
    const endless = elf64(simple);
    const view = new DataView(endless.buffer);
    view.setBigUint64(1024 + 128 + 32, 2700n, true); // names to the end of the file
    view.setUint32(1424, 200, true);
    endless.fill(0x41, 1500, 4000); // and this one has no end
    expect([...parseElf('k', endless, expectation).symbols].map(({ name }) => name.length)).toEqual([256]);
    const twice = elf64(simple, (v) => v.setUint16(60, 4, true));
    twice.copyWithin(1024 + 192, 1024 + 64, 1024 + 128); // section 3 is section 1 again
    expect(parseElf('k', twice, expectation).symbols.size).toBe(1);
  });

  it('throws nothing but LoaderErrors, whatever byte is broken', () => {
    const good = elf64(simple);
    for (let at = 0; at < 1500; at++) {
      const bad = good.slice();
      bad[at] = 0xff;
      try {
        parseElf('k', bad, expectation);
      } catch (error) {
        expect(error).toBeInstanceOf(LoaderError);
      }
    }
  });
});

describe('images', () => {
  it('are put back at every reset, bss zeroed', () => {
    const machine = new TestMachine();
    machine.systemMemory.addSubregion(0x8000_0000, machine.newRam('ram', 0x10000));
    const image = loadElf(machine.roms, 'k', elf64(simple), expectation);
    expect(image.entry).toBe(0x8000_0004);
    machine.addressSpace.write64(0x8000_0000, -1n);
    machine.reset();
    expect(machine.addressSpace.read64(0x8000_0000)).toBe(0x04030201n);
  });

  it.each<[string, Segment[]]>([
    [
      '.bss with the load address of .data',
      [...simple, { paddr: 0x8000_1000, bytes: [], memsz: 8 }, { paddr: 0x8000_1000, bytes: [5, 6] }],
    ],
    [
      'bytes in the .bss of what comes before',
      [
        { paddr: 0x8000_0000, bytes: [1, 2, 3, 4], memsz: 0x2000 },
        { paddr: 0x8000_1000, bytes: [5, 6] },
      ],
    ],
    [
      'a .bss from below that reaches over',
      [{ paddr: 0x8000_0800, bytes: [], memsz: 0x1000 }, ...simple, { paddr: 0x8000_1000, bytes: [5, 6] }],
    ],
  ])('may overlap themselves where the file has no bytes, which win: %s', (_, segments) => {
    const machine = new TestMachine();
    machine.systemMemory.addSubregion(0x8000_0000, machine.newRam('ram', 0x1_0000));
    loadElf(machine.roms, 'k', elf64(segments), expectation);
    for (const at of [0x8000_0000, 0x8000_1000]) machine.addressSpace.write64(at, -1n);
    machine.reset();
    expect(machine.addressSpace.read(0x8000_0000, 4)).toBe(0x04030201);
    expect(machine.addressSpace.read(0x8000_1000, 2)).toBe(0x0605);
  });

  it('lose what lies below memory or nowhere: the page with the ELF headers', () => {
    const load = (segments: Segment[]) => {
      const machine = new TestMachine();
      machine.systemMemory.addSubregion(0x8000_0000, machine.newRam('ram', 0x1_0000));
      const { start } = loadElf(machine.roms, 'k', elf64(segments), expectation);
      machine.reset();
      return { machine, start };
    };
    const { machine, start } = load([{ paddr: 0x7fff_fffe, bytes: [1, 2, 3, 4], memsz: 8 }]);
    expect([start, machine.addressSpace.read(0x8000_0000, 4)]).toEqual([0x7fff_fffe, 0x0403]);
    expect(machine.logged.join()).toMatch(
      /'k ELF program header segment 0' at 0x7ffffffe..0x80000006: nothing is at 0x7ffffffe..0x80000000/,
    );
    expect(load([{ paddr: 0x10, bytes: [9] }, ...simple]).machine.addressSpace.read(0x8000_0000, 4)).toBe(0x04030201);
    expect(load([{ paddr: 0x7fff_0000, bytes: [], memsz: 0x1_0010 }, ...simple]).machine.addressSpace.read(0x8000_0000, 4)).toBe(
      0x04030201,
    );
    expect(() => load([{ paddr: 0x10, bytes: [9] }])).toThrow(/'k ELF program header segment 0' at 0x10..0x11 is not in RAM or ROM/);
    expect(() => load([...simple, { paddr: 0x8000_fff0, bytes: [1], memsz: 0x11 }])).toThrow(/segment 1' at .* is not in RAM or ROM/);
  });

  it('that overlap, or lie outside of memory, are refused by name', () => {
    const machine = new TestMachine();
    machine.roms.add('fw', 0x1000, new Uint8Array(16));
    expect(() => machine.roms.add('kernel', 0x100f, new Uint8Array(1))).toThrow(/'kernel'.*overlaps 'fw'/);
    expect(() => machine.reset()).toThrow(/'fw' at 0x1000..0x1010 is not in RAM or ROM/);
  });

  it('of Linux are known by their header, packed or not, and take the room that it says', () => {
    const bytes = new Uint8Array(128);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(8, 0x200000n, true);
    view.setBigUint64(16, 0x4000n, true);
    view.setUint32(56, 0x05435352, true);
    expect(parseLinuxImage(bytes)).toEqual({ textOffset: 0x200000, imageSize: 0x4000, bigEndian: false });
    const roms = new RomList();
    const image = loadKernel(roms, 'Image', gzipSync(bytes), expectation, 0x8020_0000, 0x9000_0000);
    expect([image.kind, image.entry, image.end]).toEqual(['linux', 0x8020_0000, 0x8020_4000]);
    expect(roms.blobs[0].bytes).toEqual(bytes);
    expect(() => loadKernel(new RomList(), 'Image', bytes, expectation, 0x8020_0000, 0x8020_1000)).toThrow(/do not fit/);
  });

  it('that cannot be unpacked say so', () => {
    expect(() => unpack('k', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0))).toThrow(/zstd.*not supported/);
    const packed = gzipSync(new Uint8Array(100_000));
    expect(() => unpack('k', packed, 1000)).toThrow(/unpacks to more than 1000 bytes/);
    expect(() => unpack('k', packed.subarray(0, 40))).toThrow(LoaderError);
    expect(unpack('k', packed)).toHaveLength(100_000);
  });

  it('sees that a Linux Image with EFI stub is truncated', () => {
    const image = new Uint8Array(4096);
    const view = new DataView(image.buffer);
    image.set([0x4d, 0x5a]);
    view.setUint32(56, 0x05435352, true);
    view.setUint32(0x3c, 0x40, true);
    view.setUint32(0x40, 0x4550, true);
    view.setUint16(0x40 + 6, 1, true); // one section
    view.setUint16(0x40 + 20, 16, true); // size of the optional header
    view.setUint32(0x40 + 24 + 16 + 16, 4096 - 512, true); // its bytes in the file
    view.setUint32(0x40 + 24 + 16 + 20, 512, true); // and where they start
    const load = (size: number) => loadKernel(new RomList(), 'kernel', image.subarray(0, size), expectation, 0x8020_0000, 0x9000_0000);
    expect(load(4096).kind).toBe('linux');
    for (const size of [4095, 200, 80, 64])
      expect(() => load(size), `${size} bytes`).toThrow(/'kernel': truncated: the Image has \d+ bytes/);
  });
});
