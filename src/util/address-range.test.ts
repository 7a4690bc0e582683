import { describe, expect, it } from 'vitest';
import { isInRanges, parseRanges } from './address-range.js';
import { Log } from './log.js';
import { traceEventNames, traceEvents } from './trace.js';

const ends = (text: string): string =>
  parseRanges(text)
    .map(({ first, last }) => `${first.toString(16)}..${last.toString(16)}`)
    .join(' ');

describe('-dfilter', () => {
  it("takes QEMU's spellings", () => {
    expect(ends('0x1000+0x10')).toBe('1000..100f');
    expect(ends('0x1000-0x10')).toBe('ff1..1000');
    expect(ends('0x1000..0x2000')).toBe('1000..2000');
    expect(ends('16+1,0x20..0x20,010-8')).toBe('10..10 20..20 1..8');
    expect(ends('0..0xffffffffffffffff')).toBe('0..ffffffffffffffff');
  });
  it.each([
    ['1', 'Bad range specifier'],
    ['', 'Bad range specifier'],
    ['1+1,', 'Bad range specifier'],
    ['x+1', 'Invalid number to the left of +'],
    ['-1', 'Invalid number to the left of -'],
    ['1-2+3', 'Invalid number to the right of -'],
    ['1+y', 'Invalid number to the right of +'],
    ['0x10000000000000000+1', 'Invalid number to the left of +'],
    ['1+0', 'Invalid range'],
    ['5..1', 'Invalid range'],
    ['1-3', 'Invalid range'],
  ])('refuses %j as QEMU does: %s', (text, why) => {
    expect(() => parseRanges(text)).toThrow(`-dfilter ${text}: ${why}`);
  });
  it('has both ends in it', () => {
    const ranges = parseRanges('16..31,64+1');
    expect([15n, 16n, 31n, 32n, 64n, 65n].map((address) => isInRanges(ranges, address))).toEqual([false, true, true, false, true, false]);
    expect(new Log().isInRange(5n)).toBe(true);
    expect(new Log(undefined, [], ranges).isInRange(5n)).toBe(false);
  });
});

describe('trace events', () => {
  const TRACE = traceEvents({
    trace_test_one: (a: number, b: string) => `a ${a} b ${b}`,
    trace_test_two: () => 'two',
  });
  const traced = (...items: `trace:${string}`[]): string => {
    let text = '';
    const log = new Log((more) => (text += more), items);
    log.trace(TRACE.trace_test_one, 1, 'x');
    log.trace(TRACE.trace_test_two);
    return text;
  };

  it('are told of by name and pattern; what is said last counts', () => {
    expect(traced('trace:trace_test_one')).toBe('trace_test_one a 1 b x\n');
    expect(traced('trace:trace_*')).toBe('trace_test_one a 1 b x\ntrace_test_two two\n');
    expect(traced('trace:trace_test_???', 'trace:-*one')).toBe('trace_test_two two\n');
    expect(traced('trace:-*', 'trace:*two')).toBe('trace_test_two two\n');
    expect(traced()).toBe('');
  });
  it('cost nothing but a question while there are none', () => {
    const log = new Log();
    expect(log.traces).toBe(false);
    log.set('trace:*', true);
    expect([log.traces, log.isTraced('any')]).toEqual([true, true]);
    log.set('trace:*', false);
    expect([log.traces, log.isTraced('any')]).toEqual([false, false]);
  });
  it('have names of their own', () => {
    expect(traceEventNames()).toContain('trace_test_two');
    expect(() => traceEvents({ trace_test_two: () => '' })).toThrow("two trace events 'trace_test_two'");
  });
});
