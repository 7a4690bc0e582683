import { describe, expect, it } from 'vitest';
import { RingBufferChardev } from '../../chardev/chardev.js';
import { TypeRegistry } from '../../qom/registry.js';
import { isUserError } from '../../util/errors.js';
import { MiB } from '../../util/size.js';
import { elfImage } from '../../../tests/differential/elf.js';
import { IdleVirt } from '../riscv/testing.js';
import { GenericLoader } from './generic-loader.js';

const RAM = 0x8000_0000;
const AT = 0x8020_0000;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const HEX = text(':0200000480205A\r\n:0400000001020304F2\r\n:02001000AABB89\r\n:040000058020000057\r\n:00000001FF\r\n');
const patched = (file: Uint8Array, at: number, value: number): Uint8Array => file.map((byte, i) => (i === at ? value : byte));

const FILES: Record<string, Uint8Array> = {
  raw: Uint8Array.of(1, 2, 3, 4, 5),
  hex: HEX,
  elf: elfImage(64, 0x8020_0010, [{ address: AT, bytes: Uint8Array.of(9, 8, 7, 6) }]),
  arm: patched(elfImage(32, AT, [{ address: AT, bytes: Uint8Array.of(5) }]), 18, 40),
  big: patched(elfImage(64, AT, [{ address: AT, bytes: Uint8Array.of(5) }]), 5, 2),
  uimage: Uint8Array.of(0x27, 0x05, 0x19, 0x56),
  srecord: text('S0030000FC\n'),
};
const readFile = (name: string): Uint8Array => {
  if (!FILES[name]) throw new Error('no such file');
  return FILES[name];
};

function virt(devices: readonly string[], config: object = {}): IdleVirt {
  const machine = new IdleVirt(
    { bios: 'none', ramSize: 16 * MiB, devices, ...config },
    { env: { readFile, types: new TypeRegistry([GenericLoader]) } },
  );
  machine.create();
  return machine;
}
const bytes = (machine: IdleVirt, at: number, length: number): number[] => {
  const found = new Uint8Array(length);
  machine.addressSpace.readBytes(at, found);
  return [...found];
};

