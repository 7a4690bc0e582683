/** Snapshots of whole guests: of a Linux boot at many points, each gone on with in another process; and of the one that `wemu linux` keeps. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource, SectionKind, type Section } from '../../src/migration/format.js';
import { machineDigest, readSnapshot } from '../../src/migration/snapshot.js';
import { buildInitramfs } from '../../src/node/guest/initramfs.js';
import { createNodeHost, type NodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { describeGuest } from '../support/guest-files.js';
import { CLI } from '../support/session.js';
import { embedded, runUntil, snapshotOf, tciHost } from '../support/snapshots.js';

const RESUME = fileURLToPath(new URL('../support/resume.mjs', import.meta.url));
/** Of the boot. */
const POINTS = Number(process.env['WEMU_SNAPSHOT_POINTS'] ?? 2);
const SECOND = 1e9;
const MINUTE = 60_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wemu-snapshot-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

await describeGuest('Linux', ['kernel', 'busybox', 'firmware'], (files) => {
  describe('of two harts', () => {
    const options = { machine: 'virt', memory: '256M', append: 'console=ttyS0 quiet', icount: 'shift=2', rtcBaseMs: 0, smp: 2 };
    let images: Record<string, string>;
    let host: NodeHost;
    let machine: Machine;
    let end: { reason: string; digest: number; clock: string };

    beforeAll(async () => {
      const initrd = join(folder, 'initrd');
      writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(files.busybox), script: 'echo done; cat /proc/uptime' }));
      images = { bios: files.firmware, kernel: files.kernel, initrd };
      const bytes = Object.fromEntries(Object.entries(images).map(([name, path]) => [name, readFileSync(path)]));
      host = await createNodeHost({ sync: true });
      const make = (): Machine => Machine.create({ ...options, ...bytes, serial: () => {} }, host);
      const plain = make();
      const { reason } = await plain.run();
      end = { reason, digest: machineDigest(plain.state), clock: String(plain.state.clocks.virtualNow) };
      await plain.close();
      expect(Number(end.clock)).toBeGreaterThan(SECOND / 10);
      machine = make();
    }, 20 * MINUTE);
    afterAll(async () => {
      await machine.close();
      host.close();
    });

    // one after the other: the machine goes on from each to the next
    it.each(Array.from({ length: POINTS }, (_, i) => i + 1))(
      `ends the same from point %i of ${POINTS} of its boot, in a new process`,
      { timeout: 20 * MINUTE },
      async (n) => {
        await runUntil(machine, Math.floor((Number(end.clock) * n) / (POINTS + 1)));
        const file = join(folder, `point${n}`);
        writeFileSync(file, await snapshotOf(machine));
        const backend = n % 2 ? 'wasm' : 'tci';
        const out = execFileSync(process.execPath, [RESUME, JSON.stringify({ ...options, images }), backend, file], { encoding: 'utf8' });
        expect(JSON.parse(out)).toEqual([{ ...end, console: expect.any(String) as string }]);
        rmSync(file);
      },
    );
  });

  describe('that has booted', () => {
    const cache = (): string => join(folder, 'cache');
    const kept = (): string[] => readdirSync(join(cache(), 'wemu/booted')).map((name) => join(cache(), 'wemu/booted', name));
    const linux = (...words: string[]): Ran => {
      try {
        const stdio = ['ignore', 'pipe', join(folder, 'stderr')];
        writeFileSync(stdio[2], '');
        const env = { ...process.env, XDG_CACHE_HOME: cache(), WEMU_CODE_CACHE: 'on' };
        const stdout = execFileSync('sh', ['-c', `exec "$@" 2>'${stdio[2]}'`, 'sh', process.execPath, CLI, 'linux', ...words], {
          encoding: 'utf8',
          env,
        });
        return { status: 0, stdout, stderr: readFileSync(stdio[2], 'utf8') };
      } catch (error) {
        const { status, stdout } = error as { status: number; stdout: string };
        return { status, stdout, stderr: readFileSync(join(folder, 'stderr'), 'utf8') };
      }
    };
    const FORKED = 'crng reseeded due to virtual machine fork';
    const LOOK = ['--', 'sh', '-c', 'date +%s; dmesg | grep -c "$1"; head -c 16 /dev/urandom | od -An -tx1', 'sh', FORKED];
    const parts = ({ stdout }: Ran): string[] => stdout.trim().split('\n');

    beforeAll(() => {
      const own = dirname(files.kernel);
      mkdirSync(join(cache(), 'wemu'), { recursive: true, mode: 0o700 });
      cpSync(own, join(cache(), 'wemu', own.slice(own.lastIndexOf('/') + 1)), { recursive: true, preserveTimestamps: true });
    });

    it('is kept by the first run, and the next ones go on from there: with the time of day, and random numbers of their own', () => {
      const runs = [linux(...LOOK), linux(...LOOK), linux(...LOOK)];
      expect(runs.map(({ status, stderr }) => [status, stderr])).toEqual([[0, ''], [0, ''], [0, '']]); // prettier-ignore
      expect(runs.map((run) => parts(run)[1])).toEqual(['0', '1', '1']);
      for (const run of runs) expect(Math.abs(Number(parts(run)[0]) - Date.now() / 1000)).toBeLessThan(60);
      expect(new Set(runs.map((run) => parts(run)[2])).size).toBe(3);
      expect(kept().length).toBe(1);
    }, 180_000);

    it('is not translated again by the third', () => {
      const translated = ({ stderr }: Ran): number[] => /TBs translated +(\d+)/.exec(stderr)!.slice(1).map(Number);
      const run = linux('--stats', ...LOOK);
      expect(run.status).toBe(0);
      expect(Number(/TBs of an earlier run +(\d+)/.exec(run.stderr)?.[1])).toBeGreaterThan(10_000);
      expect(translated(run)[0]).toBeLessThan(5000);
      // as good as none: they are made
      const code = join(cache(), 'wemu/booted-code');
      for (const name of readdirSync(code)) writeFileSync(join(code, name), 'damaged');
      const again = linux(...LOOK);
      expect([again.status, again.stderr]).toEqual([
        0,
        expect.stringMatching(/^wemu: code cache: .* is damaged: ignored, and replaced\n$/),
      ]);
    }, 120_000);

    it('takes standard input, words of any kind, and gives the status', () => {
      const word = 'hällo\n\ttab \'quote" \\ $x';
      expect(linux('--', 'sh', '-c', 'printf "%s" "$1"; exit 7', 'sh', word)).toEqual({ status: 7, stdout: word, stderr: '' });
    }, 60_000);

    it('boots all the same with --fresh, or if what was kept is damaged, which is told', () => {
      expect(parts(linux('--fresh', ...LOOK))[1]).toBe('0');
      const [file] = kept();
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
      const run = linux(...LOOK);
      expect([run.status, parts(run)[1]]).toEqual([0, '0']);
      expect(run.stderr).toMatch(/^wemu: '.*\.wemusnap': the snapshot ends at byte \d+, \d+ more wanted at \d+: not used\n$/);
      expect(parts(linux(...LOOK))[1]).toBe('1');
    }, 180_000);

    it('ends with one line where damage is found later, and boots the next time', async () => {
      linux(...LOOK);
      const [file] = kept();
      const bytes = readFileSync(file);
      const ends: number[] = [];
      const note = ({ kind, at, stored }: Section): void => void (kind === SectionKind.Ram && ends.push(at + stored - 1));
      await readSnapshot(bytesSource(bytes), {}, note);
      for (const at of ends) bytes[at] ^= 1;
      writeFileSync(file, bytes);
      rmSync(join(cache(), 'wemu/booted-code'), { recursive: true }); // else it is found by what was translated
      const run = linux(...LOOK);
      expect([run.status, run.stdout]).toEqual([1, '']);
      expect(run.stderr).toMatch(
        /^wemu: the machine's memory cannot be read from its snapshot any more: the snapshot is damaged: bytes \d+ to \d+\n$/,
      );
      expect(kept()).toEqual([]);
      expect(parts(linux(...LOOK))[1]).toBe('0');
    }, 180_000);

    it('gives each run a UUID of its own', () => {
      const runs = [1, 2, 3].map(() => linux('--', 'cat', '/proc/sys/kernel/random/uuid').stdout.trim());
      for (const uuid of runs) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      expect(new Set(runs).size).toBe(3);
    }, 180_000);
  });
});

