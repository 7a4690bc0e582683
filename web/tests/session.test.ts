/** A machine's life on the page, as a person may want it: given up before it begins, run again after its end, looked at from one tab and from another. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../src/settings.js';
import { BROWSERS, type WebPage } from './support/browsers.js';
import { becomes, shownBy, textOf, until } from './support/session.js';
import { serve, type Site } from './support/site.js';

let site: Site;
beforeAll(async () => void (site = await serve()));
afterAll(() => site.close());

describe.each(BROWSERS)('in $title', ({ path, launch }) => {
  const test = it.skipIf(path === undefined);
  let page: WebPage;
  beforeEach(async () => void (path !== undefined && (page = await launch())));
  afterEach(() => page?.close());

  test('a start that is given up does not come back', async () => {
    await page.open(`${site.url}?machine=embedded`);
    const came = await page.run(async () => {
      const settings: Settings = {
        ...{ preset: 'embedded', board: 'virt', memory: '64M', cpu: '', smp: '1', append: 'run=fib', strategy: 'tiers' },
        ...{ urls: {}, saved: '', tab: 'terminal', run: false },
      };
      const phases: string[] = [];
      wemu.onChange(() => phases.push(wemu.phase));
      const started = wemu.start(settings, {});
      const again = wemu.start(settings, {});
      await wemu.close();
      await Promise.all([started, again]);
      return { phase: wemu.phase as string, hasMachine: wemu.machine !== undefined, ran: phases.includes('running') };
    });
    expect(came).toEqual({ phase: 'setup', hasMachine: false, ran: false });
    // and the next one is none the worse
    await page.click('button.primary');
    expect(await until(page, ['running', 'ended', 'failed'])).not.toBe('failed');
  });

  test('a machine that has ended runs again from its reset, and is counted anew', async () => {
    await page.open(`${site.url}?machine=embedded&append=run%3Dfib&run=1`);
    expect(await until(page, ['ended', 'failed'])).toBe('ended');
    await page.run(() => wemu.machine!.monitor.type(new TextEncoder().encode('log cpu_reset\n')));
    await shownBy(page, 'monitor', /log cpu_reset\s+\(wemu\)/);
    for (let n = 0; n < 2; n++) {
      await page.run(() => wemu.reset());
      expect(await until(page, ['ended', 'failed'])).toBe('ended');
    }
    const { times, output, log } = await page.run(() => {
      const { samples, automation, log } = wemu;
      return { times: samples.map(({ time }) => time), output: automation.text, log };
    });
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(output.match(/all checks passed/g)).toHaveLength(3);
    expect(log.filter((line) => line.startsWith('CPU Reset'))).toHaveLength(2);
  });

  test('a breakpoint is seen, and goes, whichever tab was opened in between', async () => {
    await page.open(`${site.url}?machine=cpiom&tab=debugger&run=1`);
    expect(await until(page, ['running', 'failed'])).toBe('running');
    await page.run(() => wemu.pause());
    expect(await becomes(page, () => !document.querySelector<HTMLButtonElement>('.debugger .toolbar button')!.disabled)).toBe(true);
    await page.click('.code li:nth-of-type(3) button');
    const set = await textOf(page, '.points code');
    expect(set).toMatch(/^0x[0-9a-f]+$/);
    await page.click('#tab-statistics');
    await page.click('#tab-debugger');
    expect(await textOf(page, '.points code')).toBe(set);
    await page.click('.points button');
    expect(await becomes(page, () => document.querySelector('.points') === null)).toBe(true);
    // of 32 bits, on a CPU that has no more, and its stack is found
    expect(await textOf(page, '.registers dd')).toMatch(/^[0-9a-f]{8}$/);
    expect(await textOf(page, '[aria-label="Bytes of memory"]', /^0/)).toMatch(/^[0-9a-f]{8} /);
  });
});