describe('data', () => {
  it.each([
    ['data-len=8', [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]],
    ['data-len=4', [0x88, 0x77, 0x66, 0x55, 0, 0, 0, 0]],
    ['data-len=3', [0x88, 0x77, 0x66, 0, 0, 0, 0, 0]],
    ['data-len=8,data-be=on', [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]],
    ['data-len=3,data-be=on', [0x11, 0x22, 0x33, 0, 0, 0, 0, 0]],
  ])('%s', (more, expected) => {
    const machine = virt([`loader,addr=0x80200000,data=0x1122334455667788,${more}`]);
    expect(bytes(machine, AT, 8)).toEqual(expected);
    machine.addressSpace.write(AT, 1, 0);
    machine.reset();
    expect(bytes(machine, AT, 8)).toEqual(expected);
  });

  it('the last one wins; files win over it, in either order', () => {
    const two = virt(['loader,addr=0x80200000,data=1,data-len=1', 'loader,addr=0x80200000,data=2,data-len=1']);
    expect(bytes(two, AT, 1)).toEqual([2]);
    for (const devices of [
      ['loader,addr=0x80200000,data=7,data-len=4', 'loader,file=raw,addr=0x80200000'],
      ['loader,file=raw,addr=0x80200000', 'loader,addr=0x80200000,data=7,data-len=4'],
    ])
      expect(bytes(virt(devices), AT, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(bytes(virt(['loader,addr=0x80000000,data=7,data-len=4'], { kernel: Uint8Array.of(9, 9) }), RAM, 4)).toEqual([9, 9, 0, 0]);
  });

  it('reaches devices, at each reset, and what is nowhere is no error', () => {
    const serial = new RingBufferChardev('serial0');
    const machine = virt(['loader,addr=0x10000000,data=0x41,data-len=1', 'loader,addr=0x40,data=1,data-len=8'], { serials: [serial] });
    expect(serial.readText()).toBe('A');
    machine.reset();
    expect(serial.readText()).toBe('A');
  });

  it.each([
    ['data=5', 'Both data and data-len must be specified'],
    ['data=5,data-len=0', 'Both data and data-len must be specified'],
    ['addr=1,data-be=on', 'Both data and data-len must be specified'],
    ['data=5,data-len=9', 'data-len cannot be greater then 8 bytes'],
    ['addr=0x80200000', 'cpu_num must be specified when setting a program counter'],
    ['cpu-num=0', 'please include valid arguments'],
    ['addr=0', 'please include valid arguments'],
    ['file=raw,data=5,data-len=1', 'Specifying a file is not supported when loading memory values'],
    ['addr=1,cpu-num=7', 'Specified boot CPU#7 is nonexistent'],
    ['data=0x11223344556677889,data-len=8', "invalid value '0x11223344556677889'"],
    ['file=big', "Cannot load specified image 'big': a big-endian ELF file does not run on this machine"],
    ['file=uimage', "Cannot load specified image 'uimage': U-Boot images are not built yet"],
  ])('refuses %s', (options, message) => {
    expect(() => virt([`loader,${options}`])).toThrow(message);
    try {
      virt([`loader,${options}`]);
    } catch (error) {
      expect(isUserError(error)).toBe(true);
    }
  });
});

describe('files', () => {
  it('plain bytes go to addr, over the kernel, the firmware and the reset vector', () => {
    const kernel = new Uint8Array(16).fill(0xcc);
    expect(bytes(virt(['loader,file=raw,addr=0x80000002'], { kernel }), RAM, 8)).toEqual([0xcc, 0xcc, 1, 2, 3, 4, 5, 0xcc]);
    expect(bytes(virt(['loader,file=raw,addr=0x80000000'], { bios: kernel }), RAM, 6)).toEqual([1, 2, 3, 4, 5, 0xcc]);
    expect(bytes(virt(['loader,file=raw,addr=0x1000']), 0x1000, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(bytes(virt(['loader,file=srecord,addr=0x80200000']), AT, 3)).toEqual([...text('S00')]);
  });

  it('ELF and Intel HEX go where they say, whatever addr says', () => {
    const elf = virt(['loader,file=elf,addr=0x80000000']);
    expect([bytes(elf, AT, 6), bytes(elf, RAM, 2)]).toEqual([
      [9, 8, 7, 6, 0, 0],
      [0, 0],
    ]);
    expect(bytes(virt(['loader,file=arm']), AT, 1)).toEqual([5]);
    const hex = virt(['loader,file=hex,addr=0x80000000']);
    expect([bytes(hex, AT, 4), bytes(hex, AT + 16, 2), bytes(hex, RAM, 2)]).toEqual([
      [1, 2, 3, 4],
      [0xaa, 0xbb],
      [0, 0],
    ]);
    expect(bytes(virt(['loader,file=hex,addr=0x80200000,force-raw=on']), AT, 3)).toEqual([...text(':02')]);
  });

  it('are written again at a reset; nothing is said of what is nowhere', () => {
    const machine = virt(['loader,file=raw,addr=0x80200000', 'loader,file=raw', 'loader,file=raw,addr=0x80fffffd']);
    machine.addressSpace.writeBytes(AT, new Uint8Array(6).fill(0xee));
    machine.reset();
    expect(bytes(machine, AT, 6)).toEqual([1, 2, 3, 4, 5, 0xee]);
    expect(bytes(machine, 0x80ff_fffd, 3)).toEqual([1, 2, 3]);
  });

  it('two over one another are an error that names both', () => {
    expect(() => virt(['loader,file=raw,addr=0x80200000', 'loader,file=elf'])).toThrow(
      /'elf ELF program header segment 0' at 0x80200000..0x80200004 overlaps 'raw' at 0x80200000..0x80200005/,
    );
  });
});

describe('where CPUs start', () => {
  const starts = (...devices: string[]): (bigint | undefined)[] => virt(devices, { smp: 2 }).cpus.map((cpu) => cpu.pc);
  it.each([
    ['loader,file=elf', [0n, 0n]],
    ['loader,file=elf,cpu-num=1', [0n, 0x8020_0010n]],
    ['loader,file=raw,addr=0x80200004,cpu-num=0', [0x8020_0004n, 0n]],
    ['loader,file=hex,cpu-num=0', [0x8020_0000n, 0n]],
    ['loader,addr=0x80200000,cpu-num=0', [0x8020_0000n, 0n]],
    ['loader,addr=0x80200000,data=1,data-len=1,cpu-num=0', [0n, 0n]],
  ])('%s', (device, expected) => {
    expect(starts(device)).toEqual(expected);
  });
});

describe('Intel HEX as -kernel and -bios', () => {
  it.each(['kernel', 'bios'])('-%s', (name) => {
    const machine = virt([], { [name]: HEX });
    expect([bytes(machine, AT, 4), bytes(machine, AT + 16, 2)]).toEqual([
      [1, 2, 3, 4],
      [0xaa, 0xbb],
    ]);
  });
});
