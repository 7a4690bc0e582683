import { expect, it } from 'vitest';
import { readSymbols } from './symbols.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it('reads a System.map: each symbol ends where the next begins', () => {
  const table = readSymbols('map', bytes('ffffffff80002000 T _start\nffffffff80002000 T _stext\nffffffff80002100 t helper\n'));
  expect(table.at(0xffffffff80001fffn)).toBeUndefined();
  expect(table.at(0xffffffff800020ffn)?.name).toBe('_stext');
  expect(table.at(0xffffffff80002100n)?.name).toBe('helper');
  expect(table.at(0xffffffff80004100n)).toBeUndefined();
});

it('says what is wrong with another file', () => {
  expect(() => readSymbols('x.map', bytes('ffffffff80002000 T a\nhello\n'))).toThrow("'x.map': line 2 is none of a System.map");
});

it.each(['', '\n\n'])('a file without symbols is no help: %j', (text) =>
  expect(() => readSymbols('x.map', bytes(text))).toThrow(
    "'x.map' has no symbols (expected an ELF file that is not stripped, or a System.map)",
  ),
);

it('shows what a terminal would obey', () => {
  const table = readSymbols('map', bytes('80000000 T \x1b[31mred\n'));
  expect(table.at(0x80000000n)?.name).toBe('\\x1b[31mred');
});

it('refuses a file that is no System.map by its size', () =>
  expect(() => readSymbols('x.map', new Uint8Array(65 << 20))).toThrow("'x.map': 65 MiB are too much for a System.map"));
