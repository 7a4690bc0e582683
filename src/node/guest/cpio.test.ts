import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTool } from '../../../tests/support/tools.js';
import { cpioArchive, directory, file, symlink } from './cpio.js';
import { buildInitramfs } from './initramfs.js';

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

describe('cpioArchive', () => {
  it('writes newc headers, padded names and data, and the trailer', () => {
    const archive = cpioArchive([directory('a'), file('a/b', 'hello')]);
    expect(archive.length % 4).toBe(0);
    const second = text(archive).indexOf('070701', 6);
    const header = text(archive.subarray(second, second + 110));
    expect(Number.parseInt(header.slice(14, 22), 16)).toBe(0o100644);
    expect(Number.parseInt(header.slice(54, 62), 16)).toBe('hello'.length);
    expect(Number.parseInt(header.slice(94, 102), 16)).toBe('a/b\0'.length);
    expect(text(archive)).toContain('TRAILER!!!\0');
  });

  it.skipIf(!hasTool('cpio'))('is read by cpio', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-cpio-'));
    const archive = cpioArchive([directory('d'), file('d/f', 'content', 0o755), symlink('link', 'd/f')]);
    writeFileSync(join(folder, 'x.cpio'), archive);
    execFileSync('cpio', ['-idF', 'x.cpio'], { cwd: folder, stdio: 'ignore' });
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('content');
  });
});

describe('buildInitramfs', () => {
  const busybox = new Uint8Array([1, 2, 3]);

  it('is the same for the same inputs', () => {
    expect(buildInitramfs({ busybox })).toEqual(buildInitramfs({ busybox }));
  });

  it('quotes a command word for word', () => {
    const archive = text(buildInitramfs({ busybox, nonce: 'n', command: ['echo', "it's $HOME; `x`"] }));
    expect(archive).toContain(`'echo' 'it'\\''s $HOME; \`x\`'`);
  });
});
