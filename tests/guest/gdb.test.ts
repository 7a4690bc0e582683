/** Debian's gdb on a Linux that boots: breakpoint, steps, watchpoint, backtrace, Ctrl-C, and then the shell comes all the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { describeGuest } from '../support/guest-files.js';
import { Session, wemu } from '../support/session.js';
import { symbolFile } from '../support/symbol-file.js';
import { hasTool, PACKAGES } from '../support/tools.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-gdb-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sessions: Session[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.kill()));

const PROMPT = '(gdb) ';
const MINUTE = 60_000;

/** wemu that waits for a debugger, and gdb connected to it. */
async function connected(name: string, args: readonly string[]): Promise<{ machine: Session; gdb: Session }> {
  const socket = join(folder, name);
  const machine = Session.pipes([...args, '-S', '-gdb', `unix:${socket}`]);
  const gdb = Session.program('gdb-multiarch', ['-nx', '-q', '-ex', 'set confirm off', '-ex', 'set pagination off', '-ex', 'set width 0']);
  sessions.push(machine, gdb);
  await gdb.expect(PROMPT, MINUTE);
  await ask(gdb, 'set architecture riscv:rv64');
  // a Unix socket is not tried again, and wemu may still be starting
  while (!(await ask(gdb, `target remote ${socket}`)).includes('0x0000000000001000'))
    await new Promise((resolve) => setTimeout(resolve, 200));
  return { machine, gdb };
}

/** Has gdb carry out a command; what it says. */
async function ask(gdb: Session, command: string): Promise<string> {
  const before = gdb.output.length;
  gdb.send(`${command}\n`);
  await gdb.expect(PROMPT, MINUTE);
  return gdb.output.slice(before);
}

const missing = hasTool('gdb-multiarch') ? undefined : `no gdb-multiarch, Debian package ${PACKAGES['gdb-multiarch']}`;

if (missing !== undefined) describe.skip(`gdb (skipped: ${missing})`, () => {});
else
  await describeGuest('gdb', ['kernel', 'busybox', 'firmware'], () => {
    it('debugs a booting kernel, which goes on to the shell', { timeout: 5 * MINUTE }, async () => {
      const { stdout } = wemu(['linux', '--', 'cat', '/proc/kallsyms'], { timeout: 2 * MINUTE });
      const symbols = [...stdout.matchAll(/^([0-9a-f]{16}) ([tTdDbBrR]) (\S+)$/gm)].map(([, address, type, name]) => ({
        name,
        address: BigInt(`0x${address}`),
        isData: !/t/i.test(type),
      }));
      const file = join(folder, 'symbols');
      writeFileSync(file, symbolFile(symbols));

      const { machine, gdb } = await connected('linux', ['linux']);
      await ask(gdb, `file ${file}`);
      await ask(gdb, 'hbreak start_kernel');
      expect(await ask(gdb, 'continue')).toMatch(/Breakpoint 1, 0x\w+ in start_kernel \(\)/);
      await ask(gdb, 'delete');
      expect(await ask(gdb, 'info registers priv')).toContain('[Supervisor]');
      const stepped = await ask(gdb, 'stepi 100');
      expect(stepped).toMatch(/^0xffffffff8\w+ in \w+ \(\)/);
      expect(stepped).not.toContain('start_kernel');

      await ask(gdb, 'watch *(int *)&system_state');
      expect(await ask(gdb, 'continue')).toMatch(/Old value = 0\s+New value = 1\s+0x\w+ in rest_init \(\)/);
      expect(await ask(gdb, 'backtrace 3')).toMatch(/#0 .* in rest_init \(\)\s+#1 .* in start_kernel \(\)\s+#2 .* in _start_kernel \(\)/);
      await ask(gdb, 'delete');

      gdb.send('continue\n');
      await gdb.expect('Continuing.', MINUTE);
      await machine.expect('Linux version', MINUTE);
      gdb.interrupt();
      await gdb.expect(/SIGINT[^]*\(gdb\) /, MINUTE);
      expect(await ask(gdb, 'info threads')).toContain('CPU#0');
      expect(await ask(gdb, 'monitor info status')).toContain('VM status: paused');
      expect(await ask(gdb, 'detach')).toContain('detached');
      await machine.expect('~ # ', MINUTE);
      machine.send('echo $((6*7))\n');
      await machine.expect(/^42/m, MINUTE);
    });
  });
