/** How the page looks and can be worked: by axe's rules, by keys alone, at the width of a phone, light and dark. Screenshots are for people: .cache/web. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type axe from 'axe-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BROWSERS, type Scheme, type WebPage } from './support/browsers.js';
import { becomes, hasFocus, shownBy, textOf, until, waitFor } from './support/session.js';
import { serve, type Site } from './support/site.js';

const SHOTS = fileURLToPath(new URL('../../.cache/web/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desktop: [1280, 800], phone: [390, 844] } as const;
/** The machine runs for a while: there is something to see in every tab. */
const ADDRESS = '?machine=embedded&append=scale%3D4000%20run%3Dfib&run=1';
/** The tabs, and what each has when there is something to see. */
const DRAWN = {
  terminal: '.view-terminal .xterm-rows',
  monitor: '.view-monitor .xterm-rows',
  debugger: '.devices details',
  code: '.columns pre',
  statistics: '.statistics canvas',
} as const;

/** Rules of axe that the page breaks, and where. */
async function violations(page: WebPage): Promise<string[]> {
  return page.run(async (source) => {
    if (!('axe' in globalThis)) new Function(source).call(globalThis);
    const { axe: rules } = globalThis as unknown as { axe: typeof axe };
    const { violations: found } = await rules.run(document, { resultTypes: ['violations'] });
    return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
  }, AXE);
}

/** Frames whose contents go on below them, over what is there. On the page. */
function spilled(): string[] {
  const frames = [...document.querySelectorAll('section, figure, fieldset, .panel')];
  const over = frames.filter((frame) => getComputedStyle(frame).overflowY === 'visible' && frame.scrollHeight > frame.clientHeight + 4);
  return over.map((frame) => `more in it than it is high: ${frame.getAttribute('aria-label') ?? frame.className}`);
}

