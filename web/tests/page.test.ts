/** The page in Debian's browsers: guests run, are saved and go on, and what goes wrong is told. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNodeHost, Machine, type NodeHost } from '../../src/node/index.js';
import type { RemoteMachine } from '../../src/browser/index.js';
import { BROWSERS, type WebPage } from './support/browsers.js';
import { becomes, hasFocus, shownBy, textOf, until, waitFor } from './support/session.js';
import { serve, SITE, type Site } from './support/site.js';

const ELF = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
const SHOTS = fileURLToPath(new URL('../../.cache/web/', import.meta.url));
const hasDebian = existsSync(join(SITE, 'guests/debian/kernel'));
/** A few seconds on a machine that has nothing else to do. */
const BOOT_MS = 120_000;
/** What code generation takes when the lean binaryen has not all that it wants: where guests are as usual, its list is to be made again (npm run build:lean). */
const isWholeBinaryen = (file: string): boolean => /\/binaryen-[\w-]+\.wasm$/.test(file);
/** Text of the prompt of Debian's guest. */
const PROMPT = '~ # ';

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  const test = it.skipIf(path === undefined);
  const testLinux = it.skipIf(path === undefined || !hasDebian);
  let site: Site;
  let page: WebPage;
  let folder: string;
  let host: NodeHost;

  beforeAll(async () => {
    site = await serve();
    host = await createNodeHost({ backend: 'tci' });
    folder = mkdtempSync(join(tmpdir(), 'wemu-web-'));
    mkdirSync(SHOTS, { recursive: true });
  });
  afterAll(() => {
    site.close();
    host.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    site.requests.length = 0;
    if (path !== undefined) page = await launch();
  });
  afterEach(() => page?.close());

  testLinux(
    `boots Debian's kernel to a shell, is saved, and goes on in a page that was loaded again${hasDebian ? '' : ' (skipped: the site has no Debian, see scripts/web-files.js)'}`,
    async () => {
      await page.open(`${site.url}?machine=debian&run=1`);
      expect(await until(page, ['running', 'failed'])).toBe('running');
      await waitFor(page, PROMPT, BOOT_MS);
      // by keys, as a person does
      expect(await hasFocus(page, '.view-terminal textarea')).toBe(true);
      await page.type('uname -a; cat /proc/cpuinfo\n');
      expect(await waitFor(page, 'Linux wemu [^\\n]*riscv64')).toContain('Linux wemu');
      expect(await waitFor(page, 'isa\\s*: rv64[a-z_]*')).toContain('rv64');
      await waitFor(page, PROMPT);
      await page.type('x=4711; echo $x > /tmp/kept\n');
      await waitFor(page, PROMPT);
      const isa = /isa\s*: rv64/;
      expect(await shownBy(page, 'terminal', isa)).toMatch(isa);
      await page.screenshot(join(SHOTS, `${name}-linux.png`));
      expect(site.requests.filter(isWholeBinaryen)).toEqual([]);

      await page.fill('.toolbar input:not([type])', 'shell');
      await page.run(() => wemu.save('shell'));
      expect(await page.run(() => wemu.problem?.message)).toBeUndefined();
      await page.open(`${site.url}?machine=debian&saved=shell&run=1`);
      expect(await until(page, ['running', 'failed'])).toBe('running');
      const start = Date.now();
      expect(await hasFocus(page, '.view-terminal textarea')).toBe(true);
      await page.type('echo $x; cat /tmp/kept\n');
      expect(await waitFor(page, '4711\\s+4711')).toContain('4711');
      console.log(`${name}: a snapshot's shell answered ${Date.now() - start} ms after it ran`);
      expect(page.complaints).toEqual([]);
    },
  );

  test('runs the embedded guest, whose checksums are right', async () => {
    await page.open(`${site.url}?machine=embedded&append=scale%3D4&run=1`);
    expect(await until(page, ['ended', 'failed'])).toBe('ended');
    const said = await page.run(() => wemu.automation.text);
    expect(said).toContain('all checks passed');
    expect(await page.run(async () => (await wemu.machine!.status()).jit?.wasm?.modules)).toBeGreaterThan(0);
    expect(await textOf(page, '.status', /ended/)).toContain('guest-shutdown');
    expect(site.requests.filter(isWholeBinaryen)).toEqual([]);
    console.log(`${name}: generated code was seen after ${await page.run(() => wemu.firstCodeMs)} ms`);
    expect(page.complaints).toEqual([]);
  });

  test('says what is wrong with a damaged ELF file, and takes another', async () => {
    const damaged = join(folder, 'damaged.elf');
    writeFileSync(damaged, readFileSync(ELF).subarray(0, 100));
    await page.open(`${site.url}?machine=own`);
    await page.attach('.file input[type=file]', damaged);
    await page.click('button.primary');
    expect(await until(page, ['failed', 'running'])).toBe('failed');
    expect(await textOf(page, '.problem h2')).toBe('The image cannot be used');
    expect(await textOf(page, '.problem .message')).toMatch(/kernel|ELF/);
    await page.screenshot(join(SHOTS, `${name}-problem.png`));
    await page.click('.problem button');
    await page.attach('.file input[type=file]', ELF);
    await page.fill('.fields .wide input', 'run=fib');
    await page.click('button.primary');
    expect(await until(page, ['ended', 'failed'])).toBe('ended');
  });

  test("opens Node's snapshot, and Node opens the browser's", async () => {
    const options = { machine: 'virt', memory: '64M', bios: 'none', append: 'run=fib scale=2' } as const;
    // stopped when it has said its first line: the kernel is yet to run
    const serial = (): void => void machine.stop();
    const machine = Machine.create({ ...options, kernel: readFileSync(ELF), serial }, host);
    expect(await machine.run()).toMatchObject({ reason: 'stopped' });
    const parts: Uint8Array[] = [];
    await machine.save({ write: (bytes) => void parts.push(bytes.slice()) });
    await machine.close();
    const file = join(folder, 'node.wemusnap');
    writeFileSync(file, Buffer.concat(parts));

    await page.open(`${site.url}?machine=own&memory=64M`);
    await page.attach('.file:nth-of-type(1) input[type=file]', ELF);
    await page.attach('.file:nth-of-type(6) input[type=file]', file);
    await page.click('button.primary');
    expect(await until(page, ['ended', 'failed', 'paused', 'running'])).not.toBe('failed');
    await waitFor(page, 'all checks passed');

    // and back: from the middle of a run that this page has begun
    const bytes = await page.run(async () => {
      const kernel = new URL('guests/embedded.elf', document.baseURI).href;
      const spec = { machine: 'virt', memory: '64M', bios: { builtin: 'none' as const }, kernel, append: 'run=fib scale=2' };
      const hostOf = await wemu.host;
      const other = await hostOf.create(spec);
      // calls are answered between two slices of the guest's, in order: it comes one slice further each time, and to no end meanwhile
      void other.run();
      await other.pause();
      while ((await other.status()).instructions < 1e6) {
        void other.resume();
        await other.pause();
      }
      const blob = await other.save();
      await other.close();
      let characters = '';
      for (const byte of new Uint8Array(await blob.arrayBuffer())) characters += String.fromCharCode(byte);
      return btoa(characters);
    });
    let said = '';
    const other = Machine.create(
      { ...options, incoming: true, kernel: readFileSync(ELF), serial: (output) => (said += Buffer.from(output).toString()) },
      host,
    );
    await other.load(Buffer.from(bytes, 'base64'));
    const { reason } = await other.run();
    await other.close();
    expect([reason, said]).toEqual(['guest-shutdown', expect.stringContaining('all checks passed')]);
  });

  test('generates code also when that wants more of binaryen than the lean one has', async () => {
    await page.open(site.url);
    await page.run(async () => {
      const host = await wemu.host;
      const machine = await host.create({
        machine: 'virt',
        memory: '64M',
        bios: { builtin: 'none' },
        kernel: new URL('guests/embedded.elf', document.baseURI).href,
        append: 'quiet=1 run=fib scale=100000', // until there is code, however long that takes
        engine: { tuning: { passes: ['vacuum'] } },
      });
      void machine.run();
      Object.assign(globalThis, { machine });
    });
    const hasCode = async (): Promise<boolean> => {
      const { machine } = globalThis as unknown as { machine: RemoteMachine };
      return ((await machine.status()).jit?.wasm?.modules ?? 0) > 0;
    };
    expect(await becomes(page, hasCode)).toBe(true);
    const wasm = await page.run(async () => {
      const { machine } = globalThis as unknown as { machine: RemoteMachine };
      const { jit } = await machine.status();
      await machine.close();
      return jit?.wasm;
    });
    expect([wasm?.errors, wasm?.lastError]).toEqual([0, '']);
    expect(site.requests.filter(isWholeBinaryen)).toHaveLength(1);
    expect(page.complaints).toEqual([]);
  });

  test('shares memory on a host that sends no headers, by a service worker', async () => {
    const plain = await serve({ isolated: false });
    try {
      await page.open(`${plain.url}?machine=embedded&append=run%3Dfib&run=1`);
      // it loads itself again meanwhile
      const isIsolated = (): Promise<boolean> => page.run(() => crossOriginIsolated && 'wemu' in globalThis).catch(() => false);
      await expect.poll(isIsolated, { timeout: 90_000 }).toBe(true);
      expect(await until(page, ['ended', 'failed'])).toBe('ended');
    } finally {
      plain.close();
    }
  });

  test('gives back what machines had, and refuses one too many', async () => {
    await page.open(site.url);
    const { most, error, after } = await page.run(async (count) => {
      const spec = {
        machine: 'virt',
        memory: '64M',
        bios: { builtin: 'none' as const },
        kernel: new URL('guests/embedded.elf', document.baseURI).href,
      };
      const hostOf = await wemu.host;
      for (let n = 0; n < count; n++) {
        const machine = await hostOf.create({ ...spec, append: 'quiet=1 run=fib' });
        await machine.run();
        await machine.close();
      }
      const open = [];
      let refusal: unknown;
      try {
        for (;;) open.push(await hostOf.create(spec));
      } catch (thrown) {
        refusal = thrown;
      }
      const most = open.length;
      await Promise.all(open.map((machine) => machine.close()));
      const again = await hostOf.create(spec);
      const { state } = await again.status();
      await again.close();
      return { most, error: String(refusal), after: state as string };
    }, 30);
    expect([most, after]).toEqual([12, 'prelaunch']);
    expect(error).toContain('12 machines are open');
  });
});
