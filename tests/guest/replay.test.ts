/** Runs of whole guests that were recorded by the command line, and replayed: a Linux that somebody types to, in another engine, and backwards in gdb. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { Session, wemu } from '../support/session.js';
import { hasTool, PACKAGES } from '../support/tools.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sessions: Session[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.kill()));

const MINUTE = 60_000;
const icount = (rr: 'record' | 'replay', name: string): string[] => ['--icount', `shift=2,rr=${rr},rrfile=${join(folder, name)}`];

describe('the embedded guest', () => {
  it('replays what was recorded, in each engine', () => {
    const run = (rr: 'record' | 'replay', accel: string) =>
      wemu(['embedded', ...icount(rr, 'embedded'), '--accel', accel, '--append', 'scale=1']);
    const first = run('record', 'tci');
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('all checks passed') as string, stderr: '' });
    for (const accel of ['tci', 'tcg']) {
      const { status, stdout, stderr } = run('replay', accel);
      expect([status, stdout]).toEqual([0, first.stdout]);
      expect(stderr).toMatch(/^wemu: replay: the guest has ended it \(guest-shutdown\), after \d+ instructions\n$/);
    }
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 20), /^wemu: -icount rrfile=\S+: this is no log of wemu: it is too short\n$/],
    [
      'damaged',
      (bytes: Buffer) => bytes.map((byte, i) => (i === bytes.length - 3 ? byte ^ 4 : byte)),
      /the log is damaged: bytes \d+ to \d+\n$/,
    ],
  ])('is not run by a log that was %s', (_, change, message) => {
    writeFileSync(join(folder, 'bad'), change(readFileSync(join(folder, 'embedded'))));
    const { status, stdout, stderr } = wemu(['embedded', ...icount('replay', 'bad'), '--append', 'scale=1']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });
});

await describeGuest('Linux', ['kernel', 'busybox', 'firmware'], () => {
  it('that was typed to replays, and one whose recording was killed as far as it came', { timeout: 10 * MINUTE }, async () => {
    const record = (name: string): Session => {
      const session = Session.pipes(['linux', ...icount('record', name)]);
      sessions.push(session);
      return session;
    };
    const session = record('linux');
    await session.expect('~ # ', 2 * MINUTE);
    session.send('head -c 8 /dev/urandom | od -An -tx1; cat /proc/uptime; date +%s\n');
    await session.expect(/^\d{9,}/m, MINUTE);
    await session.expect('~ # ', MINUTE);
    session.send('poweroff -f\n');
    expect(await session.ended(MINUTE)).toBe(0);
    const said = session.output.replaceAll('\r', '');
    const whole = wemu(['linux', ...icount('replay', 'linux'), '--accel', 'tci'], { timeout: 4 * MINUTE, input: 'reboot\n' });
    expect([whole.status, whole.stdout.replaceAll('\r', '')]).toEqual([0, said]);
    expect(whole.stderr).toMatch(/^wemu: replay: the guest has ended it \(guest-shutdown\), after \d+ instructions\n$/);

    const killed = record('killed');
    await killed.expect('~ # ', 2 * MINUTE);
    killed.send('echo $((6*7))\n');
    await killed.expect(/^42/m, MINUTE);
    // what follows has been written, too
    for (let n = 0; n < 3; n++) {
      const { size } = statSync(join(folder, 'killed'));
      for (let ms = 0; ms < MINUTE && statSync(join(folder, 'killed')).size === size; ms += 50)
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    killed.kill();
    const { status, stdout, stderr } = wemu(['linux', ...icount('replay', 'killed')], { timeout: 2 * MINUTE });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^42/m)]);
    expect(stderr).toMatch(/^wemu: replay: the log was cut short, after \d+ instructions\n$/);
  });

  const missing = hasTool('gdb-multiarch') ? '' : ` (skipped: no gdb-multiarch, Debian package ${PACKAGES['gdb-multiarch']})`;
  it.skipIf(missing !== '')(`runs backwards in gdb${missing}`, { timeout: 10 * MINUTE }, async () => {
    const options = ['linux', '--append', 'nokaslr'];
    const { status } = wemu([...options, ...icount('record', 'gdb'), '--', 'true'], { timeout: 4 * MINUTE });
    expect(status).toBe(0);
    expect(statSync(join(folder, 'gdb')).size).toBeLessThan(1 << 20);

    const socket = join(folder, 'socket');
    const machine = Session.pipes([...options, ...icount('replay', 'gdb'), '-S', '--gdb', `unix:${socket}`, '--', 'true']);
    const gdb = Session.program('gdb-multiarch', [
      '-nx',
      '-q',
      '-ex',
      'set confirm off',
      '-ex',
      'set pagination off',
      '-ex',
      'set width 0',
    ]);
    sessions.push(machine, gdb);
    await gdb.expect('(gdb) ', MINUTE);
    const ask = async (command: string): Promise<string> => {
      const before = gdb.output.length;
      gdb.send(`${command}\n`);
      await gdb.expect('(gdb) ', 2 * MINUTE);
      return gdb.output.slice(before);
    };
    const pc = async (): Promise<string> => /\$\d+ = (0x\w+)/.exec(await ask('print/x $pc'))![1];
    await ask('set architecture riscv:rv64');
    while (!(await ask(`target remote ${socket}`)).includes('0x0000000000001000')) await new Promise((resolve) => setTimeout(resolve, 200));

    // far into the boot, and some steps back
    await ask('monitor replay_seek 40000000');
    await ask('maintenance flush register-cache');
    const places: string[] = [];
    for (let n = 0; n < 5; n++) {
      places.push(await pc());
      await ask('stepi');
    }
    const last = await pc();
    for (const place of places.reverse()) {
      await ask('reverse-stepi');
      expect(await pc()).toBe(place);
    }
    expect(last).not.toBe(places[0]);

    // who wrote what is on the stack now: back to the store, and forward over it
    await ask('watch -l *(long *)$sp');
    const value = await ask('print/x *(long *)$sp');
    const back = await ask('reverse-continue');
    expect(back).toMatch(/Hardware watchpoint \d+/);
    expect(back).toMatch(/Old value = .*\s+New value = /);
    await ask('delete');
    expect(value).toContain('0x');

    expect(await ask('reverse-continue')).toContain('No more reverse-execution history');
    expect(await pc()).toBe('0x1000');
    await ask('detach');
    expect(await machine.ended(2 * MINUTE)).toBe(0);
  });
});

await describeGuest('Linux with a disk', ['kernel', 'busybox', 'firmware', 'modules'], () => {
  const disk = join(folder, 'disk');
  const run = (rr: 'record' | 'replay', accel: string) =>
    wemu(
      [
        ...['linux', '--smp', '2', '--drive', `file=${disk},format=raw,snapshot=on`, ...icount(rr, 'disk-log'), '--accel', accel, '--'],
        ...['sh', '-c', 'md5sum /dev/vda; echo hi | dd of=/dev/vda conv=notrunc 2>/dev/null; sync; md5sum /dev/vda; cat /proc/uptime'],
      ],
      { timeout: 4 * MINUTE },
    );

  it('and two harts replays, but not on another disk', { timeout: 10 * MINUTE }, () => {
    writeFileSync(disk, new Uint8Array(2 << 20).fill(0x5a));
    const first = run('record', 'tcg');
    expect([first.status, first.stderr]).toEqual([0, '']);
    const { status, stdout, stderr } = run('replay', 'tci');
    expect([status, stdout]).toEqual([0, first.stdout]);
    expect(stderr).toMatch(/^wemu: replay: the guest has ended it \(guest-shutdown\), after \d+ instructions\n$/);
    writeFileSync(disk, new Uint8Array(2 << 20));
    expect(run('replay', 'tci')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/images, disks or devices are not those/) as string,
    });
  });
});
