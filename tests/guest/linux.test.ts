/** Debian's riscv64 Linux through the command line: the shell on a terminal, commands with a status, resets, panics, signals. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { CLI, hasPty, Session, shellQuote, wemu } from '../support/session.js';

const BOOT = 60_000;
const STEP = 20_000;
const BANNER = /OpenSBI v[\d.]+/;
const PROMPT = '~ # ';
/** Share of a core that a guest at its shell may take. */
const IDLE_LOAD = 0.05;

const ENGINES = ['tci', 'tcg,backend=wasm'] as const;

/** kB, of a line of /proc/PID/status. */
const memoryKb = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);

/** CPU seconds of a process so far (proc(5): utime and stime, in ticks of 10 ms). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const wemuLine = (...words: string[]): string => ['node', CLI, 'linux', '--accel', 'tci', ...words].map(shellQuote).join(' ');

let session: Session;
afterEach(() => session?.kill());

await describeGuest('Linux', ['kernel', 'busybox', 'firmware'], (files) => {
  describe.each(ENGINES)('with -accel %s', (accel) => {
    const wemuCommand = ['node', CLI, 'linux', '--fresh', '--accel', accel].map(shellQuote).join(' ');

    it.skipIf(!hasPty)('gives a shell: typing, idling, reboot, poweroff; and puts the terminal back', async () => {
      session = Session.shell(`stty rows 33 columns 101; stty -g; ${wemuCommand}; echo "status $?"; stty -g`);
      const modes = (await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim();
      await session.expect(BANNER, BOOT);
      await session.expect(PROMPT, BOOT);
      session.send('echo $((6*7)); stty size\n');
      await session.expect(/\n42\r+\n33 101\r/, STEP);
      await session.expect(PROMPT, STEP);

      // An idle guest sleeps, and costs its RAM and the engine. First the code that the boot made hot is generated, on a thread of its own.
      const pid = session.wemuPid;
      let load = 1;
      for (let tries = 0; load >= IDLE_LOAD && tries < 12; tries++) {
        const before = cpuSeconds(pid);
        await sleep(4000);
        load = (cpuSeconds(pid) - before) / 4;
      }
      expect(load, 'CPU use of an idle guest').toBeLessThan(IDLE_LOAD);
      expect(memoryKb(pid, 'VmRSS') / 1024, 'MiB resident').toBeLessThan(512 + 600);

      session.send('reboot -f\n');
      await session.expect(BANNER, STEP);
      await session.expect(PROMPT, BOOT);
      session.send('poweroff -f\n');
      await session.expect('status 0', STEP);
      expect((await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim()).toBe(modes);
    });

    it('runs a command: its input, its output, its status', () => {
      const input = Buffer.concat([
        Buffer.from('first line\nlast without newline '),
        Buffer.from(Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) & 0xff)),
      ]);
      const { status, stdout, stderr } = wemu(['linux', '--accel', accel, '--', 'sh', '-c', 'uname -srm; md5sum; exit 7'], {
        input,
        timeout: BOOT,
      });
      const md5 = createHash('md5').update(input).digest('hex');
      expect(stdout).toMatch(new RegExp(`^Linux 6\\.\\S+ riscv64\n${md5}  -\n$`));
      expect(stderr).toBe('');
      expect(status).toBe(7);
    });

    it('brings a megabyte of output through whole', () => {
      const { status, stdout } = wemu(
        ['linux', '--accel', accel, '--', 'sh', '-c', 'dd if=/dev/zero bs=1024 count=768 2>/dev/null | base64'],
        { timeout: BOOT },
      );
      const line = `${'A'.repeat(76)}\n`;
      expect(stdout.replaceAll(line, '')).toBe(`${'A'.repeat(((768 * 1024 * 4) / 3) % 76)}\n`);
      expect(stdout).toHaveLength(Math.ceil((((768 * 1024 * 4) / 3) * 77) / 76));
      expect(status).toBe(0);
    });
  });

  it.skipIf(!hasPty)('Ctrl-A x quits with status 0 and puts the terminal back', async () => {
    session = Session.shell(
      `stty -g; ${['node', CLI, 'linux', '--fresh', '--accel', 'tci'].map(shellQuote).join(' ')}; echo "status $?"; stty -g`,
    );
    const modes = (await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim();
    await session.expect(BANNER, BOOT);
    session.send('\x01h');
    await session.expect('exit emulator', STEP);
    session.send('\x01x');
    await session.expect('status 0', STEP);
    expect((await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim()).toBe(modes);
  });

  it.skipIf(!hasPty)('SIGTERM ends it with status 143 and puts the terminal back', async () => {
    session = Session.shell(
      `stty -g; ${['node', CLI, 'linux', '--fresh', '--accel', 'tci'].map(shellQuote).join(' ')}; echo "status $?"; stty -g`,
    );
    const modes = (await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim();
    await session.expect(BANNER, BOOT);
    process.kill(session.wemuPid, 'SIGTERM');
    await session.expect('status 143', STEP);
    expect((await session.expect(/[\da-f]+(:[\da-f]+)+/, STEP)).trim()).toBe(modes);
  });

  describe('a command', () => {
    const run = (...words: string[]) => wemu(['linux', '--accel', 'tci', ...words], { timeout: BOOT });

    it('in a kernel that panics: what it said, why, and status 125', () => {
      const { status, stdout, stderr } = run('--', 'sh', '-c', 'echo hi; echo c >/proc/sysrq-trigger; sleep 100');
      expect(stdout).toBe('hi\n');
      expect(stderr).toMatch(/^\[[ .\d]+\] sysrq: Trigger a crash/);
      expect(stderr).toMatch(/\nwemu: Kernel panic - not syncing: sysrq triggered crash\n$/);
      expect(status).toBe(125);
    });

    it('that never comes to run: the log, and why', () => {
      const { status, stdout, stderr } = run('--append', 'rdinit=/nosuch root=/dev/nosuch', '--', 'true');
      expect(stdout).toBe('');
      expect(stderr).toMatch(BANNER);
      expect(stderr).toMatch(/\nwemu: Kernel panic - not syncing: VFS: Unable to mount root fs[^\n]*\n$/);
      expect(status).toBe(125);
    });

    it('that resets the machine: one line', () => {
      const { status, stderr } = run('--', 'reboot', '-f');
      expect(stderr).toBe('wemu: the guest was reset before the command did\n');
      expect(status).toBe(125);
    });

    it('whose reader has seen enough: silence, and the status of SIGPIPE', async () => {
      session = Session.program('bash', ['-c', `${wemuLine('--', 'yes')} | head -1; echo "status \${PIPESTATUS[0]}"`]);
      await session.expect('status 141', BOOT);
      expect(session.output).toBe('y\nstatus 141\n');
    });

    it('ended by SIGINT: silence', async () => {
      session = Session.program('bash', ['-c', `${wemuLine('--', 'sh', '-c', 'echo go; sleep 1000')}; echo "status $?"`]);
      await session.expect('go', BOOT);
      process.kill(session.wemuPid, 'SIGINT');
      await session.expect('status 130', STEP);
      expect(session.output).not.toContain('OpenSBI');
      expect(session.output).not.toContain('wemu:');
    });
  });

  it('shows a kernel panic, and the reset after it ends the run with -no-reboot', async () => {
    const { kernel, firmware } = files;
    session = Session.pipes([
      '-M',
      'virt',
      '-m',
      '512',
      '-accel',
      'tci',
      '-bios',
      firmware,
      '-kernel',
      kernel,
      '-append',
      'console=ttyS0 panic=-1',
      '-no-reboot',
    ]);
    await session.expect(/Kernel panic - not syncing: VFS: Unable to mount root fs/, BOOT);
    expect(await session.ended(STEP)).toBe(0);
    expect(session.output.match(new RegExp(BANNER, 'g'))).toHaveLength(1);
  });
});
