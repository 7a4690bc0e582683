import { expect, it } from 'vitest';
import { ClockSet, ManualHostClock, type IcountOptions } from '../hw/core/clock.js';
import { IcountPace } from './icount-pace.js';

function setup(options: IcountOptions) {
  const host = new ManualHostClock();
  const clocks = new ClockSet(host, options);
  let instructions = 0;
  clocks.setInstructionSource(() => instructions);
  clocks.start();
  const told: string[] = [];
  const pace = new IcountPace(clocks, options, (text) => told.push(text));
  /** Guest and host go on. */
  const pass = (count: number, ns: number): void => {
    instructions += count;
    host.ns += ns;
  };
  return { clocks, pace, pass, told };
}

it('is not asked where nothing is to be kept', () => {
  expect(setup({ shift: 3 }).pace).toMatchObject({ isKept: false, sleeps: false });
  expect(setup({ shift: 3, sleep: true }).pace).toMatchObject({ isKept: false, sleeps: true });
  expect(setup({ shift: 3, auto: true }).pace).toMatchObject({ isKept: true, sleeps: true });
});

it('auto makes instructions shorter or longer until guest time keeps with the host’s, and time never goes back', () => {
  const { clocks, pace, pass } = setup({ shift: 3, auto: true });
  /** The shift after five seconds of a host that runs so many instructions a second. */
  const settled = (rate: number): number => {
    for (let n = 0; n < 50; n++) {
      pass(rate / 10, 1e8);
      const before = clocks.virtualNow;
      const shift = pace.newShift();
      if (shift !== undefined) clocks.shift = shift;
      expect(clocks.virtualNow).toBe(before);
    }
    return clocks.shift;
  };
  expect(settled(1e9)).toBe(0);
  expect(settled(4e6)).toBeGreaterThan(6);
});

it('align lets a guest wait that is ahead, and tells of one that is late', () => {
  const { pace, pass, told } = setup({ shift: 3, align: true });
  pass(1e6, 8e6);
  expect([pace.waitNs(), told]).toEqual([0, []]);
  pass(1e6, 0);
  expect(pace.waitNs()).toBe(5e6); // 3 ms do not matter
  pass(0, 5e9);
  expect(pace.waitNs()).toBe(0);
  expect(told).toEqual(['wemu: the guest is now late by 4.0 to 5.0 seconds\n']);
  expect(pace.waitNs()).toBe(0);
  expect(told).toHaveLength(1);
});
