/**
 * Debian's browsers, worked alike. Chromium by Playwright. Firefox by Puppeteer, which speaks WebDriver BiDi with it, a protocol of Firefox's own: Playwright wants a
 * Firefox that was changed for it, and Selenium a program more (geckodriver), which Debian does not have.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium, errors, type Page } from '@playwright/test';
import puppeteer, { type ElementHandle } from 'puppeteer-core';
import { which } from '../../../tests/support/tools.js';

export type Scheme = 'light' | 'dark';

/** A page with a window of its own, and nothing kept from earlier ones. */
export interface WebPage {
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The body of a function of the page, and what it may use of here. */
  run<Result, Argument = undefined>(body: (argument: Argument) => Result | Promise<Result>, argument?: Argument): Promise<Result>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  choose(selector: string, value: string): Promise<void>;
  attach(selector: string, path: string): Promise<void>;
  /** Types keys, wherever the focus is. */
  type(text: string): Promise<void>;
  press(key: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** Undefined: this browser cannot be told while it runs. */
  scheme?(scheme: Scheme): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** What the page has complained about on its console, and errors that nobody caught. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** What a site may keep on the disk, bytes. */
  readonly quota?: number;
}

export interface BrowserKind {
  readonly name: string;
  /** For a test's: with the reason, where it is skipped. */
  readonly title: string;
  readonly path: string | undefined;
  launch(options?: LaunchOptions): Promise<WebPage>;
}

const SIZE = { width: 1280, height: 800 };
/** Chromium's own sandbox wants a user that root is not, its GPU process a screen, and /dev/shm is small in containers. */
const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];

/**
 * A browser that is to start hangs, once in some hundred times on a machine that has much else to do: Firefox does not answer the first command. What is tested begins
 * afterwards, so it is ended, and started again.
 */
const START_MS = 60_000;
const STARTS = 3;
/** What a page is asked for may take as long as others keep the browser from its work; a test has an end of its own. */
const PATIENCE_MS = 120_000;
/**
 * Chromium without a screen does not answer a request for a picture now and then, for a minute or for good, while the page answers all the same: its compositor has
 * gone idle. Casting the screen for a moment wakes it.
 */
const PICTURE_MS = 30_000;
const PICTURES = 3;

