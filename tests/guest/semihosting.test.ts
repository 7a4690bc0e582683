/** Semihosting through the command line: the same answers in every engine. What QEMU answers is in tests/differential/semihosting.test.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { hasPty, Session, wemu } from '../support/session.js';
import { BUFFER, label, semihostingGuest, text, type GuestOptions, type Step } from '../support/semihosting-guest.js';
import { describeWith } from '../support/tools.js';

const ENGINES = { tci: 'tci', 'forced wasm': 'tcg,thread=sync,threshold=1', default: 'tcg' } as const;
const folder = mkdtempSync(join(tmpdir(), 'wemu-semihosting-'));
const root = join(folder, 'root');
mkdirSync(root);
afterAll(() => rmSync(folder, { recursive: true }));

let session: Session | undefined;
afterEach(() => session?.kill());

const ELF = join(folder, 'guest.elf');
function guest(steps: readonly Step[], options?: GuestOptions): void {
  writeFileSync(ELF, semihostingGuest(steps, options));
}
const args = (engine: string, ...more: string[]): string[] => [
  '-M',
  'virt',
  '-m',
  '32',
  '-bios',
  'none',
  '-accel',
  engine,
  '-kernel',
  ELF,
  ...more,
];
/** Answers as numbers, -1 for all ones. */
const answers = (stdout: string): number[] => stdout.trim().split('\n').map((line) => Number(BigInt.asIntN(64, BigInt(`0x${line}`)))); // prettier-ignore

const RUN_AGAIN = 200;
const HELLO: Step[] = [{ call: 4, value: text('hello\n') }];
const EXIT_5: Step = { call: 0x18, words: [0x20026, 5] };

