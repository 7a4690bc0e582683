/** Plugins here and in QEMU: the same guest must be told of with the same numbers, in every engine. Needs a QEMU with plugins, and a compiler for them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeHost, Machine, type EngineOptions } from 'wemu/node';
import { definePlugin } from '../../src/plugin/api.js';
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
1: wfi
 j 1b
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
    const found = /^insns .*\n/m.exec(stderr);
    if (!found) throw new Error(`the oracle's plugin says nothing: ${stdout}${stderr}`);
    expected = found[0];
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(!isNew).each(Object.entries(ENGINES))('%s', async (_name, engine) => {
    let text = '';
    const host = await createNodeHost(engine);
    try {
      const plugin = counter((line) => (text += line));
      const machine = Machine.create({ machine: 'virt', bios: 'none', kernel: assemble(GUEST), plugins: [{ plugin }] }, host);
      await machine.run();
      await machine.close();
      expect(text).toBe(expected);
    } finally {
      host.close();
    }
  });
});
