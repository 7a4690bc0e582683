/** What tests ask of the page's session (web/src/main.tsx puts it there). */
import type { Session } from '../../src/session.js';
import type { WebPage } from './browsers.js';

declare global {
  var wemu: Session;
}

/** What the guest says next that matches; see Automation.waitFor. */
export const waitFor = (page: WebPage, wanted: string, timeoutMs = 30_000): Promise<string> =>
  page.run(({ source, ms }) => wemu.automation.waitFor(new RegExp(source), { timeoutMs: ms }), { source: wanted, ms: timeoutMs });

/** Until the page has come to one of these phases, or half a minute has passed; the phase. */
export const until = (page: WebPage, phases: readonly string[]): Promise<string> =>
  page.run(async (wanted) => {
    for (let n = 0; n < 600 && !wanted.includes(wemu.phase); n++) await new Promise((resolve) => setTimeout(resolve, 50));
    return wemu.phase as string;
  }, phases);

/** Until keys are the terminal's. */
export const untilFocused = (page: WebPage): Promise<void> =>
  page.run(async () => {
    for (let n = 0; n < 600 && !document.activeElement?.matches('.view-terminal textarea'); n++)
      await new Promise((resolve) => setTimeout(resolve, 50));
  });

/** What is written in an element, which the page may draw a moment after what it is about has come; '' where it has none for two seconds. */
export const textOf = (page: WebPage, selector: string): Promise<string> =>
  page.run(async (of) => {
    const text = (): string => document.querySelector<HTMLElement>(of)?.innerText ?? '';
    for (let n = 0; n < 40 && text() === ''; n++) await new Promise((resolve) => setTimeout(resolve, 50));
    return text();
  }, selector);
