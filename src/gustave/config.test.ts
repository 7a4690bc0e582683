import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.js';
import { outside } from './places.js';

const GOOD = {
  snapshot: { at: 'main' },
  input: { address: '0x80001000', limit: 64, length: { address: 'length', size: 4 } },
  end: { at: ['done', { register: 'ra' }], instructions: 1000 },
  crash: { at: [4096], exceptions: ['load access fault', 2], states: ['halted'], writable: ['a..b'] },
  coverage: ['main'],
};
const parse = (config: unknown) => parseConfig(JSON.stringify(config), 'x.json');

describe('the configuration', () => {
  it('is taken as it is', () => expect(parse(GOOD)).toEqual(GOOD));

  it.each<[unknown, string]>([
    [[], 'x.json: invalid value of type Array (expected an object with options)'],
    [{ ...GOOD, snapshot: undefined }, 'x.json: snapshot: invalid value undefined (expected an object with options)'],
    [{ ...GOOD, coverag: [] }, "x.json: unknown option 'coverag' (expected 'coverage')"],
    [
      { ...GOOD, snapshot: {} },
      "x.json: snapshot: at: invalid value undefined (expected an address: a number, '0x80000000', 'main' or 'main+0x10')",
    ],
    [
      { ...GOOD, snapshot: { at: -1 } },
      "x.json: snapshot: at: invalid value -1 (expected an address: a number, '0x80000000', 'main' or 'main+0x10')",
    ],
    [{ ...GOOD, input: { ...GOOD.input, limit: 0 } }, 'x.json: input: limit: invalid value 0 (expected a whole number from 1 to 1048576)'],
    [
      { ...GOOD, input: { ...GOOD.input, length: { address: 1, size: 3 } } },
      'x.json: input: length: size: invalid value 3 (expected 1, 2, 4 or 8)',
    ],
    [
      { ...GOOD, input: { ...GOOD.input, length: { register: 5 } } },
      "x.json: input: length: register: invalid value 5 (expected a register's name)",
    ],
    [{ ...GOOD, end: { at: 'done' } }, 'x.json: end: at: invalid value "done" (expected an array of addresses)'],
    [{ ...GOOD, crash: { exceptions: 'all' } }, `x.json: crash: exceptions: invalid value "all" (expected one of 'any')`],
    [
      { ...GOOD, crash: { exceptions: [-2] } },
      'x.json: crash: exceptions[0]: invalid value -2 (expected the name or the number of an exception)',
    ],
    [
      { ...GOOD, crash: { states: ['paused'] } },
      `x.json: crash: states[0]: invalid value "paused" (expected one of 'halted', 'held', 'panic', 'reset', 'shutdown')`,
    ],
    [{ ...GOOD, coverage: [5] }, "x.json: coverage[0]: invalid value 5 (expected a symbol, or 'FIRST..LAST')"],
  ])('is refused by its key: %#', (config, message) => expect(() => parse(config)).toThrow(message));

  it('is JSON', () => expect(() => parseConfig('{', 'x.json')).toThrow(/^x\.json: no JSON: /));
});

it('knows what is outside of ranges', () => {
  const most = (1n << 64n) - 1n;
  expect(outside([])).toEqual([{ first: 0n, last: most }]);
  expect(
    outside([
      { first: 8n, last: 15n },
      { first: 0n, last: 3n },
      { first: 12n, last: 19n },
    ]),
  ).toEqual([
    { first: 4n, last: 7n },
    { first: 20n, last: most },
  ]);
  expect(outside([{ first: 0n, last: most }])).toEqual([]);
});
