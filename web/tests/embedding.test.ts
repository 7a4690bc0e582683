/** `<wemu-machine>` in pages of React and Vue (tests/pages), and in the one that docs/web.md makes from nothing; plain HTML has it in look.test.ts. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WemuMachineElement } from '../../src/element/index.js';
import { Consumer } from '../../tests/support/consumer.js';
import { codeBlocks } from '../../tests/support/samples.js';
import { BROWSERS } from './support/browsers.js';
import { becomes } from './support/session.js';
import { serve, type Site } from './support/site.js';

const PAGES = fileURLToPath(new URL('./pages', import.meta.url));
const FRAMEWORKS = ['react', 'vue'];

let folder: string;
let site: Site;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wemu-pages-'));
  await build({
    root: PAGES,
    configFile: false,
    logLevel: 'warn',
    base: './',
    // Vue's bundler build asks for them
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    worker: { format: 'es' },
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: true,
      chunkSizeWarningLimit: 1e6, // kB: binaryen is what it is
      rolldownOptions: { input: FRAMEWORKS.map((name) => join(PAGES, `${name}.html`)), checks: { pluginTimings: false } },
    },
  });
  site = await serve({ over: folder });
});
afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true });
});

describe.each(BROWSERS)('in $title', ({ path, launch }) => {
  it.skipIf(path === undefined).each(FRAMEWORKS)('runs a machine in a page of %s, with its properties and events', async (name) => {
    const page = await launch();
    try {
      await page.open(`${site.url}${name}.html`);
      expect(await becomes(page, () => document.getElementById('away') !== null)).toBe(true);
      const said = (id: string): Promise<string> => page.run((of) => document.getElementById(of)?.innerText ?? '', id);
      const run = async () => {
        const before = await said('ending');
        await page.run(() => document.querySelector<WemuMachineElement>('wemu-machine')!.start());
        const hasEnded = (old: string): boolean =>
          document.getElementById('ending')!.innerText !== old && document.getElementById('state')!.innerText === 'ended';
        expect(await becomes(page, hasEnded, before)).toBe(true);
        return page.run(async () => {
          const { machine, automation } = document.querySelector<WemuMachineElement>('wemu-machine')!;
          const ending = document.getElementById('ending')!.innerText;
          return { ending, ramSize: (await machine?.status())?.ramSize, said: automation.text };
        });
      };
      expect(await run()).toMatchObject({ ending: 'run=fib: guest-shutdown, 0', ramSize: 96 << 20 });
      // attributes follow the framework's state, and a machine of before is no other's
      await page.click('#other');
      const { said: second, ending } = await run();
      expect(ending).toBe('run=int: guest-shutdown, 0');
      expect(second).toContain('all checks passed');
      // an element that is gone has closed its machine
      await page.run(() => {
        Object.assign(globalThis, { gone: document.querySelector('wemu-machine') });
        document.getElementById('away')!.click();
      });
      const isEmpty = (): boolean =>
        document.querySelector('wemu-machine') === null && (globalThis as unknown as { gone: WemuMachineElement }).gone.state === 'empty';
      expect(await becomes(page, isEmpty)).toBe(true);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

describe('from nothing, as docs/web.md has it', () => {
  const ADDONS = ['addon-fit', 'addon-search', 'addon-web-links'];
  let consumer: Consumer;
  let documented: Site;

  beforeAll(async () => {
    consumer = new Consumer(['@xterm/xterm', ...ADDONS.map((name) => `@xterm/${name}`)]);
    const page = readFileSync(new URL('../../docs/web.md', import.meta.url), 'utf8');
    const [[html], [config]] = ['html', 'js'].map((language) => codeBlocks(page, [language]));
    writeFileSync(consumer.path('index.html'), html.text);
    writeFileSync(consumer.path('vite.config.mjs'), config.text);
    mkdirSync(consumer.path('public'));
    writeFileSync(consumer.path('public/favicon.ico'), ''); // Chromium asks for one
    copyFileSync(consumer.path('node_modules/wemu/build/wemu.wasm'), consumer.path('public/wemu.wasm'));
    copyFileSync(consumer.path('node_modules/wemu/guests/embedded.elf'), consumer.path('public/program.elf'));
    await build({ root: consumer.folder, logLevel: 'error' });
    documented = await serve({ over: consumer.path('dist') });
  });
  afterAll(() => {
    documented.close();
    consumer.remove();
  });

  it.each(BROWSERS.filter(({ path }) => path !== undefined))('runs in $title', async ({ launch }) => {
    const page = await launch();
    try {
      await page.open(documented.url);
      expect(await becomes(page, () => document.querySelector<WemuMachineElement>('wemu-machine')?.state === 'ended')).toBe(true);
      expect(await page.run(() => document.querySelector<WemuMachineElement>('wemu-machine')!.automation.text)).toContain(
        'all checks passed',
      );
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
