/**
 * Semihosting calls on wemu and on QEMU 10 or later: all answers must agree. Left out is what tells the time, and what differs by intent: SYS_SYSTEM,
 * names of temporary files, unknown operations (QEMU aborts), `arg=` in a second option (QEMU repeats the first one's), and files
 * opened for appending, which QEMU writes from the beginning.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BUFFER, semihostingGuest, text, type Step, type Word } from '../support/semihosting-guest.js';
import { CLI } from '../support/session.js';
import { describeWith } from '../support/tools.js';
import { findOracle } from './oracle.js';

const FIRST_VERSION = 10;
const TIMEOUT_MS = 60_000;
const INPUT = 'input';

const oracle = findOracle();
const usable = oracle !== undefined && oracle.version >= FIRST_VERSION;

/** The oracle may see it by a shorter name. */
const top = mkdtempSync(join(oracle?.root ?? '', tmpdir(), 'wemu-semihosting-'));
const seen = top.slice(oracle?.root.length ?? 0);
afterAll(() => rmSync(top, { recursive: true }));

const call = (number: number, ...words: Word[]): Step => ({ call: number, words });
const SPECIAL = (name: string, mode: number): Step => call(0x01, text(name), mode, name.length);
const ERRNO = call(0x13);

/** What the guest does, with its files in `folder`. */
const scripts = (folder: string): Record<string, readonly Step[]> => {
  const path = (name: string): Word => text(`${folder}/${name}`);
  const length = `${folder}/f`.length;
  const OPEN = (name: string, mode: number): Step => call(0x01, path(name), mode, `${folder}/${name}`.length);
  const REMOVE = (name: string): Step => call(0x0e, path(name), `${folder}/${name}`.length);
  return {
    'files, written and read': [
      ...[OPEN('f', 6), call(0x05, 1, text('abcdef'), 6), call(0x0c, 1), call(0x0a, 1, 3), call(0x06, 1, BUFFER, 10), { dump: 3 }],
      ...[
        OPEN('f', 10),
        call(0x0a, 2, 6),
        call(0x05, 2, text('gh'), 2),
        call(0x0a, 2, 0),
        call(0x06, 2, BUFFER, 4),
        { dump: 4 },
        call(0x0a, 1, 100),
      ],
      ...[call(0x06, 1, BUFFER, 4), call(0x0a, 1, -1), ERRNO, call(0x05, 1, BUFFER, 0), call(0x06, 1, BUFFER, 0)],
      ...[OPEN('f', 0), call(0x09, 3), ERRNO, OPEN('f', 4), call(0x0c, 4), call(0x02, 2), OPEN('f', 0)],
    ],
    'files, refused': [
      ...[OPEN('none', 0), ERRNO, OPEN('no/f', 4), ERRNO, OPEN('f', 12), OPEN('f', 99), ERRNO, OPEN('sub', 4), ERRNO],
      ...[call(0x02, 9), ERRNO, call(0x0c, 9), call(0x09, 9), call(0x06, 9, BUFFER, 4), call(0x05, 9, BUFFER, 4), call(0x0a, 9, 0), ERRNO],
      ...[OPEN('f', 4), call(0x06, 1, BUFFER, 4), call(0x05, 1, 0, 4), call(0x06, 1, 0, 4), call(0x02, 1), call(0x02, 1), ERRNO],
      ...[OPEN('f', 0), call(0x05, 1, BUFFER, 2), call(0x01, path('f'), 0, length - 1), ERRNO, call(0x01, 1, 0, 1), ERRNO],
    ],
    'files, removed and renamed': [
      ...[OPEN('f', 4), call(0x0f, path('f'), length, path('g'), length), REMOVE('f'), ERRNO, REMOVE('g')],
      ...[call(0x0f, path('g'), length, path('f'), length), ERRNO, REMOVE('sub'), OPEN('sub/f', 4), ERRNO],
    ],
    ':tt': [
      ...[SPECIAL(':tt', 0), SPECIAL(':tt', 4), SPECIAL(':tt', 8), call(0x0c, 1), call(0x09, 1), ERRNO, call(0x0a, 2, 0), ERRNO],
      ...[
        call(0x06, 1, BUFFER, 16),
        { dump: 5 },
        call(0x06, 1, BUFFER, 16),
        call(0x02, 2),
        SPECIAL(':tt', 5),
        call(0x02, 2),
        call(0x02, 2),
      ],
      ...[
        { call: 4, value: text('console\n') },
        { call: 3, value: text('c') },
      ],
    ],
    ':semihosting-features': [
      ...[SPECIAL(':semihosting-features', 4), ERRNO, SPECIAL(':semihosting-features', 0), call(0x0c, 1), call(0x09, 1)],
      ...[call(0x06, 1, BUFFER, 8), { dump: 5 }, call(0x0a, 1, 5), call(0x0a, 1, 6), ERRNO, call(0x05, 1, BUFFER, 1), call(0x02, 1)],
    ],
    values: [
      ...[-1, 0, 5, 0x8000_0000].map((value) => call(0x08, value)),
      ...[
        call(0x31),
        call(0x19),
        { call: 0x30, value: 0 },
        ERRNO,
        { call: 0x16, value: 0 },
        call(0x16, BUFFER),
        { dump: 32 },
        call(0x16, 0),
        ERRNO,
      ],
    ] as Step[],
    'command line': [
      ...['x y'.length, 40, 12, 0, 100].map((size): Step => ({ call: 0x15, words: [BUFFER, size], block: 2 })),
      ...[{ dump: 8 }, ERRNO],
    ],
    'exit 300': [call(0x18, 0x20026, 300)],
    'exit, extended': [call(0x20, 0x20026, 7)],
    'exit for another reason': [call(0x18, 0x20023, 5)],
    'exit without a block': [{ call: 0x18, value: 0x20026 }, ERRNO],
  };
};

function run([command, ...before]: readonly string[], name: string, folder: string, ...after: string[]): Record<string, unknown> {
  const files = join(top, 'files');
  rmSync(files, { recursive: true, force: true });
  mkdirSync(join(files, 'sub'), { recursive: true });
  writeFileSync(join(top, 'guest.elf'), semihostingGuest(scripts(`${folder}/files`)[name]));
  const args = ['-M', 'virt', '-m', '32', '-bios', 'none', '-display', 'none', '-monitor', 'none', '-serial', `file:${folder}/serial`];
  const config = ['-kernel', `${folder}/guest.elf`, '-append', 'x y', '-semihosting-config', ['enable=on', ...after].join()];
  const { status, stdout, stderr } = spawnSync(command, [...before, ...args, ...config], {
    input: INPUT,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  });
  return { status, serial: readFileSync(join(top, 'serial'), 'utf8').split('\n'), stdout, stderr };
}

describeWith('riscv64-linux-gnu-gcc', `semihosting as QEMU 10's${usable ? '' : ' (skipped: WEMU_ORACLE is none)'}`, () => {
  it.runIf(usable).each(Object.keys(scripts('')))('%s', (name) => {
    const arg = name === 'command line' ? ['arg=guest.elf', 'arg=x y'] : [];
    const expected = run(oracle!.command, name, seen, ...arg);
    expect(run([process.execPath, CLI, '-accel', 'tci'], name, top, ...arg, `root=${top}/files`)).toEqual(expected);
  });
});
