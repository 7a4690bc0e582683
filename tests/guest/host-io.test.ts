/** What the host does to standard input and output, terminals and signals: wemu ends as a shell's tool does, in at most one line, and nothing is lost. */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CLI, hasPty, Session, shellQuote } from '../support/session.js';

const STEP = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'wemu-host-io-'));
const YES = join(folder, 'yes.bin');
const POLITE = join(folder, 'polite.bin');
const QUIET = join(folder, 'quiet.bin');
const DONE = join(folder, 'done.bin');
const SOME = join(folder, 'some.bin');
/** Bytes that SOME writes. */
const SOME_BYTES = 20_000;

const words = (...code: number[]): Uint8Array => new Uint8Array(Uint32Array.from(code).buffer);

beforeAll(() => {
  // lui a0,0x10000 (the UART); li t0,'y'; li t1,'\n'; 1: sb t0,(a0); sb t1,(a0); j 1b
  writeFileSync(YES, words(0x1000_0537, 0x0790_0293, 0x00a0_0313, 0x0055_0023, 0x0065_0023, 0xff9f_f06f));
  // lui a0,0x10000; li t0,'y'; 1: lbu t2,5(a0) (LSR); andi t2,t2,0x20 (THRE); beqz t2,1b; sb t0,(a0); j 1b
  writeFileSync(POLITE, words(0x1000_0537, 0x0790_0293, 0x0055_4383, 0x0203_f393, 0xfe03_8ce3, 0x0055_0023, 0xff1f_f06f));
  // wfi; j .-4
  writeFileSync(QUIET, words(0x1050_0073, 0xffdf_f06f));
  // lui a0,0x100 (the test finisher); lui t0,5; addi t0,t0,0x555; sw t0,(a0); j .
  writeFileSync(DONE, words(0x0010_0537, 0x0000_52b7, 0x5552_8293, 0x0055_2023, 0x0000_006f));
  // lui a0,0x10000; li t0,'y'; lui t1,5; addi t1,t1,-480; 1: sb t0,(a0); addi t1,t1,-1; bnez t1,1b; wfi; j .-4
  writeFileSync(SOME, words(0x1000_0537, 0x0790_0293, 0x0000_5337, 0xe203_0313, 0x0055_0023, 0xfff3_0313, 0xfe03_1ce3, 0x1050_0073, 0xffdf_f06f));
}); // prettier-ignore
afterAll(() => rmSync(folder, { recursive: true }));

const machine = (bios: string, ...more: string[]): string[] => ['-M', 'virt', '-m', '16', '-accel', 'tci', '-bios', bios, ...more];
const command = (args: readonly string[]): string => [process.execPath, CLI, ...args].map(shellQuote).join(' ');
const EMBEDDED = ['embedded', '--accel', 'tci', '--append', 'quiet=1 run=int scale=1'];

let child: ChildProcess | undefined;
let session: Session | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
  session?.kill();
});

const start = (args: readonly string[], stdio: StdioOptions = ['ignore', 'pipe', 'pipe']): ChildProcess =>
  (child = spawn(process.execPath, [CLI, ...args], { stdio }));

const ended = (process: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => process.on('exit', (code, signal) => resolve({ code, signal })));

const soon = <T>(promise: Promise<T>): Promise<T | string> => Promise.race([promise, sleep(STEP, 'still there', { ref: false })]);

/** CPU seconds of a process so far (proc(5): utime and stime, in ticks of 10 ms). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' '); // prettier-ignore
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Waits until the process does nearly nothing. */
async function asleep(pid: number): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const before = cpuSeconds(pid);
    await sleep(500);
    // It has begun: Node alone takes half of that.
    if (before > 0.05 && cpuSeconds(pid) - before <= 0.1) return;
  }
  throw new Error('the process does not come to rest');
}

const BLOCKED = {
  console: () => machine(YES),
  'console of a guest that polls': () => machine(POLITE),
  'log on standard error': () => machine(YES, '-serial', 'null', '-d', 'exec'),
};

describe.each(Object.keys(BLOCKED) as (keyof typeof BLOCKED)[])('a %s that nobody reads', (which) => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)('holds the guest, costs nothing, and %s is heard', async (signal) => {
    const wemu = start(BLOCKED[which]());
    const end = ended(wemu);
    await asleep(wemu.pid!);
    wemu.kill(signal);
    expect(await soon(end)).toEqual({ code: null, signal });
  });
});