/** What is wrong with the page as it stands: charts follow their box some frames later, so what is gone after a while was nothing. */
async function standing(page: WebPage): Promise<string[]> {
  for (let tries = 20; ; tries--) {
    const found = await violations(page);
    // a person would have to scroll sideways
    if (await page.run(() => document.documentElement.scrollWidth > innerWidth)) found.push('wider than its window');
    found.push(...(await page.run(spilled)));
    if (found.length === 0 || tries === 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

describe.each(BROWSERS)('in $title', ({ path, launch, name }) => {
  const test = it.skipIf(path === undefined);
  let site: Site;
  let page: WebPage;

  beforeAll(async () => {
    site = await serve();
    mkdirSync(SHOTS, { recursive: true });
  });
  afterAll(() => site.close());
  // a page each: a test that did not come to its end is still at work in its own
  beforeEach(async () => {
    if (path !== undefined) page = await launch();
  });
  afterEach(() => page?.close());

  test('breaks no rule of axe, and fits, in all its views', async () => {
    const schemes: readonly Scheme[] = page.scheme ? ['light', 'dark'] : ['light'];
    const broken: string[] = [];
    const look = async (view: string): Promise<void> => {
      for (const scheme of schemes) {
        await page.scheme?.(scheme);
        for (const [size, [width, height]] of Object.entries(SIZES)) {
          await page.resize(width, height);
          broken.push(...(await standing(page)).map((text) => `${view}, ${scheme}, ${size}: ${text}`));
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
    expect(await becomes(page, () => (wemu.status?.jit?.wasm?.cache.functions ?? 0) > 0)).toBe(true);
    for (const [tab, drawn] of Object.entries(DRAWN)) {
      await page.click(`#tab-${tab}`);
      expect(await becomes(page, (selector) => document.querySelector(selector) !== null, drawn)).toBe(true);
      await look(tab);
    }
    await page.open(`${site.url}lab.html`);
    await look('lab');
    await page.choose('.fields select', 'fib');
    await page.fill('.fields label:nth-of-type(2) input', '1');
    await page.fill('.fields label:nth-of-type(3) input', '0.1');
    await page.click('button.primary');
    expect(await textOf(page, 'pre', /^fib/m)).toContain('region-opt');
    await look('lab-report');
    expect(broken).toEqual([]);
  }, 600_000);

  test('shows a function from guest code to WebAssembly, side by side', async () => {
    await page.resize(1280, 800);
    await page.open(`${site.url}${ADDRESS}&tab=code`);
    await textOf(page, '.columns section:nth-child(4) pre', /\(func/);
    const columns = await page.run(() => [...document.querySelectorAll('.columns pre')].map((each) => each.textContent ?? ''));
    expect(columns[0]).toMatch(/0x[0-9a-f]+\s+[0-9a-f]+\s+[a-z]/);
    expect(columns[1]).toContain('insn_start');
    expect(columns[2]).toContain('insn_start');
    expect(columns[3]).toMatch(/\(func[\s\S]*i64\./);
  });

  test('debugs: stops at a breakpoint, steps, shows memory and the registers of devices', async () => {
    await page.open(`${site.url}${ADDRESS}&tab=debugger`);
    expect(await until(page, ['running'])).toBe('running');
    await waitFor(page, 'checksum'); // it has begun with its kernels
    await page.run(() => wemu.pause());
    expect(await until(page, ['paused'])).toBe('paused');
    const before = await page.run(async () => String((await wemu.machine!.registers())['pc']));
    await page.click('.debugger .toolbar button:first-child');
    const hasMoved = async (old: string): Promise<boolean> => String((await wemu.machine!.registers())['pc']) !== old;
    expect(await becomes(page, hasMoved, before)).toBe(true);
    // set at where it stands, it comes there again
    const point = await page.run(async () => {
      const machine = wemu.machine!;
      const { pc } = await machine.registers();
      await machine.call('insertPoint', { kind: 'breakpoint', address: pc, length: 1n });
      await machine.resume();
      return String(pc);
    });
    expect(await becomes(page, async () => !(await wemu.machine!.status()).running)).toBe(true);
    const stopped = await page.run(async () => {
      const machine = wemu.machine!;
      const { state, pc } = await machine.status();
      await machine.call('removePoint', { kind: 'breakpoint', address: pc, length: 1n });
      return [state as string, String(pc)] as const;
    });
    expect(stopped).toEqual(['debug', point]);
    await page.click('.devices summary');
    expect(await textOf(page, '.devices table')).toContain('Register');
    const memory = /^[0-9a-f]{16} {2}/;
    expect(await textOf(page, '[aria-label="Bytes of memory"]', memory)).toMatch(memory);
  });

  test("has QEMU's monitor on a line of its own", async () => {
    await page.open(`${site.url}${ADDRESS}&tab=monitor`);
    expect(await until(page, ['running'])).toBe('running');
    expect(await hasFocus(page, '.view-monitor textarea')).toBe(true);
    await page.type('info status\n');
    expect(await shownBy(page, 'monitor', /VM status/)).toMatch(/^wemu \S+ monitor[\s\S]*VM status: running/);
  });

  test('is worked by keys alone', async () => {
    await page.open(`${site.url}?machine=embedded&append=run%3Dfib`);
    expect(await becomes(page, () => document.querySelector('button.primary:enabled') !== null)).toBe(true);
    const isFocused = (selector: string): Promise<boolean> => page.run((of) => document.activeElement?.matches(of) ?? false, selector);
    for (let n = 0; n < 30 && !(await isFocused('button.primary')); n++) await page.press('Tab');
    await page.press('Enter');
    expect(await until(page, ['running', 'ended'])).toMatch(/running|ended/);
    expect(await hasFocus(page, '.view-terminal textarea')).toBe(true);
    await page.press('Control+Shift+ArrowUp');
    expect(await hasFocus(page, '#tab-terminal')).toBe(true);
    await page.press('ArrowRight');
    expect(await hasFocus(page, '#tab-monitor[aria-selected=true], .view-monitor textarea')).toBe(true);
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
