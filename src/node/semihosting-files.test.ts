import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../semihosting/errno.js';
import { OptionError } from '../util/errors.js';
import { FolderFiles } from './semihosting-files.js';

const READ = { read: true, write: false, truncate: false, append: false };
const WRITE = { read: false, write: true, truncate: true, append: false };
const APPEND = { read: true, write: true, truncate: false, append: true };

let top: string;
let root: string;
let files: FolderFiles;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'wemu-semihosting-'));
  root = join(top, 'root');
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(join(top, 'root2'));
  writeFileSync(join(top, 'outside'), 'secret');
  writeFileSync(join(root, 'inside'), 'text');
  files = new FolderFiles(root);
});
afterEach(() => rmSync(top, { recursive: true }));

const reason = (body: () => unknown): string | undefined => {
  try {
    body();
    return undefined;
  } catch (error) {
    return (error as Refusal).reason;
  }
};
function text(name: string): string {
  const file = files.open(name, READ);
  const bytes = new Uint8Array(64);
  const size = file.read(bytes, 0);
  file.close();
  return new TextDecoder().decode(bytes.subarray(0, size));
}

describe('the files of a folder', () => {
  it('are read, made, cut, appended to, renamed and removed', () => {
    expect([text('inside'), text(join(root, 'inside')), reason(() => text('none'))]).toEqual(['text', 'text', 'ENOENT']);
    const made = files.open('sub/new', WRITE);
    made.write(new TextEncoder().encode('abc'), 0);
    made.write(new TextEncoder().encode('d'), 6);
    expect(made.size()).toBe(7);
    made.close();
    expect(readFileSync(join(root, 'sub/new'), 'latin1')).toBe('abc\0\0\0d');
    files.open('inside', APPEND).close();
    expect(text('inside')).toBe('text');
    files.open('inside', WRITE).close();
    expect(text('inside')).toBe('');
    files.rename('sub/new', 'moved');
    files.remove('moved');
    files.remove('sub');
    expect([reason(() => files.remove('moved')), existsSync(join(root, 'sub'))]).toEqual(['ENOENT', false]);
  });

  it('no name leads out', () => {
    const outside = join(top, 'outside');
    for (const name of ['../outside', 'sub/../../outside', outside, join(top, 'root2/x'), '/etc/passwd', '..', 'sub/..']) {
      expect([name, reason(() => files.open(name, READ))]).toEqual([name, 'EACCES']);
      expect([name, reason(() => files.open(name, WRITE))]).toEqual([name, 'EACCES']);
      expect([name, reason(() => files.remove(name))]).toEqual([name, 'EACCES']);
      expect([name, reason(() => files.rename('inside', name))]).toEqual([name, 'EACCES']);
      expect([name, reason(() => files.rename(name, 'stolen'))]).toEqual([name, 'EACCES']);
    }
    expect([readFileSync(outside, 'utf8'), reason(() => files.open('', READ)), reason(() => files.open('a\0b', WRITE))]).toEqual([
      'secret',
      'ENOENT',
      'ENOENT',
    ]);
  });

  it('no link leads out; one that stays inside is followed, and removed as a link', () => {
    symlinkSync('../outside', join(root, 'link'));
    symlinkSync(top, join(root, 'folder'));
    symlinkSync('../new', join(root, 'dangling'));
    symlinkSync('inside', join(root, 'near'));
    for (const name of ['link', 'folder/outside', 'folder/made']) {
      expect([name, reason(() => files.open(name, READ)), reason(() => files.open(name, WRITE))]).toEqual([name, 'EACCES', 'EACCES']);
    }
    expect([reason(() => files.open('dangling', WRITE)), existsSync(join(top, 'new'))]).toEqual(['ENOENT', false]);
    expect([reason(() => files.remove('folder/outside')), reason(() => files.rename('inside', 'folder/x'))]).toEqual(['EACCES', 'EACCES']);
    expect(text('near')).toBe('text');
    files.remove('link');
    expect([existsSync(join(root, 'link')), readFileSync(join(top, 'outside'), 'utf8')]).toEqual([false, 'secret']);
  });

  it('folders and what is no plain file are not opened: a pipe would be waited for', () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    symlinkSync('/dev/zero', join(root, 'zero'));
    expect(['sub', '.', 'pipe', 'zero'].map((name) => reason(() => files.open(name, READ)))).toEqual([
      'EISDIR',
      'EISDIR',
      'EACCES',
      'EACCES',
    ]);
    expect(['sub', 'pipe'].map((name) => reason(() => files.open(name, WRITE)))).toEqual(['EISDIR', 'EACCES']);
    expect([reason(() => files.remove('.')), reason(() => text('inside/x'))]).toEqual(['EACCES', 'ENOTDIR']);
  });

  it('the folder may be named by a link, and must be there', () => {
    symlinkSync(root, join(top, 'alias'));
    files = new FolderFiles(join(top, 'alias'));
    expect([text('inside'), text(join(root, 'inside'))]).toEqual(['text', 'text']);
    for (const name of ['none', 'outside']) expect(() => new FolderFiles(join(top, name))).toThrow(OptionError);
  });
});
