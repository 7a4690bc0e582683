import { expect, it } from 'vitest';
import { cpuTimes } from './process-times.js';

const reading = (all: number, threads: Record<string, number>) => ({ all, threads: new Map(Object.entries(threads)) });

it('the machine is the thread that took most in the end, though another was ahead at first', () => {
  const readings = [undefined, reading(3, { 10: 1, 11: 2 }), reading(9, { 10: 6, 11: 2.5 })];
  expect(cpuTimes(readings)).toEqual([undefined, { machine: 1, all: 3 }, { machine: 6, all: 9 }]);
});

it('had taken nothing before it was there', () => {
  expect(cpuTimes([reading(1, { 10: 1 }), reading(4, { 10: 1, 12: 3 })])).toEqual([{ machine: 0, all: 1 }, { machine: 3, all: 4 }]); // prettier-ignore
});

it('is not told where nothing was read', () => {
  expect(cpuTimes([undefined, undefined])).toEqual([undefined, undefined]);
});
