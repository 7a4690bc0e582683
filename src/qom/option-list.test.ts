import { describe, expect, it } from 'vitest';
import { OptionError } from '../util/errors.js';
import { parseOptions } from './option-list.js';

describe('option lists', () => {
  it('have an implied first key, commas by doubling, and flags', () => {
    const list = parseOptions('-drive', 'foo,file=a,,b=c,readonly,nosnapshot,size=1G', 'driver');
    expect(list.entries).toEqual([
      ['driver', 'foo'],
      ['file', 'a,b=c'],
      ['readonly', 'on'],
      ['snapshot', 'off'],
      ['size', '1G'],
    ]);
    expect([list.string('driver'), list.string('file'), list.bool('readonly'), list.bool('snapshot'), list.size('size')]).toEqual([
      'foo',
      'a,b=c',
      true,
      false,
      2 ** 30,
    ]);
    list.finish();
  });

  it('complain about what nobody knows, and about wrong values, with place and remedy', () => {
    const list = parseOptions('-drive', 'if=none,colour=red');
    list.string('if');
    expect(() => list.finish()).toThrow("-drive if=none,colour=red: invalid parameter 'colour' (expected one of if)");
    expect(() => parseOptions('-x', 'n=ten').integer('n', 0, 9)).toThrow(
      "-x n=ten: n: invalid value 'ten' (expected an integer from 0 to 9)",
    );
    expect(() => parseOptions('-x', 'a,,,=1')).toThrow(OptionError);
    expect(() => parseOptions('-x', 'k=v').required('id')).toThrow(/'id' is missing/);
    expect(() => parseOptions('-x', 'k=v').enumeration('k', ['a', 'b'])).toThrow(/one of a, b/);
  });

  it('know a cry for help', () => {
    for (const text of ['help', '?', 'virt,help', 'virt,?']) expect(parseOptions('-machine', text, 'type').wantsHelp).toBe(true);
  });
});
