import { expect, it } from 'vitest';
import { formatJson, JsonError, JsonStream, parseJson, type Json } from './json.js';

/** What comes of a stream: values, and the messages of errors. */
function read(text: string | Uint8Array, piece = Infinity): (Json | string)[] {
  const found: (Json | string)[] = [];
  const stream = new JsonStream((value) => found.push(value instanceof JsonError ? value.message : (value as Json)));
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += Math.min(piece, bytes.length)) stream.feed(bytes.subarray(at, at + piece));
  return found.map((value) => (typeof value === 'object' && value !== null ? (JSON.parse(formatJson(value)) as Json) : value));
}

it.each([Infinity, 1])('cuts a stream into values, in pieces of %d', (piece) => {
  const text = `{"a": [1, {"b": 'it"s'}], 'c': "}{"} [] 5 true"x"null\n-2.5e1 {"é": "\\u00e9\\ud83d\\ude00\\n"}\n`;
  expect(read(text, piece)).toEqual([{ a: [1, { b: 'it"s' }], c: '}{' }, [], 5, true, 'x', null, -25, { é: 'é\u{1f600}\n' }]);
});

it('keeps 64-bit integers', () => {
  expect([parseJson('12345678901234567890'), parseJson('-9223372036854775808')]).toEqual([12345678901234567890n, -(2n ** 63n)]);
  expect([parseJson('9007199254740991'), parseJson('123456789012345678901234567890')]).toEqual([2 ** 53 - 1, 1.2345678901234568e29]);
  expect(formatJson({ a: 2n ** 64n - 1n })).toBe('{"a": 18446744073709551615}');
});

// as QEMU 10.0 says
it.each([
  ['{"a":1,}', 'expecting value'],
  ['{"a" 1}', 'missing : in object pair'],
  ['{"a":1 "b":1}', 'expected separator in dict'],
  ['{"a":1,"a":2}', 'duplicate key'],
  ['{a:1}', "invalid keyword 'a'"],
  ['{1:1}', 'key is not a string in object'],
  ['[1 2]', 'expected separator in list'],
  ['[1,]', 'expecting value'],
  ['}', 'expecting value'],
  ['@', "stray '@'"],
  ['["\\q"]', 'invalid escape sequence in string'],
  ['["\\u12"]', '\\u12" is not a valid Unicode character'],
  ['[01]', "stray '01'"],
  ['[tru]', "invalid keyword 'tru'"],
  [`[${'9'.repeat(400)}]`, `stray '${'9'.repeat(64)}'`],
])('refuses %s', (text, why) => expect(read(text)).toEqual([`JSON parse error, ${why}`]));

it('goes on behind what is no JSON', () => {
  expect(read('{"a": @ } [1]')).toEqual(["JSON parse error, stray '@'", 'JSON parse error, expecting value', [1]]);
  expect(read(Uint8Array.of(0x7b, 0x22, 0xff, 0x0a, 0x5b, 0x5d))).toEqual(["JSON parse error, stray '\\xff'", []]);
  expect(read(Uint8Array.of(0x22, 0xc3, 0x28, 0x22, 0x35, 0x20))).toEqual(['JSON parse error, invalid UTF-8 sequence in string', 5]);
});

it('bounds size and depth', () => {
  expect(read(`${'['.repeat(1025)}`)).toEqual(['JSON nesting depth limit exceeded']);
  expect(read(`${'['.repeat(1024)}${']'.repeat(1024)}`)).toHaveLength(1);
  expect(read(`"${'a'.repeat(1 << 20)} [7]`)).toEqual(['JSON token size limit exceeded', [7]]);
  expect(read(`"${'a'.repeat((1 << 20) - 2)}"`)).toHaveLength(1);
  expect(read(`[${'1,'.repeat((1 << 14) - 2)}1]`)).toHaveLength(1);
  expect(read(`[${'1,'.repeat(1 << 14)}1] [7]`)).toEqual(['JSON token count limit exceeded', expect.anything(), [7]]);
});

it('bears anything', () => {
  let seed = 7;
  const bytes = Uint8Array.from({ length: 200_000 }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return '{}[]":,\'\\ abtru019.-e\n\x01\xff\xc3'.charCodeAt((seed >>> 16) % 27);
  });
  for (const value of read(bytes)) expect(value).toBeDefined();
});

it("is printed in QEMU's layouts", () => {
  const value = { a: [], b: {}, c: [1, 'é"'], d: { e: null, f: undefined } };
  expect(formatJson(value)).toBe('{"a": [], "b": {}, "c": [1, "\\u00E9\\""], "d": {"e": null}}');
  expect(formatJson({ a: [1, {}], b: true }, true)).toBe('{\n    "a": [\n        1,\n        {}\n    ],\n    "b": true\n}');
});
