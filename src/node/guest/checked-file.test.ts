import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checksum } from '../disk/files.js';
import { isSoundFile, writeChecksum } from './checked-file.js';

describe('a file that was found sound', () => {
  let folder: string;
  let path: string;
  const bytes = Buffer.from('a kernel');
  const checked = () => `${path}.checked`;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wemu-checked-'));
    path = join(folder, 'kernel');
    writeFileSync(path, bytes, { mode: 0o600 });
    writeChecksum(path, checksum(bytes));
    const now = Date.now() + 3000;
    vi.spyOn(Date, 'now').mockReturnValue(now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('is not read again', () => {
    expect(isSoundFile(path)).toBe(true);
    // another checksum, in both places, is believed: nobody compares it with the bytes
    const sum = readFileSync(`${path}.crc32`, 'latin1');
    writeFileSync(`${path}.crc32`, '00000000\n');
    writeFileSync(checked(), readFileSync(checked(), 'latin1').replace(sum, '00000000\n'));
    expect(isSoundFile(path)).toBe(true);
    rmSync(checked());
    expect(() => isSoundFile(path)).toThrow(/is damaged: not used/);
  });

  it.each<[string, () => void]>([
    ['a write', () => writeFileSync(path, 'a kerneL')],
    [
      'a write that leaves its times as they were',
      () => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, 'a kerneL');
        utimesSync(path, atime, mtime);
      },
    ],
    ['another checksum', () => writeChecksum(path, 1)],
  ])('is read again after %s', (_, change) => {
    expect(isSoundFile(path)).toBe(true);
    change();
    expect(() => isSoundFile(path)).toThrow(/is damaged: not used/);
  });

  it('is not taken for known if it was written just now', () => {
    vi.mocked(Date.now).mockReturnValue(statSync(path).ctimeMs + 1000);
    expect([isSoundFile(path), existsSync(checked())]).toEqual([true, false]);
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['far too much of it', 'x'.repeat(1000)],
  ])('is read where %s says that it was', (_, line) => {
    writeFileSync(checked(), line);
    expect(isSoundFile(path)).toBe(true);
  });
});
