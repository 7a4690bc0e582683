/** What tests ask of the page's session (web/src/main.tsx puts it there). */
import type { Session } from '../../src/session.js';
import type { WebPage } from './browsers.js';

declare global {
  var wemu: Session;
}

/** As long as a browser may be kept from its work by others. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 50;
/** Of patience with what the guest says: a piece of it is asked for at a time. */
const PIECE_MS = 2_000;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/**
 * What `read` gives as soon as that is what is wanted, or else at the end of patience. That is counted in turns, not by a clock: where all of it, browser and test, has
 * stood still for a while, nothing has been waited for.
 */
async function polled<T>(read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  for (let turns = PATIENCE_MS / PAUSE_MS; ; turns--) {
    const value = await read();
    if (isWanted(value) || turns <= 0) return value;
    await pause();
  }
}

/** What the guest says next that matches; see Automation.waitFor. */
export async function waitFor(page: WebPage, wanted: string, patienceMs = PATIENCE_MS): Promise<string> {
  const ask = ({ source, ms }: { source: string; ms: number }) =>
    wemu.automation.waitFor(new RegExp(source), { timeoutMs: ms }).then(
      (text) => ({ text, problem: undefined }),
      (error: unknown) => ({ text: undefined, problem: String(error) }),
    );
  for (let left = patienceMs; ; left -= PIECE_MS) {
    const { text, problem } = await page.run(ask, { source: wanted, ms: PIECE_MS });
    if (text !== undefined) return text;
    if (left <= PIECE_MS) throw new Error(problem);
  }
}

/** Until the page has come to one of these phases, or patience is at its end; the phase. */
export const until = (page: WebPage, phases: readonly string[]): Promise<string> =>
  polled(
    () => page.run(() => wemu.phase as string),
    (phase) => phases.includes(phase),
  );

/** Until keys are this element's, or patience is at its end; whether they are. */
export const hasFocus = (page: WebPage, selector: string): Promise<boolean> =>
  becomes(page, (of) => document.activeElement?.matches(of) ?? false, selector);

/** Until `body` is so on the page, or patience is at its end; whether it is. */
export const becomes = <Argument = undefined>(
  page: WebPage,
  body: (argument: Argument) => boolean | Promise<boolean>,
  argument?: Argument,
): Promise<boolean> =>
  polled(
    () => page.run(body, argument),
    (isSo) => isSo,
  );

/**
 * What is written in an element, as soon as that matches; the page draws a frame after what it is about has come. '' if there is no such element by then.
 */
export const textOf = (page: WebPage, selector: string, wanted = /./): Promise<string> =>
  polled(
    () => page.run((of: string) => document.querySelector<HTMLElement>(of)?.innerText ?? '', selector),
    (text) => wanted.test(text),
  );

/** What a terminal of the page shows, as soon as that matches; it draws what the guest says some frames later. */
export function shownBy(page: WebPage, tab: 'terminal' | 'monitor', wanted: RegExp): Promise<string> {
  const read = (of: string): string =>
    document.querySelector<HTMLElement & { terminal?: { text: string } }>(`.view-${of} .screen`)?.terminal?.text ?? '';
  return polled(
    () => page.run(read, tab),
    (text) => wanted.test(text),
  );
}
