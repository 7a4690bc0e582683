/** The CPIOM from outside, while its firmware runs: gdb, QMP and snapshots; and what a guest or a user may do wrong with its parts. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Session, wemu } from '../support/session.js';
import { hasTool } from '../support/tools.js';

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

describe.skipIf(!hasTool('gdb-multiarch'))('gdb', () => {
  const PROMPT = '(gdb) ';
  const ask = async (gdb: Session, command: string): Promise<string> => {
    const before = gdb.output.length;
    gdb.send(`${command}\n`);
    await gdb.expect(PROMPT, MINUTE);
    return gdb.output.slice(before);
  };

  it('debugs the firmware from its first instruction to its prompt', { timeout: 2 * MINUTE }, async () => {
    const socket = join(folder, 'gdb');
    const board = start('-serial', 'stdio', '-S', '-gdb', `unix:${socket}`);
    const gdb = Session.program('gdb-multiarch', [
      '-nx',
      '-q',
      '-ex',
      'set confirm off',
      '-ex',
      'set pagination off',
      '-ex',
      'file guests/cpiom.elf',
    ]);
    sessions.push(gdb);
    await gdb.expect(PROMPT, MINUTE);
    while (!(await ask(gdb, `target remote ${socket}`)).includes('0xfff00100')) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await ask(gdb, 'info registers msr pvr')).toMatch(/msr +0x40 .*\s+pvr +0x83208 /);

    await ask(gdb, 'hbreak mmu_on');
    expect(await ask(gdb, 'continue')).toMatch(/Breakpoint 1, 0x\w+ in mmu_on \(\)/);
    expect(await ask(gdb, 'stepi 10')).toMatch(/0x\w+ in mmu_on \(\)/);
    await ask(gdb, 'delete');
    // written by the serial port's handler
    await ask(gdb, 'watch *(int *)&serial_interrupts');
    gdb.send('continue\n');
    await board.expect('cpiom> ', MINUTE);
    board.send('\r');
    await gdb.expect(/New value = 1\s+0x\w+ in console_interrupt \(\)\s+\(gdb\) /, MINUTE);
    await ask(gdb, 'delete');

    await ask(gdb, 'hbreak command');
    gdb.send('continue\n');
    await gdb.expect('Continuing.', MINUTE);
    board.send('peek 0x100\r');
    await gdb.expect(/Breakpoint \d, 0x\w+ in command \(\)\s+\(gdb\) /, MINUTE);
    expect(await ask(gdb, 'x/s $r3')).toContain('"peek 0x100"');
    // another line than was typed
    await ask(gdb, 'set {char[5]} $r3 = "pci"');
    await ask(gdb, 'delete');
    expect(await ask(gdb, 'monitor info status')).toContain('VM status: paused');
    expect(await ask(gdb, 'detach')).toContain('detached');
    await board.expect('00:01.0 1057:4d58', MINUTE);
  });
});

it('is worked by QMP', { timeout: 2 * MINUTE }, async () => {
  const port = join(folder, 'serial');
  const session = start('-serial', `file:${port}`, '-qmp', 'stdio');
  const ask = async (execute: string, args: object, answer: RegExp | string): Promise<void> => {
    session.send(`${JSON.stringify({ execute, arguments: args })}\n`);
    await session.expect(answer, MINUTE);
  };
  await session.expect('"QMP"', MINUTE);
  await ask('qmp_capabilities', {}, '{"return": {}}');
  await ask('query-status', {}, /"status": "running"/);
  await ask('query-cpus-fast', {}, /"target": "ppc"/);
  await ask('stop', {}, '"event": "STOP"');
  await ask('human-monitor-command', { 'command-line': 'info registers' }, /PVR 00083208/);
  await ask('human-monitor-command', { 'command-line': 'info pci' }, /1057:4d58/);
  await ask('human-monitor-command', { 'command-line': 'xp/1wx 0x20030040' }, /20030040: 0x/);
  await ask('qom-list', { path: '/machine' }, /"name": "type"/);
  await ask('query-pci', {}, /"slot": 1/);
  const memory = join(folder, 'memory');
  await ask('pmemsave', { val: 0xfff0_0100, size: 16, filename: memory }, /"return": \{\}/);
  await ask('cont', {}, '"event": "RESUME"');
  await ask('system_reset', {}, '"event": "RESET"');
  await ask('query-status', {}, /"status": "running"/);
  await ask('quit', {}, '"event": "SHUTDOWN"');
  expect(await session.ended(MINUTE)).toBe(0);
});

it('goes on from a snapshot that QMP has had made, with its timers and what was typed', { timeout: 2 * MINUTE }, async () => {
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

  it('configuration cycles to who is not there: all ones, and an interrupt that says so', () => {
    const read = (address: number): string => `poke 0x20030000 ${address}\rpeek 0x20030004\r`;
    // slot 5; a function that mxfc has not; another bus; not enabled
    const { status, stdout } = run(`${[0x80002800, 0x80000900, 0x80010000, 0x00000800].map(read).join('')}peek 0x20010040\r${OFF}`);
    expect(status).toBe(3);
    expect(stdout.match(/20030004: ffffffff/g)).toHaveLength(4);
  });

  it('BARs over the device itself, and all of them at one place', () => {
    const put = (register: number, value: number): string => `poke 0x20030000 ${0x80000800 + register}\rpoke 0x20030004 ${value}\r`;
    const swapped = (value: number): number =>
      Number(BigInt.asUintN(32, BigInt(((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24))));
    // BAR1 over the registers that the console is in, BAR2 over BAR1, and back
    const all = [
      put(0x14, swapped(0x9200_0000)),
      put(0x18, swapped(0x9200_0000)),
      put(0x14, swapped(0x9000_0000)),
      put(0x18, swapped(0x9100_0000)),
    ].join('');
    expect(run(`${all}peek 0x91000000\r${OFF}`)).toMatchObject({ status: 3 });
  });
});
