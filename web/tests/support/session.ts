/** What tests ask of the page's session (web/src/main.tsx puts it there). */
import type { Session } from '../../src/session.js';
import type { WebPage } from './browsers.js';

declare global {
  var wemu: Session;
}

/** As long as a browser may be kept from its work by others. */
const PATIENCE_MS = 90_000;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** What the guest says next that matches; see Automation.waitFor. */
export const waitFor = (page: WebPage, wanted: string, timeoutMs = PATIENCE_MS): Promise<string> =>
  page.run(({ source, ms }) => wemu.automation.waitFor(new RegExp(source), { timeoutMs: ms }), { source: wanted, ms: timeoutMs });

/** Until the page has come to one of these phases, or patience is at its end; the phase. */
export async function until(page: WebPage, phases: readonly string[]): Promise<string> {
  for (const end = Date.now() + PATIENCE_MS; ; await pause()) {
    const phase = await page.run(() => wemu.phase as string);
    if (phases.includes(phase) || Date.now() >= end) return phase;
  }
}

/** Until keys are this element's, or patience is at its end; whether they are. */
export const hasFocus = (page: WebPage, selector: string): Promise<boolean> =>
  becomes(page, (of) => document.activeElement?.matches(of) ?? false, selector);

/** Until `body` is so on the page, or patience is at its end; whether it is. */
export async function becomes<Argument = undefined>(
  page: WebPage,
  body: (argument: Argument) => boolean | Promise<boolean>,
  argument?: Argument,
): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    if (await page.run(body, argument)) return true;
    await pause();
  }
  return false;
}

/**
 * What is written in an element, as soon as that matches; the page draws a frame after what it is about has come. '' if there is no such element by then.
 */
export async function textOf(page: WebPage, selector: string, wanted = /./): Promise<string> {
  const read = (of: string): string => document.querySelector<HTMLElement>(of)?.innerText ?? '';
  for (const end = Date.now() + PATIENCE_MS; ; await pause()) {
    const text = await page.run(read, selector);
    if (wanted.test(text) || Date.now() >= end) return text;
  }
}

/** What a terminal of the page shows, as soon as that matches; it draws what the guest says some frames later. */
export async function shownBy(page: WebPage, tab: 'terminal' | 'monitor', wanted: RegExp): Promise<string> {
  const read = (of: string): string =>
    document.querySelector<HTMLElement & { terminal?: { text: string } }>(`.view-${of} .screen`)?.terminal?.text ?? '';
  for (const end = Date.now() + PATIENCE_MS; ; await pause()) {
    const text = await page.run(read, tab);
    if (wanted.test(text) || Date.now() >= end) return text;
  }
}
