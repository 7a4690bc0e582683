/**
 * Recorded boots that somebody types to while they work, each replayed three times, and by other versions of Node: several harts, disks, an end in the
 * middle. Everything is from a seed but when input arrives, which is what a log is for.
 *
 * `WEMU_REPLAY_ROUNDS=20` records so many (none: minutes each, and tests/guest/replay.test.ts has what is short), `WEMU_NODES=/path/to/node22:/path/to/node24` replays each with these, too, `WEMU_REPLAY_SEED=5` repeats what was
 * typed.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { SeededRandom } from '../../src/util/random.js';
import { describeGuest } from '../support/guest-files.js';
import { CLI, Session, type Finished } from '../support/session.js';

const ROUNDS = Number(process.env['WEMU_REPLAY_ROUNDS'] ?? 0);
const NODES = (process.env['WEMU_NODES'] ?? '').split(':').filter((path) => path !== '');
const SEED = Number(process.env['WEMU_REPLAY_SEED'] ?? Date.now() & 0xffff);
const MINUTE = 60_000;
/** Of one run, on a machine that may have other work. */
const PATIENCE = 15 * MINUTE;

const folder = mkdtempSync(join(tmpdir(), 'wemu-replay-soak-'));
afterAll(() => rmSync(folder, { recursive: true }));
let session: Session | undefined;
afterEach(() => session?.kill());

interface Row {
  readonly name: string;
  readonly smp: number;
  /** `kept`: what the guest writes stays in the file, which each replay gets anew. */
  readonly disk?: 'snapshot' | 'kept';
  readonly icount: string;
  /** `signal`: in the middle of its work. */
  readonly end: 'poweroff' | 'signal';
}
/** The hardest first: where there is one round it is that. */
const ROWS: readonly Row[] = [
  { name: 'two harts, a disk', smp: 2, disk: 'snapshot', icount: 'shift=2', end: 'poweroff' },
  { name: 'one hart', smp: 1, icount: 'shift=3', end: 'poweroff' },
  { name: 'four harts, ended by a signal', smp: 4, icount: 'shift=2', end: 'signal' },
  { name: 'three harts, a disk that keeps what is written', smp: 3, disk: 'kept', icount: 'shift=2', end: 'poweroff' },
  { name: 'two harts that sleep as their host does', smp: 2, icount: 'shift=2,sleep=on', end: 'poweroff' },
  { name: 'a shift that follows the host', smp: 1, disk: 'snapshot', icount: 'shift=auto', end: 'signal' },
];

/** What somebody does; where it has to do with a disk, `d`. */
const LINES = [
  'cat /proc/uptime; date +%s',
  'head -c 300000 /dev/urandom | md5sum',
  'for i in 1 2 3 4; do (head -c 60000 /dev/urandom | md5sum) & done; wait',
  'sleep 5\x03',
  'ehco\x7f\x7f\x7fcho mended; cat /proc/interrupts | md5sum',
  // (Ctrl-D, typed before the terminal is the command's, would be a character like any other)
  `cat >/tmp/x <<E\n${'many words that are pasted at once, '.repeat(60)}\nE`,
  'find /proc -maxdepth 2 | wc -l; cat /proc/sys/kernel/random/uuid',
  'dmesg | tail -n 3; ls -l /bin | md5sum',
];
const DISK_LINES = [
  'md5sum /dev/vda',
  'dd if=/dev/urandom of=/dev/vda bs=4k count=40 seek=7 conv=notrunc 2>/dev/null; sync; md5sum /dev/vda',
  '(dd if=/dev/zero of=/dev/vda bs=512 count=9 seek=100 conv=notrunc; sync) 2>/dev/null & md5sum /dev/vda; wait',
  'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=64k 2>/dev/null | md5sum & dd if=/dev/vda bs=1k skip=64 2>/dev/null | md5sum; wait',
];

/** Runs wemu by that Node; input that it must not hear waits at its door. */
const replay = (node: string, args: readonly string[]): Promise<Finished> =>
  new Promise((resolve) => {
    const child = execFile(
      node,
      [CLI, ...args],
      { encoding: 'latin1', timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 64 << 20 },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin!.on('error', () => {}); // it may have ended
    child.stdin!.end('reboot -f\n');
  });

await describeGuest('a Linux that was typed to', ['kernel', 'busybox', 'firmware', 'modules'], () => {
  it.skipIf(ROUNDS > 0)('is typed to where WEMU_REPLAY_ROUNDS says how often', ({ skip }) => skip());
  it.each(Array.from({ length: ROUNDS }, (_, round) => ({ round, seed: SEED + round, ...ROWS[round % ROWS.length] })))(
    'replays to the same end, three times, and with other versions of Node: round $round, seed $seed: $name',
    { timeout: (5 + NODES.length) * PATIENCE },
    async ({ round, seed, smp, disk, icount, end }) => {
      const random = new SeededRandom(seed);
      const [log, file, image] = ['log', 'disk', 'image'].map((name) => join(folder, `${name}${round}`));
      if (disk) writeFileSync(image, random.bytes(1 << 20));
      const options = (rr: 'record' | 'replay'): string[] => {
        if (disk) copyFileSync(image, file);
        const drive = disk ? ['--drive', `file=${file},format=raw,if=virtio${disk === 'snapshot' ? ',snapshot=on' : ''}`] : [];
        return ['linux', '--smp', `${smp}`, ...drive, '--icount', `${icount},rr=${rr},rrfile=${log}`];
      };

      session = Session.pipes(options('record'));
      await session.expect('~ # ', PATIENCE);
      const lines = disk ? [...LINES, ...DISK_LINES] : LINES;
      for (let n = 0; n < 8; n++) {
        session.send(`${lines[random.next() % lines.length]}\n`);
        // the next one is often there before this one's work is done
        await sleep(random.next() % 400);
      }
      if (end === 'poweroff') {
        session.send('echo do""ne\n');
        await session.expect(/^done/m, PATIENCE);
        session.send('poweroff -f\n');
      } else session.interrupt();
      expect(await session.ended(PATIENCE)).toBe(end === 'poweroff' ? 0 : -1);
      const said = session.output;

      for (const [i, node] of [process.execPath, process.execPath, process.execPath, ...NODES].entries()) {
        const accel = ['tcg', 'tci', 'tcg,thread=sync'][i % 3];
        const { status, stdout, stderr } = await replay(node, [...options('replay'), '--accel', accel]);
        const what = `seed ${seed}, ${node}, ${accel}`;
        expect(stderr, what).toMatch(
          /^wemu: replay: (the guest has ended it \(guest-shutdown\)|it was ended \(\S+\)), after \d+ instructions\n$/,
        );
        expect([status, stdout], what).toEqual([0, said]);
      }
      for (const path of disk ? [log, file, image] : [log]) rmSync(path);
    },
  );
});
