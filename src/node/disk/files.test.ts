import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOwnFolder, makeFolder, readOwn, TEMPORARY, writeWhole } from './files.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const bytes = Uint8Array.of(1, 2, 3);
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'wemu-files-'))));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('writeWhole', () => {
  it('replaces a file, with the given mode, and leaves nothing else', () => {
    writeFileSync(at('a'), 'old', { mode: 0o644 });
    writeWhole(at('a'), bytes);
    expect([[...readFileSync(at('a'))], statSync(at('a')).mode & 0o777, readdirSync(folder)]).toEqual([[1, 2, 3], 0o600, ['a']]);
  });

  it('replaces a link, and does not write where it leads', () => {
    writeFileSync(at('elsewhere'), 'precious');
    symlinkSync(at('elsewhere'), at('a'));
    writeWhole(at('a'), bytes);
    expect([readFileSync(at('elsewhere'), 'utf8'), [...readFileSync(at('a'))]]).toEqual(['precious', [1, 2, 3]]);
  });

  it('fails rather than go through a link that waits under its other name', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    writeFileSync(at('elsewhere'), 'precious');
    symlinkSync(at('elsewhere'), `${at('a')}${TEMPORARY}${(0.5).toString(36).slice(2)}`);
    expect(() => writeWhole(at('a'), bytes)).toThrow(/EEXIST/);
    expect(readFileSync(at('elsewhere'), 'utf8')).toBe('precious');
  });

  it('leaves nothing behind if it fails', () => {
    mkdirSync(at('a'));
    expect(() => writeWhole(at('a'), bytes)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe.skipIf(process.platform === 'win32')('what is our own', () => {
  it('is read', () => {
    writeWhole(at('a'), bytes);
    expect(readOwn(at('a'), 3)).toEqual(bytes);
    expect(readOwn(at('b'), 3)).toBeUndefined();
    expect([isOwnFolder(folder), isOwnFolder(at('none'))]).toEqual([true, false]);
  });

  it('is not what is too long, no file, a link, or may be written by others', () => {
    writeWhole(at('a'), bytes);
    expect(() => readOwn(at('a'), 2)).toThrow(/too long/);
    expect(() => readOwn(folder, 99)).toThrow(/is no file/);
    expect(() => isOwnFolder(at('a'))).toThrow(/is no folder/);
    for (const mode of [0o620, 0o602]) {
      chmodSync(at('a'), mode);
      expect(() => readOwn(at('a'), 3)).toThrow(/written by others.*600/);
    }
    chmodSync(folder, 0o770);
    expect(() => isOwnFolder(folder)).toThrow(/written by others.*700/);
    renameSync(at('a'), at('b'));
    symlinkSync(at('b'), at('a'));
    expect(() => readOwn(at('a'), 3)).toThrow(/ELOOP/);
  });
});

it('folders are made with those above them, for this user only', () => {
  makeFolder(at('a/b/c'));
  makeFolder(at('a/b/c'));
  expect(['a', 'a/b', 'a/b/c'].map((name) => statSync(at(name)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

it.skipIf(process.platform !== 'linux')('a folder where there can be none is an error at once', () => {
  expect(() => makeFolder('/proc/none/of/it')).toThrow(/ENOENT/);
});
