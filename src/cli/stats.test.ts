import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { formatJitInfo, type JitInfo } from '../accel/jit-info.js';
import { statsWriter } from './stats.js';

const INFO: JitInfo = {
  version: 1,
  accelerator: 'tcg',
  wallMs: 1000,
  insns: 12345,
  tb: { count: 7, invalidated: 1, flushes: 0, arenaUsed: 100, arenaSize: 1000 },
  tlbFlushes: 3,
  mmioReads: 4,
  mmioWrites: 5,
  tci: { restored: 0, tbs: 8, insns: 80, guestBytes: 300, bytes: 900, translateMs: 2.25, overflows: 0 },
};

function written(how: string | true | undefined): string {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    statsWriter(how)({ name: 'tcg', init: () => {}, createVcpu: () => undefined, info: () => INFO });
    return write.mock.calls.map(([text]) => text).join('');
  } finally {
    write.mockRestore();
  }
}

describe('--stats', () => {
  it('says nothing unasked, and a table by default', () => {
    expect(written(undefined)).toBe('');
    expect(written(true)).toBe(formatJitInfo(INFO));
    expect(written('text')).toMatch(/^ {2}guest instructions +12345$/m);
    expect(written(true)).toMatch(/^ {2}time to translate +2\.3 ms$/m);
    expect(written(true)).not.toContain('Tier 2');
  });

  it('gives the record as JSON, also to a file', () => {
    expect(JSON.parse(written('json'))).toEqual(INFO);
    const folder = mkdtempSync(join(tmpdir(), 'wemu-stats-'));
    try {
      const file = join(folder, 'x.json');
      expect(written(file)).toBe('');
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(INFO);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what it does not know, and a file that cannot be written, before anything runs', () => {
    expect(() => statsWriter('xml')).toThrow("--stats: unknown form 'xml' (expected text (default), json, or a FILE.json)");
    expect(() => statsWriter('/nowhere/at/all.json')).toThrow("cannot write '/nowhere/at/all.json'");
  });
});
