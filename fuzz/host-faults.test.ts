/** What the Node host reads and writes, while its system calls fail: all of it, or none of it and one line; never a part, an exception of another kind, or a hang. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlockError } from '../src/block/node.js';
import { isUserError } from '../src/util/errors.js';
import { SeededRandom } from '../src/util/random.js';
import type { Faults } from './faulty-fs.js';

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
const { writeFully } = await import('../src/node/disk/write.js');
const fs = await vi.importActual<typeof import('node:fs')>('node:fs');

const SECONDS = Number(process.env['WEMU_FUZZ_SECONDS'] ?? 5) / 2;
const SEED = Number(process.env['WEMU_SEED'] ?? Date.now() % 2 ** 31);
const TIMEOUT = SECONDS * 1000 + 60_000;
/** One call of so many fails. */
const RATE = 6;

const folder = mkdtempSync(join(tmpdir(), 'wemu-faults-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => faults.now.stop());
beforeEach(() => faults.now.stop());

/** `body` with seeds in a row, for a while. */
async function repeat(body: (random: SeededRandom, seed: number) => void | Promise<void>): Promise<void> {
  const until = performance.now() + SECONDS * 1000;
  for (let seed = SEED; performance.now() < until; seed++) {
    try {
      await body(new SeededRandom(seed), seed);
    } catch (error) {
      throw new Error(`WEMU_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      faults.now.stop();
    }
  }
}
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