describe('wemu snapshot', () => {
  const wemu = (...words: string[]): string => execFileSync(process.execPath, [CLI, 'snapshot', ...words], { encoding: 'utf8' });

  it('says what is in a file, and what is different in another', async () => {
    const host = await tciHost();
    const machine = embedded(host);
    await runUntil(machine, 100_000);
    const [one, two] = ['one', 'two'].map((name) => join(folder, name));
    writeFileSync(one, await snapshotOf(machine));
    machine.writeRegister('mscratch', 0x1234n);
    machine.writePhysical(0x8080_0000, Uint8Array.of(1));
    writeFileSync(two, await snapshotOf(machine));
    await machine.close();
    host.close();
    const text = wemu('info', one);
    expect(text).toMatch(/^machine {5}virt, 1 CPU, -icount shift=0$/m);
    expect(text).toMatch(/^guest time {2}0\.000 s$/m);
    expect(text).toMatch(/^ {2}vcpu\.mscratch 0x0$/m);
    expect(wemu('diff', one, one)).toBe('');
    expect(wemu('diff', one, two)).toMatch(
      /^\/machine\S+ vcpu\.mscratch: 0x0 -> 0x1234\nmemory riscv_virt_board\.ram: page at 0x800000\n$/,
    );
  }, 60_000);

  it('knows what a file builds on, and makes one of its own of it', async () => {
    const host = await tciHost();
    const machine = embedded(host, { snapshots: join(folder, 'chain'), incremental: true });
    await runUntil(machine, 100_000);
    await machine.control.saveSnapshot('a');
    machine.writePhysical(0x8080_0000, Uint8Array.of(1));
    await machine.control.saveSnapshot('b');
    const digest = machineDigest(machine.state);
    await machine.close();
    const [a, b, flat] = ['a', 'b', 'flat'].map((name) => join(folder, 'chain', `${name}.wemusnap`));
    expect(wemu('info', b)).toMatch(/^on top of {3}a \([0-9a-f]{64}\): 1 page changed$/m);
    expect(wemu('diff', a, b)).toBe('memory riscv_virt_board.ram: page at 0x800000\n');
    expect(wemu('flatten', b, flat)).toBe('');
    expect(wemu('diff', b, flat)).toBe('');
    rmSync(a);
    expect(() => wemu('flatten', b, flat)).toThrow(/wemu: '.*b.wemusnap': it builds on the snapshot 'a', which is not there\n$/);
    const other = embedded(host, { snapshots: join(folder, 'chain'), incoming: true });
    await other.control.loadSnapshot('flat');
    expect(machineDigest(other.state)).toBe(digest);
    await other.close();
    host.close();
  }, 60_000);

  it('tells in one line what is none', () => {
    const file = join(folder, 'none');
    writeFileSync(file, 'nothing of the kind, though it is long enough');
    expect(() => wemu('info', file)).toThrow(/wemu: '.*none': this is no snapshot of wemu\n$/);
    expect(() => wemu('info', join(homedir(), 'is', 'not', 'there'))).toThrow(/wemu: cannot open '.*': no such file or directory\n$/);
  }, 60_000);
});
