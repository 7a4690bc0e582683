/** Harts without C, M, A, F, S or U, as a program sees them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

/**
 * Runs `checks`, each of which jumps to `fail` with its number in s5 if it does not hold. A trap leaves cause, value and pc in s9, s10 and s11, and goes on
 * at s7.
 */
const program = (checks: string): string => `
  .option norvc
  .option norelax
  .globl _start
_start:
  la    t0, handler
  csrw  mtvec, t0
${checks}
  li    s6, 0x5555
  j     end
fail:
  slli  s6, s5, 16
  li    t0, 0x3333
  or    s6, s6, t0
end:
  li    t0, 0x100000
  sw    s6, 0(t0)
  j     .
  .balign 4
handler:
  csrr  s9, mcause
  csrr  s10, mtval
  csrr  s11, mepc
  csrw  mepc, s7
  mret
`;

const expectEqual = (register: string, value: number | string): string => `
  li    t6, ${value}
  bne   ${register}, t6, fail`;

/** The instruction at 9: traps with `cause`. */
const traps = (number: number, insn: string, cause: number, after = ''): string => `
  li    s5, ${number}
  li    s9, -1
  la    s7, 8f
9: ${insn}
8:${expectEqual('s9', cause)}
${after}`;

const illegal = (number: number, insn: string): string => traps(number, insn, 2);

const works = (number: number, insn: string): string => `
  li    s5, ${number}
  li    s9, -1
  la    s7, 8f
  ${insn}
8:${expectEqual('s9', -1)}`;

/** Without C: targets are multiples of four. What traps is the jump, and only where it is taken; rd stays. */
const JUMPS = [
  ...['.4byte 0x0060056f', 'la t1, 8f; jalr a0, t1, 2', 'la t1, 8f; jalr a0, t1, 3'].map((jump, i) =>
    traps(1 + i, `li a0, 77; ${jump}`, 0, `${expectEqual('a0', 77)}\n  andi t0, s10, 3${expectEqual('t0', 2)}`),
  ),
  traps(5, '.4byte 0x00000363', 0, '  la t0, 9b\n  bne s11, t0, fail\n  addi t0, t0, 6\n  bne s10, t0, fail'), // beq x0, x0, . + 6
  works(6, '.4byte 0x00001363'), // bne x0, x0, . + 6
  `
  li    s5, 7
  li    t0, -1
  csrw  mepc, t0
  csrr  t0, mepc
  ${expectEqual('t0', -4)}`,
  illegal(8, '.2byte 0x0001, 0x0001'), // c.nop
].join('\n');

const FOREIGN = {
  m: illegal(20, 'mul a0, a0, a0'),
  a: illegal(21, 'amoadd.w a0, a0, (sp)') + illegal(22, 'lr.w a0, (sp)'),
  f: illegal(23, 'fadd.s fa0, fa0, fa0') + illegal(24, 'csrr a0, fcsr') + illegal(25, 'flw fa0, 0(sp)'),
  s: ['sret', 'sfence.vma', 'csrr a0, satp', 'csrr a0, sstatus', 'csrr a0, medeleg', 'csrr a0, mideleg', 'csrr a0, 0x10a']
    .map((insn, i) => illegal(30 + i, insn))
    .join('\n'),
  u: illegal(40, 'csrr a0, mcounteren') + illegal(41, 'csrr a0, 0x30a'),
} as const;

/** With M-mode alone, mret cannot but stay there. */
const STAYS = `
  li    s5, 50
  csrw  mstatus, x0
  csrr  t0, mstatus
  li    t1, 0x1800
  bne   t0, t1, fail
  la    t0, 1f
  csrw  mepc, t0
  mret
1:
  csrr  t0, mscratch${traps(51, 'ecall', 11)}`;

const MODELS: readonly (readonly [cpu: string, checks: string])[] = [
  ['rv64,c=off', JUMPS + works(20, 'mul a0, a0, a0')],
  ['rv64i,zicsr=on', JUMPS + Object.values(FOREIGN).join('\n') + STAYS],
  ['rv32i,zicsr=on', JUMPS + Object.values(FOREIGN).join('\n') + STAYS],
  ['rv64i,zicsr=on,c=on', works(1, '.4byte 0x0060006f; .4byte 0x00010001') + works(2, '.2byte 1, 1') + FOREIGN.m],
  [
    'sifive-e51',
    FOREIGN.f + FOREIGN.s + illegal(60, 'csrr a0, mcountinhibit') + works(61, 'csrr a0, mcounteren') + works(62, 'mul a0, a0, a0'),
  ],
  [
    'sifive-u54',
    illegal(60, 'csrr a0, mcountinhibit') + illegal(61, 'csrr a0, 0x10a') + works(62, 'csrr a0, medeleg') + works(63, 'csrr a0, satp'),
  ],
];
const RUNS = MODELS.flatMap(([cpu, checks]) => ['tci', 'tcg,thread=sync,threshold=1'].map((accel) => [cpu, accel, checks] as const));

describeWith('riscv64-linux-gnu-gcc', 'CPU models', () => {
  it.each(RUNS)('-cpu %s -accel %s', (cpu, accel, checks) => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-models-'));
    try {
      const elf = join(folder, 'program.elf');
      writeFileSync(elf, assemble(program(checks), cpu.startsWith('rv32') ? 'rv32gc' : 'rv64gc'));
      const { status } = wemu(['-M', 'virt', '-bios', 'none', '-cpu', cpu, '-accel', accel, '-kernel', elf], { timeout: 30_000 });
      expect(status, 'number of the check that failed').toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
