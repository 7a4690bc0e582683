/**
 * Ten machines on one page, opened and closed again and again: none is lost, and what the page holds does not grow. WEMU_MACHINES=100 is the long form, a hundred times.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS } from './support/browsers.js';
import { treeMiB } from './support/process-tree.js';
import { serve, type Site } from './support/site.js';

const TIMES = Number(process.env.WEMU_MACHINES ?? 4);
const AT_ONCE = 10;
/** Engines give memories back when they like; from here on it is to stay where it is. */
const WARM = Math.max(2, Math.floor(TIMES / 4));
/** MiB; a lost machine of 64 MiB, or its code, would be seen many times over. */
const MAY_GROW = 256;

let site: Site;
beforeAll(async () => void (site = await serve()));
afterAll(() => site.close());

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  it.skipIf(path === undefined)(
    `opens and closes ${AT_ONCE} machines ${TIMES} times`,
    async () => {
      const page = await launch();
      try {
        await page.open(site.url);
        const sizes: number[] = [];
        for (let n = 0; n < TIMES; n++) {
          const endings = await page.run(async (count) => {
            const host = await wemu.host;
            const spec = {
              machine: 'virt',
              memory: '64M',
              bios: { builtin: 'none' as const },
              kernel: new URL('guests/embedded.elf', document.baseURI).href,
              append: 'quiet=1 run=fib',
            };
            const machines = await Promise.all(Array.from({ length: count }, () => host.create(spec)));
            const results = await Promise.all(machines.map((machine) => machine.run()));
            await Promise.all(machines.map((machine) => machine.close()));
            return results.map(({ reason, exitCode }) => `${reason} ${exitCode}`);
          }, AT_ONCE);
          expect(endings).toEqual(Array.from({ length: AT_ONCE }, () => 'guest-shutdown 0'));
          sizes.push(treeMiB(process.pid));
        }
        const [warm, end] = [Math.max(...sizes.slice(0, WARM)), sizes.at(-1)!];
        console.log(`${name}: ${AT_ONCE} machines ${TIMES} times: ${warm} MiB, at the end ${end} MiB`);
        expect(end - warm).toBeLessThan(MAY_GROW);
        expect(page.complaints).toEqual([]);
      } finally {
        await page.close();
      }
    },
    60_000 + TIMES * 30_000,
  );
});