/** `start` ends what it has begun when `stop` is aborted. */
async function started<Browser>(name: string, start: (profile: string, stop: AbortSignal) => Promise<Browser>): Promise<[Browser, string]> {
  for (let tries = 1; ; tries++) {
    const profile = mkdtempSync(join(tmpdir(), `wemu-${name}-`));
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), START_MS);
    try {
      return [await start(profile, stop.signal), profile];
    } catch (error) {
      remove(profile);
      if (tries === STARTS) throw error;
      console.warn(`${name} did not start, and is started again: ${String(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A picture is for people, so a browser that gives none fails no test: it is told, and what the page is tested for is looked at by its own means. */
async function photographed(page: Page, file: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return void (await page.screenshot({ path: file, timeout: PICTURE_MS }));
    } catch (error) {
      console.warn(`Chromium gave no picture for ${basename(file)} (${tries} of ${PICTURES}): ${String(error)}`);
      if (!(error instanceof errors.TimeoutError)) throw error;
      if (tries === PICTURES) return;
    }
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('Page.startScreencast', { format: 'jpeg', quality: 10 });
    await new Promise((resolve) => setTimeout(resolve, 250));
    await protocol.send('Page.stopScreencast');
    await protocol.detach();
  }
}

const remove = (profile: string): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

async function launchChromium(path: string, { quota }: LaunchOptions = {}): Promise<WebPage> {
  // A profile of its own on the disk: what Playwright makes otherwise is a private window, whose files are in memory, and have no end.
  const [{ context, page }, profile] = await started('chromium', async (folder) => {
    const options = { executablePath: path, args: CHROMIUM_FLAGS, viewport: SIZE, reducedMotion: 'reduce', timeout: START_MS } as const;
    const context = await chromium.launchPersistentContext(folder, options);
    return { context, page: context.pages()[0] ?? (await context.newPage()) };
  });
  page.setDefaultTimeout(PATIENCE_MS);
  const protocol = quota === undefined ? undefined : await context.newCDPSession(page);
  const complaints: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return {
    complaints,
    async open(url) {
      await protocol?.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: quota });
      await page.goto(url);
    },
    reload: async () => void (await page.reload()),
    run: (body, argument) => page.evaluate(body as never, argument as never),
    click: (selector) => page.click(selector),
    fill: (selector, text) => page.fill(selector, text),
    choose: async (selector, value) => void (await page.selectOption(selector, value)),
    attach: (selector, file) => page.setInputFiles(selector, file),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    resize: (width, height) => page.setViewportSize({ width, height }),
    scheme: (colorScheme) => page.emulateMedia({ colorScheme }),
    screenshot: (file) => photographed(page, file),
    async close() {
      await context.close();
      remove(profile);
    },
  };
}

async function launchFirefox(path: string, { quota }: LaunchOptions = {}): Promise<WebPage> {
  const [{ browser, page }, profile] = await started('firefox', async (folder, signal) => {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: path,
      userDataDir: folder,
      headless: true,
      defaultViewport: SIZE,
      extraPrefsFirefox: {
        // 1: light, whatever the system likes; nothing moves, as in Chromium
        ...{ 'layout.css.prefers-color-scheme.content-override': 1, 'ui.prefersReducedMotion': 1 },
        ...(quota !== undefined && { 'dom.quotaManager.temporaryStorage.fixedLimit': quota >> 10 }), // KiB
      },
      timeout: START_MS,
      protocolTimeout: 0, // a guest that is waited for may take its time
      signal,
    });
    return { browser, page: await browser.newPage() };
  });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const element = async (selector: string) => {
    const found = await page.waitForSelector(selector);
    if (!found) throw new Error(`there is no ${selector}`);
    return found;
  };
  return {
    complaints,
    open: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    run: (body, argument) => page.evaluate(body as never, argument as never),
    // as Playwright does: when it is enabled, and stands still
    click: (selector) => page.locator(selector).click(),
    async fill(selector, text) {
      const field = await element(selector);
      await field.click({ count: 3 });
      await page.keyboard.press('Backspace');
      await field.type(text);
    },
    choose: async (selector, value) => void (await page.select(selector, value)),
    attach: async (selector, file) => ((await element(selector)) as ElementHandle<HTMLInputElement>).uploadFile(file),
    type: (text) => page.keyboard.type(text),
    async press(keys) {
      const [last, ...held] = keys.split('+').reverse();
      for (const key of held.reverse()) await page.keyboard.down(key as never);
      await page.keyboard.press(last as never);
      for (const key of held.reverse()) await page.keyboard.up(key as never);
    },
    resize: (width, height) => page.setViewport({ width, height }),
    screenshot: async (file) => void (await page.screenshot({ path: file as `${string}.png` })),
    async close() {
      await browser.close();
      remove(profile);
    },
  };
}

const CHROMIUM = which('chromium') ?? which('chromium-browser') ?? which('google-chrome');
const FIREFOX = which('firefox-esr') ?? which('firefox');

const titleOf = (name: string, path: string | undefined): string => (path === undefined ? `${name} (skipped: it is not installed)` : name);

export const BROWSERS: readonly BrowserKind[] = [
  { name: 'Chromium', title: titleOf('Chromium', CHROMIUM), path: CHROMIUM, launch: (options) => launchChromium(CHROMIUM!, options) },
  { name: 'Firefox', title: titleOf('Firefox', FIREFOX), path: FIREFOX, launch: (options) => launchFirefox(FIREFOX!, options) },
];
