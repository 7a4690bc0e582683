/** Plugins and guests: what is counted is the same in every engine; what callbacks see is what the guest did; what they do wrong is one line. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeHost, Machine, type EngineOptions } from 'wemu/node';
import type { MachineOptions } from 'wemu';
import { definePlugin, type Plugin } from '../../src/plugin/api.js';
import hotblocks from '../../src/plugins/hotblocks.js';
import cache from '../../src/plugins/cache.js';
import flamegraph from '../../src/plugins/flamegraph.js';
import insn from '../../src/plugins/insn.js';
import syscalls from '../../src/plugins/syscalls.js';
import { assemble } from '../support/bare-metal.js';
import { wemu } from '../support/session.js';
import { describeWith, which } from '../support/tools.js';

const ENGINES: Readonly<Record<string, EngineOptions>> = {
  tci: { backend: 'tci' },
  'all code generated': { sync: true, hotThreshold: 1 },
};
const EMBEDDED = readFileSync(new URL('../../guests/embedded.elf', import.meta.url));

const END = `
 li t1, 0x100000
 li t0, 0x5555
 sw t0, 0(t1)
1: wfi
 j 1b
`;

/** Runs a guest to its end; what the plugins said. */
async function run(engine: EngineOptions, options: MachineOptions): Promise<string> {
  let text = '';
  const host = await createNodeHost(engine);
  try {
    const log = { items: ['plugin'] as const, sink: (more: string) => void (text += more) };
    const machine = Machine.create({ machine: 'virt', bios: 'none', log, ...options }, host);
    await machine.run();
    await machine.close();
  } finally {
    host.close();
  }
  return text;
}
const plugin = (install: Plugin['install']): { plugin: Plugin } => ({ plugin: definePlugin({ name: 'test', description: '', install }) });

describe.each(Object.entries(ENGINES))('%s', (_name, engine) => {
  it('counts instructions inline and by callbacks alike, all that are executed', async () => {
    let executed = 0;
    const watch = plugin((api) => api.onVcpuExit((vcpu) => void (executed = vcpu.instructionCount)));
    const text = await run(engine, {
      kernel: EMBEDDED,
      append: 'run=int,sort scale=1 quiet=1',
      icount: 'shift=3',
      plugins: [{ plugin: insn }, { plugin: insn, args: { inline: false } }, watch],
    });
    const [, first, second] = /total insns: (\d+)\n[^]*total insns: (\d+)/.exec(text)!;
    expect(second).toBe(first);
    // the last one, which ends the run, is not retired
    expect(Number(first) - executed).toBeLessThanOrEqual(1);
    expect(executed).toBeGreaterThan(10_000);
  }, 120_000);
});

it('counts blocks', async () => {
  const text = await run(
    { backend: 'tci' },
    { kernel: EMBEDDED, append: 'run=crc quiet=1', plugins: [{ plugin: hotblocks, args: { limit: 2 } }] },
  );
  expect(text).toMatch(
    /^collected \d+ entries in the hash table\npc, tcount, icount, ecount\n(0x[0-9a-f]{16}, \d+, \d+, \d+(, \w+)?\n){2}$/,
  );
});

