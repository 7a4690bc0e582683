import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FLOW_LIMIT } from '../chardev/chardev.js';
import { CommandInput, CommandInputPort } from './command-input.js';

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

describe('CommandInputPort', () => {
  /** A guest that takes so many bytes at a time, and no more than `room` before somebody makes more. */
  function port(most: number) {
    const source = new PassThrough();
    const input = new CommandInputPort(source);
    const guest = { room: Infinity, taken: [] as Uint8Array[], events: [] as string[] };
    input.attach({
      canReceive: () => Math.min(most, guest.room),
      receive: (bytes) => {
        guest.room -= bytes.length;
        guest.taken.push(bytes.slice());
      },
      event: (event) => guest.events.push(event),
    });
    return { source, input, guest, bytes: () => Buffer.concat(guest.taken) };
  }

  it('gives nothing unasked, then all of it as it is, and the end behind it', async () => {
    const { source, input, guest, bytes } = port(7);
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) & 0xff));
    source.end(all);
    await setImmediate();
    expect(guest.taken).toEqual([]);
    input.request();
    while (!guest.events.includes('closed')) await setImmediate();
    expect(bytes().equals(all)).toBe(true);
    expect(guest.events).toEqual(['opened', 'closed']);
  });

  it('reads no further than the guest does', async () => {
    const { source, input, guest, bytes } = port(1000);
    guest.room = 5000;
    let written = 0;
    const write = (): boolean => {
      written += 10_000;
      return source.write(Buffer.alloc(10_000));
    };
    input.request();
    for (let n = 0; n < 500; n++) if (write()) await setImmediate();
    expect(bytes()).toHaveLength(5000);
    expect(input.queued).toBeGreaterThan(0);
    expect(input.queued).toBeLessThan(2 * FLOW_LIMIT + source.readableHighWaterMark);
    source.end();
    guest.room = Infinity;
    input.acceptInput();
    while (!guest.events.includes('closed')) await setImmediate();
    expect(bytes()).toHaveLength(written);
  });

  it('takes a broken source for an ended one, and lets go of it', async () => {
    const { source, input, guest } = port(7);
    input.request();
    input.request();
    source.destroy(new Error('EISDIR'));
    while (!guest.events.includes('closed')) await setImmediate();
    expect(guest.taken).toEqual([]);
    input.close();
    expect(source.destroyed).toBe(true);
  });
});
