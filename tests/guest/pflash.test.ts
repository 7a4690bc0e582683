/** `-pflash`: the guest runs from the file, and what it programs is in the file. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const SIZE = 32 << 20;
const WORD = 0x100;
const folder = mkdtempSync(join(tmpdir(), 'wemu-pflash-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * In RAM, since flash that is being programmed cannot be run from: programs 0x12345678 at WORD of bank 0 and powers off.
 * lui a0,0x20000; lui a1,0x400; addi a1,a1,64; sw a1,WORD(a0); lui a2,0x12345; addi a2,a2,0x678; sw a2,WORD(a0); lui a3,0x100; lui a4,5;
 * addi a4,a4,0x555; sw a4,0(a3); j .
 */
const PROGRAM = [
  0x20000537, 0x004005b7, 0x04058593, 0x10b52023, 0x12345637, 0x67860613, 0x10c52023, 0x001006b7, 0x00005737, 0x55570713, 0x00e6a023, 0x6f,
];
/** In flash: copies the 16 words at 0x40 to RAM, and goes there. auipc a0,0; lui a1,0x80000; li a2,16; lw a3,64(a0); sw; addi; addi; addi; bnez; fence.i; lui; jr */
const COPY = [
  0x00000517, 0x00100593, 0x01f59593, 0x01000613, 0x04052683, 0x00d5a023, 0x00450513, 0x00458593, 0xfff60613, 0xfe0616e3, 0x0000100f,
  0x00100593, 0x01f59593, 0x00058067,
];

function image(name: string): string {
  const path = join(folder, name);
  const words = new Uint32Array(64).fill(0xffffffff);
  words.set(COPY, 0);
  words.set(PROGRAM, 16);
  writeFileSync(path, new Uint8Array(words.buffer));
  truncateSync(path, SIZE);
  return path;
}
const run = (...more: string[]) => wemu(['-M', 'virt', '-bios', 'none', '-serial', 'null', '-monitor', 'none', ...more]);
const wordOf = (path: string): number => readFileSync(path).readUInt32LE(WORD);

it.each(['tci', 'tcg,thread=sync,threshold=1'])('starts from the file, and keeps what was programmed: %s', (accel) => {
  const path = image('flash');
  expect(run('-accel', accel, '-pflash', path)).toMatchObject({ status: 0, stderr: '' });
  expect(wordOf(path)).toBe(0x12345678);
});

it('-snapshot leaves the file as it is', () => {
  const path = image('snapshot');
  expect(run('-snapshot', '-pflash', path)).toMatchObject({ status: 0, stderr: '' });
  expect(wordOf(path)).toBe(0);
});

it('-drive if=pflash: units, and banks that cannot be programmed', () => {
  const [path, readOnly] = [image('drive'), image('read-only')];
  const drive = (unit: number, file: string, more = '') => ['-drive', `if=pflash,format=raw,unit=${unit},file=${file}${more}`];
  expect(run(...drive(1, readOnly, ',readonly=on'), ...drive(0, path))).toMatchObject({ status: 0, stderr: '' });
  expect(wordOf(path)).toBe(0x12345678);
  expect(run(...drive(0, readOnly, ',readonly=on'))).toMatchObject({ status: 0, stderr: '' });
  expect(wordOf(readOnly)).toBe(0);
  expect(run(...drive(0, path), ...drive(0, path)).stderr).toMatch(/^wemu: -drive .*: drive with bus=0, unit=0 \(index=-1\) exists\n$/);
});

it('says in one line what cannot be a bank', () => {
  const path = image('bank');
  const small = join(folder, 'small');
  writeFileSync(small, 'x');
  expect(run('-pflash', small).stderr).toMatch(/^wemu: cfi.pflash01 device 'virt.flash0' requires 33554432 bytes, .* provides 1 bytes\n$/);
  expect(run('-pflash', join(folder, 'none')).stderr).toMatch(/^wemu: -pflash: cannot read '.*none': no such file\n$/);
  expect(run('-pflash', path, '-pflash', path, '-pflash', path).stderr).toMatch(/^wemu: -pflash: machine type .*,unit=2\n$/);
  expect(wemu(['-M', 'spike', '-bios', 'none', '-pflash', path]).stderr).toMatch(/^wemu: -pflash: machine type .*,unit=0\n$/);
});
