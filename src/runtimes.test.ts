import { expect, it } from 'vitest';
import { MORE_RUNTIMES, RUNTIME } from './runtimes.js';
import { TARGETS } from './targets.js';

it('are those of the targets', () => {
  expect(TARGETS.map(({ runtime }) => runtime)).toEqual([RUNTIME, ...MORE_RUNTIMES]);
});
