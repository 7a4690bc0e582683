/** How the page looks and can be worked: by axe's rules, by keys alone, at the width of a phone, light and dark. Screenshots are for people: .cache/web. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS, type Scheme, type WebPage } from './support/browsers.js';
import { until, waitFor } from './support/session.js';
import { serve, type Site } from './support/site.js';

const SHOTS = fileURLToPath(new URL('../../.cache/web/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desktop: [1280, 800], phone: [390, 844] } as const;
/** The machine runs for a while: there is something to see in every tab. */
const ADDRESS = '?machine=embedded&append=scale%3D4000%20run%3Dfib&run=1';

/** Rules of axe that the page breaks, and where. */
async function violations(page: WebPage): Promise<string[]> {
  return page.run(async (source) => {
    if (!('axe' in globalThis)) new Function(source).call(globalThis);
    const { axe: rules } = globalThis as unknown as { axe: typeof axe };
    const { violations: found } = await rules.run(document, { resultTypes: ['violations'] });
    return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
  }, AXE);
}

/** Wider than its window: a person would have to scroll sideways. */
const overflow = (page: WebPage): Promise<number> => page.run(() => document.documentElement.scrollWidth - innerWidth);

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  const test = it.skipIf(path === undefined);
  let site: Site;
  let page: WebPage;

  beforeAll(async () => {
    site = await serve();
    mkdirSync(SHOTS, { recursive: true });
    if (path !== undefined) page = await launch();
  });
  afterAll(async () => {
    await page?.close();
    site.close();
  });

  test('breaks no rule of axe, and fits, in all its views', async () => {
    const schemes: readonly Scheme[] = page.scheme ? ['light', 'dark'] : ['light'];
    const broken: string[] = [];
    const look = async (view: string): Promise<void> => {
      for (const scheme of schemes) {
        await page.scheme?.(scheme);
        for (const [size, [width, height]] of Object.entries(SIZES)) {
          await page.resize(width, height);
          await new Promise((resolve) => setTimeout(resolve, 150)); // charts follow their box
          broken.push(...(await violations(page)).map((text) => `${view}, ${scheme}, ${size}: ${text}`));
          if ((await overflow(page)) > 0) broken.push(`${view}, ${size}: wider than its window`);
          await page.screenshot(join(SHOTS, `${name}-${view}-${size}-${scheme}.png`));
        }
      }
    };
    await page.open(site.url);
    await look('setup');
    await page.open(`${site.url}?machine=own&kernel=nowhere.elf&run=1`);
    expect(await until(page, ['failed'])).toBe('failed');
    await look('problem');
    await page.open(site.url + ADDRESS);
    expect(await until(page, ['running'])).toBe('running');
    await page.run(async () => {
      for (let n = 0; n < 200 && !wemu.status?.jit?.wasm?.cache.functions; n++) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    for (const tab of ['terminal', 'monitor', 'debugger', 'code', 'statistics']) {
      await page.click(`#tab-${tab}`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await look(tab);
    }
    expect(broken).toEqual([]);
  }, 240_000);

  test('shows a function from guest code to WebAssembly, side by side', async () => {
    await page.resize(1280, 800);
    await page.open(`${site.url}${ADDRESS}&tab=code`);
    const columns = await page.run(async () => {
      const read = (): string[] => [...document.querySelectorAll('.columns pre')].map((each) => each.textContent ?? '');
      for (let n = 0; n < 400 && !read()[3]?.includes('(func'); n++) await new Promise((resolve) => setTimeout(resolve, 50));
      return read();
    });
    expect(columns[0]).toMatch(/0x[0-9a-f]+:\s+[0-9a-f]+\s+[a-z]/);
    expect(columns[1]).toContain('insn_start');
    expect(columns[2]).toContain('insn_start');
    expect(columns[3]).toMatch(/\(func[\s\S]*i64\./);
  });

  test('debugs: stops at a breakpoint, steps, shows memory and the registers of devices', async () => {
    await page.open(`${site.url}${ADDRESS}&tab=debugger`);
    expect(await until(page, ['running'])).toBe('running');
    await waitFor(page, 'checksum'); // it has begun with its kernels
    await page.run(() => wemu.pause());
    await page.run(async () => {
      for (let n = 0; n < 100 && wemu.phase !== 'paused'; n++) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const pcOf = async (): Promise<string> => page.run(async () => String((await wemu.machine!.registers())['pc']));
    const before = await pcOf();
    await page.click('.debugger .toolbar button:first-child');
    await page.run(async (old) => {
      for (let n = 0; n < 100 && String((await wemu.machine!.registers())['pc']) === old; n++)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }, before);
    const stepped = await pcOf();
    expect(stepped).not.toBe(before);
    // set at where it stands, it comes there again
    const stopped = await page.run(async () => {
      const machine = wemu.machine!;
      const { pc } = await machine.registers();
      await machine.call('insertPoint', { kind: 'breakpoint', address: pc, length: 1n });
      await machine.resume();
      for (let n = 0; n < 200 && (await machine.status()).running; n++) await new Promise((resolve) => setTimeout(resolve, 20));
      const status = await machine.status();
      await machine.call('removePoint', { kind: 'breakpoint', address: pc, length: 1n });
      return [status.state as string, status.pc === pc] as const;
    });
    expect(stopped).toEqual(['debug', true]);
    await page.click('.devices summary');
    const text = await page.run(async () => {
      const read = (): string => document.querySelector('.devices table')?.textContent ?? '';
      for (let n = 0; n < 100 && read() === ''; n++) await new Promise((resolve) => setTimeout(resolve, 20));
      return read();
    });
    expect(text).toContain('Register');
    expect(await page.run(() => document.querySelector('[aria-label="Bytes of memory"]')!.textContent)).toMatch(/^[0-9a-f]{16} {2}/);
  });

  test("has QEMU's monitor on a line of its own", async () => {
    await page.open(`${site.url}${ADDRESS}&tab=monitor`);
    expect(await until(page, ['running'])).toBe('running');
    await page.run(async () => {
      for (let n = 0; n < 200 && !document.activeElement?.matches('.view-monitor textarea'); n++)
        await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await page.type('info status\n');
    const shown = await page.run(async () => {
      const read = (): string =>
        (document.querySelector('.view-monitor .screen') as HTMLElement & { terminal?: { text: string } }).terminal?.text ?? '';
      for (let n = 0; n < 200 && !read().includes('VM status'); n++) await new Promise((resolve) => setTimeout(resolve, 20));
      return read();
    });
    expect(shown).toMatch(/^wemu \S+ monitor/);
    expect(shown).toContain('VM status: running');
  });

  test('is worked by keys alone', async () => {
    await page.open(`${site.url}?machine=embedded&append=run%3Dfib`);
    const isFocused = (selector: string): Promise<boolean> => page.run((of) => document.activeElement?.matches(of) ?? false, selector);
    for (let n = 0; n < 30 && !(await isFocused('button.primary')); n++) await page.press('Tab');
    await page.press('Enter');
    expect(await until(page, ['running', 'ended'])).toMatch(/running|ended/);
    await page.run(async () => {
      for (let n = 0; n < 100 && !document.activeElement?.matches('textarea'); n++) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(await isFocused('.view-terminal textarea')).toBe(true);
    await page.press('Control+Shift+ArrowUp');
    await page.press('ArrowRight');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.run(() => document.querySelector('[role=tab][aria-selected=true]')!.id)).toBe('tab-monitor');
  });

  test('embeds a machine in plain HTML by one element', async () => {
    await page.open(`${site.url}element.html`);
    const result = await page.run(async () => {
      const element = document.querySelector('wemu-machine')!;
      const states: string[] = [];
      element.addEventListener('wemu-state', ({ detail }) => states.push(detail.state));
      const ended = new Promise<{ reason: string }>((resolve) => element.addEventListener('wemu-ended', ({ detail }) => resolve(detail)));
      element.shadowRoot!.querySelector<HTMLElement>('[part~=run]')!.click();
      const { reason } = await ended;
      const said = element.automation.text;
      const shot = await element.automation.screenshot();
      const pc = typeof (await element.automation.registers())['pc'];
      await element.close();
      return { reason, states, said, shot, pc };
    });
    expect(result).toMatchObject({ reason: 'guest-shutdown', states: ['loading', 'running', 'ended', 'empty'], pc: 'bigint' });
    expect(result.said).toContain('all checks passed');
    expect(result.shot).toContain('all checks passed');
  });
});
