import { beforeEach, describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { PciRig } from '../pci/testing.js';
import { I6300Esb } from './i6300esb.js';

const BASE = 0x4000_0000;
const [CONFIGURATION, LOCK] = [0x60, 0x68];
/** 0.2 s and 0.1 s in fine ticks. */
const [LONG, SHORT] = [206_250, 103_125];

let rig: PciRig;
let dog: I6300Esb;
let told: string[];
beforeEach(() => {
  rig = new PciRig();
  dog = rig.add(I6300Esb, { addr: '1' });
  rig.put(1, 0x10, BASE);
  rig.enable(1);
  told = [];
  rig.m.actions.watchdog = 'none';
  rig.m.events.listen(({ event }) => void told.push(event));
});
const unlock = (width: 1 | 2 | 4 = 2): void => [0x80, 0x86].forEach((key) => rig.write(BASE + 0xc, key, width));
const start = (lock: number, configuration = 4): void => {
  rig.put(1, CONFIGURATION, configuration, 2);
  unlock();
  rig.write(BASE, LONG);
  unlock();
  rig.write(BASE + 4, SHORT);
  rig.put(1, LOCK, lock, 1);
};
const ms = (time: number): void => rig.m.advance(time * 1e6);

describe('i6300esb', () => {
  it('is what Linux looks for', () => {
    expect([rig.get(1, 0), rig.get(1, 0x0a, 2), rig.get(1, 0x3d, 1)]).toEqual([0x25ab_8086, 0x0880, 0]);
    rig.put(1, 0x10, -1);
    expect(rig.get(1, 0x10)).toBe(0xffff_fff0);
    rig.put(1, CONFIGURATION, 0xffff, 2);
    rig.put(1, LOCK, 0xf8, 1);
    expect([rig.get(1, CONFIGURATION, 2), rig.get(1, LOCK, 1)]).toEqual([0x27, 0]);
  });

  it('expires after both stages, and says so to the guest that comes', () => {
    start(2);
    ms(299);
    expect(told).toEqual([]);
    expect(rig.read(BASE + 0xc, 2)).toBe(0);
    ms(2);
    expect(told).toEqual(['WATCHDOG']);
    expect([rig.read(BASE + 0xc, 2), rig.get(1, CONFIGURATION, 2), rig.get(1, LOCK, 1)]).toEqual([0x1200, 0, 0]);
    ms(10_000);
    expect(told).toEqual(['WATCHDOG']);
    dog.coldReset();
    rig.put(1, 0x10, BASE);
    rig.enable(1);
    expect(rig.read(BASE + 0xc, 2)).toBe(0x1200);
    rig.write(BASE + 0xc, 0x200, 2); // locked
    expect(rig.read(BASE + 0xc, 2)).toBe(0x1200);
    unlock();
    rig.write(BASE + 0xc, 0x200, 2);
    expect(rig.read(BASE + 0xc, 2)).toBe(0);
  });

  it.each([1, 2, 4] as const)('is fed by a reload after two keys, in accesses of %d bytes', (width) => {
    start(2);
    for (let i = 0; i < 10; i++) {
      ms(150);
      unlock(width);
      rig.write(BASE + 0xc, 0x100, 2);
    }
    expect(told).toEqual([]);
    ms(150);
    rig.write(BASE + 0xc, 0x86, width); // in the wrong order
    rig.write(BASE + 0xc, 0x80, width);
    rig.write(BASE + 0xc, 0x100, 2);
    ms(151);
    expect(told).toEqual(['WATCHDOG']);
  });

  it('counts in ticks of a millisecond, too', () => {
    rig.put(1, CONFIGURATION, 0, 2);
    for (const at of [0, 4]) {
      unlock();
      rig.write(BASE + at, 1000);
    }
    rig.put(1, LOCK, 2, 1);
    ms(1985); // 2 x 1000 ticks of 2^15 / 33 MHz: 1986 ms
    expect(told).toEqual([]);
    ms(2);
    expect(told).toEqual(['WATCHDOG']);
  });

  it('can be stopped, unless it is locked', () => {
    start(2);
    rig.put(1, LOCK, 0, 1);
    ms(1000);
    expect(told).toEqual([]);
    start(3);
    rig.put(1, LOCK, 0, 1);
    expect(rig.get(1, LOCK, 1)).toBe(3);
    ms(301);
    expect(told).toEqual(['WATCHDOG']);
  });

  it('with its output off expires in silence, once or again and again', () => {
    start(6, 0x24);
    ms(5000);
    expect(told).toEqual([]);
    expect(rig.read(BASE + 0xc, 2)).toBe(0);
    rig.put(1, CONFIGURATION, 4, 2);
    ms(301);
    expect(told).toEqual(['WATCHDOG']);
  });

  it('is carried over by a snapshot', () => {
    start(2);
    ms(250);
    const out = new ByteWriter();
    I6300Esb.vmState.save(dog, out);
    const other = new PciRig();
    const twin = other.add(I6300Esb, { addr: '1' });
    I6300Esb.vmState.load(twin, new ByteReader(out.finish()), 1);
    expect([twin.stage, twin.preload1, other.get(1, LOCK, 1), other.read(BASE, 4)]).toEqual([2, LONG, 2, LONG]);
  });
});
