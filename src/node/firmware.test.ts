import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findFirmware, readFirmware } from './firmware.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-firmware-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [first, second] = ['first', 'second'].map((name) => join(folder, name));
for (const each of [first, second]) {
  mkdirSync(each);
  writeFileSync(join(each, 'fw.bin'), each);
}
writeFileSync(join(second, 'fw2.bin'), 'two');
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

it('firmware is looked for in the folders in their order, and then where it comes from', () => {
  expect([text(findFirmware('fw.bin', [first, second])), text(findFirmware('fw2.bin', [first, second]))]).toEqual([first, 'two']);
  expect([findFirmware('fw.bin'), findFirmware('no.bin', [first])]).toEqual([undefined, undefined]);
  expect(findFirmware('cpiom.elf', [first])).toBeInstanceOf(Uint8Array);
});

it('-bios names a file, or firmware', () => {
  const host = { firmware: (name: string) => findFirmware(name, [first]) };
  expect(text(readFirmware('-bios', join(second, 'fw.bin'), host))).toBe(second);
  expect(text(readFirmware('-bios', 'fw.bin', host))).toBe(first);
  expect(() => readFirmware('-bios', 'no.bin', host)).toThrow("-bios: cannot read 'no.bin': no such file");
});
