/** The gdb stub's answers, here and by QEMU 10.0: both are asked the same, over the same program. What differs is in a table, with the reason. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesOf, encodePacket } from '../../src/gdbstub/packet.js';
import { CLI } from '../support/session.js';
import { findOracle } from './oracle.js';

const oracle = findOracle();
const isReference = oracle !== undefined && Math.floor(oracle.version) === 10;

// prettier-ignore
const PROGRAM = [
  0x00001517, // 80000000 auipc a0, 1
  0x00150593, //        4 addi a1, a0, 1
  0x00b53023, //        8 sd a1, 0(a0)
  0x00053603, //        c ld a2, 0(a0)
  0x00c5302f, //       10 amoadd.d zero, a2, (a0)
  0x0000006f, //       14 j .
];

const REGISTERS = ['g', 'p0', 'pa', 'p1f', 'p20', 'p21', 'p41', 'p182', 'p342', 'p343', 'p1ffff'];

/** What is asked, in this order; not bs and bc, at which QEMU ends with an assertion, nor D of another process, at which it falls silent. `vCont;c` and its like are answered when the machine has stopped. */
const SCRIPT: readonly string[] = [
  ...[
    'qC',
    'qfThreadInfo',
    '?',
    'qSupported:multiprocess+;swbreak+',
    'vMustReplyEmpty',
    '?',
    'qC',
    'qAttached:1',
    'qTStatus',
    'vCont?',
    '!',
  ],
  ...['Hgp0.0', 'Hgp1.2', 'Hgp1.9', 'Hg', 'Hcp1.1', 'Hc-1', 'Tp1.2', 'Tp1.9', 'qThreadExtraInfo,p1.1'],
  ...[
    'Hgp1.1',
    ...REGISTERS,
    'P5=1122334455667788',
    'p5',
    'P41=0100000000000000',
    'p41',
    'P41=0300000000000000',
    'P182=2a00000000000000',
    'p182',
    'P182=0000000000000000',
  ],
  ...['m80000000,18', 'm0,4', 'm10000007,1', 'M10000007,1:5a', 'M80002000,4:01020304', 'm80002000,8', 'M0,1:00', 'm80000000,zz'],
  ...['qqemu.PhyMemMode', 'Qqemu.PhyMemMode:1', 'qqemu.PhyMemMode', 'M10000007,1:5a', 'm10000007,1', 'Qqemu.PhyMemMode:0'],
  ...['qqemu.sstepbits', 'qqemu.sstep', 'Qqemu.sstep=8', 'Qqemu.sstep=7', 'qqemu.Supported'],
  ...['Z5,0,4', 'z0,80000000,4', 'Z1,80000000,4', 'vCont;c:p1.1', 'p20', 'z1,80000000,4', 'z1,80000000,4', 'vCont;s:p1.1', 'p20'],
  ...[
    'Z2,80001000,8',
    'vCont;c:p1.1',
    'p20',
    'm80001000,8',
    'vCont;c:p1.1',
    'p20',
    'z2,80001000,8',
    'Z3,80001000,1',
    'vCont;c:p1.1',
    'p20',
    'z3,80001000,1',
  ],
  ...[
    'Z4,80001007,1',
    'vCont;c:p1.1',
    'p20',
    'vCont;s:p1.1',
    'p20',
    'z4,80001007,1',
    'vCont;s:p1.1',
    'Z0,80000014,4',
    'vCont;c:p1.1',
    'p20',
    'g',
  ],
  ...['vCont;s:p5.1', 'vCont;c:p1.zz', 'D', 'T', 'qXfer:features:read:nosuch:0,10', '?', 'z0,80000014,4'],
];

/** The answer may differ, and why. */
const DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [/^qSupported/, 'wemu can do more'],
  [/^p343$/, 'misa of a hart with a hypervisor'],
  [/^qfThreadInfo/, 'wemu lists all threads at once'],
  [/^M10000007|^M0,/, 'wemu tells that a device, or nothing, was not written to'],
  [/zz$/, 'QEMU takes what is no number for an unknown packet'],
];

