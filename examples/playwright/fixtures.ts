/** Playwright's `test` with a guest: the page of a wemu site, opened at a machine that runs, and its console. */
import { test as base, type Page } from '@playwright/test';

/** A machine on a page, from the test's side. */
export class Guest {
  constructor(readonly page: Page) {}

  /** Resolves to what the guest said that matches, after what was found before. */
  waitFor(wanted: RegExp, timeoutMs = 60_000): Promise<string> {
    return this.page.evaluate(({ source, ms }) => wemu.automation.waitFor(new RegExp(source), { timeoutMs: ms }), {
      source: wanted.source,
      ms: timeoutMs,
    });
  }
  /** Types a line to the guest's shell; what the command has said. */
  run(command: string): Promise<string> {
    return this.page.evaluate((line) => wemu.automation.run(line), command);
  }
  type(text: string): Promise<void> {
    return this.page.evaluate((input) => wemu.automation.type(input), text);
  }
  register(name: string): Promise<bigint> {
    return this.page.evaluate(async (wanted) => (await wemu.automation.registers())[wanted], name);
  }
}

/** Of the page: docs/web.md. */
declare global {
  var wemu: {
    readonly phase: string;
    readonly automation: {
      waitFor(wanted: RegExp, options?: { timeoutMs?: number }): Promise<string>;
      run(command: string): Promise<string>;
      type(text: string): void;
      registers(): Promise<Record<string, bigint>>;
    };
  };
}

export const test = base.extend<{ address: string; guest: Guest }>({
  /** What of the page's address comes behind the `?`: test.use({ address: 'machine=debian&memory=512M' }). */
  address: ['machine=debian', { option: true }],
  guest: async ({ page, address }, use) => {
    await page.goto(`/?${address}&run=1`);
    await page.waitForFunction(() => wemu.phase !== 'loading' && wemu.phase !== 'setup');
    await use(new Guest(page));
  },
});
export { expect } from '@playwright/test';
