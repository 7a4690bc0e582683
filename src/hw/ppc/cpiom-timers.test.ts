/** The CPIOM's timers without a processor: how long a count takes, the cycle with its slice and window, and the calendar. */
import { expect, it } from 'vitest';
import { TestMachine } from '../core/testing.js';
import { CpiomTimers } from './cpiom-timers.js';

const [CTRL, PRESCAL, STATUS, TICK, ACK, PERIOD, COUNTER, CYCLE] = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c];
const [SLICE_END, SLICE_OUT, WIN_BEGIN, WIN_END, WIN_STS, WIN_SAV_STS] = [0x20, 0x24, 0x28, 0x2c, 0x30, 0x34];
const [RTC_PERIOD, CPT_RTC] = [0x40, 0x44];
const [ACTIVE, RUN] = [1, 2];
/** With this a count takes 1000 ns. */
const MHZ = { frequency: 1_000_000 };

/** They are big-endian. */
const swap = (value: number): number => new DataView(Uint32Array.of(value).buffer).getUint32(0);

function rig(properties: { frequency?: number; speed?: number } = MHZ) {
  const m = new TestMachine();
  const timers = m.realize(m.newDevice(CpiomTimers, properties));
  timers.mmioMap(0, 0);
  return {
    ...{ m, timers },
    get: (at: number): number => swap(m.addressSpace.read(at)),
    set: (at: number, value: number): void => void m.addressSpace.write(at, 4, swap(value)),
  };
}

it.each([
  // period of a count = 1000 * scale / MHz ns; its end: floor(period * count) after the write
  [16_600_000, 100, 0, 1000, 60_240],
  [16_600_000, 100, 3, 7, 1686],
  [16_600_000, 200, 0, 1000, 30_120],
  [1_000_000, 50, 9, 3, 60_000],
])('%i Hz, at a speed of %i, prescaled by %i: %i counts take %i ns', (frequency, speed, prescale, count, ns) => {
  const { m, get, set } = rig({ frequency, speed });
  set(CTRL, ACTIVE);
  set(PRESCAL, prescale);
  set(TICK, count);
  m.advance(ns - 1);
  expect([get(STATUS), get(TICK)]).toEqual([0, 1]);
  m.advance(1);
  expect(get(STATUS)).toBe(1);
  m.advance(1);
  expect([get(STATUS), get(TICK)]).toEqual([1, 0]);
  set(ACK, 1);
  expect(get(STATUS)).toBe(0);
});

it('a new scale counts from the next write on', () => {
  const { m, get, set } = rig();
  set(CTRL, ACTIVE);
  set(TICK, 10);
  set(PRESCAL, 1);
  m.advance(5000);
  expect(get(TICK)).toBe(5);
  set(TICK, 10);
  m.advance(10_000);
  expect(get(TICK)).toBe(5);
});

it('a cycle has a slice, of which the end interrupts, and a window in it', () => {
  const { m, get, set } = rig();
  for (const [at, value] of [[PERIOD, 100], [SLICE_END, 60], [WIN_BEGIN, 20], [WIN_END, 70], [CTRL, RUN]]) set(at, value); // prettier-ignore
  const seen = (): number[] => [COUNTER, CYCLE, SLICE_OUT, WIN_STS, STATUS].map(get);
  expect(seen()).toEqual([0, 0, 0, 0, 0]);
  m.advance(20_000);
  expect(seen()).toEqual([20, 0, 0, 1, 0]);
  m.advance(45_000);
  expect([...seen(), get(WIN_SAV_STS)]).toEqual([65, 0, 5, 1, 2, 1]);
  set(ACK, 2);
  m.advance(5000);
  expect(seen()).toEqual([70, 0, 10, 0, 0]);
  m.advance(31_000);
  expect(seen()).toEqual([1, 1, 0, 0, 4]);
  set(ACK, 4);
  m.advance(100_000);
  expect(seen()).toEqual([1, 2, 0, 0, 6]); // slice and cycle have ended again
  set(CTRL, 0);
  expect(seen().slice(0, 4)).toEqual([0, 0, 0, 0]);
});

it('the calendar counts in periods of its own', () => {
  const { m, get, set } = rig();
  set(RTC_PERIOD, 1000); // ms
  set(CPT_RTC, 0xffff_fffe);
  m.advance(1_500_000);
  expect(get(CPT_RTC)).toBe(0xffff_ffff);
  m.advance(500_000);
  expect(get(CPT_RTC)).toBe(0);
  set(RTC_PERIOD, 0); // it stands
  m.advance(10_000_000);
  expect(get(CPT_RTC)).toBe(0);
});

it('a frequency or speed of 0 is refused', () => {
  for (const properties of [{ frequency: 0 }, { speed: 0 }]) expect(() => rig(properties)).toThrow('frequency and speed must not be 0');
});
