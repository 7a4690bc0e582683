/** A flash command is in its file whole or not at all, whenever the process dies. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FlashFile } from './flash-file.js';
import { JOURNAL, writeJournal } from './flash-journal.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-flash-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SECTOR = 256 << 10;
const [OLD, NEW] = [0x11, 0x22];
const sector = (value: number): Uint8Array => new Uint8Array(SECTOR).fill(value);

function file(name: string, sectors = 4): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(sectors * SECTOR).fill(OLD));
  return path;
}

/** As a kill leaves it that comes when `written` bytes of the second sector are in the file. */
function interrupted(name: string, written: number): string {
  const path = file(name);
  const fd = openSync(path, 'r+');
  writeJournal(path, fd, SECTOR, sector(NEW));
  writeSync(fd, sector(NEW), 0, written, SECTOR);
  return path;
}
const open = (path: string, more: { discard?: boolean; readOnly?: boolean } = {}): Uint8Array => {
  const flash = new FlashFile(path, more);
  flash.close();
  return flash.bytes;
};
/** What each sector holds; a torn one has both. */
const sectors = (bytes: Uint8Array): string[] =>
  Array.from({ length: bytes.length / SECTOR }, (_, n) => [...new Set(bytes.subarray(n * SECTOR, (n + 1) * SECTOR))].join('+'));

describe('a write that was cut short', () => {
  it.each([0, 4096, SECTOR - 4096, SECTOR])('is finished by the next to open the file: after %i bytes', (written) => {
    const path = interrupted('short', written);
    for (const bytes of [open(path), readFileSync(path)]) expect(sectors(bytes)).toEqual([OLD, NEW, OLD, OLD].map(String));
    expect(existsSync(path + JOURNAL)).toBe(false);
  });

  it.each([{ discard: true }, { readOnly: true }])('is seen finished by who may not write: %o', (more) => {
    const path = interrupted('seen', 4096);
    expect(sectors(open(path, more))[1]).toBe(String(NEW));
    expect(sectors(readFileSync(path))[1]).toBe(`${NEW}+${OLD}`);
    expect(existsSync(path + JOURNAL)).toBe(true);
  });

  it('never began, if its journal is cut short or damaged', () => {
    for (const damage of [
      (path: string) => truncateSync(path, 10),
      (path: string) => truncateSync(path, SECTOR),
      (path: string) => writeFileSync(path, ''),
      (path: string) => writeFileSync(path, readFileSync(path).fill(0, 500, 600)),
    ]) {
      const path = interrupted('damaged', 0);
      damage(path + JOURNAL);
      expect(sectors(open(path))).toEqual(Array(4).fill(String(OLD)));
      expect(existsSync(path + JOURNAL)).toBe(false);
    }
  });

  it('is not of a file that has been made anew', () => {
    const path = interrupted('anew', 4096);
    writeFileSync(path, new Uint8Array(4 * SECTOR).fill(0x33));
    expect(sectors(open(path))).toEqual(Array(4).fill(String(0x33)));
    const shorter = interrupted('shorter', 4096);
    truncateSync(shorter, SECTOR);
    expect(sectors(open(shorter))).toEqual([String(OLD)]);
  });
});

it('what is in one page needs no journal', () => {
  const path = file('page');
  const flash = new FlashFile(path);
  writeFileSync(path + JOURNAL, 'another');
  flash.write(4094, new Uint8Array([1, 2]));
  expect(readFileSync(path + JOURNAL, 'utf8')).toBe('another');
  flash.write(4095, new Uint8Array([3, 4]));
  expect(existsSync(path + JOURNAL)).toBe(false);
  flash.close();
  expect([...readFileSync(path).subarray(4094, 4098)]).toEqual([1, 3, 4, OLD]);
});

/** Its writes are long, so that a kill is in the middle of one. */
const WRITER = (path: string): string => `
  const { FlashFile } = await import(${JSON.stringify(new URL('../../dist/src/node/flash-file.js', import.meta.url).href)});
  const flash = new FlashFile(${JSON.stringify(path)});
  flash.failed = (error) => { throw error; };
  console.log('ready');
  for (let n = 1; ; n = 1 + n % 255) flash.write(0, new Uint8Array(${16 * SECTOR}).fill(n));`;

it('survives kill -9', { timeout: 120_000 }, async () => {
  for (let n = 0; n < 6; n++) {
    const path = file('killed', 16);
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER(path)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 37 * n + 5));
    writer.kill('SIGKILL');
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(new Set(sectors(open(path))).size, `kill ${n}`).toBe(1);
    expect(sectors(readFileSync(path))[0]).not.toContain('+');
  }
});
