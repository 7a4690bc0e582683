/** The bare-metal guest that comes with wemu: every check passes and the checksums are the same on every engine and on QEMU. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JitInfo } from '../../src/accel/jit-info.js';
import { CLI, Session, wemu } from '../support/session.js';
import { hasTool } from '../support/tools.js';

const ELF = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
const OPTIONS = 'scale=1';

const KERNELS = 14;
const CHECKS = 7;

/** `name -> checksum` of the guest's table. */
function checksums(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^ {2}(\w+) .*? ([0-9a-f]{16}) /gm)].map(([, name, sum]) => [name, sum]));
}

const runs = new Map<string, ReturnType<typeof wemu>>();
function run(accel: string): ReturnType<typeof wemu> {
  if (!runs.has(accel)) runs.set(accel, wemu(['embedded', '--accel', accel, '--append', OPTIONS]));
  return runs.get(accel)!;
}

describe('the embedded guest', () => {
  describe.each(['tci', 'tcg,thread=sync', 'tcg,thread=worker', 'tcg,thread=sync,threshold=1'])('with -accel %s', (accel) => {
    it('passes its checks and powers off with status 0', () => {
      const { status, stdout, stderr } = run(accel);
      expect(stderr).toBe('');
      expect(stdout.match(/ ok\r\n/g)).toHaveLength(CHECKS);
      expect(stdout).toContain('all checks passed');
      expect(status).toBe(0);
    });

    it('computes what tci computes', () => {
      const sums = checksums(run(accel).stdout);
      expect(Object.keys(sums)).toHaveLength(KERNELS);
      expect(sums).toEqual(checksums(run('tci').stdout));
    });
  });

  it.skipIf(!hasTool('qemu-system-riscv64'))('computes what QEMU computes (skipped without qemu-system-riscv64)', () => {
    const args = [
      '-M',
      'virt',
      '-bios',
      'none',
      '-kernel',
      ELF,
      '-append',
      OPTIONS,
      '-display',
      'none',
      '-monitor',
      'none',
      '-serial',
      'stdio',
    ];
    const { stdout } = spawnSync('qemu-system-riscv64', args, { timeout: 60_000, input: '', encoding: 'latin1' });
    expect(stdout).toContain('all checks passed');
    expect(checksums(run('tci').stdout)).toEqual(checksums(stdout));
  });
});

it('starts without what takes Node long to load', () => {
  const probe = join(mkdtempSync(join(tmpdir(), 'wemu-start-')), 'probe.cjs');
  writeFileSync(probe, `process.on('exit', () => process.stderr.write(process.moduleLoadList.join()));`);
  const { stderr } = spawnSync(process.execPath, ['--require', probe, CLI, 'embedded', '--append', 'run=int quiet=1'], {
    encoding: 'utf8',
  });
  rmSync(dirname(probe), { recursive: true });
  expect(stderr).toContain('NativeModule net,');
  expect(stderr).not.toMatch(/NativeModule (crypto|child_process),/);
});

it('has a TB cache of the size that is asked for', () => {
  const sizeOf = (accel: string): number => {
    const { stderr } = wemu(['embedded', '--accel', accel, '--append', 'run=int quiet=1', '--stats', 'json']);
    return (JSON.parse(stderr) as JitInfo).tb.arenaSize / 2 ** 20;
  };
  const usual = sizeOf('tcg');
  expect(usual).toBeGreaterThan(60);
  expect(sizeOf('tcg,tb-size=16')).toBeCloseTo(usual - 48, 2);
  expect(sizeOf('tcg,tb-size=1')).toBeGreaterThan(1);
});

describe('with a code cache', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'wemu-code-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const withCache = (...more: string[]) =>
    wemu(['embedded', '--accel', `tcg,threshold=1024,code-cache=${folder}`, '--append', OPTIONS, '--stats', 'json', ...more]);
  const kept = (stderr: string) => (JSON.parse(stderr) as JitInfo).wasm!.persistent!;

  it('runs what an earlier run kept, and computes the same', () => {
    const cold = withCache();
    expect(kept(cold.stderr)).toMatchObject({ regions: 0, installed: 0 });
    const warm = withCache();
    expect(kept(warm.stderr).installed).toBeGreaterThan(0);
    expect(checksums(warm.stdout)).toEqual(checksums(run('tci').stdout));
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('keeps what was made when %s ends it', async (signal) => {
    const own = join(folder, signal);
    const session = Session.pipes(['embedded', '--accel', `tcg,threshold=1024,code-cache=${own}`, '--append', 'run=int scale=10000']);
    await session.expect(/checks/, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // code is made and installed
    process.kill(session.wemuPid, signal);
    await session.ended(10_000);
    expect(readdirSync(own)).toHaveLength(1);
  });

  it('counts instructions in icount mode as if it had been without', () => {
    const icount = ['--icount', 'shift=3'];
    const without = wemu(['embedded', '--accel', 'tcg', '--append', OPTIONS, ...icount]);
    withCache(...icount);
    const warm = withCache(...icount);
    expect(kept(warm.stderr).installed).toBeGreaterThan(0);
    expect(warm.stdout).toBe(without.stdout);
  });
});
