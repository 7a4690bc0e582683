import { beforeEach, describe, expect, it } from 'vitest';
import { PciRig, RAM } from '../pci/testing.js';
import { Lsi53c810 } from './lsi53c810.js';

const BAR = 0x4000_0000;
const [DSTAT, ISTAT, DSP, DIEN, SIEN1, SIST1] = [0x0c, 0x14, 0x2c, 0x39, 0x41, 0x43];

let rig: PciRig;
beforeEach(() => {
  rig = new PciRig();
  rig.add(Lsi53c810, { addr: '1.0' });
  rig.m.reset();
  rig.put(1, 0x14, BAR);
  rig.enable(1);
});
const get = (at: number): number => rig.read(BAR + at, 1);
const put = (at: number, value: number): void => rig.write(BAR + at, value, 1);
/** Runs SCRIPTS of so many words. */
const run = (...words: number[]): void => {
  words.forEach((word, n) => rig.write(RAM + 4 * n, word));
  rig.write(BAR + DSP, RAM);
};

describe('53C810', () => {
  it('selects nobody: the selection times out', () => {
    put(SIEN1, 4);
    run(0x4002_0000, RAM + 16);
    expect([get(ISTAT) & 3, rig.host.lines[1]]).toEqual([2, true]);
    expect([get(SIST1), get(SIST1), get(ISTAT) & 3, rig.host.lines[1]]).toEqual([4, 0, 0, false]);
  });

  it('jumps, and interrupts with what the instruction says', () => {
    put(DIEN, 4);
    run(0x8008_0000, RAM + 16, 0, 0, 0x9808_0000, 0x1234);
    expect([rig.host.lines[1], rig.read(BAR + 0x30), get(ISTAT) & 3]).toEqual([true, 0x1234, 1]);
    expect([get(DSTAT), get(DSTAT), get(ISTAT) & 3]).toEqual([0x84, 0x80, 0]);
  });

  it('ends an endless loop, and what is no instruction, or not in memory', () => {
    run(0x8008_0000, RAM);
    expect(get(DSTAT) & 0x10).toBe(0x10);
    run(0xffff_ffff, 0);
    expect(get(DSTAT) & 1).toBe(1);
    rig.write(BAR + DSP, 0x10);
    expect(get(DSTAT) & 1).toBe(1);
  });

  it('is reset by software', () => {
    put(DIEN, 0xff);
    put(ISTAT, 0x40);
    expect([get(DIEN), get(DSTAT), get(0x1a)]).toEqual([0, 0x80, 1]);
  });
});
