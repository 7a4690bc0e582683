import { describe, expect, it } from 'vitest';
import { OptionError } from '../util/errors.js';
import { parseCpu, parseGlobal, parseIcount, parseLogItems, parseMemory, parseSmp } from './options.js';

describe('single options', () => {
  it.each([
    ['512', 512 * 2 ** 20],
    ['1G', 2 ** 30],
    ['size=2048K', 2 ** 21],
    ['0x10', 2 ** 24],
  ])('-m %s', (text, bytes) => expect(parseMemory(text)).toBe(bytes));
  it.each(['0', 'x', '1G,cake=on', ''])('-m %s is refused', (text) => expect(() => parseMemory(text)).toThrow(OptionError));
  it.each([
    ['4', 4],
    ['cpus=2', 2],
    ['2,sockets=1,cores=2,threads=1', 2],
    ['sockets=2,cores=2', 4],
  ])('-smp %s', (text, n) => expect(parseSmp(text)).toBe(n));
  it.each(['0', '3,sockets=1,cores=2,threads=1', '4,maxcpus=2'])('-smp %s is refused', (text) =>
    expect(() => parseSmp(text)).toThrow(OptionError),
  );
  it('-global', () => {
    expect(parseGlobal('riscv.sifive.test.mode=a.b=c')).toEqual({ driver: 'riscv.sifive.test', property: 'mode', value: 'a.b=c' });
    expect(parseGlobal('driver=d,property=p,value=v')).toEqual({ driver: 'd', property: 'p', value: 'v' });
    expect(() => parseGlobal('nonsense')).toThrow(OptionError);
  });
  it('-cpu', () =>
    expect(parseCpu('rv64,zba=on,+v,-c')).toEqual({
      model: 'rv64',
      features: [
        ['zba', 'on'],
        ['v', 'on'],
        ['c', 'off'],
      ],
    }));
  it('-icount', () => {
    expect(parseIcount('shift=7')).toEqual({ shift: 7 });
    expect(parseIcount('5')).toEqual({ shift: 5 });
    expect(() => parseIcount('auto')).toThrow(/not supported/);
  });
  it('-d', () => {
    expect(parseLogItems('int,in_asm')).toEqual(['int', 'in_asm']);
    expect(() => parseLogItems('inn')).toThrow(/unknown log item 'inn'/);
  });
});
