import { beforeEach, describe, expect, it } from 'vitest';
import { IsaRig } from '../isa/testing.js';
import { I82374 } from './i82374.js';

let rig: IsaRig;
beforeEach(() => {
  rig = new IsaRig();
  rig.add(I82374);
  rig.m.reset();
});

const PAGES: Readonly<Record<number, number>> = { 1: 0x83, 2: 0x81, 5: 0x8b };
/** Base address and count of a channel, and its mode; then its mask is cleared. */
function program(n: number, address: number, count: number, mode: number): void {
  const [base, shift, n4] = n < 4 ? [0, 0, n] : [0xc0, 1, n - 4];
  const control = base + (8 << shift);
  rig.out(control + (4 << shift), 0); // flip-flop
  const unit = address >> shift;
  for (const [register, value] of [
    [2 * n4, unit & 0xffff],
    [2 * n4 + 1, count],
  ] as const)
    // prettier-ignore
    for (const byte of [value & 0xff, value >> 8]) rig.out(base + (register << shift), byte);
  rig.out(PAGES[n], address >> 16);
  rig.out(control + (3 << shift), mode | n4);
  rig.out(control + (2 << shift), n4);
}
const WRITE = 0x44;
const READ = 0x48;
const AUTO = 0x10;
const DOWN = 0x20;

describe('8237A', () => {
  it('reads back what was written, a byte after the other', () => {
    program(2, 0x1_2345, 0x0fff, WRITE);
    rig.out(0x0c, 0);
    expect([rig.in(4), rig.in(4), rig.in(5), rig.in(5), rig.in(0x81)]).toEqual([0x45, 0x23, 0xff, 0x0f, 1]);
  });

  it('moves bytes to memory up to the terminal count, and masks the channel', () => {
    program(2, 0x1_0100, 3, WRITE);
    const channel = rig.bus.channels[2]!;
    channel.request(true);
    expect([channel.direction, channel.left]).toEqual(['write', 4]);
    expect(channel.write(Uint8Array.of(1, 2, 3, 4, 5, 6))).toBe(4);
    expect(rig.m.addressSpace.read(0x1_0100, 4)).toBe(0x0403_0201);
    expect([rig.in(8) & 4, rig.in(8) & 4, rig.in(0x0f) & 4]).toEqual([4, 0, 4]);
    expect(channel.write(Uint8Array.of(7))).toBe(0);
  });

  it('begins anew by itself', () => {
    program(1, 0x200, 1, READ | AUTO);
    rig.m.addressSpace.write(0x200, 2, 0x2211);
    const channel = rig.bus.channels[1]!;
    channel.request(true);
    const into = new Uint8Array(5);
    expect(channel.read(into)).toBe(5);
    expect([...into]).toEqual([0x11, 0x22, 0x11, 0x22, 0x11]);
  });

  it('goes down', () => {
    program(1, 0x203, 3, WRITE | DOWN);
    const channel = rig.bus.channels[1]!;
    channel.request(true);
    channel.write(Uint8Array.of(1, 2, 3, 4));
    expect(rig.m.addressSpace.read(0x200, 4)).toBe(0x0102_0304);
  });

  it('moves words on the second controller', () => {
    program(5, 0x1_0200, 1, WRITE);
    const channel = rig.bus.channels[5]!;
    channel.request(true);
    expect([channel.left, channel.write(Uint8Array.of(1, 2, 3, 4, 5))]).toEqual([4, 4]);
    expect(rig.m.addressSpace.read(0x1_0200, 4)).toBe(0x0403_0201);
  });

  it('calls who asks when it may move something', () => {
    program(2, 0x100, 7, WRITE);
    rig.out(0x0a, 6); // masked
    const channel = rig.bus.channels[2]!;
    let calls = 0;
    channel.handler = () => calls++;
    channel.request(true);
    expect(calls).toBe(0);
    rig.out(0x0a, 2);
    expect(calls).toBe(1);
    rig.out(0x08, 4); // all is off
    channel.request(true);
    expect(calls).toBe(1);
  });

  it('does nothing where no memory is', () => {
    program(2, 0xff_0000, 1, READ);
    const channel = rig.bus.channels[2]!;
    channel.request(true);
    const into = new Uint8Array(2);
    expect([channel.read(into), ...into]).toEqual([2, 0xff, 0xff]);
  });
});
