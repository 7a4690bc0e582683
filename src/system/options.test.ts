import { describe, expect, it } from 'vitest';
import { OptionError } from '../util/errors.js';
import {
  parseActions,
  parseGlobal,
  parseIcount,
  parseMemory,
  parseMessages,
  parseName,
  parseRtc,
  parseSemihosting,
  parseSmp,
  parseUuid,
} from './options.js';

describe('single options', () => {
  it.each([
    ['512', 512 * 2 ** 20],
    ['1G', 2 ** 30],
    ['size=2048K', 2 ** 21],
    ['0', undefined],
    ['512,slots=2,maxmem=1G', 2 ** 29],
  ])('-m %s', (text, bytes) => expect(parseMemory(text)).toBe(bytes));
  it.each(['0x10', 'x', '1G,cake=on', '', '1G,slots=1', '1G,maxmem=512M'])('-m %s is refused', (text) =>
    expect(() => parseMemory(text)).toThrow(OptionError),
  );
  it.each([
    ['4', 4],
    ['cpus=2', 2],
    ['2,sockets=1,cores=2,threads=1', 2],
    ['sockets=2,cores=2', 4],
  ])('-smp %s', (text, n) => expect(parseSmp(text)).toMatchObject({ cpus: n, maxCpus: n }));
  it.each([
    ['1,sockets=1,cores=1,threads=1', 1],
    ['1,dies=1,books=1,drawers=1,clusters=1,modules=1', 1],
    ['maxcpus=4', 4],
    ['4,threads=2', 4],
  ])('-smp %s', (text, n) => expect(parseSmp(text)).toMatchObject({ cpus: n, maxCpus: n }));
  it('-smp with room for more', () => expect(parseSmp('2,maxcpus=4')).toMatchObject({ cpus: 2, maxCpus: 4 }));
  it('-smp says where they are', () => expect(parseSmp('8,sockets=2,threads=2').topology).toEqual({ sockets: 2, cores: 2, threads: 2 }));
  // the texts are those of QEMU 10.0
  it.each([
    ['0', 'Invalid CPU topology: CPU topology parameters must be greater than zero'],
    [
      '2,sockets=2,cores=2',
      'Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (2) * cores (2) * threads (0) != maxcpus (2)',
    ],
    [
      'cpus=2,sockets=3',
      'Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * cores (0) * threads (1) != maxcpus (2)',
    ],
    [
      '4,maxcpus=2',
      'Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets (1) * cores (2) * threads (1) == maxcpus (2) < smp_cpus (4)',
    ],
    ['1,dies=2', "dies > 1 not supported by this machine's CPU topology"],
    ['1,cakes=2', "invalid parameter 'cakes'"],
  ])('-smp %s is refused', (text, why) => expect(() => parseSmp(text)).toThrow(why));
  it('-global', () => {
    expect(parseGlobal('riscv.sifive.test.mode=a.b=c')).toEqual({ driver: 'riscv.sifive.test', property: 'mode', value: 'a.b=c' });
    expect(parseGlobal('driver=d,property=p,value=v')).toEqual({ driver: 'd', property: 'p', value: 'v' });
    expect(() => parseGlobal('nonsense')).toThrow(OptionError);
  });
  it.each([
    ['shift=7', { shift: 7 }],
    ['5', { shift: 5 }],
    ['shift=6,align=off,sleep=off', { shift: 6, align: false, sleep: false }],
    ['auto', { shift: 3, auto: true }],
    ['shift=3,align=on', { shift: 3, align: true }],
    ['shift=2,rr=replay,rrfile=x,rrsnapshot=s', { shift: 2, rr: 'replay', rrfile: 'x', rrsnapshot: 's' }],
    ['sleep=off', undefined],
    ['align=off', undefined],
  ])('-icount %s', (text, options) => expect(parseIcount(text)).toEqual(options));
  it.each([
    ['auto,align=on', /shift=auto and align=on are incompatible/],
    ['auto,sleep=off', /shift=auto and sleep=off are incompatible/],
    ['shift=11', /invalid value '11'/],
    ['align=on', /Please specify shift option when using align/],
    ['shift=3,align=on,sleep=off', /align=on and sleep=off are incompatible/],
    ['rr=record,rrfile=x', /Please specify shift option when using record.replay/],
    ['shift=3,rr=record', /File name not specified for replay/],
    ['shift=3,rr=play,rrfile=x', /rr/],
    ['shift=3,rrsnapshot=x', /'rrfile' and 'rrsnapshot' are for rr=record and rr=replay/],
  ])('-icount %s is refused', (text, why) => expect(() => parseIcount(text)).toThrow(why));
  it.each([
    ['base=utc', { clock: undefined, driftfix: undefined }],
    ['utc,clock=vm,driftfix=slew', { clock: 'vm', driftfix: 'slew' }],
    ['localtime', { baseMs: 1e12 + 120 * 60_000, clock: undefined }],
    ['base=2006-06-17T16:01:21,clock=rt', { baseMs: Date.UTC(2006, 5, 17, 16, 1, 21), clock: 'rt' }],
  ])('-rtc %s', (text, options) => expect(parseRtc(text, 1e12, -120)).toEqual(options));
  it('-action', () => {
    expect(parseActions(['reboot=shutdown,panic=none', 'shutdown=pause', 'reboot=reset'])).toEqual({
      reboot: 'reset',
      shutdown: 'pause',
      panic: 'none',
    });
    expect(() => parseActions(['reboot=pause'])).toThrow(/invalid value 'pause'/);
    expect(() => parseActions(['fire=run'])).toThrow(/invalid parameter 'fire'/);
  });
  it('-name', () => {
    expect(parseName(['a', 'process=p,debug-threads=on'])).toEqual({ guest: 'a', process: 'p' });
    expect(parseName(['guest=a,,b', 'c'])).toEqual({ guest: 'c', process: undefined });
    expect(() => parseName(['a,b=c'])).toThrow("invalid parameter 'b'");
  });
  it('-msg', () => {
    expect(parseMessages([], ['n'])).toEqual({ timestamp: false, guestName: undefined });
    expect(parseMessages(['timestamp=off', 'timestamp=on'], ['n'])).toEqual({ timestamp: true, guestName: undefined });
    expect(parseMessages(['guest-name=on'], ['guest=n,process=p'])).toEqual({ timestamp: false, guestName: 'n' });
    expect(() => parseMessages(['time=on'], [])).toThrow("invalid parameter 'time'");
    expect(() => parseMessages(['timestamp=1'], [])).toThrow(/timestamp/);
  });
  it('-uuid', () => {
    expect(parseUuid('12345678-1234-ABCD-1234-123456789abc')).toBe('12345678-1234-abcd-1234-123456789abc');
    for (const text of ['', 'foo', '12345678-1234-1234-1234-123456789abg', '123456781234123412341234567890ab'])
      expect(() => parseUuid(text)).toThrow('failed to parse UUID string: wrong format');
  });
  it('-semihosting-config', () => {
    const parsed = (...texts: string[]) => parseSemihosting(false, texts);
    expect(parseSemihosting(false, [])).toBeUndefined();
    expect(parseSemihosting(true, [])).toEqual({ userspace: false, args: [] });
    expect(parseSemihosting(true, ['enable=off'])).toBeUndefined();
    expect(parsed('off', 'on,target=auto,userspace=on')).toEqual({ userspace: true, args: [] });
    expect(parsed('arg=a,arg=b c', 'arg=d,,e,arg', 'chardev=x,root=.')).toEqual({
      ...{ userspace: false, chardev: 'x', root: '.' },
      args: ['a', 'b c', 'd,e', 'on'],
    });
    expect(() => parsed('target=gdb')).toThrow(/'gdb' is not built yet/);
    expect(() => parsed('root=')).toThrow(/root: a folder has a name/);
    expect(() => parsed('userspace=maybe')).toThrow(/invalid value 'maybe'/);
  });
});
