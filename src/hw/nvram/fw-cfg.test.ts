import { beforeEach, expect, it } from 'vitest';
import { TestMachine } from '../core/testing.js';
import { ClockType } from '../core/clock.js';
import { FwCfg } from './fw-cfg.js';

let m: TestMachine;
let fw: FwCfg;
const RAM = 0x10_0000;
const swap16 = (v: number) => ((v & 0xff) << 8) | (v >> 8);
const select = (key: number) => m.addressSpace.write(8, 2, swap16(key));
const readText = (count: number) => Array.from({ length: count }, () => String.fromCharCode(m.addressSpace.read(0, 1))).join('');

beforeEach(() => {
  m = new TestMachine();
  m.systemMemory.addSubregion(RAM, m.newRam('ram', 0x1_0000));
  fw = m.addDevice(FwCfg);
  [8, 0, 16].forEach((at, i) => fw.mmioMap(i, at));
});

const dma = (control: number, length: number, address: number): number => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, control);
  view.setUint32(4, length);
  view.setBigUint64(8, BigInt(address));
  m.addressSpace.writeBytes(RAM, bytes);
  const be = new DataView(new ArrayBuffer(8));
  be.setBigUint64(0, BigInt(RAM));
  m.addressSpace.write64(16, be.getBigUint64(0, true));
  m.addressSpace.readBytes(RAM, bytes);
  return view.getUint32(0);
};

it('reads items as byte streams of any width', () => {
  select(0);
  expect(readText(6)).toBe('QEMU\0\0');
  select(0);
  expect(m.addressSpace.read(0, 4)).toBe(0x554d_4551);
  select(1);
  expect(m.addressSpace.read(0, 4)).toBe(3);
  select(0x3fff);
  expect(m.addressSpace.read64(0)).toBe(0n);
});

it('lists files by name', () => {
  fw.addFile('opt/a', Uint8Array.of(1, 2, 3));
  select(0x19);
  expect(m.addressSpace.read(0, 4)).toBe(0x0400_0000); // big-endian
  const swap32 = (v: number) => (swap16(v & 0xffff) << 16) | swap16(v >>> 16);
  const files = Array.from({ length: 4 }, () => {
    const [size, key] = [swap32(m.addressSpace.read(0, 4)), swap16(m.addressSpace.read(0, 4))];
    return [readText(56).replaceAll('\0', ''), size, key];
  });
  expect(files).toEqual([
    ['bios-geometry', 0, 0x20],
    ['bootorder', 0, 0x21],
    ['etc/boot-fail-wait', 4, 0x22],
    ['opt/a', 3, 0x23],
  ]);
});

it('copies by DMA, fills the rest with zeros, and refuses what is not memory', () => {
  expect(m.addressSpace.read64(16)).toBe(0x4746_4320_554d_4551n);
  m.addressSpace.write(RAM + 0x104, 4, 0xffff_ffff);
  expect(dma(0x0a, 8, RAM + 0x100)).toBe(0); // select key 0, read
  expect([m.addressSpace.read(RAM + 0x100, 4), m.addressSpace.read(RAM + 0x104, 4)]).toEqual([0x554d_4551, 0]);
  expect(dma(0x0a, 8, 0x5000_0000)).toBe(1);
  expect(dma(0x0a, 0xffff_ffff, RAM + 0x100)).toBe(1);
  expect(dma(0x18, 4, RAM)).toBe(1); // nothing is writable
});

it('gives way in a long transfer, and tells its end in the control word', () => {
  const size = 64 << 20;
  const base = 0x4000_0000;
  m.systemMemory.addSubregion(base, m.newRam('much', size));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1 << 16) bytes.fill(at >> 16, at, at + (1 << 16));
  fw.addFile('opt/long', bytes);
  const control = () => m.addressSpace.read(RAM + 3, 1);
  expect(dma(0x0023_000a, size, base)).not.toBe(0);
  let turns = 1;
  for (; control() !== 0; turns++) {
    m.hostClock.ns++;
    expect(m.clocks.runTimers()).toBe(true);
  }
  expect(turns).toBe(8);
  expect(m.addressSpace.read(base + size - 4, 4)).toBe(0xffff_ffff);
  expect(m.clocks.deadline(ClockType.Virtual)).toBe(undefined);
  dma(0x0023_000a, size, base);
  m.reset();
  expect(m.clocks.deadline(ClockType.Virtual)).toBe(undefined);
});

it('reads with skip from where the last transfer ended', () => {
  dma(0x0c, 2, 0);
  expect(dma(0x02, 2, RAM + 0x100)).toBe(0);
  expect(m.addressSpace.read(RAM + 0x100, 2)).toBe(0x554d);
});
