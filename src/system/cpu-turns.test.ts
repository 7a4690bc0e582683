import { beforeEach, describe, expect, it } from 'vitest';
import type { CpuState } from '../hw/core/cpu.js';
import { CpuTurns } from './cpu-turns.js';

const LENGTHS = { quantum: 100, prompt: 30, least: 5 };

interface FakeCpu {
  cpuIndex: number;
  halted: boolean;
  work: boolean;
  hasWork: () => boolean;
}

let cpus: FakeCpu[];
let turns: CpuTurns;

function seat(count: number): void {
  cpus = Array.from({ length: count }, (_, cpuIndex) => {
    const cpu: FakeCpu = { cpuIndex, halted: false, work: false, hasWork: () => cpu.work };
    return cpu;
  });
  turns.reset(cpus as unknown as CpuState[]);
}
const next = (): number | undefined => turns.next()?.cpuIndex;
const prompt = (n: number): boolean => turns.prompt(cpus[n] as unknown as CpuState);

/** Runs a turn to its end: who, and how long. */
function turn(): string {
  const cpu = next();
  const { left } = turns;
  turns.spend(left);
  return `${cpu}:${left}`;
}
const rounds = (count: number): string => Array.from({ length: count }, turn).join(' ');

beforeEach(() => {
  turns = new CpuTurns(LENGTHS);
});

describe('turns', () => {
  it('go round, a quantum each', () => {
    seat(3);
    expect(rounds(7)).toBe('0:100 1:100 2:100 0:100 1:100 2:100 0:100');
  });

  it('of a single CPU never end', () => {
    seat(1);
    expect([next(), turns.left, turns.isContended]).toEqual([0, Infinity, false]);
    turns.spend(1e9);
    prompt(0);
    turns.pass();
    expect([next(), turns.left]).toEqual([0, Infinity]);
    cpus[0].halted = true;
    expect(next()).toBeUndefined();
    cpus[0].work = true;
    expect(next()).toBe(0);
  });

  it('go on after the host has interrupted them, whatever it did meanwhile', () => {
    seat(2);
    expect(next()).toBe(0);
    turns.spend(40);
    expect([next(), turns.left]).toEqual([0, 60]);
    turns.spend(56); // what is left is not worth a slice
    expect([next(), turns.left]).toEqual([1, 100]);
  });

  it('leave out who waits, and see who wakes', () => {
    seat(3);
    cpus[1].halted = true;
    expect(rounds(3)).toBe('0:100 2:100 0:100');
    cpus[1].work = true;
    expect(rounds(3)).toBe('1:100 2:100 0:100');
  });

  it('end when the CPU begins to wait; it keeps the rest of its quantum', () => {
    seat(2);
    expect(next()).toBe(0);
    turns.spend(10);
    cpus[0].halted = true;
    expect(turn()).toBe('1:100');
    cpus[0].halted = false;
    expect(turn()).toBe('0:90');
  });

  it("are nobody's when all wait", () => {
    seat(2);
    for (const cpu of cpus) cpu.halted = true;
    expect([next(), turns.isContended]).toEqual([undefined, false]);
    cpus[1].work = true;
    expect([next(), turns.isContended]).toEqual([1, false]);
  });

  it('are short for who has an interrupt, then who was interrupted goes on', () => {
    seat(4);
    next();
    turns.spend(20);
    prompt(2);
    prompt(3);
    prompt(2); // once is enough
    expect(rounds(7)).toBe('2:30 3:30 0:80 1:100 2:70 3:70 0:100');
  });

  it('for interrupts go on, too, after the host has interrupted them; and other interrupts wait for their end', () => {
    seat(4);
    next();
    turns.spend(20);
    prompt(2);
    prompt(3);
    expect([next(), turns.left]).toEqual([2, 30]);
    turns.spend(10);
    expect([next(), turns.left]).toEqual([2, 20]);
    prompt(1);
    expect([next(), turns.left]).toEqual([2, 20]);
    turns.spend(20);
    expect(rounds(4)).toBe('3:30 1:30 0:80 1:70');
  });

  it('are not hastened for who has used up its quantum', () => {
    seat(3);
    expect(turn()).toBe('0:100');
    next(); // 1
    turns.spend(10);
    prompt(0);
    expect(rounds(3)).toBe('1:90 2:100 0:100');
  });

  it('of a third CPU come in every round while two others interrupt each other', () => {
    seat(3);
    const used = [0, 0, 0];
    for (let step = 0; step < 3000; step++) {
      const cpu = next()!;
      const amount = Math.min(turns.left, cpu === 2 ? Infinity : 7);
      used[cpu] += amount;
      turns.spend(amount);
      if (cpu !== 2) prompt(1 - cpu);
    }
    expect(Math.max(...used) - Math.min(...used)).toBeLessThan(3 * LENGTHS.quantum);
  });

  it('pass to the others when the CPU spins; it is next when they have had theirs', () => {
    seat(3);
    expect(next()).toBe(0);
    turns.spend(10);
    turns.pass();
    expect(rounds(3)).toBe('1:100 2:100 0:100');
    // an interrupt comes before that
    expect(next()).toBe(1);
    turns.spend(10);
    turns.pass();
    expect(next()).toBe(2);
    turns.spend(20);
    prompt(1);
    expect(rounds(3)).toBe('1:30 2:80 0:100');
    // the only one that can run goes on
    cpus[1].halted = cpus[2].halted = true;
    expect(next()).toBe(0);
    turns.pass();
    expect(next()).toBe(0);
  });

  it('pass on round and round while all spin', () => {
    seat(3);
    const order: (number | undefined)[] = [];
    for (let n = 0; n < 6; n++) {
      order.push(next());
      turns.spend(6);
      turns.pass();
    }
    expect(order).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('are contended if another can run when they begin', () => {
    seat(2);
    cpus[1].halted = true;
    next();
    expect(turns.isContended).toBe(false);
    cpus[1].work = true;
    prompt(1);
    turns.spend(10);
    expect([next(), turns.isContended]).toEqual([1, true]);
    cpus[1].work = false;
    expect([next(), turns.isContended]).toEqual([0, false]);
  });

  it('stay contended when the host interrupts them', () => {
    seat(2);
    next();
    turns.spend(10);
    cpus[1].halted = true;
    expect([next(), turns.isContended]).toEqual([0, true]);
  });

  it('begin anew at a reset', () => {
    seat(2);
    turn();
    next();
    turns.spend(30);
    prompt(0);
    turns.reset(cpus as unknown as CpuState[]);
    expect(rounds(3)).toBe('0:100 1:100 0:100');
  });
});
