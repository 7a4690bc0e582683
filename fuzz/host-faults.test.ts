/** What the Node host reads and writes, while its system calls fail: all of it, or none of it and one line; never a part, an exception of another kind, or a hang. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlockError } from '../src/block/node.js';
import { isUserError } from '../src/util/errors.js';
import type { SeededRandom } from '../src/util/random.js';
import type { Faults } from './faulty-fs.js';
import { repeat as repeatSeeds, TIMEOUT } from './repeat.js';

const { faults } = vi.hoisted(() => ({ faults: {} as { now: Faults } }));
vi.mock('node:fs', async (original) => {
  const { Faults } = await import('./faulty-fs.js');
  faults.now = new Faults();
  return faults.now.wrap(await original());
});

const { FileNode } = await import('../src/node/block/file.js');
const { FileCodeStore } = await import('../src/node/code-store.js');
const { FlashFile } = await import('../src/node/flash-file.js');
const { createNodeHost } = await import('../src/node/host.js');
const { readImage } = await import('../src/node/image-file.js');
const { Output } = await import('../src/node/output.js');
const { writeFully } = await import('../src/node/disk/write.js');
const fs = await vi.importActual<typeof import('node:fs')>('node:fs');

/** One call of so many fails. */
const RATE = 6;

const folder = mkdtempSync(join(tmpdir(), 'wemu-faults-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => faults.now.stop());
beforeEach(() => faults.now.stop());

const repeat = (body: Parameters<typeof repeatSeeds>[0]): Promise<number> => repeatSeeds(body, () => faults.now.stop());
const someBytes = (random: SeededRandom): Uint8Array => random.bytes(1 + (random.next() % 3000));

/** Undefined, if what was thrown is a line for the user. */
function userSees<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!isUserError(error) || error.message.includes('\n')) throw error;
    return undefined;
  }
}

