import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedRoot, fetchRoot, ROOT_NAME } from './root.js';

let cache: string;
let folder: string;
let told: string[];
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'wemu-cache-'));
  folder = join(cache, 'wemu', 'debian-trixie-riscv64');
  told = [];
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => told.push(String(line)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

describe('a root that was made', () => {
  const path = (suffix = ''): string => join(folder, ROOT_NAME + suffix);
  beforeEach(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // longer than what is read at once
    const bytes = Buffer.alloc((2 << 20) + 5, 'a disk');
    writeFileSync(path(), bytes, { mode: 0o600 });
    writeFileSync(path('.crc32'), `${crc32(bytes).toString(16).padStart(8, '0')}\n`, { mode: 0o600 });
  });

  it('is taken as it was made', () => expect([cachedRoot(), told]).toEqual([path(), []]));

  it.each<[string, () => void]>([
    ['cut short', () => truncateSync(path(), 1 << 20)],
    ['that others may write', () => chmodSync(path(), 0o666)],
    ['in a folder that others may write', () => chmodSync(folder, 0o777)],
  ])('is not taken %s: a line says so', (_, damage) => {
    damage();
    expect(cachedRoot()).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/^wemu: .*: not used.*\n$/)]);
  });

  it('is not there before its checksum is', () => {
    rmSync(path('.crc32'));
    expect([cachedRoot(), told]).toEqual([undefined, []]);
  });
});

describe('a root that cannot be made', () => {
  const progress = { start: () => {}, update: () => {}, stop: () => {} };
  it('says which tool is missing, and leaves nothing', async () => {
    vi.stubEnv('PATH', '/no/such/folder');
    await expect(fetchRoot(progress)).rejects.toThrow(
      /^(mke2fs, which makes the root's file system,|Debian's apt-get) is not on this machine/,
    );
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });
});
