/**
 * Ten machines on one page, opened and closed again and again: none is lost, and what the page holds does not grow. WEMU_MACHINES=100 is the long form, a hundred times.
 *
 * How much a browser holds says little: it collects what nobody needs when it likes, and gives the memory of a machine back no sooner. So what is looked at is what goes
 * at once: the threads of the machines' workers. How many memories wait for a collector is seen by their mappings, which have a size of their own, and told; in the long
 * form most must have been collected.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS, type WebPage } from './support/browsers.js';
import { treeMiB, workerThreads, writableMappings } from './support/process-tree.js';
import { serve, type Site } from './support/site.js';

const TIMES = Number(process.env.WEMU_MACHINES ?? 4);
const AT_ONCE = 10;
/** Of a machine with 64 MiB of RAM: more than anything else that is of one size ten times. */
const LEAST = 64 << 20;
/** As long as a browser may take to end a thread. */
const ENDED_MS = 90_000;
/** MiB; of the long form, which sees more than one collection. */
const MAY_GROW = 256;

let site: Site;
beforeAll(async () => void (site = await serve()));
afterAll(() => site.close());

/** Opens them, and runs each to its end; they stay open. */
const open = (page: WebPage): Promise<string[]> =>
  page.run(async (count) => {
    const host = await wemu.host;
    const spec = {
      machine: 'virt',
      memory: '64M',
      bios: { builtin: 'none' as const },
      kernel: new URL('guests/embedded.elf', document.baseURI).href,
      append: 'quiet=1 run=fib',
    };
    const machines = await Promise.all(Array.from({ length: count }, () => host.create(spec)));
    Object.assign(globalThis, { machines });
    const results = await Promise.all(machines.map((machine) => machine.run()));
    return results.map(({ reason, exitCode }) => `${reason} ${exitCode}`);
  }, AT_ONCE);

const close = (page: WebPage): Promise<void> =>
  page.run(async () => {
    const { machines } = globalThis as unknown as { machines: { close(): Promise<void> }[] };
    await Promise.all(machines.splice(0).map((machine) => machine.close()));
  });

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  it.skipIf(path === undefined)(
    `opens and closes ${AT_ONCE} machines ${TIMES} times`,
    async () => {
      const page = await launch();
      try {
        await page.open(site.url);
        await page.run(() => wemu.host); // the codegen worker is there
        const before = writableMappings(process.pid, LEAST);
        // Those of no machine. At first perhaps too many: Firefox keeps a thread whose worker has ended for half a minute, for the next worker.
        let threads = workerThreads(process.pid);
        expect(threads).toBeGreaterThan(0);
        let size: number | undefined;
        const living = (): number => (writableMappings(process.pid, LEAST).get(size!) ?? 0) - (before.get(size!) ?? 0);
        const memories: number[] = [];
        const sizes: number[] = [];
        for (let n = 0; n < TIMES; n++) {
          expect(await open(page)).toEqual(Array.from({ length: AT_ONCE }, () => 'guest-shutdown 0'));
          if (size === undefined) {
            const rise = [...writableMappings(process.pid, LEAST)].map(([of, count]) => [of, count - (before.get(of) ?? 0)]);
            [size] = rise.find(([, count]) => count === AT_ONCE) ?? [];
            expect(size, `no mapping came ${AT_ONCE} times: ${JSON.stringify(rise)}`).toBeDefined();
          }
          const others = workerThreads(process.pid) - AT_ONCE;
          expect(others).toBeLessThanOrEqual(threads);
          threads = others;
          expect(threads).toBeGreaterThan(0);
          await close(page);
          for (const end = Date.now() + ENDED_MS; workerThreads(process.pid) > threads && Date.now() < end;)
            await new Promise((resolve) => setTimeout(resolve, 100));
          expect(workerThreads(process.pid)).toBe(threads);
          memories.push(living());
          sizes.push(treeMiB(process.pid));
        }
        console.log(
          `${name}: ${AT_ONCE} machines ${TIMES} times: at most ${Math.max(...memories)} memories waited for a collector, ${memories.at(-1)} at last; ` +
            `${Math.min(...sizes)} to ${Math.max(...sizes)} MiB, ${sizes.at(-1)} at last`,
        );
        const quarter = Math.floor(TIMES / 4);
        if (quarter >= 10) {
          expect(Math.max(...memories)).toBeLessThan((AT_ONCE * TIMES) / 2);
          expect(Math.min(...sizes.slice(-quarter)) - Math.max(...sizes.slice(0, quarter))).toBeLessThan(MAY_GROW);
        }
        expect(page.complaints).toEqual([]);
      } finally {
        await page.close();
      }
    },
    100_000 + TIMES * 90_000,
  );
});
