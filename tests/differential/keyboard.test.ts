/** What a PS/2 keyboard sends of every key, in every scan code set and translated, here and on QEMU 10's 40p: by QMP's send-key, read by its qtest protocol. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { KEY_NAMES, type Key } from '../../src/hw/core/keys.js';
import { I8042 } from '../../src/hw/input/i8042.js';
import { IsaRig } from '../../src/hw/isa/testing.js';

const [DATA, COMMAND, OUTPUT_FULL] = [0x60, 0x64, 1];
const PORTS = 0x8000_0000;
/** What is written to come to a mode: command byte, then the keyboard's set. */
const MODES = {
  'set 2': [[COMMAND, 0x60], [DATA, 0x03], [DATA, 0xf0], [DATA, 2]], // prettier-ignore
  translated: [[COMMAND, 0x60], [DATA, 0x43]], // prettier-ignore
  'set 1': [[COMMAND, 0x60], [DATA, 0x03], [DATA, 0xf0], [DATA, 1]], // prettier-ignore
  'set 3': [[DATA, 0xf0], [DATA, 3]], // prettier-ignore
} as const;
/** Alone, and with others; Print with Alt is another code in the manual than in QEMU, which takes Alt back first. */
const CHORDS: readonly (readonly Key[])[] = [
  ...KEY_NAMES.map((key) => [key]),
  ...[['ctrl', 'print'], ['shift', 'print'], ['ctrl', 'pause'], ['alt', 'pause'], ['ctrl', 'alt', 'delete'], ['shift', 'a']] as const, // prettier-ignore
];

interface Board {
  in(port: number): Promise<number>;
  out(port: number, value: number): Promise<void>;
  press(keys: readonly Key[]): Promise<void>;
}

/** Bytes of each chord in each mode. */
async function walk(board: Board): Promise<Record<string, string>> {
  const drain = async (): Promise<string> => {
    const bytes: string[] = [];
    while ((await board.in(COMMAND)) & OUTPUT_FULL) bytes.push((await board.in(DATA)).toString(16).padStart(2, '0'));
    return bytes.join(' ');
  };
  const seen: Record<string, string> = {};
  for (const [mode, words] of Object.entries(MODES)) {
    for (const [port, value] of words) await board.out(port, value);
    await drain();
    for (const keys of CHORDS) {
      await board.press(keys);
      seen[`${mode}, ${keys.join('-')}`] = await drain();
    }
  }
  return seen;
}

function ours(): Board {
  const rig = new IsaRig();
  const { keyboard } = rig.add(I8042);
  rig.m.reset();
  return {
    in: async (port) => rig.in(port),
    out: async (port, value) => rig.out(port, value),
    press: async (keys) => {
      for (const key of keys) keyboard.key(key, true);
      for (const key of [...keys].reverse()) keyboard.key(key, false);
    },
  };
}

const QEMU = (process.env.WEMU_PPC_ORACLE ?? 'qemu-system-ppc').split(' ');
const isQemu10 = / version 10\./.test(spawnSync(QEMU[0], [...QEMU.slice(1), '--version'], { encoding: 'utf8' }).stdout ?? '');
const ROM_SIZE = 1 << 20;
const SPIN = 0x4800_0000;
/** Of guest time, which is the host's. */
const HOLD_MS = 1;

/** A line out, a line in; `skip`: those that answer nothing. */
async function connectLines(path: string, skip: RegExp): Promise<(line: string) => Promise<string>> {
  const socket = createConnection(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async (line) => {
    socket.write(`${line}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the oracle is gone');
      if (!skip.test(value)) return value;
    }
  };
}

async function withQemu(use: (board: Board) => Promise<void>): Promise<void> {
  const root = QEMU[0] === 'chroot' ? QEMU[1] : '';
  const folder = mkdtempSync(join(root === '' ? tmpdir() : join(root, 'tmp'), 'wemu-keys-'));
  const inside = folder.slice(root.length);
  const rom = new DataView(new ArrayBuffer(ROM_SIZE));
  for (let at = 0; at < ROM_SIZE; at += 4) rom.setUint32(at, SPIN);
  writeFileSync(join(folder, 'rom'), new Uint8Array(rom.buffer));
  const sockets = ['qtest', 'qmp'].flatMap((name) => [`-${name}`, `unix:${inside}/${name},server=on,wait=off`]);
  const board = '-M 40p -vga none -net none -display none -serial null -monitor none -qtest-log /dev/null'.split(' ');
  const child = spawn(QEMU[0], [...QEMU.slice(1), ...board, '-bios', `${inside}/rom`, ...sockets], { stdio: 'ignore' });
  try {
    const connect = async (name: string, skip: RegExp): Promise<(line: string) => Promise<string>> => {
      for (let tries = 0; ; tries++) {
        try {
          return await connectLines(join(folder, name), skip);
        } catch (error) {
          if (tries === 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const [qtest, qmp] = [await connect('qtest', /^IRQ/), await connect('qmp', /^\{"(QMP|timestamp)"/)];
    await qmp('{"execute": "qmp_capabilities"}');
    await use({
      in: async (port) => Number((await qtest(`readb ${PORTS + port}`)).slice(3)) & 0xff,
      out: async (port, value) => void (await qtest(`writeb ${PORTS + port} ${value}`)),
      press: async (keys) => {
        const list = keys.map((data) => ({ type: 'qcode', data }));
        await qmp(JSON.stringify({ execute: 'send-key', arguments: { keys: list, 'hold-time': HOLD_MS } }));
        await new Promise((resolve) => setTimeout(resolve, 6 * HOLD_MS));
      },
    });
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!isQemu10)(`a keyboard${isQemu10 ? '' : ' (skipped: no QEMU 10; WEMU_PPC_ORACLE names one)'}`, () => {
  it("sends what QEMU's sends", { timeout: 300_000 }, async () => {
    const own = await walk(ours());
    await withQemu(async (board) => {
      let differences: string[][] = [];
      // Its time is the host's: a busy one may let go of a key late.
      for (let tries = 0; tries < 5 && (tries === 0 || differences.length > 0); tries++) {
        const theirs = await walk(board);
        differences = Object.keys(own).flatMap((chord) => (own[chord] === theirs[chord] ? [] : [[chord, own[chord], theirs[chord]]]));
      }
      expect(differences).toEqual([]);
    });
  });
});
