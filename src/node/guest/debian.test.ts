import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Debian from './debian.js';
import { debianSource } from './apt.js';
import { cacheFolder, filesToUnpack } from './debian.js';

function aptFolder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'wemu-apt-'));
  mkdirSync(join(root, 'sources.list.d'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

describe('debianSource', () => {
  it('reads deb822 sources with their keyring', () => {
    const root = aptFolder({
      'sources.list.d/debian.sources':
        'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nSigned-By: /usr/share/keyrings/k.gpg\n',
    });
    expect(debianSource(root)).toEqual({ server: 'http://mirror.example/debian', keyring: '/usr/share/keyrings/k.gpg' });
  });

  it('skips other vendors, disabled stanzas and security suites', () => {
    const root = aptFolder({
      'sources.list.d/a.sources':
        'Types: deb\nURIs: http://other.example\nSuites: nodistro\n\nTypes: deb\nURIs: http://off.example\nSuites: trixie\nEnabled: no\n\n' +
        'Types: deb\nURIs: http://security.example\nSuites: trixie-security\n',
      'sources.list.d/b.sources': 'Types: deb\nURIs: http://good.example\nSuites: trixie\n',
    });
    expect(debianSource(root)?.server).toBe('http://good.example');
  });

  it('reads one-line sources', () => {
    const root = aptFolder({ 'sources.list': '# comment\ndeb [arch=amd64 signed-by=/k.gpg] http://one.example/debian stable main\n' });
    expect(debianSource(root)).toEqual({ server: 'http://one.example/debian', keyring: '/k.gpg' });
  });

  it('finds nothing where nothing is configured', () => {
    expect(debianSource(aptFolder({}))).toBeUndefined();
  });
});

describe('what is unpacked of a package', () => {
  it.each([
    ['all that is ever wanted of it', true, ['kernel'], ['kernel', 'modules']],
    ['no modules without their tool, if nobody wants them', false, ['kernel'], ['kernel']],
    ['modules that somebody wants, whatever comes of it', false, ['kernel', 'modules'], ['kernel', 'modules']],
  ] as const)('is %s', (_what, hasXz, asked, files) => expect(filesToUnpack('linux-image-riscv64', asked, hasXz)).toEqual(files));
});

describe('the cache folder', () => {
  afterEach(() => vi.unstubAllEnvs());
  it.each([
    ['/x', '/h', '/x/wemu'],
    ['', '/h', '/h/.cache/wemu'],
    ['relative/x', '/h', '/h/.cache/wemu'],
    ['./x', '/h', '/h/.cache/wemu'],
    ['', 'relative', undefined],
  ])("with XDG_CACHE_HOME '%s' and HOME '%s' is %s", (xdg, home, folder) => {
    vi.stubEnv('XDG_CACHE_HOME', xdg);
    vi.stubEnv('HOME', home);
    expect(cacheFolder()).toBe(folder);
  });
});

describe('a file that was fetched', () => {
  let cache: string;
  let told: string[];
  const path = (name = 'busybox') => join(cache, 'wemu', 'debian-trixie-riscv64', name);
  /** What another process finds. */
  const found = async (): Promise<string | undefined> => {
    vi.resetModules();
    return ((await import('./debian.js')) as typeof Debian).cachedGuestFile('busybox');
  };
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'wemu-cache-'));
    told = [];
    vi.stubEnv('XDG_CACHE_HOME', cache);
    vi.spyOn(process.stderr, 'write').mockImplementation((line) => told.push(String(line)) > 0);
    mkdirSync(path('.'), { recursive: true, mode: 0o700 });
    const bytes = Buffer.from('a program');
    writeFileSync(path(), bytes, { mode: 0o600 });
    writeFileSync(path('busybox.crc32'), `${crc32(bytes).toString(16).padStart(8, '0')}\n`, { mode: 0o600 });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });

  it('is taken as it was fetched', async () => {
    expect([await found(), told]).toEqual([path(), []]);
  });

  it.each<[string, () => void]>([
    [
      'with a bit flipped',
      () =>
        writeFileSync(
          path(),
          Uint8Array.from(readFileSync(path()), (byte, i) => (i === 4 ? byte ^ 1 : byte)),
        ),
    ],
    ['cut short', () => truncateSync(path(), 5)],
    ['empty', () => truncateSync(path(), 0)],
    ['with another checksum', () => writeFileSync(path('busybox.crc32'), '00000000\n')],
    ['with half a checksum', () => truncateSync(path('busybox.crc32'), 4)],
    ['that others may write', () => chmodSync(path(), 0o666)],
    ['whose checksum others may write', () => chmodSync(path('busybox.crc32'), 0o666)],
    ['in a folder that others may write', () => chmodSync(path('.'), 0o777)],
  ])('is not taken %s: a line says so', async (_, damage) => {
    damage();
    expect(await found()).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/^wemu: .*: not used.*\n$/)]);
  });

  it.each<[string, () => void]>([
    ['below a file', () => writeFileSync(path('..'), '')],
    ['in a circle of links', () => symlinkSync(path('..'), path('..'))],
  ])('cannot be looked for %s: one line, however often', async (_, spoil) => {
    rmSync(path('..'), { recursive: true });
    spoil();
    vi.resetModules();
    const { cachedGuestFile, guestFileStamp } = (await import('./debian.js')) as typeof Debian;
    for (const name of ['kernel', 'busybox', 'firmware'] as const)
      expect([cachedGuestFile(name), guestFileStamp(name)]).toEqual([undefined, undefined]);
    expect(told).toEqual([expect.stringMatching(/^wemu: (ENOTDIR|ELOOP).*\n$/)]);
  });

  it('is fetched again without its checksum', async () => {
    rmSync(path('busybox.crc32'));
    expect([await found(), told]).toEqual([undefined, []]);
  });
});
