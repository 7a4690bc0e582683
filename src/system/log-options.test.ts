import { describe, expect, it } from 'vitest';
import { logFileName, logHelp, parseLogItems, parseTrace, parseTraceEvents, wantsTraceHelp } from './log-options.js';

/** `-d help` of QEMU 10.0. */
const QEMU_ITEMS =
  'out_asm in_asm op op_opt op_ind op_plugin int exec cpu fpu mmu pcall cpu_reset unimp guest_errors page nochain plugin strace tid vpu invalid_mem';

describe('-d', () => {
  it("knows all of QEMU's items, and says of each what it is", () => {
    for (const item of QEMU_ITEMS.split(' ')) expect(logHelp()).toMatch(new RegExp(`^${item}\\b.*[a-z]`, 'm'));
    expect(logHelp()).toContain('trace:PATTERN');
  });
  it('takes those that say nothing here, and refuses those that there cannot be', () => {
    expect(parseLogItems('int,in_asm')).toEqual(['int', 'in_asm']);
    expect(parseLogItems('nochain,cpu_reset,pcall,page,vpu,tid')).toEqual(['nochain', 'cpu_reset', 'tid']);
    expect(parseLogItems('int,trace:foo*,trace:-bar')).toEqual(['int', 'trace:foo*', 'trace:-bar']);
    expect(() => parseLogItems('op_ind')).toThrow("no log item 'op_ind': there is no lowering of indirect globals");
    expect(() => parseLogItems('int,strace')).toThrow("no log item 'strace': there is no user-mode emulation");
    expect(() => parseLogItems('inn')).toThrow(/unknown log item 'inn'; did you mean 'int'/);
    expect(() => parseLogItems('int,trace:')).toThrow(/unknown log item 'trace:'/);
    expect(() => parseLogItems('constructor')).toThrow(/unknown log item 'constructor'/);
  });
  it('-D', () => {
    expect([logFileName('log', 5), logFileName('a%d.log', 5), logFileName('%d', 5), logFileName(undefined, 5)]).toEqual([
      ...['log', 'a5.log', '5'],
      undefined,
    ]);
    for (const text of ['%', '%s', '%d%d', '100%']) expect(() => logFileName(text, 5)).toThrow(`Bad logfile template: ${text}`);
    expect(logFileName('log.%d', 5, true)).toBe('log.5');
    for (const text of [undefined, 'log']) expect(() => logFileName(text, 5, true)).toThrow("with '%d' required for 'tid'");
  });
});

describe('-trace', () => {
  it('takes a pattern, a file of patterns, and where to write', () => {
    expect(parseTrace('foo_*')).toEqual({ items: ['trace:foo_*'], events: undefined, file: undefined });
    expect(parseTrace('enable=-foo,events=e,file=f')).toEqual({ items: ['trace:-foo'], events: 'e', file: 'f' });
    expect(parseTrace('events=e')).toEqual({ items: [], events: 'e', file: undefined });
    expect(() => parseTrace('foo,fiel=x')).toThrow("-trace foo,fiel=x: invalid parameter 'fiel'");
    expect(() => parseTrace('enable=')).toThrow("'' is no pattern");
    expect(parseTraceEvents('# comment\n\nserial_*\n  -serial_read \r\n', 'f')).toEqual(['trace:serial_*', 'trace:-serial_read']);
    expect([wantsTraceHelp('int,trace:help'), wantsTraceHelp(undefined, ['help']), wantsTraceHelp('int', ['enable=?'])]).toEqual([
      ...[true, true, true],
    ]);
    expect(wantsTraceHelp('int', ['help_*'])).toBe(false);
  });
});
