import { copyFileSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/session.js';

describe('a file that the run reads', () => {
  let folder: string;
  let kernel: string;
  let disk: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wemu-inputs-'));
    kernel = join(folder, 'kernel.elf');
    copyFileSync('guests/embedded.elf', kernel);
    disk = join(folder, 'disk.img');
    writeFileSync(disk, new Uint8Array(1 << 16).fill(7));
    linkSync(kernel, join(folder, 'link'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['-icount', 'shift=2,rr=record,rrfile=kernel.elf', '-kernel'],
    ['-icount', 'shift=2,rr=record,rrfile=link', '-kernel'],
    ['-icount', 'shift=2,rr=record,rrfile=disk.img', '-drive'],
    ['-D', 'disk.img', '-drive'],
    ['-serial', 'file:kernel.elf', '-kernel'],
    ['-serial', 'file:./disk.img', '-drive'],
    ['-chardev', 'file,id=x,path=disk.img', '-drive'],
    ['-chardev', 'file,id=x,path=disk.img,append=on', '-drive'],
    ['-chardev', 'null,id=x,logfile=kernel.elf', '-kernel'],
  ])('is not written over by %s %s', (option, value, what) => {
    const before = [readFileSync(kernel), readFileSync(disk)];
    const machine = [
      '-M',
      'virt',
      '-bios',
      'none',
      '-kernel',
      'kernel.elf',
      '-drive',
      'file=disk.img,format=raw,if=none,id=d',
      '-nographic',
    ];
    const { status, stderr, stdout } = spawnSync(process.execPath, [CLI, ...machine, '-d', 'int', option, value], {
      cwd: folder,
      encoding: 'utf8',
      input: '',
      timeout: 60_000,
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^wemu: .*'[./]*[a-z.]+' is the file of ${what}, and would be overwritten\n$`));
    expect([readFileSync(kernel), readFileSync(disk)]).toEqual(before);
  });
});
