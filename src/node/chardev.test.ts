import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Chardev } from '../chardev/chardev.js';
import { StdioChardev } from './chardev.js';
import { Output } from './output.js';

it('standard input from a pipe waits for the guest: nothing of it is lost', async () => {
  const stdin = new PassThrough();
  const stdio = new StdioChardev(
    'c',
    { openOutput: (fd, name) => new Output(fd, name, { failed: () => {} }), hangUp: () => {} },
    stdin as unknown as typeof process.stdin,
  );
  let room = 0;
  let taken = 0;
  let sum = 0;
  const receive = (bytes: Uint8Array): void => {
    taken += bytes.length;
    room -= bytes.length;
    for (const byte of bytes) sum += byte;
  };
  stdio.attach({ canReceive: () => room, receive });
  stdio.open();
  const bytes = new Uint8Array(3 * Chardev.INPUT_LIMIT).fill(1);
  for (let at = 0; at < bytes.length; at += 0x1_0000) stdin.write(bytes.subarray(at, at + 0x1_0000));
  for (let i = 0; i < 200 && taken < bytes.length; i++) {
    await setImmediate();
    room = 50_000;
    stdio.acceptInput();
  }
  expect([taken, sum]).toEqual([bytes.length, bytes.length]);
  stdio.close();
});
