/** What "QEMU internals" has the command line print: machines, processors, accelerators; against QEMU 10.0's lines. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const lines = (...args: string[]): string[] => {
  const { status, stdout } = wemu(args);
  expect(status).toBe(0);
  return stdout.split('\n');
};

it('-M ?', () => {
  const shown = lines('-M', '?');
  expect(shown[0]).toBe('Supported machines are:');
  expect(shown).toContain('40p                  IBM RS/6000 7020 (40p)');
  expect(shown).toContain('cpiom                CPIOM board');
});

it('-M 40p -cpu ?: a column of PVRs, and aliases', () => {
  const shown = lines('-M', '40p', '-cpu', '?');
  expect(shown[0]).toBe('Available CPUs:');
  for (const line of [
    '  603              PVR 00030100',
    '  604              PVR 00040103',
    '  ppc              (alias for 604)',
    '  755_v2.8         PVR 00083208',
    '  goldfinger       (alias for 755_v2.8)',
  ])
    expect(shown).toContain(line);
});

it('-accel ?', () => {
  expect(lines('-accel', '?').join('\n')).toMatch(/tcg[^]*tci|tci[^]*tcg/);
});

it('every place that docs/blog-checklist.md names is there', () => {
  const text = readFileSync(new URL('../../docs/blog-checklist.md', import.meta.url), 'utf8');
  const places = [...text.matchAll(/`((?:src|tests|docs|guests)\/[^`\s]+)`/g)].map(([, path]) => path);
  expect(places.length).toBeGreaterThan(60);
  expect([...new Set(places)].filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
});
