import { expect, it } from 'vitest';
import { randomBytes } from './entropy.js';

it('fills as much as is asked for, differently each time', () => {
  expect(randomBytes(0)).toEqual(new Uint8Array(0));
  const [a, b] = [randomBytes(4096), randomBytes(4096)];
  expect(a.length).toBe(4096);
  expect(a).not.toEqual(b);
  expect(new Set(a).size).toBeGreaterThan(200); // of 256; fewer once in the age of the universe
});