class Debugger {
  private text = '';
  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.text += text));
    socket.on('error', () => {});
  }
  static async connect(path: string): Promise<Debugger> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Debugger(socket);
  }
  async ask(packet: string): Promise<string> {
    this.socket.write(encodePacket(bytesOf(packet)));
    for (let n = 0; n < 600; n++) {
      const [whole, data] = /\$([^#]*)#../s.exec(this.text) ?? [];
      if (whole !== undefined) {
        this.text = '';
        this.socket.write('+');
        return data.replace(/\}(.)/gs, (_, each: string) => String.fromCharCode(each.charCodeAt(0) ^ 0x20));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return 'no answer';
  }
  end(): void {
    this.socket.destroy();
  }
}

interface Answers {
  readonly answers: readonly string[];
  /** Numbers of registers by name. */
  readonly registers: ReadonlyMap<string, number>;
}

async function converse(path: string): Promise<Answers> {
  const gdb = await Debugger.connect(path);
  const read = async (annex: string): Promise<string> => {
    for (let text = ''; ;) {
      const piece = await gdb.ask(`qXfer:features:read:${annex}:${text.length.toString(16)},400`);
      text += piece.slice(1);
      if (piece[0] === 'l') return text;
      expect(piece[0]).toBe('m');
    }
  };
  try {
    const answers: string[] = [];
    for (const packet of SCRIPT) answers.push(await gdb.ask(packet));
    const registers = new Map<string, number>();
    let number = 0;
    for (const [, annex] of (await read('target.xml')).matchAll(/href="([^"]+)"/g)) {
      for (const [, name, rest] of (await read(annex)).matchAll(/<reg name="(\w+)"([^>]*)/g)) {
        number = Number(/regnum="(\d+)"/.exec(rest)?.[1] ?? number);
        registers.set(name, number++);
      }
    }
    return { answers, registers };
  } finally {
    gdb.end();
  }
}

describe('the gdb stub', () => {
  const folder = mkdtempSync(join(oracle?.root ? join(oracle.root, 'tmp') : tmpdir(), 'wemu-gdb-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const code = join(folder, 'code.bin');
  writeFileSync(code, new Uint8Array(Uint32Array.from(PROGRAM).buffer));

  const start = async (name: string, program: string, args: readonly string[], root: string): Promise<Answers> => {
    const seen = (path: string): string => path.slice(root.length);
    const socket = join(folder, `${name}.sock`);
    const machine = '-M virt -cpu rv64 -smp 2 -m 64 -display none -serial null -monitor none -S'.split(' ');
    const child = spawn(program, [...args, ...machine, '-bios', seen(code), '-gdb', `unix:${seen(socket)},server=on,wait=off`], {
      stdio: 'ignore',
    });
    try {
      for (let n = 0; ; n++) {
        const answers = await converse(socket).catch((error: NodeJS.ErrnoException) => error);
        if (!(answers instanceof Error)) return answers;
        if (n === 100 || !['ENOENT', 'ECONNREFUSED'].includes(answers.code ?? '')) throw answers;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      child.kill('SIGKILL');
    }
  };

  it.skipIf(!isReference)(`answers as QEMU 10.0${isReference ? '' : ' (skipped: no QEMU 10)'}`, { timeout: 120_000 }, async () => {
    const [program, ...args] = oracle!.command;
    const theirs = await start('qemu', program, args, oracle!.root);
    const ours = await start('wemu', process.execPath, [CLI, '-accel', 'tci'], '');
    const differing = SCRIPT.map((packet, i) => ({ packet, qemu: theirs.answers[i], wemu: ours.answers[i] })).filter(
      ({ packet, qemu, wemu }) => qemu !== wemu && !DIFFERENCES.some(([known]) => known.test(packet)),
    );
    expect(differing).toEqual([]);
    const otherwise = [...ours.registers].filter(([name, number]) => (theirs.registers.get(name) ?? number) !== number);
    expect(otherwise).toEqual([]);
    // QEMU shows neither counters that read as zero nor what nobody may use at reset.
    const more = [...ours.registers.keys()].filter((name) => !theirs.registers.has(name));
    expect(more.filter((name) => !/^(stimecmp|m?hpm(counter|event)(19|2\d|3[01]))$/.test(name))).toEqual([]);
    // What is missing here is the hypervisor's.
    const missing = [...theirs.registers.keys()].filter((name) => !ours.registers.has(name));
    expect(missing.filter((name) => !/^(h|vs|mtinst|mtval2)/.test(name))).toEqual([]);
  });
});