describeWith('riscv64-linux-gnu-gcc', 'semihosting', () => {
  for (const [name, engine] of Object.entries(ENGINES)) {
    it(`${name}: console on standard error, :tt on standard output, status`, () => {
      const open: Step = { call: 1, words: [text(':tt'), 4, 3] };
      guest([...Array.from({ length: RUN_AGAIN }, () => HELLO).flat(), open, { call: 5, words: [1, text('out\n'), 4] }, EXIT_5]);
      const { status, stdout, stderr } = wemu(args(engine, '-semihosting'));
      expect(stderr).toBe('hello\n'.repeat(RUN_AGAIN));
      expect(stdout.split('\n').filter((line) => !line.startsWith('0'))).toEqual(['out', '']);
      expect(status).toBe(5);
    });

    it.each([
      ['M', 3, [], undefined],
      ['S', 1, [], undefined],
      ['U', 0, [], 3],
      ['U, userspace=on', 0, ['-semihosting-config', 'userspace=on'], undefined],
      ['M, off', 3, ['-semihosting-config', 'enable=off'], 3],
    ] as const)(`${name}: from %s`, (_, privilege, more, trapped) => {
      guest([...HELLO, EXIT_5], { privilege });
      const { status, stdout, stderr } = wemu(args(engine, '-semihosting', ...more));
      expect([status, stderr]).toEqual(trapped === undefined ? [5, 'hello\n'] : [3, '']);
      // cause 3, and mtval is the ebreak
      if (trapped !== undefined) expect(stdout).toBe(`T${'3'.padStart(16, '0')}\n${'4'.padStart(16, '0')}\n`);
    });

    it(`${name}: what stands around an ebreak may change`, () => {
      // The first time served; then srai becomes a nop, and the ebreak traps.
      const semi = 'semi: slli x0, x0, 0x1f\n ebreak\nafter: srai x0, x0, 7\n la t0, after\n li t1, 0x13\n sw t1, 0(t0)\n fence.i\n ret';
      guest([...HELLO, ...HELLO], { semi });
      const { status, stderr } = wemu(args(engine, '-semihosting'));
      expect([status, stderr]).toEqual([3, 'hello\n']);
    });

    it(`${name}: RV32`, () => {
      guest([...HELLO, { call: 0x31, words: [] }, { call: 0xff, words: [] }, { call: 0x20, words: [0x20026, 7] }], { xlen: 32 });
      const { status, stdout, stderr } = wemu(args(engine, '-semihosting', '-cpu', 'rv32'));
      expect([status, stdout, stderr]).toEqual([7, 'deadbeef\n3b9aca00\nffffffff\n', 'hello\n']);
    });

    if (name === 'default') continue; // where the call is does not make code hot

    // By halfwords: slli x0,x0,0x1f; ebreak; srai x0,x0,7; ret.
    const SEQUENCE = '0x1013, 0x01f0, 0x0073, 0x0010, 0x5013, 0x4070, 0x8067, 0';
    const at = (offset: number, sequence = SEQUENCE): string => `.fill ${offset / 2}, 2, 0\nsemi: .half ${sequence}`;
    it.each([
      ['offset 0', at(0), true],
      ['0x100', at(0x100), true],
      ['an odd halfword', at(0x102), true],
      ['the page end', at(0xff4), true],
      ['srai into the next page', at(0xff6), true],
      ['srai in the next page', at(0xff8), false],
      ['slli in the page before', at(0xffc), false],
      ['another srai', at(0, SEQUENCE.replace('4070', '4060')), false],
      ['another slli', at(0, SEQUENCE.replace('01f0', '01e0')), false],
      ['c.ebreak', at(0, SEQUENCE.replace('0x0073, 0x0010', '0x9002')), false],
    ])(`${name}: the sequence, %s`, (_, semi, served) => {
      guest([...HELLO, EXIT_5], { semi });
      const { status, stderr } = wemu(args(engine, '-semihosting'));
      expect([status, stderr]).toEqual(served ? [5, 'hello\n'] : [3, '']);
    });
  }

  it('files: those of the folder, and no others', () => {
    writeFileSync(join(folder, 'outside'), 'secret');
    symlinkSync('../outside', join(root, 'link'));
    const name = text('made.txt');
    guest([
      { call: 1, words: [name, 4, 8] }, { call: 5, words: [1, text('abcdef'), 6] }, { call: 2, words: [1] },
      { call: 1, words: [name, 0, 8] }, { call: 0x0c, words: [1] }, { call: 0x0a, words: [1, 4] }, { call: 6, words: [1, BUFFER, 8] }, { dump: 2 },
      { call: 1, words: [text('../outside'), 0, 10] }, { call: 1, words: [text('link'), 0, 4] }, { call: 0x13, words: [] },
    ]); // prettier-ignore
    const { stdout, stderr } = wemu(args('tci', '-semihosting-config', `root=${root}`));
    expect([stderr, answers(stdout)]).toEqual(['', [1, 0, 0, 1, 6, 0, 6, 0x65, 0x66, -1, -1, 13]]);
    expect(readFileSync(join(root, 'made.txt'), 'utf8')).toBe('abcdef');
    expect(answers(wemu(args('tci', '-semihosting')).stdout)[0]).toBe(-1);
  });

  it.each([
    ['U', 0, true],
    ['S', 1, true],
    ['M', 3, false],
  ] as const)('memory is what %s-mode may access', (_, privilege, refused) => {
    // Nothing but M-mode may access the 4 KiB at PRIVATE (NAPOT, no rights), and everybody the rest.
    const setup = 'li t0, (0x80100000 >> 2) | 0x1ff\n csrw pmpaddr0, t0\n li t0, -1\n csrw pmpaddr1, t0\n li t0, 0x1f18\n csrw pmpcfg0, t0';
    const PRIVATE = 0x80100000;
    const features = ':semihosting-features';
    const steps: Step[] = [
      ...[
        { call: 1, words: [text(features), 0, features.length] },
        { call: 6, words: [1, PRIVATE, 4] },
      ],
      ...[
        { call: 4, value: PRIVATE },
        { call: 0x13, words: [] },
        { call: 0x08, words: [-1] },
      ],
      ...[
        { call: 1, words: [PRIVATE, 0, 1] },
        { call: 8, value: PRIVATE },
      ],
    ];
    guest(steps, { privilege, setup });
    const { stdout, stderr } = wemu(args('tci', '-semihosting-config', 'userspace=on'));
    const denied = [1, 4, -1, 14, 1, -1, -1];
    const allowed = [1, 0, 0xdeadbeef, 0, 1, -1, 0];
    expect([answers(stdout), stderr]).toEqual(refused ? [denied, ''] : [allowed, 'SHFB']);
  });

  it('devices are no memory', () => {
    const uart = label('0x10000000');
    guest([{ call: 4, value: uart }, { call: 1, words: [text(':tt'), 4, 3] }, { call: 5, words: [1, uart, 8] }, { call: 0x30, value: uart }]); // prettier-ignore
    expect(answers(wemu(args('tci', '-semihosting')).stdout)).toEqual([-1, 1, 8, -1]);
  });

  it('command line and free memory', () => {
    const steps: Step[] = [
      { call: 0x15, words: [BUFFER, 200], block: 2 },
      { call: 0x16, words: [BUFFER] },
    ];
    guest(steps);
    const length = (...more: string[]): number => answers(wemu(args('tci', ...more)).stdout)[2];
    expect(length('-semihosting')).toBe(ELF.length);
    expect(length('-semihosting', '-append', 'x y')).toBe(ELF.length + 4);
    expect(length('-semihosting-config', 'arg=a,arg=b c')).toBe(5);
  });

  it('standard input: what a pipe gives, then its end; on the terminal of a serial port, from the first read on', async () => {
    const open: Step = { call: 1, words: [text(':tt'), 0, 3] };
    const read: Step = { call: 6, words: [1, BUFFER, 16] };
    guest([open, read, read, { dump: 1 }]);
    const piped = wemu(args('tci', '-semihosting', '-monitor', 'none', '-serial', `file:${join(folder, 'out')}`), { input: 'abcde' });
    expect(piped.stderr).toBe('');
    expect(answers(readFileSync(join(folder, 'out'), 'utf8'))).toEqual([1, 11, 16, 0x61]);
    if (!hasPty) return;
    guest([open, { call: 4, value: text('ready') }, read, { dump: 2 }]);
    session = Session.terminal(args('tci', '-semihosting'));
    await session.expect(/ready/, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 300)); // until it waits: what comes before is the serial port's
    session.send('xy');
    await session.expect(/e\r?\n0*78\r?\n0*79/, 20_000);
  });

  it('SYS_READC without a console waits, and the monitor answers', async () => {
    guest([
      { call: 4, value: text('ready') },
      { call: 7, words: [] },
    ]);
    session = Session.pipes(args('tci', '-semihosting', '-serial', 'none', '-monitor', 'stdio'));
    await session.expect(/ready/, 20_000);
    session.send('info status\n');
    await session.expect(/VM status: running/, 20_000);
    session.send('system_reset\n');
    await session.expect(/ready/, 20_000);
    session.send('quit\n');
    expect(await session.ended(20_000)).toBe(0);
  });

  it('with -icount the clocks repeat', () => {
    guest([{ call: 0x30, words: [0], block: 1 }, { call: 0x10, words: [] }, { call: 0x11, words: [] }, { call: 0x30, words: [0], block: 1 }]); // prettier-ignore
    const run = (engine: string) => wemu(args(engine, '-semihosting', '-icount', 'shift=10', '-rtc', 'base=2024-01-01')).stdout;
    const first = run('tci');
    expect(answers(first)[3]).toBe(Date.UTC(2024, 0, 1) / 1000);
    expect([run('tci'), run(ENGINES['forced wasm'])]).toEqual([first, first]);
  });

  it('a guest that gives it anything harms nobody', () => {
    const wild = [0, -1, 0x80000000, 0x7fffffff, 0x10000000, 1 << 20].map((n): { label: string } => ({ label: String(n) }));
    const operations = Array.from({ length: 0x40 }, (_, n) => n).filter((n) => ![3, 4, 7, 0x18, 0x20].includes(n));
    guest([
      { call: 1, words: [text('f'), 7, 1] },
      ...operations.flatMap((call): Step[] => [
        { call, value: -1 },
        { call, value: 0 },
        ...wild.map((word): Step => ({ call, words: [word, word, word, word] })),
      ]),
      ...wild.map((word): Step => ({ call: 5, words: [1, label('number'), word] })),
      ...wild.map((word): Step => ({ call: 6, words: [1, BUFFER, word] })),
    ]);
    const { status, stderr } = wemu(args('tci', '-semihosting-config', `root=${root}`));
    expect([status, stderr]).toEqual([0, '']);
  });
});
