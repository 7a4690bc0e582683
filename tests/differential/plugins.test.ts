/** Plugins here and in QEMU: the same guest must be told of with the same numbers, in every engine. Needs a QEMU with plugins, and a compiler for them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeHost, Machine, type EngineOptions } from 'wemu/node';
import type { PluginUse } from '../../src/plugin/host.js';
import { definePlugin } from '../../src/plugin/api.js';
import execlog from '../../src/plugins/execlog.js';
import hotblocks from '../../src/plugins/hotblocks.js';
import insn from '../../src/plugins/insn.js';
import { assemble } from '../support/bare-metal.js';
import { describeWith } from '../support/tools.js';
import { findOracle } from './oracle.js';

/** QEMU's API is another before. */
const FIRST_VERSION = 9.02;
const oracle = findOracle();
const FINISHER = 0x100000n;
const ENGINES: Readonly<Record<string, EngineOptions>> = {
  tci: { backend: 'tci' },
  'all code generated': { sync: true, hotThreshold: 1 },
};

const GUEST = `
.globl _start
_start: la sp, data
 li t0, 0x6000 # mstatus.FS
 csrs mstatus, t0
 li t0, 1000
1: ld a0, 0(sp)
 addi a0, a0, 1
 sd a0, 0(sp)
 lbu a1, 3(sp)
 amoadd.w a2, a0, (sp)
 flw fa0, 4(sp)
 fsd fa0, 8(sp)
 addi t0, t0, -1
 bnez t0, 1b
2: lr.w a0, (sp)
 sc.w a1, t0, (sp)
 bnez a1, 2b
 amomaxu.d a3, a0, (sp)
 la t0, trap
 csrw mtvec, t0
 ld a0, 0(zero)
 ecall
 li t1, 0x100000
 li t0, 0x5555
 sw t0, 0(t1)
end: wfi
 j end
.align 2
trap: csrr t0, mepc
 addi t0, t0, 4
 csrw mepc, t0
 mret
.align 4
data: .dword 0, 0
`;

/** As plugins/count.c. */
const counter = (text: (line: string) => void) =>
  definePlugin({
    name: 'count',
    description: '',
    install(api) {
      let isOver = false;
      let [insns, blocks, loads, stores, bytes, sum] = [0, 0, 0, 0, 0, 0n];
      api.onTranslate((block) => {
        block.onExec(() => void (blocks += isOver ? 0 : 1));
        for (const insn of block.insns) {
          insn.onExec(() => void (insns += isOver ? 0 : 1));
          insn.onMemory('both', (_, info) => {
            if (isOver) return;
            isOver = info.address === FINISHER;
            if (info.isStore) stores++;
            else loads++;
            bytes += info.size;
            sum = BigInt.asUintN(64, sum * 31n + info.address);
          });
        }
      });
      api.onExit(() => text(`insns ${insns} loads ${loads} stores ${stores} bytes ${bytes} sum ${sum.toString(16)}\n`));
    },
  });

const isNew = oracle !== undefined && oracle.version >= FIRST_VERSION;

describeWith('riscv64-linux-gnu-gcc', `a plugin counts as in QEMU${isNew ? '' : ' (skipped: QEMU is older than 9.2)'}`, () => {
  let folder: string;
  let expected = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wemu-plugins-'));
    if (!isNew) return;
    const plugin = join(folder, 'count.so');
    const source = fileURLToPath(new URL('plugins/count.c', import.meta.url));
    execFileSync('cc', ['-shared', '-fPIC', '-fvisibility=hidden', '-o', plugin, source]);
    writeFileSync(join(folder, 'guest.elf'), assemble(GUEST));
    const args = ['-M', 'virt', '-bios', 'none', '-nographic', '-kernel', join(folder, 'guest.elf'), '-plugin', plugin, '-d', 'plugin'];
    const [command, ...first] = oracle.command;
    const { stdout, stderr } = spawnSync(command, [...first, ...args], { encoding: 'utf8', timeout: 60_000 });
    if (!/^insns /m.test(stderr)) throw new Error(`the oracle's plugin says nothing: ${stdout}${stderr}`);
    expected = stderr;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(!isNew).each(Object.entries(ENGINES))('%s', async (_name, engine) => {
    let text = '';
    await run(engine, [{ plugin: counter((line) => (text += line)) }]);
    expect(text).toBe(lineOf('insns'));
  });

  it.skipIf(!isNew).each(Object.entries(ENGINES))('as those do that come with wemu: %s', async (_name, engine) => {
    const said = await run(engine, [{ plugin: insn }, { plugin: hotblocks, args: { limit: 0 } }, { plugin: execlog }]);
    // execlog: each instruction, with its accesses
    const executed = new Map<string, number>();
    let [loads, stores] = [0, 0];
    for (const [, pc, rest] of said.matchAll(/^0, (0x[0-9a-f]+), 0x[0-9a-f]+, "[^"]*"(.*)$/gm)) {
      executed.set(pc, (executed.get(pc) ?? 0) + 1);
      loads += rest.match(/, load,/g)?.length ?? 0;
      stores += rest.match(/, store,/g)?.length ?? 0;
    }
    const theirs = rows('insn').map(([pc, , count]) => [`0x${BigInt(pc).toString(16)}`, Number(count)] as const);
    const end = `0x${(BigInt(theirs.at(-1)![0]) + 4n).toString(16)}`; // behind the store that ends it all: how far QEMU goes on is chance
    const ours = [...executed].filter(([pc]) => BigInt(pc) !== BigInt(end) && BigInt(pc) !== BigInt(end) + 4n);
    const byPc = (all: readonly (readonly [string, number])[]) => [...all].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
    expect(byPc(ours)).toEqual(byPc(theirs));
    expect(`loads ${loads} stores ${stores}`).toBe(/loads \d+ stores \d+/.exec(lineOf('insns'))![0]);
    // insn
    const atEnd = [...executed].reduce((sum, [pc, count]) => sum + (ours.some(([each]) => each === pc) ? 0 : count), 0);
    expect(Number(/total insns: (\d+)/.exec(said)![1]) - atEnd).toBe(Number(/insns (\d+)/.exec(lineOf('insns'))![1]));
    // hotblocks: as often as in QEMU does each block begin that begins there, too
    const blocks = new Map([...said.matchAll(/^(0x[0-9a-f]{16}), \d+, \d+, (\d+)(?:, .*)?$/gm)].map(([, pc, count]) => [pc, count]));
    const hot = rows('block').filter(([, , count]) => Number(count) > 100);
    expect(hot.length).toBeGreaterThan(0);
    expect(hot.map(([pc]) => blocks.get(pc))).toEqual(hot.map(([, , count]) => count));
    expect(lineOf('syscalls')).toBe('syscalls 0\n'); // in system emulation QEMU never tells of one
  });

  const lineOf = (word: string): string => new RegExp(`^${word} .*\n`, 'm').exec(expected)![0];
  const rows = (word: string): string[][] =>
    [...expected.matchAll(new RegExp(`^${word} (\\S+) (\\d+) (\\d+)$`, 'gm'))].map(([, ...row]) => row);
});

/** What plugins say of the guest. */
async function run(engine: EngineOptions, plugins: readonly PluginUse[]): Promise<string> {
  let text = '';
  const host = await createNodeHost(engine);
  try {
    const log = { items: ['plugin'] as const, sink: (more: string) => void (text += more) };
    const machine = Machine.create({ machine: 'virt', bios: 'none', kernel: assemble(GUEST), log, plugins }, host);
    await machine.run();
    await machine.close();
    return text;
  } finally {
    host.close();
  }
}
