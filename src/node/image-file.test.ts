import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readImage } from './image-file.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-image-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

it('reads files whole', () => {
  for (const size of [0, 1, 5000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
    writeFileSync(path('some'), bytes);
    expect(new Uint8Array(readImage('-kernel', path('some')))).toEqual(bytes);
  }
  expect(readImage('-kernel', undefined)).toBe(undefined);
});

it.skipIf(process.platform === 'win32')('reads a pipe to its end, and not beyond the limit', () => {
  const fifo = path('fifo');
  execFileSync('mkfifo', [fifo]);
  const feed = (bytes: number) => execFileSync('sh', ['-c', `head -c ${bytes} /dev/zero > '${fifo}' 2>/dev/null &`], { stdio: 'ignore' });
  feed(3 << 20);
  expect(readImage('-kernel', fifo)).toHaveLength(3 << 20);
  feed(8 << 20);
  expect(() => readImage('-initrd', fifo, 1 << 20)).toThrow(/^-initrd: cannot read '.*fifo': it has more than 1 MiB, the limit$/);
});

it('says what is no file, and what is too large', () => {
  expect(() => readImage('-bios', folder)).toThrow(`-bios: cannot read '${folder}': is a directory`);
  expect(() => readImage('-bios', path('none'))).toThrow(/no such file/);
  expect(() => readImage('-bios', '/dev/zero')).toThrow(/is a device/);
  writeFileSync(path('large'), '');
  truncateSync(path('large'), 2 ** 31);
  expect(() => readImage('-bios', path('large'))).toThrow(/it has 2 GiB, the limit is 1 GiB/);
});
