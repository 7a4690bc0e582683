import { expect, it } from 'vitest';
import type { MachineConfig } from '../core/machine-config.js';
import { TestMachine } from '../core/testing.js';
import { IrqLine } from '../core/irq.js';
import { GoldfishRtc } from './goldfish-rtc.js';

const setup = (config: MachineConfig = {}) => {
  const m = new TestMachine({ config });
  const rtc = m.addDevice(GoldfishRtc);
  rtc.mmioMap(0, 0);
  const line = { level: 0 };
  rtc.connectIrq(0, new IrqLine((_, level) => (line.level = level)));
  m.reset();
  const now = () => {
    const low = BigInt(m.addressSpace.read(0, 4));
    return (BigInt(m.addressSpace.read(4, 4)) << 32n) | low;
  };
  return { m, line, now, w: (at: number, value: number) => m.addressSpace.write(at, 4, value) };
};

it('tells the host’s wall clock in ns', () => {
  const { m, now } = setup();
  const began = now();
  expect(began).toBe(BigInt(Date.UTC(2024, 0, 1)) * 1_000_000n);
  m.advance(3e9);
  expect(Number(now() - began)).toBeCloseTo(3e9, -3);
});

it('can be set', () => {
  const { now, w } = setup();
  w(4, 0);
  w(0, 5);
  expect(now()).toBe(5n);
});

it('rings at an alarm in 200 years, to the ns', () => {
  const m = new TestMachine({ icount: { shift: 0 } });
  const rtc = m.addDevice(GoldfishRtc);
  rtc.mmioMap(0, 0);
  let level = 0;
  rtc.connectIrq(0, new IrqLine((_, l) => (level = l)));
  m.reset();
  const wait = 6_311_433_600_000_000_001n;
  const at = BigInt(Date.UTC(2024, 0, 1)) * 1_000_000n + wait;
  m.addressSpace.write(0x10, 4, 1);
  m.addressSpace.write(0xc, 4, Number(at >> 32n));
  m.addressSpace.write(8, 4, Number(at & 0xffff_ffffn));
  for (const [now, expected] of [[wait - 1n, 0], [wait, 1]] as const) {
    m.clocks.warpTo(now);
    m.clocks.runTimers();
    expect(level).toBe(expected);
  }
}); // prettier-ignore

it('rings once at its alarm', () => {
  const { m, line, now, w } = setup();
  const at = now() + 1_000_000_000n;
  w(0x10, 1);
  w(0xc, Number(at >> 32n));
  w(8, Number(at & 0xffff_ffffn));
  expect([line.level, m.addressSpace.read(0x18, 4)]).toEqual([0, 1]);
  m.advance(0.9e9);
  expect(line.level).toBe(0);
  m.advance(0.2e9);
  expect([line.level, m.addressSpace.read(0x18, 4)]).toEqual([1, 0]);
  w(0x1c, 1);
  expect(line.level).toBe(0);
});

it('rings at once when the alarm has passed, and holds its line while enabled and not cleared', () => {
  const { m, line, w } = setup();
  w(8, 5);
  expect([m.addressSpace.read(0x18, 4), line.level]).toEqual([0, 0]);
  w(0x10, 0xffff_fffe);
  expect([m.addressSpace.read(0x10, 4), line.level]).toEqual([0, 0]);
  w(0x10, 3);
  expect([m.addressSpace.read(0x10, 4), line.level]).toEqual([1, 1]);
  w(0x14, 1); // the alarm, not the interrupt
  expect(line.level).toBe(1);
  w(0x10, 0);
  expect(line.level).toBe(0);
  w(0x10, 1);
  expect(line.level).toBe(1);
  w(0x1c, 0); // any value clears it
  expect(line.level).toBe(0);
});

it('latches the high half when the low one is read; a doubleword is both', () => {
  const { m, w } = setup();
  w(4, 7);
  w(0, 0xffff_fff0);
  expect(m.addressSpace.read(0, 4)).toBe(0xffff_fff0);
  m.advance(1e6);
  expect([m.addressSpace.read(4, 4), m.addressSpace.read64(0) >> 32n]).toEqual([7, 8n]);
});

it('write-only registers read as 0, clearing an alarm keeps its time', () => {
  const { m, w } = setup();
  w(0xc, 0xffff_ffff);
  w(8, 9);
  expect(m.addressSpace.read(0x18, 4)).toBe(1);
  w(0x14, 1);
  expect([0x08, 0x0c, 0x14, 0x18, 0x1c, 0x20].map((at) => m.addressSpace.read(at, 4))).toEqual([9, 0xffff_ffff, 0, 0, 0, 0]);
});

it.each([
  ['host', 5e9],
  ['rt', 5e9],
  ['vm', 2e9],
] as const)('follows the clock %s: %i ns of 5 s, 3 of them stopped', (rtcClock, passed) => {
  const { m, now } = setup({ rtcClock });
  const began = now();
  m.advance(2e9);
  m.vmStop();
  m.advance(3e9);
  expect(Number(now() - began)).toBeCloseTo(passed, -3);
});