describeWith('riscv64-linux-gnu-gcc', 'plugins with a guest of their own', () => {
  const GUEST = (): Uint8Array =>
    assemble(`
.globl _start
_start: la sp, data
 la t0, trap
 csrw mtvec, t0
 li a0, 5
1: amoadd.w a1, a0, (sp)
 lb a2, 3(sp)
 lr.w a3, (sp)
 sc.w a4, a0, (sp)
 addi a0, a0, -1
 bnez a0, 1b
 li t0, 0x10000000
 lbu a5, 5(t0)
 ld a0, (zero)
 ${END}
.align 2
trap: csrr t0, mepc
 addi t0, t0, 4
 csrw mepc, t0
 mret
.align 3
data: .word 0x80000001, 0
`);

  describe.each(Object.entries(ENGINES))('%s', (_name, engine) => {
    it('sees accesses with their values, registers, and traps', async () => {
      const accesses: string[] = [];
      const counts: bigint[] = [];
      const traps: string[] = [];
      await run(engine, {
        kernel: GUEST(),
        plugins: [
          plugin((api) => {
            api.onDiscontinuity(['interrupt', 'exception'], (vcpu, kind, from, to) => {
              traps.push(`${kind} ${vcpu.readRegister('mcause')} ${to === vcpu.readRegister('pc')} ${from === vcpu.readRegister('mepc')}`);
            });
            api.onTranslate(({ insns }) => {
              for (const each of insns) {
                if (each.disassembly.startsWith('addi a0,a0,-1')) each.onExec((vcpu) => counts.push(vcpu.readRegister('a0')), 'read');
                if (!/^(amoadd|lb|lr|sc)/.test(each.disassembly)) continue;
                each.onMemory('both', (_, info) => {
                  const { isStore, size, isSignExtended, value } = info;
                  const place = info.place();
                  accesses.push(
                    `${isStore ? 'w' : 'r'}${size}${isSignExtended ? 's' : 'u'} ${value.toString(16)} ${place?.isDevice ? place.name : 'ram'}`,
                  );
                });
              }
            });
          }),
        ],
      });
      expect(counts).toEqual([5n, 4n, 3n, 2n, 1n]);
      expect(accesses.slice(0, 2)).toEqual(['r4s 80000001 ram', 'w4s 80000006 ram']);
      expect(accesses[2]).toBe('r1s 80 ram');
      expect(accesses.slice(3, 6).map((line) => line.replace(/^(..)./, '$1'))).toEqual(['r4 80000006 ram', 'r4 80000006 ram', 'w4 5 ram']);
      expect(accesses.at(-1)).toMatch(/^r1u 60 serial/);
      expect(accesses.length).toBe(5 * 6 + 1);
      expect(traps).toEqual(['exception 5 true true']);
    });

    it("hears of a vCPU's beginning, its rests and its end", async () => {
      const events: string[] = [];
      const kernel = assemble(`
.globl _start
_start: li t0, 0x200bff8
 ld t1, (t0)
 li t2, 100000
 add t1, t1, t2
 li t0, 0x2004000
 sd t1, (t0)
 li t0, 0x80
 csrw mie, t0
 wfi
 ${END}
`);
      await run(engine, {
        kernel,
        icount: 'shift=3',
        plugins: [
          plugin((api) => {
            api.onVcpuInit(({ index }) => events.push(`init ${index}`));
            api.onVcpuIdle(({ index }) => events.push(`idle ${index}`));
            api.onVcpuResume(({ index, instructionCount }) => events.push(`resume ${index} ${instructionCount > 8}`));
            api.onVcpuExit(({ index }) => events.push(`exit ${index}`));
            api.onExit(() => events.push('end'));
          }),
        ],
      });
      expect(events.slice(0, 3)).toEqual(['init 0', 'idle 0', 'resume 0 true']);
      expect(events.slice(-2)).toEqual(['exit 0', 'end']);
    });

    it('calls back if a cell compares so; writes registers', async () => {
      const found: bigint[] = [];
      let ended = 0n;
      await run(engine, {
        kernel: assemble(`.globl _start\n_start: li a0, 100\n1: addi a0, a0, -1\n bnez a0, 1b\n mv a1, a0\n${END}`),
        plugins: [
          plugin((api) => {
            const cell = api.cell();
            api.onTranslate((block) => {
              for (const each of block.insns) {
                if (each.disassembly.startsWith('addi a0,a0,-1')) {
                  each.add(cell, 1);
                  each.onExecIf(cell, 'greater-or-equal', 10, ({ index }) => {
                    found.push(cell.get(index));
                    cell.set(index, 0n);
                  });
                }
                if (each.disassembly === 'mv a1,a0') each.onExec((vcpu) => vcpu.writeRegister('a0', 77n), 'write');
                if (each.disassembly === 'lui t0,0x5') each.onExec((vcpu) => void (ended = vcpu.readRegister('a1')), 'read');
              }
            });
          }),
        ],
      });
      expect(found).toEqual(Array.from({ length: 10 }, () => 10n));
      expect(ended).toBe(77n);
    });

    it('forgets what a plugin asked for when it is reset or uninstalled', async () => {
      let [calls, ended] = [0, 0];
      const done: string[] = [];
      await run(engine, {
        kernel: assemble(`.globl _start\n_start: li a0, 100\n1: addi a0, a0, -1\n bnez a0, 1b\n${END}`),
        plugins: [
          plugin((api) => {
            api.onExit(() => ended++);
            api.onTranslate((block) =>
              block.onExec(() => {
                if (++calls === 5) api.uninstall(() => done.push('gone'));
              }),
            );
          }),
        ],
      });
      expect(calls).toBe(5);
      expect(done).toEqual(['gone']);
      expect(ended).toBe(0);
    });
  });

  // By hand: what each instruction of it does is plain.
  const COUNTED = (): Uint8Array =>
    assemble(`
.option norvc
.globl _start
.type _start, @function
_start: lla sp, data
 lla t0, trap
 csrw mtvec, t0
 li s0, 10
1: jal f
 addi s0, s0, -1
 bnez s0, 1b
 li t0, -1
 csrw pmpaddr0, t0
 li t0, 0xf
 csrw pmpcfg0, t0
 lla t0, user
 csrw mepc, t0
 mret
.align 6
.type f, @function
f: ld a0, 0(sp)
 addi a0, a0, 1
 sd a0, 0(sp)
 ld a1, 64(sp)
 ret
.type user, @function
user: li a7, 64
 li a0, 1
 ecall
 ecall
 li a7, 93
 ecall
.align 6
.type trap, @function
trap: li t0, 93
 beq a7, t0, 2f
 csrr t0, mepc
 addi t0, t0, 4
 csrw mepc, t0
 mret
2: ${END}
.align 6
data: .zero 128
`);

  it.each(Object.entries(ENGINES))('those that come with wemu tell what there is to count: %s', async (_name, engine) => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-plugin-'));
    try {
      const stacks = join(folder, 'stacks');
      const said = await run(engine, {
        kernel: COUNTED(),
        plugins: [
          { plugin: insn, args: { match: 'ld' } },
          { plugin: syscalls, args: { print: true } },
          { plugin: cache, args: { limit: 3 } },
          { plugin: flamegraph, args: { svg: join(folder, 'svg'), stacks } },
        ],
      });
      // the reset vector has two, of one line
      expect(said).toContain('ld: 22\n');
      expect(said.match(/^cpu 0 syscall .*/gm)!.map((line) => line.replace(/(, 0x\w+){5}\)/, ', ...)'))).toEqual([
        ...['cpu 0 syscall 64(0x1, ...)', 'cpu 0 syscall 64(0x1, ...)', 'cpu 0 syscall 93(0x1, ...)'],
      ]);
      expect(said).toContain('syscall no.  calls\n64           2\n93           1\n');
      // two lines of data, and 30 accesses; the finisher is a device
      expect(said).toMatch(/^0, 32, 3, 9\.3750%, \d+, /m);
      expect(said).toMatch(/data misses, instruction\n0x100c, .*\n0x\w+ \(f\), 1, ld a0,0\(sp\)\n0x\w+ \(f\), 1, ld a1,64\(sp\)\n/);
      const found = Object.fromEntries(
        readFileSync(stacks, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => /^(.*) (\d+)$/.exec(line)!)
          .map(([, stack, count]) => [stack, Number(count)]),
      );
      expect(found['_start;f']).toBe(50);
      const total = Object.values(found).reduce((sum, count) => sum + count, 0);
      expect(total).toBe(Number(/^0, 32, 3, 9\.3750%, (\d+), /m.exec(said)![1]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('what a plugin throws ends the run, with one line', async () => {
    const throwing = plugin((api) =>
      api.onTranslate((block) =>
        block.onExec(() => {
          throw new Error('oh\nno');
        }),
      ),
    );
    await expect(run({ backend: 'tci' }, { kernel: GUEST(), plugins: [throwing] })).rejects.toThrow(/^plugin 'test': oh$/);
    const curious = plugin((api) => api.onTranslate((block) => block.onExec((vcpu) => vcpu.readRegister('a0'))));
    await expect(run({ backend: 'tci' }, { kernel: GUEST(), plugins: [curious] })).rejects.toThrow("not registered with 'read'");
  });
});

describe('-plugin', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wemu-plugin-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const guest = ['-M', 'virt', '-bios', 'none', '-kernel', 'guests/embedded.elf', '-append', 'run=crc quiet=1', '-accel', 'tci'];
  const embedded = (...more: string[]) =>
    wemu([...guest.slice(0, 5), join(import.meta.dirname, '../..', guest[5]), ...guest.slice(6), ...more]);

  it('takes files of JavaScript and TypeScript, as often as it is given', () => {
    const js = file('a.mjs', "export default { name: 'a', description: '', install: (api) => api.onExit(() => api.outs('from js\\n')) };");
    const ts = file(
      'b.ts',
      "const text: string = 'from ts';\nexport default { name: 'b', description: '', args: { more: { help: 'x', default: 1 } }, " +
        'install: (api: { outs(t: string): void }, { more }: { more: number }) => api.outs(`${text} ${more}\\n`) };',
    );
    const { status, stderr } = embedded('-plugin', js, '-plugin', `${ts},arg=more=5`, '-d', 'plugin');
    expect(stderr).toBe('from ts 5\nfrom js\n');
    expect(status).toBe(0);
    expect(embedded('-plugin', `${ts},help`).stdout).toBe('b: \nArguments:\n  more            x (default: 1)\n');
  });
  it.each([
    ['nosuch', "-plugin nosuch: no such file; '-plugin help' lists those that come with wemu"],
    ['hotblock', "-plugin hotblock: no such file; did you mean 'hotblocks'?"],
    ['insn,inline=maybe', "inline: invalid value 'maybe' (expected 'on' or 'off')"],
    ['cache,dblksize=3', "plugin 'cache': dcache: cache size must be divisible by block size"],
    ['coverage', "plugin 'coverage': it needs 'elf=FILE'"],
  ])('%s: one line', (text, message) => {
    const { status, stderr } = embedded('-plugin', text);
    expect(stderr).toMatch(/^wemu: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
  it('bad files: one line', () => {
    for (const [name, text, message] of [
      ['c.mjs', 'export default 5;', 'this is no plugin'],
      ['d.mjs', 'import "./nosuch.js";', 'Cannot find module'],
      ['e.mjs', 'export default {', 'Unexpected'],
      ['f.txt', '', 'a plugin is JavaScript or TypeScript'],
      ['g.mjs', 'throw { toString() { throw 1; } };', 'something was thrown that has no text'],
      ['h.mjs', 'await new Promise(() => {}); export default 1;', 'the module waits for what never comes'],
      ['i.mjs', "export default { get name() { throw new Error('oh\\nno'); } };", '-plugin ' + join(folder, 'i.mjs') + ': oh\n'],
      ['j.mjs', "export default { name: 'a\\nb', install() {} };", "this is no plugin's name"],
      ['k.mjs', "export default { name: 'k', args: { x: null }, install() {} };", "the plugin's args are wrong"],
      ['l.mjs', "export default { name: 'l', async install() { throw new Error('later'); } };", "plugin 'l': later"],
      ['m.mjs', "export default { name: 'm', install: (api) => api.outs(Symbol()) };", "plugin 'm': outs takes a text"],
    ]) {
      const { status, stderr } = embedded('-plugin', file(name, text));
      expect(stderr).toMatch(/^wemu: [^\n]*\n$/);
      expect(stderr).toContain(message);
      expect(status).toBe(1);
    }
  });

  it.skipIf(which('riscv64-linux-gnu-gcc') === undefined)(
    'coverage of a C program, which lcov reads where it is installed',
    () => {
      const c = file(
        'prog.c',
        'int f(int a) {\n  if (a > 100)\n    return 1;\n  return 2;\n}\nint main(void) {\n  int s = 0;\n  for (int i = 0; i < 10; i++)\n    s += f(i);\n  return s;\n}\n',
      );
      const start = file(
        'start.S',
        '.globl _start\n_start: lla sp, top\n call main\n li t1, 0x100000\n li t0, 0x5555\n sw t0, 0(t1)\n1: j 1b\n.bss\n.zero 4096\ntop:\n',
      );
      const elf = join(folder, 'prog.elf');
      for (const dwarf of ['-gdwarf-4', '-gdwarf-5']) {
        const flags = [
          '-O0',
          dwarf,
          '-nostdlib',
          '-static',
          '-no-pie',
          '-mcmodel=medany',
          '-ffreestanding',
          '-Wl,-N,-Ttext=0x80000000,--build-id=none',
        ];
        expect(spawnSync('riscv64-linux-gnu-gcc', [...flags, '-o', elf, start, c]).status).toBe(0);
        const out = join(folder, 'coverage.info');
        rmSync(out, { force: true });
        const { status } = wemu([
          '-M',
          'virt',
          '-bios',
          'none',
          '-kernel',
          elf,
          '-accel',
          'tci',
          '-plugin',
          `coverage,elf=${elf},out=${out}`,
        ]);
        expect(status).toBe(0);
        const info = readFileSync(out, 'utf8');
        const [, lines] = new RegExp(`SF:${c}\\n([^]*?)end_of_record`).exec(info)!;
        expect(lines).toContain('FNDA:10,f\n');
        expect(lines).toMatch(/DA:2,10\n.*DA:3,0\nDA:4,10\n/);
        expect(lines).toMatch(/DA:9,10\n/);
        if (which('lcov') === undefined) continue;
        const { status: read, stdout } = spawnSync('lcov', ['--summary', out], { encoding: 'utf8' });
        expect(read, stdout).toBe(0);
        if (which('genhtml') === undefined) continue;
        const html = spawnSync('genhtml', ['-q', '-o', join(folder, 'html'), out], { encoding: 'utf8' });
        expect(html.status, html.stdout + html.stderr).toBe(0);
        expect(readFileSync(join(folder, 'html', 'index.html'), 'utf8')).toMatch(/Functions:/);
      }
      expect(existsSync(elf)).toBe(true);
    },
    60_000,
  );
});
