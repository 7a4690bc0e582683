/** The CPIOM from outside, while its firmware runs: snapshots, gdb; and what a user may give it that is wrong. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Session, wemu } from '../support/session.js';
import { hasTool, PACKAGES } from '../support/tools.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-cpiom-control-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sessions: Session[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.kill()));

const MINUTE = 60_000;
const BOARD = ['-M', 'cpiom', '-monitor', 'none'];

function start(...args: string[]): Session {
  const session = Session.pipes([...BOARD, ...args]);
  sessions.push(session);
  return session;
}

it('goes on from a snapshot in the middle of a line, with its timers and what was typed', { timeout: 2 * MINUTE }, async () => {
  const first = start('-serial', 'mon:stdio', '-snapshot-dir', folder);
  await first.expect('cpiom> ', MINUTE);
  first.send('pe');
  await first.expect('pe', MINUTE);
  first.send('\x01c');
  await first.expect('(wemu) ', MINUTE);
  first.send('savevm typed\n');
  await first.expect('(wemu) ', MINUTE);
  first.send('loadvm typed\n');
  await first.expect('(wemu) ', MINUTE);
  first.send('\x01c');
  first.send('ek 0x24000000\r');
  await first.expect('24000000: nobody answers', MINUTE);
  first.kill();
  const second = start('-serial', 'stdio', '-snapshot-dir', folder, '-loadvm', 'typed');
  second.send('ek 0x100\r');
  await second.expect(/00000100: [\da-f]{8}/, MINUTE);
  second.send('test tick\roff 7\r');
  await second.expect(/tick .* ok/, MINUTE);
  expect(await second.ended(MINUTE)).toBe(7);
});

const missing = hasTool('gdb-multiarch') ? '' : ` (skipped: no gdb-multiarch, Debian package ${PACKAGES['gdb-multiarch']})`;
it.skipIf(missing !== '')(`is looked into by gdb, and goes on${missing}`, { timeout: 3 * MINUTE }, async () => {
  const socket = join(folder, 'gdb');
  const board = start('-serial', 'stdio', '-gdb', `unix:${socket},server=on,wait=off`);
  await board.expect('cpiom> ', MINUTE);
  const commands = ['set architecture powerpc:common', 'set endian big', `target remote ${socket}`, 'info registers', 'x/i 0xfff00100'];
  commands.push('info registers spr', 'set $sprg2 = 0x1234', 'print/x $sprg2', 'set $pvr = 0', 'print/x $pvr');
  const words = commands.flatMap((command) => ['-ex', command]);
  const gdb = Session.program('gdb-multiarch', ['-nx', '-q', '-batch', ...words, '-ex', 'detach']);
  sessions.push(gdb);
  expect(await gdb.ended(MINUTE)).toBe(0);
  expect(gdb.output).toMatch(/^r1 +0x[\da-f]+/m);
  expect(gdb.output).toMatch(/^msr +0x4b032/m); // EE, FP, ME, IR and DR: the prompt waits
  expect(gdb.output).toMatch(/0xfff00100:\s+lis +r3,-16/);
  expect(gdb.output).toMatch(/^hid2 +0x40000/m);
  expect(gdb.output).toMatch(/^dbat7l +0x/m);
  expect(gdb.output).toMatch(/= 0x1234\n[^]*= 0x83208\n/); // PVR cannot be written
  board.send('off 5\r');
  expect(await board.ended(MINUTE)).toBe(5);
});

describe('what is wrong', () => {
  const run = (input: string, ...args: string[]) => wemu(['-M', 'cpiom', '-nographic', ...args], { input });
  const OFF = 'off 3\r';

  it.each(['0x12345678', 'deadbeef', '601', '999'])('a processor that there is not: %s', (cpu) => {
    const { status, stderr, stdout } = run('', '-cpu', cpu);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^wemu: -cpu[^\n]*\n$/);
    expect(stderr).toContain(cpu);
  });

  it('a flash file that cannot be written, unless it need not be', () => {
    const file = join(folder, 'sealed');
    writeFileSync(file, new Uint8Array(8 << 20));
    chmodSync(file, 0o444);
    const drive = `if=none,id=mxfc-flash-data,format=raw,file=${file}`;
    if (process.getuid?.() !== 0) {
      expect(run('', '-drive', drive)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^wemu: -drive id=mxfc-flash-data: [^\n]*\n$/) as string,
      });
    }
    expect(run(OFF, '-drive', `${drive},readonly=on`)).toMatchObject({ status: 3 });
  });
});
