/** `wemu bench`, the built command: a small run, what goes wrong with contestants, and what is wrong on its command line. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { guestOf, WORKLOAD_NAMES, type Results } from '../../src/lab/index.js';
import { cachedRoot } from '../../src/node/guest/root.js';
import { describeGuest } from '../support/guest-files.js';
import { wemu } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const results = (out: string): Results => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results;
const bench = (...args: string[]) => wemu(['bench', '--seconds', '0.01', '--runs', '1', ...args]);

/** A peer that says what the script makes it say. */
function peer(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && { echo "${name} 1.0"; exit 0; }\n${script}\n`);
  chmodSync(path, 0o755);
  return `${name}=${path}`;
}
const row = (checksum: string) =>
  `echo '  int       integer mix                   ${checksum}       1.000      1000'; echo 'all checks passed'`;

describe('wemu bench', () => {
  it('measures strategies, and writes results and a report', () => {
    const out = join(folder, 'new', 'out');
    const { status, stdout, stderr } = bench('--workload', 'int', '--strategy', 'tci,region-opt', '--against', 'none', '--out', out);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^int +tci +\d.*\n +region-opt +\d/m);
    expect(stdout).toMatch(/^geomean compute +\d/m);
    expect(stderr).toContain('round 1: int, region-opt');
    const { format, rows, runs, vsQemu, failures } = results(out);
    expect(format).toBe('wemu-lab-1');
    expect(failures).toEqual([]);
    expect(rows.map(({ contestant, runs: count }) => [contestant, count])).toEqual([['tci', 1], ['region-opt', 1]]); // prettier-ignore
    for (const run of runs.filter(({ round }) => round > 0)) {
      expect(run.instructions).toBeGreaterThan(1e6);
      expect(run.seconds).toBeGreaterThan(run.guestSeconds!);
      expect(run.samples!.length).toBeGreaterThan(1);
    }
    expect(vsQemu).toMatchObject({ compute: { geomean: null, min: null }, system: { geomean: null }, boot: { cold: null, warm: null } });
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<svg');
  });

  it('goes on when a contestant crashes, hangs or computes something else, and ends with status 1', () => {
    const out = join(folder, 'out');
    const peers = [peer('crashes', 'echo oh no >&2; exit 3'), peer('hangs', 'exec sleep 60'), peer('lies', row('0123456789abcdef'))];
    const { status, stdout } = bench(
      '--workload',
      'int',
      '--strategy',
      'region-opt',
      ...peers.flatMap((each) => ['--against', each]),
      '--timeout',
      '5',
      '--out',
      out,
    );
    expect(status).toBe(1);
    expect(stdout).toContain('ERROR int, crashes: status 3: oh no');
    expect(stdout).toContain('ERROR int, hangs: no end after 5 s');
    expect(stdout).toMatch(/ERROR int, lies: checksums differ: [0-9a-f]{16} \(region-opt\), 0123456789abcdef \(lies\)/);
    expect(results(out).contestants.map(({ name, version }) => [name, version])).toContainEqual(['lies', 'lies 1.0']);
  });

  it('runs the PowerPC guest, and gives a peer of one architecture no other’s guests', () => {
    const out = join(folder, 'ppc');
    const args = ['--workload', 'int,ppc-int', '--strategy', 'region-opt', '--against', peer('one', row('0123456789abcdef'))];
    const { stderr } = bench(...args, '--out', out);
    const { rows, vsQemu, runs } = results(out);
    expect(rows.find(({ workload }) => workload === 'ppc-int'), stderr).toMatchObject({
      contestant: 'region-opt', runs: 1, errors: [], checksum: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    }); // prettier-ignore
    expect(runs.filter(({ contestant }) => contestant === 'one').map(({ workload }) => workload)).toEqual(['int', 'int']);
    expect(vsQemu.ppc).toMatchObject({ integer: { geomean: null }, min: null });
  });

  const blocked = join(folder, 'file');
  writeFileSync(blocked, '');
  it.each<[string, string[], RegExp]>([
    ['an unknown strategy', ['--strategy', 'tci,fast'], /^wemu: --strategy: unknown strategy 'fast' \(expected one of tci, .*\)/],
    ['an unknown workload', ['--workload', 'doom'], /^wemu: --workload: unknown workload 'doom' \(expected one of all, .*boot, /],
    ['a peer that is not there', ['--against', '/no/such/qemu'], /^wemu: --against: cannot run '\/no\/such\/qemu --version'/],
    ['a peer without a command', ['--against', 'x='], /^wemu: --against: no command in 'x='/],
    ['two of a name', ['--against', `tci=${process.execPath}`], /^wemu: --against: two contestants are called 'tci'/],
    ['no rounds', ['--runs', '0'], /^wemu: .*--runs.*It must be a number from 1 to 999/],
    ['no time', ['--seconds', 'x'], /^wemu: .*--seconds.*It must be a number/],
    ['a file for a folder', ['--against', 'none', '--out', blocked], /^wemu: --out: cannot write '.*results\.json': /],
    ['an argument', ['int'], /^wemu: bench: too many arguments/],
  ])('refuses %s in one line', (_, args, message) => {
    const { status, stderr, stdout } = wemu(['bench', ...args]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([status, stdout]).toEqual([1, '']);
  });

  it('leaves nothing behind when it refuses', () => expect(existsSync(join(folder, 'file', 'results.json'))).toBe(false));
});

await describeGuest('wemu bench with Linux', ['kernel', 'busybox', 'firmware'], () => {
  it('takes the boot, and the time of each program by the guest; a kernel computes the same there as on bare metal', () => {
    const out = join(folder, 'linux');
    const { status, stderr } = bench('--workload', 'linux,int', '--strategy', 'region-opt', '--against', 'none', '--out', out);
    expect(status, stderr).toBe(0);
    const { rows, runs } = results(out);
    expect(rows.map(({ workload }) => workload)).toEqual(WORKLOAD_NAMES.filter((name) => name === 'int' || guestOf(name) === 'linux'));
    for (const row of rows.filter(({ workload }) => workload !== 'boot')) {
      expect(row).toMatchObject({ runs: 1, errors: [], checksum: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    }
    const checksum = (name: string) => rows.find(({ workload }) => workload === name)!.checksum;
    expect(checksum('linux-int')).toBe(checksum('int'));
    for (const { instructions, workload } of runs.filter(({ round }) => round > 0)) expect(instructions, workload).toBeGreaterThan(10_000);
  });
});

// It is 150 MB: a test does not fetch it.
const hasRoot = cachedRoot() !== undefined;
describe.runIf(hasRoot)(
  `wemu bench with Debian programs${hasRoot ? '' : ' (skipped: `wemu bench --workload real` has made no root here)'}`,
  () => {
    it('runs one, and tells the CPU time of the machine’s thread', () => {
      const out = join(folder, 'real');
      const args = ['bench', '--seconds', '0.01', '--runs', '1', '--workload', 'real-lua', '--strategy', 'region-opt', '--against', 'none'];
      const { status, stderr } = wemu([...args, '--timeout', '300', '--out', out], { timeout: 320_000 });
      expect(status, stderr).toBe(0);
      const [row] = results(out).rows;
      expect(row).toMatchObject({ runs: 1, errors: [], checksum: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
      expect(row.mips).not.toBeNull();
      if (process.platform === 'linux') expect(row.allCpuSeconds!.median).toBeGreaterThan(0);
    }, 330_000);
  },
);
