import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CommandInput } from './command-input.js';

function setup() {
  const source = new PassThrough();
  const lines: string[] = [];
  const input = new CommandInput(source, (line) => lines.push(Buffer.from(line).toString()));
  return { source, lines, input };
}

describe('CommandInput', () => {
  it('sends nothing unasked, and a block a request', async () => {
    const { source, lines, input } = setup();
    source.write('hello');
    await setImmediate();
    expect(lines).toEqual([]);
    input.request();
    await setImmediate();
    expect(lines).toEqual([`${btoa('hello')}\n`]);
    source.write('more');
    await setImmediate();
    expect(lines).toHaveLength(1);
  });

  it('answers a request later, when there is input, and tells the end', async () => {
    const { source, lines, input } = setup();
    input.request();
    await setImmediate();
    expect(lines).toEqual([]);
    source.end('x');
    await setImmediate();
    expect(lines).toEqual([`${btoa('x')}\n`]);
    input.request();
    await setImmediate();
    await setImmediate();
    expect(lines.slice(1)).toEqual(['.\n']);
    input.request();
    expect(lines.slice(2)).toEqual(['.\n']);
  });

  it('cuts any bytes into lines that a terminal takes', async () => {
    const { source, lines, input } = setup();
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i & 0xff));
    source.end(bytes);
    for (let i = 0; i < 20 && !lines.includes('.\n'); i++) {
      input.request();
      await setImmediate();
    }
    expect(lines.pop()).toBe('.\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(4096);
    expect(Buffer.concat(lines.map((line) => Buffer.from(line, 'base64'))).equals(bytes)).toBe(true);
  });

  it('takes a broken source for an ended one', async () => {
    const { source, lines, input } = setup();
    input.request();
    source.destroy(new Error('EISDIR'));
    await setImmediate();
    expect(lines).toEqual(['.\n']);
  });
});
