import { describe, expect, it } from 'vitest';
import { ClockSet, ClockType, ManualHostClock } from './clock.js';

function clocks() {
  const host = new ManualHostClock();
  host.ns = 5e9; // any origin
  const set = new ClockSet(host);
  return { host, set };
}

describe('clocks', () => {
  it('virtual time stands while stopped, realtime does not', () => {
    const { host, set } = clocks();
    host.ns += 100;
    set.start();
    host.ns += 50;
    set.stop();
    host.ns += 1000;
    expect(set.now(ClockType.Virtual)).toBe(50);
    expect(set.now(ClockType.Realtime)).toBe(1150);
    set.start();
    host.ns += 5;
    expect(set.virtualNow).toBe(55);
  });

  it('runs at a speed', () => {
    const { host, set } = clocks();
    set.start();
    host.ns += 100;
    set.setSpeed(0.5);
    host.ns += 100;
    expect(set.virtualNow).toBe(150);
    set.timer(ClockType.Virtual, () => {}).startNs(50);
    expect(set.hostNsToDeadline()).toBe(100);
  });

  it('counts instructions in icount mode, and warps', () => {
    const set = new ClockSet(new ManualHostClock(), { shift: 3 });
    let instructions = 0;
    set.setInstructionSource(() => instructions);
    instructions = 10;
    expect(set.virtualNow).toBe(80);
    set.warpTo(1000);
    instructions = 11;
    expect(set.virtualNow).toBe(1008);
    set.setVirtual(7);
    expect(set.virtualNow).toBe(7);
  });
});

describe('timers', () => {
  it('fire in order of expiry, then of arming', () => {
    const { host, set } = clocks();
    set.start();
    const fired: string[] = [];
    for (const [name, ns] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['b2', 20],
    ] as const)
      set.timer(ClockType.Virtual, () => fired.push(name)).modNs(ns);
    host.ns += 20;
    expect(set.runTimers()).toBe(true);
    expect(fired).toEqual(['a', 'b', 'b2']);
    expect(set.deadline(ClockType.Virtual)).toBe(30);
  });

  it('can be moved and deleted, also by one another', () => {
    const { host, set } = clocks();
    set.start();
    const fired: string[] = [];
    const victim = set.timer(ClockType.Virtual, () => fired.push('victim'));
    set.timer(ClockType.Virtual, () => victim.del()).modNs(1);
    victim.modNs(2);
    const moved = set.timer(ClockType.Virtual, () => fired.push('moved'));
    moved.modNs(1);
    moved.modNs(500);
    host.ns += 10;
    set.runTimers();
    expect(fired).toEqual([]);
    expect([victim.pending, moved.pending, moved.expireTime]).toEqual([false, true, 500]);
  });

  it('that re-arm themselves in the past do not hang the caller', () => {
    const { set } = clocks();
    set.start();
    let count = 0;
    const timer = set.timer(ClockType.Virtual, () => {
      count++;
      timer.modNs(0);
    });
    timer.modNs(0);
    set.runTimers();
    expect(count).toBe(1);
  });

  it('tell when the earliest deadline changes', () => {
    const { set } = clocks();
    let changes = 0;
    set.onDeadlineChange = () => changes++;
    set.timer(ClockType.Virtual, () => {}).modNs(100);
    set.timer(ClockType.Virtual, () => {}).modNs(200);
    set.timer(ClockType.Virtual, () => {}).modNs(50);
    expect(changes).toBe(2);
  });
});
