import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { waitingLine } from './waiting-line.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function wait(isTTY: boolean, ms: number): string {
  let shown = '';
  const line = waitingLine('booting', { isTTY, write: (text: string | Uint8Array) => ((shown += String(text)), true) });
  vi.advanceTimersByTime(ms);
  line.end();
  line.end();
  vi.advanceTimersByTime(10_000);
  return shown;
}

it('is shown after a while, and taken away', () => {
  expect(wait(true, 2500)).toBe('booting\r\x1b[K');
  expect(wait(true, 1500)).toBe('');
  expect(wait(false, 2500)).toBe('');
});
