/** What there is not enough of: room on the disk, memory. And disks that are fetched piece by piece, since they would be too much. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildInitramfs, fetchGuestFiles, GuestUnavailable } from '../../src/node/index.js';
import { BROWSERS, type WebPage } from './support/browsers.js';
import { textOf, until, waitFor } from './support/session.js';
import { serve, SITE, type Site } from './support/site.js';

const MiB = 1 << 20;
const QUOTA = 16 * MiB;
const RUNS = '?machine=embedded&append=scale%3D4000%20run%3Dfib&run=1';
const DISK = 8 * MiB;

let folder: string;
let site: Site;
/** Whether there is a guest that sees disks: Debian's kernel with its modules. */
let hasDisks = false;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wemu-limits-'));
  writeFileSync(join(folder, 'disk.img'), Buffer.alloc(DISK, 'wemu'));
  if (existsSync(join(SITE, 'guests/debian/kernel'))) {
    try {
      const { busybox, modules } = await fetchGuestFiles(['busybox', 'modules'], { start() {}, update() {}, stop() {} });
      writeFileSync(join(folder, 'initrd'), buildInitramfs({ busybox: readFileSync(busybox), modules: readFileSync(modules) }));
      hasDisks = true;
    } catch (error) {
      if (!(error instanceof GuestUnavailable)) throw error;
    }
  }
  site = await serve({ over: folder });
});
afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true });
});

describe.each(BROWSERS)('in $title', ({ path, launch }) => {
  const test = it.skipIf(path === undefined);
  let page: WebPage;
  afterEach(() => page?.close());

  test('tells that the disk is full, and goes on', async () => {
    page = await launch({ quota: QUOTA });
    await page.open(site.url + RUNS);
    expect(await until(page, ['running', 'failed'])).toBe('running');
    // until nothing more goes in
    const full = await page.run(async (most) => {
      let size = 1 << 20;
      for (let n = 0; size >= 1024; n++) {
        try {
          await wemu.kept.write(`ballast${n}`, new Blob([new Uint8Array(size)]));
          if (n * 1024 > most) return 'it is never full';
        } catch (error) {
          size >>= 2;
          if (size < 1024) return String(error);
        }
      }
      return '';
    }, QUOTA);
    expect(full).toMatch(/cannot keep files of this site: this site's room on the disk is used up \(\d+ MiB of \d+ MiB\)/);
    // what could not be kept has left nothing behind
    const sizes = await page.run(async () => (await wemu.kept.list()).map(({ size }) => size));
    expect(sizes).not.toContain(0);

    await page.run(() => wemu.save('late'));
    expect(await textOf(page, '.problem h2')).toBe('No room on the disk');
    expect(await textOf(page, '.problem .message')).toMatch(/cannot save the snapshot 'late': this site's room on the disk is used up/);
    expect(await page.run(async () => (await wemu.machine!.status()).running)).toBe(true);
    expect(await page.run(async () => (await wemu.kept.list()).map(({ name }) => name))).not.toContain('late');

    await page.click('.problem button');
    await page.run(async () => {
      for (const { name } of await wemu.kept.list()) await wemu.kept.delete(name);
      await wemu.save('late');
    });
    expect(await page.run(() => wemu.problem?.message)).toBeUndefined();
    expect(await page.run(async () => (await wemu.kept.list()).map(({ name }) => name))).toEqual(['late']);
  });

  test('tells that there is no memory for a machine', async () => {
    page = await launch();
    await page.open(`${site.url}?machine=embedded&append=run%3Dfib`);
    // all that the browser gives a process
    await page.run(() => {
      const held: WebAssembly.Memory[] = [];
      try {
        for (;;) held.push(new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }));
      } catch {
        Object.assign(globalThis, { held }); // they are not to be collected
      }
    });
    await page.click('button.primary');
    expect(await until(page, ['failed', 'ended'])).toBe('failed');
    expect(await textOf(page, '.problem h2')).toBe('Too little memory');
    expect(await textOf(page, '.problem .message')).toContain('this host gives no more memory');
  });

  test('tells that a machine can never have so much memory', async () => {
    page = await launch();
    await page.open(`${site.url}?machine=embedded&memory=8G&run=1`);
    expect(await until(page, ['failed', 'running'])).toBe('failed');
    expect(await textOf(page, '.problem h2')).toBe('Too little memory');
    expect(await textOf(page, '.problem .message')).toMatch(/guest memory of \d+ MiB, ROMs included, is more than the engine's \d+ MiB/);
  });

  test('fetches of a remote disk what the guest reads', async ({ skip }) => {
    if (!hasDisks) skip('no Debian with its modules');
    page = await launch();
    const debian = Object.entries({ kernel: 'guests/debian/kernel', bios: 'guests/debian/firmware', initrd: 'initrd', drive: 'disk.img' });
    const query = new URLSearchParams([['machine', 'own'], ...debian, ['append', 'console=ttyS0'], ['run', '1']]);
    await page.open(`${site.url}?${query.toString()}`);
    expect(await until(page, ['running', 'failed'])).toBe('running');
    await waitFor(page, '~ # ', 120_000);
    const before = site.ranges.length;
    const line = 'dd if=/dev/vda bs=4096 skip=1000 count=1 2>/dev/null | md5sum';
    const [sum] = execFileSync('sh', ['-c', line.replace('/dev/vda', join(folder, 'disk.img'))], { encoding: 'utf8' }).split(' ');
    await page.run((text) => wemu.machine!.type(text), `${line}\n`);
    expect(await waitFor(page, '[0-9a-f]{32}')).toBe(sum);
    const asked = site.ranges.filter((each) => each.startsWith('/disk.img '));
    expect(asked.slice(before).length).toBeLessThan(4);
    const bytes = asked.map((each) => each.split(' ')[1].split('-').map(Number)).reduce((all, [from, to]) => all + to + 1 - from, 0);
    expect(bytes).toBeLessThan(DISK / 2);
  });
});
