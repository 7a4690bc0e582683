/** A session at the prompt of OpenBIOS on 40p, line by line: in both engines, and on QEMU 10 with the same firmware. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CLI, Session } from '../support/session.js';

const FIRMWARE = process.env.WEMU_OPENBIOS ?? '/usr/share/qemu/openbios-ppc';
const QEMU = (process.env.WEMU_PPC_ORACLE ?? 'qemu-system-ppc').split(' ');
const isQemu10 = / version 10\./.test(spawnSync(QEMU[0], [...QEMU.slice(1), '--version'], { encoding: 'utf8' }).stdout ?? '');
const missing = !existsSync(FIRMWARE) ? 'no qemu-system-data' : isQemu10 ? '' : 'no QEMU 10; WEMU_PPC_ORACLE names one';

const BOARD = ['-M', '40p', '-nographic', '-no-reboot', '-bios'];
/** Without what Debian has in other packages, and what only QEMU would speak to. */
const ONLY_QEMU = ['-vga', 'none', '-global', 'pcnet.romfile='];
const ENGINES = [
  ['tci', 'tci'],
  ['all code generated', 'tcg,thread=sync,threshold=1'],
] as const;
const BOOT_MS = 180_000;
const COMMAND_MS = 60_000;
const PROMPT = /\r\n\d > $/;

const NODES = [
  ...[
    '/',
    '/aliases',
    '/openprom',
    '/options',
    '/chosen',
    '/packages',
    '/cpus/PowerPC,604@0',
    '/memory@0',
    '/rom@ff800000',
    '/pci@80000000',
  ],
  ...['lsi53c810@1', 'pcnet@3', 'isa@b', 'isa@b/serial@0', 'isa@b/8042@0/keyboard@0', 'nothing@7'].map((name) => `/pci@80000000/${name}`),
];
const COMMANDS = [
  ...['3 4 + .', 'hex .s', 'show-devs', 'printenv', 'devalias', 'words', 'see boot'],
  ...NODES.flatMap((node) => [`dev ${node} .properties`, 'ls']),
  // what boots nothing
  ...['boot', 'boot cd:,foo', 'boot net', 'load hd:1', 'boot-device type', 'setenv boot-device hd:', 'printenv', 'reset-all', 'go'],
  // arithmetic, and errors
  ...['foo', '1 0 /', '0 @', '.s clear', '.', 'pwd', 'abort" oops"', ': sq dup * ; 7 sq .', 'variable x 5 x ! x @ .', '" hello" type cr'],
  ...['-5 3 / . -5 3 mod . 7 -2 /mod . .', '12345678 9abcdef0 um* u. u.', '80000000 -1 / .', '80000001 dup * u.', 'decimal 255 hex .'],
  // devices: configuration, UART, keyboard controller, system I/O, ROM
  ...['5808 pci-l@ .', '80000064 c@ 10 and .', '800003fd c@ .', '80000398 2 dump', '80000840 20 dump', 'fff00000 80 dump', '.registers'],
  'bye',
] as const;

/** Where OpenBIOS has put something depends on what came before: QEMU has a CD-ROM drive there. */
const text = (answer: string): string[] =>
  answer
    .replaceAll('\r', '')
    .replace(/\bfff\w{5}\b/g, 'somewhere')
    .split('\n')
    .filter((line) => !/\bsd@2/.test(line));

let session: Session | undefined;
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'wemu-openbios-'))));
afterEach(() => session?.kill());
afterAll(() => rmSync(folder, { recursive: true }));

/** What is said to the end of the boot, and then to each command. */
async function talk(program: string, args: readonly string[]): Promise<string[][]> {
  session = Session.program(program, args);
  let from = 0;
  const answer = async (end: RegExp, ms: number): Promise<string[]> => {
    await session!.expect(end, ms);
    const said = session!.output.slice(from);
    from += said.length;
    return text(said.trimEnd());
  };
  const all = [await answer(PROMPT, BOOT_MS)];
  for (const command of COMMANDS) {
    session.send(`${command}\r`);
    all.push(await answer(command === 'bye' ? /of_startup returned!/ : PROMPT, COMMAND_MS));
  }
  session.kill();
  return all;
}

describe.skipIf(missing !== '')(`OpenBIOS on 40p${missing === '' ? '' : ` (skipped: ${missing})`}`, () => {
  let firmware: string;
  let theirs: string[][];
  beforeAll(async () => {
    firmware = join(folder, 'openbios-ppc');
    copyFileSync(FIRMWARE, firmware);
    theirs = await talk(QEMU[0], [...QEMU.slice(1), ...BOARD, firmware, ...ONLY_QEMU]);
  });

  it.each(ENGINES)('says what it says on QEMU (%s)', async (_, accel) => {
    const ours = await talk(process.execPath, [CLI, ...BOARD, firmware, '-accel', accel]);
    expect(ours).toEqual(theirs);
    expect(theirs.flat().length).toBeGreaterThan(300);
  });
});
