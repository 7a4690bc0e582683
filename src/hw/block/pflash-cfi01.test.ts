import { beforeEach, expect, it } from 'vitest';
import { TestMachine } from '../core/testing.js';
import { PflashCfi01 } from './pflash-cfi01.js';

let m: TestMachine;
let flash: PflashCfi01;
const r = (at: number) => m.addressSpace.read(at, 4);
const w = (at: number, value: number) => m.addressSpace.write(at, 4, value);
/** A command to both chips of the bank. */
const command = (at: number, value: number) => w(at, (value | (value << 16)) >>> 0);

beforeEach(() => {
  m = new TestMachine();
  flash = m.addDevice(PflashCfi01, { 'num-blocks': 4, 'sector-length': 0x1000, width: 4, 'device-width': 2, id0: 0x89, id1: 0x18 });
  flash.mmioMap(0, 0);
  flash.storage.fill(0xff);
});

it('reads as memory, identifies itself and answers CFI', () => {
  flash.storage.set([1, 2, 3, 4]);
  expect(r(0)).toBe(0x04030201);
  command(0, 0x90);
  expect([r(0), r(4)]).toEqual([0x0089_0089, 0x0018_0018]);
  command(0, 0xff);
  expect(r(0)).toBe(0x04030201);
  command(0x154, 0x98);
  expect([0x10, 0x11, 0x12].map((i) => String.fromCharCode(r(4 * i) & 0xff)).join('')).toBe('QRY');
  expect([r(4 * 0x2d), r(4 * 0x30)].map((v) => v & 0xff)).toEqual([1, 0]);
  command(0, 0xff);
});

it('shows its status, and is ready after a reset', () => {
  const shown = () => flash.registerMaps.flatMap(({ registers }) => registers.map(({ name, value }) => `${name} ${value}`));
  flash.readOnly = true;
  command(0, 0x40);
  w(0, 0);
  expect(shown()).toEqual(['STATUS 144']);
  m.reset();
  expect(shown()).toEqual(['STATUS 128']);
});

it('answers a doubleword as two words, in any mode', () => {
  command(0, 0x70);
  expect([m.addressSpace.readTx(0, 8), m.addressSpace.hi]).toEqual([0, 0x0080_0080]);
});

it('programs words and erases sectors', () => {
  command(0x1004, 0x40);
  w(0x1004, 0x1234_5678);
  expect(r(0) & 0x80).toBe(0x80); // status
  command(0, 0xff);
  expect([r(0x1004), r(0x1000)]).toEqual([0x1234_5678, 0xffff_ffff]);
  command(0x1000, 0x20);
  command(0x1000, 0xd0);
  expect(r(0)).toBe(0x0080_0080);
  command(0, 0xff);
  expect(r(0x1004)).toBe(0xffff_ffff);
});

it('programs a buffer only when it is confirmed', () => {
  const buffer = (confirm: number) => {
    command(0x800, 0xe8);
    command(0x800, 1);
    w(0x800, 0x1111_1111);
    w(0x804, 0x2222_2222);
    command(0x800, confirm);
    command(0, 0xff);
  };
  buffer(0xff);
  expect(r(0x800)).toBe(0xffff_ffff);
  buffer(0xd0);
  expect([r(0x800), r(0x804)]).toEqual([0x1111_1111, 0x2222_2222]);
});

it('fails a buffer that leaves its block', () => {
  command(0x800, 0xe8);
  command(0x800, 1);
  w(0x800, 0);
  w(0x1000, 0);
  command(0x800, 0xd0);
  expect(r(0) & 0x10).toBe(0x10);
  command(0, 0x50);
  expect(r(0x800)).toBe(0xffff_ffff);
});

it('is kept in its image: each program and erase is there at once, and none if it may not be written', () => {
  for (const readOnly of [false, true]) {
    const written: [number, number][] = [];
    const bytes = new Uint8Array(0x4000).fill(0xee);
    const drive = { bytes, readOnly, write: (offset: number, data: Uint8Array) => written.push([offset, data.length]) };
    const machine = new TestMachine();
    const bank = machine.addDevice(PflashCfi01, { 'num-blocks': 4, 'sector-length': 0x1000, width: 4, 'device-width': 2, drive });
    bank.mmioMap(0, 0);
    const write = (at: number, value: number) => machine.addressSpace.write(at, 4, value);
    expect(machine.addressSpace.read(0x1004, 4)).toBe(0xeeeeeeee);
    write(0x1004, 0x40_0040);
    write(0x1004, 0x1234_5678);
    expect(machine.addressSpace.read(0, 4)).toBe(readOnly ? 0x90_0090 : 0x80_0080);
    write(0x2000, 0x20_0020);
    write(0x2000, 0xd0_00d0);
    write(0, 0xff_00ff);
    expect(written).toEqual(readOnly ? [] : [[0x1004, 4], [0x2000, 0x1000]]); // prettier-ignore
    expect(machine.addressSpace.read(0x1004, 4)).toBe(readOnly ? 0xeeeeeeee : 0x1234_5678);
  }
});