it.each(['SIGTERM', 'SIGINT'] as const)('%s is heard by a machine that -no-shutdown keeps', async (signal) => {
  const wemu = start(machine(DONE, '-no-shutdown'));
  const end = ended(wemu);
  await asleep(wemu.pid!);
  wemu.kill(signal);
  expect(await soon(end)).toEqual({ code: null, signal });
});

it('nothing is lost when the reader comes back', async () => {
  const wemu = start(machine(YES));
  await asleep(wemu.pid!);
  let text = '';
  wemu.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let tries = 0; tries < 200 && text.length < 1e6; tries++) await sleep(50);
  expect(text.length).toBeGreaterThan(1e6);
  expect(text.replaceAll('y\n', '').length).toBeLessThanOrEqual(1);
});

it('with -icount a slow reader changes nothing that the guest can see', async () => {
  const wemu = start(machine(YES, '-icount', 'shift=3'));
  const end = ended(wemu);
  await asleep(wemu.pid!);
  wemu.kill();
  expect(await soon(end)).toEqual({ code: null, signal: 'SIGTERM' });
});

it('bytes that a guest writes one by one leave together', async () => {
  // Writes to this stream, not the process's system calls: V8 wakes its threads by writes of its own, thousands of them on a loaded machine.
  const count = join(folder, 'writes');
  const counter = join(folder, 'counter.mjs');
  writeFileSync(
    counter,
    `import { appendFileSync } from 'node:fs';
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (...given) => (appendFileSync(${JSON.stringify(count)}, '.'), write(...given));`,
  );
  const wemu = (child = spawn(process.execPath, ['--import', counter, CLI, ...machine(SOME)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  let got = 0;
  wemu.stdout!.on('data', (chunk: Buffer) => (got += chunk.length));
  for (let tries = 0; tries < 200 && got < SOME_BYTES; tries++) await sleep(50);
  expect(got).toBe(SOME_BYTES);
  expect(readFileSync(count).length).toBeGreaterThan(0);
  expect(readFileSync(count).length).toBeLessThan(SOME_BYTES / 10);
});

/** A shell line that runs wemu to its end. */
function shell(text: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8', timeout: STEP, killSignal: 'SIGKILL' });
  return { status, stdout, stderr };
}

describe('standard input and output', () => {
  it.each([
    ['closed', '<&-'],
    ['a folder', '</'],
    ['open for writing only', '0>/dev/null'],
    ['empty', '</dev/null'],
  ])('input %s: the guest runs to its end', (_, redirection) => {
    const { status, stdout, stderr } = shell(`${command(EMBEDDED)} ${redirection}`);
    expect(stderr).toBe('');
    expect(stdout).toContain('all checks passed');
    expect(status).toBe(0);
  });

  it.each([
    ['a machine', EMBEDDED],
    ['a listing', ['-M', 'help']],
    ['help', ['--help']],
  ])('a full device: one line, by %s', (_, args) => {
    const { status, stderr } = shell(`${command(args)} >/dev/full`);
    expect(stderr).toBe('wemu: standard output: no space left on device\n');
    expect(status).toBe(1);
    expect(shell(`${command(args)} >/dev/full 2>&1`).status).toBe(1);
  });

  it.each([
    ['a machine', machine('YES')],
    ['a listing', ['-M', 'help']],
  ])('a reader that leaves: silence, and the status of SIGPIPE, by %s', (_, args) => {
    const line = command(args.map((arg) => (arg === 'YES' ? YES : arg)));
    expect(shell(`${line} </dev/null | true; exit \${PIPESTATUS[0]}`)).toEqual({ status: 141, stdout: '', stderr: '' });
  });

  it('a closed output is one that goes nowhere', () => {
    expect(shell(`${command(EMBEDDED)} >&-`)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('output that is left at the end waits for its reader', () => {
    const { stdout } = shell(`${command(['embedded', '--accel', 'tci', '--append', 'run=int scale=1'])} | (sleep 2; cat)`);
    expect(stdout).toContain('all checks passed');
  });
});

it('an engine without WebAssembly is one line', () => {
  const { status, stdout, stderr } = shell(`${command(['-M', 'help']).replace(/^\S+/, '$& --jitless')}`);
  expect([status, stdout]).toEqual([1, '']);
  // V8 may have a word of its own
  expect(stderr).toMatch(/^(Warning: [^\n]*\n)?wemu: this engine has no WebAssembly \(V8 was started with --jitless\?\)\n$/);
});

it('an exception that nobody caught ends in one line', () => {
  const thrower = join(folder, 'thrower.mjs');
  writeFileSync(
    thrower,
    `process.on('newListener', (name) => name === 'uncaughtException' && setImmediate(() => { throw 'out of memory'; }));`,
  );
  const run = (env: string) => shell(`${env} NODE_OPTIONS='--import ${thrower}' ${command(['-M', 'help'])} >/dev/null`);
  expect(run('')).toEqual({ status: 1, stdout: '', stderr: 'wemu: internal error: out of memory (WEMU_DEBUG=1 tells where)\n' });
  writeFileSync(thrower, `process.on('newListener', (name) => name === 'uncaughtException' && Promise.reject(new Error('lost\\nmore')));`);
  expect(run('')).toEqual({ status: 1, stdout: '', stderr: 'wemu: internal error: lost (WEMU_DEBUG=1 tells where)\n' });
  expect(run('WEMU_DEBUG=1').stderr).toMatch(/^wemu: internal error: Error: lost\nmore\n +at /);
});

describe.skipIf(!hasPty)('a terminal', () => {
  const MODES = /[\da-f]+(:[\da-f]+){10,}/;
  const modes = async (): Promise<string> => (await session!.expect(MODES, STEP)).trim();
  /** The guest runs and the terminal is raw: Ctrl-A is heard. */
  const isUp = async (): Promise<void> => {
    for (let tries = 0; tries < 40; tries++) {
      session!.send('\x01h');
      try {
        return void (await session!.expect('exit emulator', 500));
      } catch (error) {
        if (session!.status !== undefined) throw error;
      }
    }
    throw new Error('wemu does not hear Ctrl-A');
  };

  it.each([
    ['SIGQUIT', 131],
    ['SIGHUP', 129],
  ] as const)('is put back at %s', async (signal, status) => {
    session = Session.shell(`ulimit -c 0; stty -g; ${command(machine(QUIET))}; echo "status $?"; stty -g`);
    const before = await modes();
    await isUp();
    process.kill(session.wemuPid, signal);
    await session.expect(`status ${status}`, STEP);
    expect(await modes()).toBe(before);
  });

  it('is put back while wemu is stopped, and raw again when it goes on', async () => {
    session = Session.shell(`set -m; stty -g; ${command(machine(QUIET))}; echo "status $?"; stty -g; fg; echo "status $?"; stty -g`);
    const before = await modes();
    await isUp();
    process.kill(session.wemuPid, 'SIGTSTP');
    await session.expect(`status ${128 + constants.signals.SIGTSTP}`, STEP);
    expect(await modes()).toBe(before);
    await isUp();
    session.send('\x01x');
    await session.expect('status 0', STEP);
    expect(await modes()).toBe(before);
  });

  it('is heard while the output waits for a reader: Ctrl-A x, and the monitor', async () => {
    for (const typed of ['\x01x', '\x01cquit\r']) {
      session = Session.shell(`${command(machine(YES))} | sleep 30`);
      await sleep(500);
      const pid = session.wemuPid;
      await asleep(pid);
      session.send(typed);
      for (let tries = 0; tries < 100 && isAlive(pid); tries++) await sleep(100);
      expect(isAlive(pid), JSON.stringify(typed)).toBe(false);
      session.kill();
    }
  });

  it('that is gone ends it, silently', async () => {
    for (const bios of [QUIET, YES]) {
      const errors = join(folder, 'errors');
      session = Session.shell(`exec ${command(machine(bios))} 2>${errors}`);
      await sleep(2000);
      const pid = session.wemuPid;
      session.hangUp();
      for (let tries = 0; tries < 100 && isAlive(pid); tries++) await sleep(100);
      expect(isAlive(pid)).toBe(false);
      expect(readFileSync(errors, 'utf8')).toBe('');
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
