/**
 * Registers of ISA devices asked at random, here and of QEMU 10's 40p by its qtest protocol: interrupt controllers with lines that go up and down, DMA
 * controllers, timer (whose time stands), and the RAM of both clocks. What each does otherwise (docs/ppc.md) is not asked.
 */
import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { I82374 } from '../../src/hw/dma/i82374.js';
import { createI8259Pair, I8259 } from '../../src/hw/intc/i8259.js';
import { NullChardev } from '../../src/chardev/chardev.js';
import { ParallelIsa } from '../../src/hw/char/parallel.js';
import { IsaRig } from '../../src/hw/isa/testing.js';
import { IsaM48t59 } from '../../src/hw/rtc/m48t59.js';
import { Mc146818Rtc } from '../../src/hw/rtc/mc146818rtc.js';
import { I8254 } from '../../src/hw/timer/i8254.js';
import { SeededRandom } from '../../src/util/random.js';

type Op =
  | { readonly kind: 'in'; readonly port: number }
  | { readonly kind: 'out'; readonly port: number; readonly value: number }
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'line'; readonly line: number; readonly level: number };

const read = (port: number): Op => ({ kind: 'in', port });
const write = (port: number, value: number): Op => ({ kind: 'out', port, value });
type Draw = (random: SeededRandom) => Op[];
const below = (random: SeededRandom, n: number): number => random.next() % n;
const pick = <T>(random: SeededRandom, list: readonly T[]): T => list[below(random, list.length)];

const initializePics = (vectors: number, icw4: number): Op[] =>
  [0x20, 0xa0].flatMap((port, n) => [
    ...[write(port, 0x11), write(port + 1, vectors + 8 * n), write(port + 1, n === 0 ? 4 : 2), write(port + 1, icw4), write(port + 1, 0)],
  ]);

const programCounter = (n: number, mode: number, count: number): Op[] => [
  ...[write(0x43, (n << 6) | 0x30 | (mode << 1)), write(0x40 + n, count & 0xff), write(0x40 + n, count >> 8)],
];

const KINDS: Readonly<Record<string, { readonly begin: readonly Op[]; readonly draw: Draw }>> = {
  'interrupt controllers': {
    begin: [...programCounter(0, 0, 0xffff), ...initializePics(0x08, 1)], // the timer's line is low
    draw: (random) => {
      const base = pick(random, [0x20, 0xa0]);
      switch (below(random, 12)) {
        case 0:
          return [write(base, pick(random, [0x0a, 0x0b])), read(base)];
        case 1:
          return [write(base + 1, below(random, 256)), read(base + 1)];
        case 2:
          return [write(base, (below(random, 8) << 5) | below(random, 8))]; // OCW2, all
        case 3:
          return [write(base, 0x0c), read(base)]; // poll
        case 4:
          return below(random, 8) === 0 ? initializePics(below(random, 32) << 3, pick(random, [1, 3, 0x11])) : [];
        case 5:
        case 6:
          return [{ kind: 'acknowledge' }];
        default:
          return [{ kind: 'line', line: pick(random, [3, 4, 5, 6, 7, 9, 10, 11, 14]), level: below(random, 2) }];
      }
    },
  },
  'DMA controllers': {
    begin: [],
    draw: (random) => {
      const second = below(random, 2);
      const [base, shift] = second ? [0xc0, 1] : [0, 0];
      const register = base + (below(random, 8) << shift);
      switch (below(random, 6)) {
        case 0:
        case 1:
          // Current registers follow when both bytes are there: half of them is not looked at.
          return [
            ...[write(base + (12 << shift), 0), write(register, below(random, 256)), write(register, below(random, 256))],
            ...[read(register), read(register)],
          ];
        case 2:
          return [write(base + (13 << shift), 0)];
        case 3: {
          const page = pick(random, [0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f]);
          return [write(page, below(random, 256)), read(page)];
        }
        case 4:
          return [write(base + (10 << shift), below(random, 8)), read(base + (8 << shift))];
        default:
          return [write(base + (12 << shift), 0), read(register), read(register)];
      }
    },
  },
  timer: {
    begin: [...programCounter(0, 2, 1000), ...programCounter(1, 3, 1000)],
    draw: (random) => {
      const n = below(random, 2);
      const port = 0x40 + n;
      switch (below(random, 3)) {
        case 0:
          return programCounter(n, pick(random, [0, 2, 3]), 2 + below(random, 0xfffe));
        case 1:
          return [write(0x43, n << 6), read(port), read(port)];
        default:
          return [write(0x43, 0xd0 | (2 << n)), read(port), read(port)]; // read-back of the count
      }
    },
  },
  'parallel port': {
    // what the PC87312 has made of it before anybody looks
    begin: [read(0x378), read(0x379), read(0x37a)],
    draw: (random) => {
      switch (below(random, 5)) {
        case 0:
          return [write(0x378, below(random, 256)), read(0x378)];
        case 1:
          return [read(0x379)];
        case 2:
          return [read(0x378 + below(random, 8))];
        // selected, without reset, most of the time
        case 3:
          return [write(0x37a, 0x0c | below(random, 2) | (below(random, 2) << 4) | (below(random, 2) << 5)), read(0x37a)];
        default:
          return below(random, 4) ? [] : [write(0x37a, below(random, 256)), read(0x37a), read(0x379)];
      }
    },
  },
  'RAM of the clocks': {
    begin: [],
    draw: (random) => {
      if (below(random, 2)) {
        const at = 0x0e + below(random, 0x24);
        return [write(0x70, at), ...(below(random, 2) ? [write(0x71, below(random, 256))] : []), write(0x70, at), read(0x71)];
      }
      const at = 0x100 + below(random, 0x1e00);
      const address = [write(0x74, at & 0xff), write(0x75, at >> 8)];
      // QEMU's address is 0 after a write.
      return [...address, ...(below(random, 2) ? [write(0x77, below(random, 256)), ...address] : []), read(0x77)];
    },
  },
};

