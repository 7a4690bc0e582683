import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/session.js';
import { findOracle } from './oracle.js';

/** The first version whose QMP is as ours. */
const FIRST_VERSION = 10;
const oracle = findOracle();
const modern = oracle !== undefined && oracle.version >= FIRST_VERSION;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION} or later; WEMU_ORACLE names one)`;

/** Where the oracle sees it. */
const root = oracle?.root ?? '';
const folder = mkdtempSync(join(root === '' ? tmpdir() : join(root, 'tmp'), 'wemu-states-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** What a guest stores to the test finisher first of all. */
function guest(name: string, value: number): string {
  const path = join(folder, name);
  const upper = (value + 0x800) >>> 12;
  // lui a0, 0x100; lui a1, %hi(value); addi a1, a1, %lo(value); sw a1, 0(a0); j .
  const words = [0x0010_0537, (upper << 12) | 0x5b7, ((value - (upper << 12)) << 20) | 0x0005_8593, 0x00b5_2023, 0x0000_006f];
  writeFileSync(path, Uint32Array.from(words));
  return path;
}
const POWER_OFF = guest('off', 0x5555);
const RESET = guest('reset', 0x7777);
/** With a status. */
const FAIL = guest('fail', 0x3_3333);

/** `command`, or `EVENT` that is waited for. */
type Step = string;

/** Events, answers and states, in their order; at the end the exit status. */
async function talk(command: readonly string[], steps: readonly Step[]): Promise<string[]> {
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {}); // it may have ended
  const patience = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const said: string[] = [];
  let seen = 0;
  let rest = '';
  let isOver = false;
  let changed = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { QMP, event, data, return: value, error } = JSON.parse(line) as Record<string, Record<string, unknown>>;
      if (QMP) continue;
      const what = event ?? (error ? 'error' : 'return');
      said.push([what, JSON.stringify(error?.desc ?? data ?? value ?? {})].join(' '));
    }
    changed();
  });
  const status = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      isOver = true;
      clearTimeout(patience);
      changed();
      resolve(code);
    }),
  );
  /** The next line that begins so; those before it are passed. */
  const until = async (pattern: RegExp): Promise<void> => {
    for (;;) {
      const found = said.slice(seen).findIndex((line) => pattern.test(line));
      if (found >= 0) return void (seen += found + 1);
      if (isOver) return;
      await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  for (const step of ['qmp_capabilities', ...steps]) {
    if (/^[A-Z]/.test(step)) await until(new RegExp(`^${step} `));
    else {
      child.stdin.write(`{"execute": "${step}"}\n`);
      await until(/^(return|error) /);
    }
  }
  child.stdin.end();
  const code = await status;
  if (code === null) throw new Error(`${command[0]} went on for ever; it has said\n${said.join('\n')}`);
  said.push(`status ${code}`);
  return said;
}

describe.skipIf(!modern)(`run states, as QMP tells them${without}`, () => {
  it.each<[string[], Step[]]>([
    [
      ['-S', '-bios', 'none'],
      ['query-status', 'stop', 'query-status', 'cont', 'cont', 'stop', 'stop', 'query-status', 'cont', 'quit'],
    ],
    [
      ['-S', '-bios', 'none'],
      ['cont', 'stop', 'system_reset', 'query-status', 'cont', 'query-status', 'quit'],
    ],
    [
      ['-S', '-bios', POWER_OFF],
      ['query-status', 'cont', 'SHUTDOWN'],
    ],
    [
      ['-bios', FAIL, '-S'],
      ['cont', 'SHUTDOWN'],
    ],
    [
      ['-bios', FAIL, '-S', '-no-shutdown'],
      ['cont', 'STOP', 'query-status', 'cont', 'quit'],
    ],
    [
      ['-S', '-bios', POWER_OFF, '-action', 'shutdown=pause'],
      ['cont', 'STOP', 'query-status', 'stop', 'cont', 'system_reset', 'query-status', 'cont', 'STOP', 'query-status', 'quit'],
    ],
    [
      ['-S', '-bios', RESET, '-no-reboot'],
      ['cont', 'SHUTDOWN'],
    ],
    [
      ['-S', '-bios', RESET, '-no-reboot', '-no-shutdown'],
      ['cont', 'STOP', 'query-status', 'cont', 'system_reset', 'query-status', 'quit'],
    ],
    [
      ['-S', '-bios', RESET, '-action', 'reboot=shutdown'],
      ['system_reset', 'SHUTDOWN'],
    ],
  ])('%j: %j', async (args, steps) => {
    const common = ['-M', 'virt', '-display', 'none', '-serial', 'null', '-monitor', 'none', '-qmp', 'stdio', ...args];
    const theirs = await talk([...oracle!.command, ...common.map((arg) => arg.replace(folder, folder.slice(root.length)))], steps);
    const ours = await talk([process.execPath, CLI, ...common, '-accel', 'tci'], steps);
    expect(ours).toEqual(theirs);
  });
});
