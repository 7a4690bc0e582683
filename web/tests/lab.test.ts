/** The laboratory's page. Nothing is timed here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acrossEngines, type Results } from '../../src/lab/index.js';
import type { Laboratory } from '../src/lab/laboratory.js';
import { BROWSERS } from './support/browsers.js';
import { serve, type Site } from './support/site.js';
import { becomes, textOf } from './support/session.js';

declare global {
  var laboratory: Laboratory;
}

let site: Site;
beforeAll(async () => void (site = await serve()));
afterAll(() => site.close());

const found: Results[] = [];

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  it.skipIf(path === undefined)('measures kernels, and shows charts and numbers', async () => {
    const page = await launch();
    try {
      await page.open(`${site.url}lab.html`);
      await page.choose('.fields select', 'fib');
      await page.fill('.fields label:nth-of-type(2) input', '1');
      await page.fill('.fields label:nth-of-type(3) input', '0.3');
      await page.click('button.primary');
      expect(await becomes(page, () => document.querySelector('.chart svg, [role=alert]') !== null)).toBe(true);
      expect(await page.run(() => document.querySelectorAll('.chart svg').length)).toBeGreaterThan(0);
      expect(await textOf(page, 'pre')).toMatch(/^fib +region-opt +\d/m);

      const results = JSON.parse(
        await page.run(async () => {
          const options = { strategies: ['region-opt' as const], workloads: ['fib', 'int'], rounds: 1, seconds: 0.1 };
          return JSON.stringify(await laboratory.run(options, () => {}, new AbortController().signal));
        }),
      ) as Results;
      expect(results).toMatchObject({ format: 'wemu-lab-1', failures: [], workloads: ['int', 'fib'] });
      expect(results.host.runtime).toMatch(new RegExp(`^${name} \\d+$`));
      for (const { seconds, modules, checksum } of results.rows) {
        expect(seconds!.median).toBeGreaterThan(0);
        expect(modules!.median).toBeGreaterThan(0);
        expect(checksum).toMatch(/^[0-9a-f]{16}$/);
      }
      found.push(results);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

it.skipIf(BROWSERS.some(({ path }) => path === undefined))('has results of both browsers that agree, in one report', () => {
  const { engines, failures, ratios } = acrossEngines(found);
  expect(engines).toHaveLength(2);
  expect(failures).toEqual([]);
  expect(ratios[0].kernels).toBeGreaterThan(0);
});
