import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ByteRing } from './ring.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a ring', () => {
  it('gives what was written, in order, round its end', () => {
    const writer = ByteRing.create(8);
    const reader = new ByteRing(writer.buffer);
    const seen: number[] = [];
    for (let n = 0; n < 100; n += 3) {
      expect(writer.write(bytes(n, n + 1, n + 2))).toBe(3);
      seen.push(...reader.read());
    }
    expect(seen).toEqual(Array.from({ length: 102 }, (_, n) => n));
  });

  it('takes what there is room for, and tells the writer of room once', () => {
    const ring = ByteRing.create(4);
    expect([ring.write(bytes(1, 2, 3, 4, 5)), ring.size]).toEqual([4, 4]);
    expect([...ring.read(1)]).toEqual([1]);
    expect([ring.writerIsWaiting(), ring.writerIsWaiting()]).toEqual([true, false]);
    expect(ring.write(bytes(5))).toBe(1);
    expect([...ring.read()]).toEqual([2, 3, 4, 5]);
    expect(ring.writerIsWaiting()).toBe(false);
  });

  it('tells a reader who has found it empty, once', () => {
    const ring = ByteRing.create(8);
    expect(ring.readerIsWaiting()).toBe(false); // there is nothing to tell
    ring.write(bytes(1));
    expect([ring.readerIsWaiting(), ring.readerIsWaiting()]).toEqual([true, false]);
    ring.write(bytes(2));
    expect(ring.readerIsWaiting()).toBe(false); // it has been told, and has not looked
    ring.read();
    ring.write(bytes(3));
    expect(ring.readerIsWaiting()).toBe(true);
  });

  it('counts beyond 2^32 bytes', () => {
    const ring = ByteRing.create(8);
    new Int32Array(ring.buffer).fill(-2, 0, 2);
    ring.write(bytes(1, 2, 3, 4));
    expect([ring.size, [...ring.read()]]).toEqual([4, [1, 2, 3, 4]]);
  });

  it('loses nothing between threads that never wait for each other', async () => {
    const ring = ByteRing.create(64);
    const count = 50_000;
    // The reader, in plain JavaScript on the same words.
    const reader = new Worker(
      `const { parentPort, workerData: { buffer, count } } = require('node:worker_threads');
       const words = new Int32Array(buffer, 0, 4), data = new Uint8Array(buffer, 16);
       let wrong = 0;
       for (let n = 0; n < count;) {
         if (Atomics.load(words, 0) === Atomics.load(words, 1)) { Atomics.wait(words, 1, Atomics.load(words, 0), 1); continue; }
         if (data[n & 63] !== (n & 255)) wrong++;
         Atomics.add(words, 0, 1);
         n++;
       }
       parentPort.postMessage(wrong);`,
      { eval: true, workerData: { buffer: ring.buffer, count } },
    );
    const wrong = new Promise<number>((resolve) => reader.once('message', resolve));
    for (let n = 0; n < count;) {
      const part = Uint8Array.from({ length: Math.min(7, count - n) }, (_, k) => n + k);
      const taken = ring.write(part);
      n += taken;
      if (taken === 0) await new Promise((resolve) => setImmediate(resolve)); // the worker's start wants this thread
    }
    expect(await wrong).toBe(0);
    await reader.terminate();
  });
});
