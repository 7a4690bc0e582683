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
    expect(set.now(ClockType.Virtual)).toBe(50n);
    expect(set.now(ClockType.Realtime)).toBe(1150n);
    set.start();
    host.ns += 5;
    expect(set.virtualNow).toBe(55n);
  });

  it('runs at a speed', () => {
    const { host, set } = clocks();
    set.start();
    host.ns += 100;
    set.setSpeed(0.5);
    host.ns += 100;
    expect(set.virtualNow).toBe(150n);
    set.timer(ClockType.Virtual, () => {}).startNs(50);
    expect(set.hostNsToDeadline()).toBe(100);
  });

  it('counts instructions in icount mode, and warps', () => {
    const set = new ClockSet(new ManualHostClock(), { shift: 3 });
    let instructions = 0;
    set.setInstructionSource(() => instructions);
    instructions = 10;
    expect(set.virtualNow).toBe(80n);
    set.warpTo(1000n);
    instructions = 11;
    expect(set.virtualNow).toBe(1008n);
    set.setVirtual(7n);
    expect(set.virtualNow).toBe(7n);
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
      set.timer(ClockType.Virtual, () => fired.push(name)).modNs(BigInt(ns));
    host.ns += 20;
    expect(set.runTimers()).toBe(true);
    expect(fired).toEqual(['a', 'b', 'b2']);
    expect(set.deadline(ClockType.Virtual)).toBe(30n);
  });

  it('can be moved and deleted, also by one another', () => {
    const { host, set } = clocks();
    set.start();
    const fired: string[] = [];
    const victim = set.timer(ClockType.Virtual, () => fired.push('victim'));
    set.timer(ClockType.Virtual, () => victim.del()).modNs(1n);
    victim.modNs(2n);
    const moved = set.timer(ClockType.Virtual, () => fired.push('moved'));
    moved.modNs(1n);
    moved.modNs(500n);
    host.ns += 10;
    set.runTimers();
    expect(fired).toEqual([]);
    expect([victim.pending, moved.pending, moved.expireTime]).toEqual([false, true, 500n]);
  });

  it('are exact beyond 2^53 ns, and one beyond 2^63 is not pending', () => {
    const set = new ClockSet(new ManualHostClock(), { shift: 0 });
    let instructions = 0;
    set.setInstructionSource(() => instructions);
    set.start();
    let fired = 0;
    const timer = set.timer(ClockType.Virtual, () => fired++);
    const at = (1n << 62n) + 1n;
    timer.modNs(at);
    set.warpTo(at - 1n);
    expect([set.virtualNow, set.hostNsToDeadline(), set.runTimers()]).toEqual([at - 1n, 1, false]);
    instructions++;
    expect([set.virtualNow, set.runTimers(), fired]).toEqual([at, true, 1]);
    timer.modNs(1n << 63n);
    expect([timer.pending, set.deadline(ClockType.Virtual), set.hostNsToDeadline()]).toEqual([false, undefined, Infinity]);
  });

  it('that re-arm themselves in the past do not hang the caller', () => {
    const { set } = clocks();
    set.start();
    let count = 0;
    const timer = set.timer(ClockType.Virtual, () => {
      count++;
      timer.modNs(0n);
    });
    timer.modNs(0n);
    set.runTimers();
    expect(count).toBe(1);
  });

  it('tell when the earliest deadline changes', () => {
    const { set } = clocks();
    let changes = 0;
    set.onDeadlineChange = () => changes++;
    set.timer(ClockType.Virtual, () => {}).modNs(100n);
    set.timer(ClockType.Virtual, () => {}).modNs(200n);
    set.timer(ClockType.Virtual, () => {}).modNs(50n);
    expect(changes).toBe(2);
  });
});
