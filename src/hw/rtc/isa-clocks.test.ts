import { describe, expect, it } from 'vitest';
import type { PropertyValues } from '../core/device.js';
import { IsaRig } from '../isa/testing.js';
import { IsaM48t59 } from './m48t59.js';
import { Mc146818Rtc } from './mc146818rtc.js';

const SECOND = 1_000_000_000;
/** Of ManualHostClock. */
const START = [0x24, 0x01, 0x01, 0x00, 0x00, 0x00];

describe('MC146818', () => {
  const make = (properties: PropertyValues<typeof Mc146818Rtc> = { base_year: 2000 }) => {
    const rig = new IsaRig();
    rig.add(Mc146818Rtc, properties);
    rig.m.reset();
    const get = (at: number): number => (rig.out(0x70, at), rig.in(0x71));
    const put = (at: number, value: number): void => (rig.out(0x70, at), rig.out(0x71, value));
    return { rig, get, put, time: () => [9, 8, 7, 4, 2, 0].map(get) };
  };

  it('tells the time of the calendar, in decimal or binary, in 24 or 12 hours', () => {
    const { rig, get, put, time } = make();
    expect(time()).toEqual(START);
    rig.m.advance(13 * 3600 * SECOND + 59 * SECOND);
    expect([get(4), get(0), get(6)]).toEqual([0x13, 0x59, 2]);
    put(0x0b, 0x06);
    expect([get(4), get(0)]).toEqual([13, 59]);
    put(0x0b, 0x00);
    expect(get(4)).toBe(0x81);
  });

  it('is set while it stands', () => {
    const { rig, put, time } = make();
    put(0x0b, 0x82);
    for (const [at, value] of [[9, 0x30], [8, 0x02], [7, 0x28], [4, 0x23], [2, 0x59], [0, 0x58]] as const) put(at, value); // prettier-ignore
    rig.m.advance(5 * SECOND);
    expect(time()).toEqual([0x30, 0x02, 0x28, 0x23, 0x59, 0x58]);
    put(0x0b, 0x02);
    rig.m.advance(3 * SECOND);
    expect(time()).toEqual([0x30, 0x03, 0x01, 0x00, 0x00, 0x01]);
  });

  it('interrupts each second, at its alarm, and periodically; reading C ends that', () => {
    const { rig, get, put } = make();
    put(0x0b, 0x12);
    rig.m.advance(SECOND);
    expect([rig.levels[8], get(0x0c), rig.levels[8], get(0x0c)]).toEqual([1, 0x90, 0, 0]);
    for (const [at, value] of [[1, 0x03], [3, 0xff], [5, 0xff], [0x0b, 0x22]] as const) put(at, value); // prettier-ignore
    rig.m.advance(SECOND);
    expect(rig.levels[8]).toBe(0);
    rig.m.advance(SECOND);
    expect([rig.levels[8], get(0x0c) & 0xa0]).toEqual([1, 0xa0]);
    put(0x0a, 0x2f); // twice a second
    put(0x0b, 0x42);
    rig.m.advance(SECOND / 2);
    expect([rig.levels[8], get(0x0c) & 0xc0]).toEqual([1, 0xc0]);
  });

  it('keeps 114 bytes', () => {
    const { rig, get, put } = make();
    for (let at = 0x0e; at < 0x80; at++) put(at, at);
    rig.m.reset();
    expect(Array.from({ length: 0x72 }, (_, n) => get(n + 0x0e))).toEqual(Array.from({ length: 0x72 }, (_, n) => n + 0x0e));
    expect(get(0x0d)).toBe(0x80);
  });
});

describe('M48T59', () => {
  const make = () => {
    const rig = new IsaRig();
    rig.add(IsaM48t59);
    rig.m.reset();
    const at = (address: number): void => (rig.out(0x74, address & 0xff), rig.out(0x75, address >> 8));
    const get = (address: number): number => (at(address), rig.in(0x77));
    const put = (address: number, value: number): void => (at(address), rig.out(0x77, value));
    return { rig, get, put, time: () => [0x1fff, 0x1ffe, 0x1ffd, 0x1ffb, 0x1ffa, 0x1ff9].map(get) };
  };

  it('keeps 8 KiB, over a reset, too', () => {
    const { rig, get, put } = make();
    for (let at = 0; at < 0x1ff0; at += 17) put(at, at & 0xff);
    rig.m.reset();
    for (let at = 0; at < 0x1ff0; at += 17) expect(get(at)).toBe(at & 0xff);
  });

  it('tells the time, which stands while it is read', () => {
    const { rig, put, time } = make();
    expect(time()).toEqual(START);
    put(0x1ff8, 0x40);
    rig.m.advance(5 * SECOND);
    expect(time()).toEqual(START);
    put(0x1ff8, 0);
    expect(time()).toEqual([...START.slice(0, 5), 5]);
  });

  it('is set, and stopped', () => {
    const { rig, put, time } = make();
    put(0x1ff8, 0x80);
    for (const [at, value] of [[0x1fff, 0x99], [0x1ffe, 0x12], [0x1ffd, 0x31], [0x1ffb, 0x23], [0x1ffa, 0x59], [0x1ff9, 0x59]] as const) put(at, value); // prettier-ignore
    put(0x1ff8, 0);
    expect(time()).toEqual([0x99, 0x12, 0x31, 0x23, 0x59, 0x59]);
    put(0x1ff9, 0xd9);
    rig.m.advance(10 * SECOND);
    expect(time().map((byte) => byte & 0x7f)).toEqual([0x19, 0x12, 0x31, 0x23, 0x59, 0x59]);
    put(0x1ff9, 0x59);
    rig.m.advance(SECOND);
    expect(time()).toEqual([0x00, 0x01, 0x01, 0x00, 0x00, 0x00]);
  });
});
