/** Boards of the other instruction set: their engine is another file. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BROWSERS, type WebPage } from './support/browsers.js';
import { hasFocus, textOf, until, waitFor } from './support/session.js';
import { serve, type Site } from './support/site.js';

const OPENBIOS = process.env.WEMU_OPENBIOS ?? '/usr/share/qemu/openbios-ppc';
const hasOpenBios = existsSync(OPENBIOS);

const folder = mkdtempSync(join(tmpdir(), 'wemu-boards-'));
afterAll(() => rmSync(folder, { recursive: true }));
const DATA = join(folder, 'data');
writeFileSync(DATA, new Uint8Array(8 << 20).fill(0xaa));

let site: Site;
beforeAll(async () => void (site = await serve({ more: { '/openbios': OPENBIOS, '/data': DATA } })));
afterAll(() => site.close());

describe.each(BROWSERS)('in $title', ({ path, launch }) => {
  let page: WebPage;
  beforeEach(async () => {
    if (path !== undefined) page = await launch();
  });
  afterEach(() => page?.close());

  it.skipIf(path === undefined)('brings up the CPIOM with its firmware, and computes what riscv64 computes', async () => {
    await page.open(`${site.url}?machine=cpiom`);
    await page.click('button.primary');
    expect(await until(page, ['running', 'failed'])).toBe('running');
    await waitFor(page, 'self-test: 0 failed');
    await waitFor(page, 'cpiom> ');
    expect(await page.run(() => location.search)).toBe('?machine=cpiom&run=1');
    expect(await hasFocus(page, '.view-terminal textarea')).toBe(true);
    await page.type('bench fib 10\n');
    // 110 times fib(24), as the embedded guest's
    expect(await waitFor(page, 'fib +recursive calls +[0-9a-f]{16}')).toContain((110 * 46368).toString(16).padStart(16, '0'));
    const { jit, ramSize } = await page.run(() => wemu.machine!.status());
    expect(jit?.wasm?.modules).toBeGreaterThan(0);
    expect(ramSize).toBe(64 << 20);
    await page.type('off 3\n');
    expect(await until(page, ['ended', 'failed'])).toBe('ended');
    expect(await textOf(page, '.status', /ended/)).toContain('exit code 3');
    expect(page.complaints).toEqual([]);
  });

  it.skipIf(path === undefined)(
    'keeps what the CPIOM programs in a file of the site, and takes the rest of its parts from addresses',
    async () => {
      await page.open(`${site.url}?machine=cpiom&tab=terminal`);
      await page.run(() => wemu.images.write('eeprom', new Blob([new Uint8Array(65536).fill(0x55)])));
      await page.open(`${site.url}?machine=cpiom&eeprom=opfs:eeprom&flash-data=data&run=1`);
      expect(await until(page, ['running', 'failed'])).toBe('running');
      await waitFor(page, 'cpiom> ');
      await page.run(() => wemu.automation.type('peek 0x90000010\npoke 0x91000010 0x12345678\npeek 0x91000014\n'));
      await waitFor(page, '90000010: aaaaaaaa'); // the address's
      await waitFor(page, '91000014: 55555555');
      expect(await page.run(() => wemu.machine!.status())).toMatchObject({ ramSize: 64 << 20 });
      await page.run(() => wemu.close());
      const word = async () => new DataView(await (await wemu.images.read('eeprom'))!.arrayBuffer()).getUint32(0x10);
      expect(await page.run(word)).toBe(0x12345678);

      await page.run(() => wemu.images.write('eeprom', new Blob([new Uint8Array(100)])));
      await page.open(`${site.url}?machine=cpiom&eeprom=opfs:eeprom&run=1`);
      expect(await until(page, ['running', 'failed'])).toBe('failed');
      expect(await textOf(page, '.problem .message')).toContain('100 bytes are not the 65536 of the part');
      await page.open(`${site.url}?machine=cpiom&eeprom=opfs:nothing&run=1`);
      expect(await until(page, ['running', 'failed'])).toBe('failed');
      expect(await textOf(page, '.problem .message')).toContain("this site keeps no file 'nothing'");
      expect(page.complaints).toEqual([]);
    },
  );

  const test40p = it.skipIf(path === undefined || !hasOpenBios);
  test40p(`brings up 40p with the user's OpenBIOS${hasOpenBios ? '' : ' (skipped: no qemu-system-data)'}`, async () => {
    await page.open(`${site.url}?machine=40p`);
    await page.click('button.primary');
    expect(await until(page, ['failed', 'running'])).toBe('failed');
    expect(await textOf(page, '.problem .message')).toContain("unable to find firmware 'openbios-ppc'");
    await page.click('.problem button');
    await page.attach('.file input[type=file]', OPENBIOS);
    await page.click('button.primary');
    expect(await until(page, ['running', 'failed'])).toBe('running');
    await waitFor(page, 'Welcome to OpenBIOS');
    await waitFor(page, '0 > ');
    expect(await hasFocus(page, '.view-terminal textarea')).toBe(true);
    await page.type('3 4 + .\n');
    await waitFor(page, '7  ok');

    // by a link
    await page.open(`${site.url}?machine=40p&memory=64M&bios=openbios&run=1`);
    expect(await until(page, ['running', 'failed'])).toBe('running');
    await waitFor(page, '>> Memory: 64M');
    expect(page.complaints).toEqual([]);
  });
});