/** At most so much of what is there now. */
function readSome(fd: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  try {
    return bytes.subarray(0, fs.readSync(fd, bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return bytes.subarray(0, 0);
  }
}

describe('a host that fails', () => {
  it('in pieces: what is written is all there', async () => {
    await repeat((random, seed) => {
      const bytes = someBytes(random);
      const fd = fs.openSync(path('out'), 'w');
      try {
        faults.now.start(seed);
        writeFully(fd, bytes);
      } finally {
        fs.closeSync(fd);
      }
      expect(Buffer.compare(fs.readFileSync(path('out')), bytes)).toBe(0);
    });
  }, TIMEOUT); // prettier-ignore

  it('in pieces: an image is read to its end', async () => {
    await repeat((random, seed) => {
      const bytes = someBytes(random);
      writeFileSync(path('image'), bytes);
      faults.now.start(seed);
      expect(Buffer.compare(readImage('-kernel', path('image')), bytes)).toBe(0);
    });
  }, TIMEOUT); // prettier-ignore

  it('an image is read, or it is told why not', async () => {
    await repeat((random, seed) => {
      const bytes = someBytes(random);
      writeFileSync(path('image'), bytes);
      faults.now.start(seed, { errors: RATE });
      const read = userSees(() => readImage('-kernel', path('image')));
      if (read) expect(Buffer.compare(read, bytes)).toBe(0);
    });
  }, TIMEOUT); // prettier-ignore

  it('a file is the old one or the new one, and nothing is left beside it', async () => {
    const host = await createNodeHost({ backend: 'tci' });
    mkdirSync(path('whole'));
    let failed = 0;
    await repeat((random, seed) => {
      const [old, bytes] = [someBytes(random), someBytes(random)];
      fs.writeFileSync(path('whole/file'), old);
      faults.now.start(seed, { errors: RATE });
      const written = userSees(() => (host.writeFile!(path('whole/file'), bytes), true));
      faults.now.stop();
      failed += written ? 0 : 1;
      expect(Buffer.compare(fs.readFileSync(path('whole/file')), written ? bytes : old)).toBe(0);
      expect(fs.readdirSync(path('whole'))).toEqual(['file']);
    });
    expect(failed).toBeGreaterThan(0);
    host.close();
  }, TIMEOUT); // prettier-ignore

  it('the code cache gives what was kept, or nothing', async () => {
    let found = 0;
    await repeat((random, seed) => {
      const told: string[] = [];
      const store = new FileCodeStore(path('code'), () => 'build', { tell: (line) => told.push(line) });
      const versions = [someBytes(random), someBytes(random)];
      faults.now.start(seed, { errors: 20 });
      for (const version of versions) store.save('key', version);
      const stored = store.load('key');
      stored?.close();
      const loaded = stored?.index;
      faults.now.stop();
      if (loaded) {
        found++;
        expect(versions.some((version) => Buffer.compare(version, loaded) === 0) || told.length > 0).toBe(true);
      }
      for (const line of told) expect(line).not.toContain('\n');
      expect(readdirSync(folder).includes('code') ? readdirSync(path('code')).filter((name) => name.includes('.tmp-')) : []).toEqual([]);
    });
    expect(found).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore

  it('output to a file: all of it, or what came first and one line', async () => {
    let [failed, whole] = [0, 0];
    await repeat(async (random, seed) => {
      const told: string[] = [];
      const output = new Output(fs.openSync(path('output'), 'w'), 'the output', { failed: ({ message }) => told.push(message) });
      const sent: Uint8Array[] = [];
      faults.now.start(seed, { errors: 2 * RATE });
      for (let i = 0; i < 6; i++) {
        sent.push(someBytes(random));
        output.write(sent[i]);
        if (random.next() % 2 === 0) await output.drained();
      }
      await output.drained();
      faults.now.stop();
      output.close();
      const all = Buffer.concat(sent);
      const found = fs.readFileSync(path('output'));
      expect(Buffer.compare(found, all.subarray(0, found.length))).toBe(0);
      expect(told.length).toBe(found.length < all.length ? 1 : 0);
      for (const line of told) expect(line).toMatch(/^the output: .+$/);
      if (told.length > 0) failed++; else whole++; // prettier-ignore
    });
    expect(Math.min(failed, whole)).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore

  it('output to a pipe whose reader is slow, or goes: all of it, or what came first, and its end told once', async () => {
    let [gone, whole] = [0, 0];
    await repeat(async (random) => {
      spawnSync('mkfifo', [path('pipe')]);
      const reader = fs.openSync(path('pipe'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      const told: string[] = [];
      const levels: boolean[] = [];
      const handlers = {
        failed: ({ message }: Error) => told.push(message),
        closed: () => told.push('closed'),
        congested: (on: boolean) => levels.push(on),
      };
      const output = new Output(fs.openSync(path('pipe'), 'w'), 'the pipe', handlers);
      fs.rmSync(path('pipe'));
      const sent = Array.from({ length: 8 }, () => random.bytes(1 + (random.next() % 40_000)));
      for (const bytes of sent) output.write(bytes);
      /** Reads after which nobody is there any more. */
      const patience = random.next() % 2 === 0 ? Infinity : random.next() % 12;
      let isDrained = false;
      const drained = output.drained().then(() => (isDrained = true));
      const got: Buffer[] = [];
      for (let reads = 0; reads < patience && !isDrained; reads++) {
        got.push(readSome(reader, 1 + (random.next() % 60_000)));
        await new Promise((resolve) => (random.next() % 4 === 0 ? setTimeout(resolve, 1) : setImmediate(resolve)));
      }
      for (let more = readSome(reader, 1 << 20); isDrained && more.length > 0; more = readSome(reader, 1 << 20)) got.push(more);
      fs.closeSync(reader);
      await drained;
      output.close();
      const all = Buffer.concat(sent);
      const found = Buffer.concat(got);
      expect(Buffer.compare(found, all.subarray(0, found.length))).toBe(0);
      expect(told.filter((line) => line !== 'closed')).toEqual([]);
      expect(told.length).toBeLessThan(2);
      if (told.length === 0 && patience === Infinity) expect(found.length).toBe(all.length);
      // up and down in turns, and never left standing
      expect(levels).toEqual(levels.map((_, i) => i % 2 === 0));
      expect(levels.length % 2).toBe(0);
      if (told.length > 0) gone++; else whole++; // prettier-ignore
    });
    expect(Math.min(gone, whole)).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore

  it('flash is written, or the failure told once', async () => {
    await repeat((random, seed) => {
      const content = random.bytes(4096);
      fs.writeFileSync(path('flash'), content);
      const flash = new FlashFile(path('flash'));
      const told: string[] = [];
      flash.failed = ({ message }) => told.push(message);
      faults.now.start(seed, { errors: RATE });
      for (let i = 0; i < 4; i++) {
        const piece = random.bytes(1 + (random.next() % 200));
        const at = random.next() % (4096 - piece.length);
        flash.write(at, piece);
        content.set(piece, at);
      }
      faults.now.stop();
      flash.close();
      expect(told.length).toBeLessThan(2);
      if (told.length === 0) expect(Buffer.compare(readFileSync(path('flash')), content)).toBe(0);
    });
  }, TIMEOUT); // prettier-ignore

  it('a disk: what is flushed is in the file, what failed is told, and after a failed flush none succeeds', async () => {
    let [failed, kept] = [0, 0];
    await repeat(async (random, seed) => {
      const content = new Uint8Array(16 * 512);
      fs.writeFileSync(path('disk'), content);
      const node = FileNode.open(path('disk'), { locking: false });
      /** Sectors of which nobody knows. */
      const unknown = new Set<number>();
      let isLost = false;
      faults.now.start(seed, { errors: 2 * RATE });
      for (let i = 0; i < 8; i++) {
        const sectors = 1 + (random.next() % 4);
        const first = random.next() % (16 - sectors);
        const bytes = random.bytes(512 * sectors);
        const range = Array.from({ length: sectors }, (_, each) => first + each);
        const written = await node.write(512 * first, bytes).then(() => true, blockErrors);
        if (written) content.set(bytes, 512 * first);
        for (const sector of range) if (written) unknown.delete(sector); else unknown.add(sector); // prettier-ignore
        const flushed = await node.flush().then(() => true, blockErrors);
        if (isLost) expect(flushed).toBe(false);
        isLost ||= !flushed;
        const into = new Uint8Array(512 * sectors);
        if (await node.read(512 * first, into).then(() => true, blockErrors)) if (written) expect(Buffer.compare(into, bytes)).toBe(0);
        failed += written && flushed ? 0 : 1;
      }
      faults.now.stop();
      node.close();
      const found = fs.readFileSync(path('disk'));
      for (let sector = 0; sector < 16; sector++) {
        const at = 512 * sector;
        if (!unknown.has(sector)) expect(Buffer.compare(found.subarray(at, at + 512), content.subarray(at, at + 512))).toBe(0);
      }
      kept++;
    });
    expect(failed).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore
});

function blockErrors(error: unknown): false {
  if (!(error instanceof BlockError)) throw error;
  return false;
}
