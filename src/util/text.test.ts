import { expect, it } from 'vitest';
import { printable } from './text.js';

it.each([
  ['main', 'main'],
  ['größe €', 'größe €'],
  ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
  ['a\nb\x7f\x9b31m', 'a\\x0ab\\x7f\\x9b31m'],
  ['\u202etxt\u2066', '\\u202etxt\\u2066'],
])('%j is told as %s', (text, told) => expect(printable(text)).toBe(told));

it('leaves the characters that it is told to', () => expect(printable('a\nb\tc\r', '\n\t')).toBe('a\nb\tc\\x0d'));