const RAM_AT_FIRST: readonly Op[] = Array.from({ length: 0x24 }, (_, n) => [write(0x70, 0x0e + n), write(0x71, n)]).flat();

function runHere(ops: readonly Op[]): number[] {
  const rig = new IsaRig();
  const master = createI8259Pair(
    rig.bus,
    (properties) => rig.add(I8259, properties),
    rig.line(() => {}),
  );
  rig.add(I82374);
  rig.add(I8254);
  rig.add(Mc146818Rtc);
  rig.add(IsaM48t59);
  rig.add(ParallelIsa, { irq: 5 }, (port) => void (port.chardev = new NullChardev('parallel0')));
  rig.m.reset();
  return ops.flatMap((op) => {
    if (op.kind === 'in') return [rig.in(op.port)];
    if (op.kind === 'acknowledge') return [master.acknowledge()];
    if (op.kind === 'out') rig.out(op.port, op.value);
    else rig.bus.lines[op.line].set(op.level);
    return [];
  });
}

const QEMU = (process.env.WEMU_PPC_ORACLE ?? 'qemu-system-ppc').split(' ');
const isQemu10 = / version 10\./.test(spawnSync(QEMU[0], [...QEMU.slice(1), '--version'], { encoding: 'utf8' }).stdout ?? '');
const OPTIONS = '-M 40p -vga none -net none -display none -serial null -monitor none -S -qtest stdio';
/** The interrupt controllers, among what QEMU's board has. */
const PICS = ['/machine/unattached/device[4]', '/machine/unattached/device[5]'] as const;

function command(op: Op): string {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  if (op.kind === 'in') return `readb ${hex(0x8000_0000 + op.port)}`;
  if (op.kind === 'out') return `writeb ${hex(0x8000_0000 + op.port)} ${hex(op.value)}`;
  if (op.kind === 'acknowledge') return 'readb 0xbffffff0';
  return `set_irq_in ${PICS[op.line >> 3]} unnamed-gpio-in ${op.line & 7} ${op.level}`;
}

/** It does not end with its input: it is ended when it has answered all. */
function runQemu(ops: readonly Op[]): Promise<number[]> {
  const child = spawn(QEMU[0], [...QEMU.slice(1), ...OPTIONS.split(' ')]);
  child.stdin.on('error', () => {}).write(ops.map((op) => `${command(op)}\n`).join(''));
  return new Promise((resolve, reject) => {
    let [text, errors] = ['', ''];
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    child.on('error', reject).on('exit', () => reject(new Error(`${errors}\n${text.slice(-200)}`)));
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const answers = text.match(/^(OK|FAIL|ERR).*\n/gm) ?? [];
      if (answers.length < ops.length) return;
      child.removeAllListeners('exit').kill('SIGKILL');
      const values = answers.map((line) => Number(line.slice(3)));
      resolve(values.filter((_, n) => ops[n].kind === 'in' || ops[n].kind === 'acknowledge').map((value) => value & 0xff));
    });
  });
}

describe.skipIf(!isQemu10)(`ISA devices${isQemu10 ? '' : ' (skipped: no QEMU 10; WEMU_PPC_ORACLE names one)'}`, () => {
  const seed = Number(process.env.WEMU_SEED ?? Date.now() % 1_000_000);
  it.each(Object.entries(KINDS))(`%s, WEMU_SEED=${seed}`, async (_, { begin, draw }) => {
    const random = new SeededRandom(seed);
    const ops: Op[] = [...begin, ...(begin.length === 0 ? RAM_AT_FIRST : [])];
    while (ops.length < 4000) ops.push(...draw(random));
    const [own, theirs] = [runHere(ops), await runQemu(ops)];
    const asked = ops.flatMap((op, n) => (op.kind === 'in' || op.kind === 'acknowledge' ? [n] : []));
    const first = own.findIndex((value, n) => value !== theirs[n]);
    const story = first < 0 ? '' : ops.slice(Math.max(0, asked[first] - 30), asked[first] + 1).map(command).join('\n'); // prettier-ignore
    expect(first, `${story}\nhere ${own[first]}, QEMU ${theirs[first]}`).toBe(-1);
    expect(own.length).toBeGreaterThan(500);
  });
});
