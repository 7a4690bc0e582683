/** `<wemu-machine>` in pages of React and Vue (tests/pages); plain HTML has it in look.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WemuMachineElement } from '../../src/element/index.js';
import { BROWSERS } from './support/browsers.js';
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
      const run = () =>
        page.run(async () => {
          const text = (id: string): string => document.getElementById(id)?.innerText ?? '';
          for (let n = 0; n < 100 && !document.getElementById('away'); n++) await new Promise((resolve) => setTimeout(resolve, 50));
          const machine = document.querySelector<WemuMachineElement>('wemu-machine')!;
          const before = text('ending');
          await machine.start();
          for (let n = 0; n < 600 && (text('ending') === before || text('state') !== 'ended'); n++)
            await new Promise((resolve) => setTimeout(resolve, 50));
          const ramSize = (await machine.machine?.status())?.ramSize;
          return { state: text('state'), ending: text('ending'), ramSize, said: machine.automation.text };
        });
      expect(await run()).toMatchObject({ state: 'ended', ending: 'run=fib: guest-shutdown, 0', ramSize: 96 << 20 });
      // attributes follow the framework's state, and a machine of before is no other's
      await page.click('#other');
      const { said, ...second } = await run();
      expect(second).toMatchObject({ state: 'ended', ending: 'run=int: guest-shutdown, 0' });
      expect(said).toContain('all checks passed');
      // an element that is gone has closed its machine
      const state = await page.run(async () => {
        const machine = document.querySelector<WemuMachineElement>('wemu-machine')!;
        document.getElementById('away')!.click();
        for (let n = 0; n < 100 && machine.state !== 'empty'; n++) await new Promise((resolve) => setTimeout(resolve, 50));
        return [document.querySelector('wemu-machine') === null, machine.state as string];
      });
      expect(state).toEqual([true, 'empty']);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
