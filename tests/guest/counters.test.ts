/** Counters, instruction by instruction: in every tier, with and without -icount, whatever ends a block between two reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

/** a1 - a0 must be `distance`; a failure ends with the check's number. */
const check = (number: number, distance: number): string => `
  li    s5, ${number}
  sub   a1, a1, a0
  li    a2, ${distance}
  bne   a1, a2, fail`;

/**
 * Enough rounds for generated code of everything. A trap's handler begins with a read of minstret to s11, counts 7 instructions and returns to the next
 * instruction of 4 bytes. Nothing is at 0xffc of the address space.
 */
const program = (xlen: 32 | 64): string => `
  .option norvc
  .globl _start
_start:
  la    t0, handler
  csrw  mtvec, t0
  li    t0, 0x6000
  csrs  mstatus, t0
  li    t0, 2
  csrw  mhpmevent3, t0        # instructions
  li    t0, 1
  csrw  mhpmevent4, t0        # cycles
  la    s1, data
  li    s0, 3000
  li    s2, 0xffc
  li    t0, 3
  fcvt.d.w fa0, t0
  li    t0, 1
  fcvt.d.w fa1, t0
round:
  ${['minstret', 'mcycle', 'instret', 'cycle', 'mhpmcounter3', 'mhpmcounter4', 'hpmcounter3']
    .map((counter, i) => `csrr a0, ${counter}\n nop\n nop\n nop\n nop\n csrr a1, ${counter}\n ${check(1 + i, 5)}`)
    .join('\n')}

  # The value written is what the next instruction reads, low half or whole.
  li    a0, 1000
  csrw  minstret, a0
  csrr  a1, minstret
  ${check(10, 0)}
  li    a0, 1000
  csrw  mhpmcounter3, a0
  nop
  csrr  a1, mhpmcounter3
  ${check(11, 1)}
  csrr  a0, minstret
  nop
  csrrw a1, minstret, x0
  csrr  a2, minstret
  bnez  a2, fail
  ${check(12, 2)}
  csrr  a0, mcycle
  csrrsi a1, mcycle, 0
  csrrsi x0, mcycle, 0
  csrr  a1, mcycle
  ${check(13, 3)}

  # What traps does not retire: a load, a store, calls, and a read of what is not there.
  ${['lw t1, 0(s2)', 'sw t1, 0(s2)', 'ecall', 'ebreak', 'csrr t1, 0x5c0', '.4byte 0']
    .map(
      (
        insn,
        i,
      ) => `csrr a0, minstret\n nop\n ${insn}\n nop\n csrr a1, minstret\n mv s4, a1\n mv a1, s11\n mv s6, a0\n ${check(20 + 2 * i, 2)}
    mv a0, s6\n mv a1, s4\n ${check(21 + 2 * i, 3 + 7)}`,
    )
    .join('\n')}

  # A load from another page each time, then one from a device: generated code leaves.
  slli  t0, s0, 12
  li    t1, 0x3ff000
  and   t0, t0, t1
  add   t0, t0, s1
  csrr  a0, minstret
  lw    t1, 0(t0)
  addi  t1, t1, 1
  sw    t1, 4(t0)
  csrr  a1, minstret
  ${check(40, 4)}
  li    t0, 0x10000000
  csrr  a0, minstret
  lbu   t1, 5(t0)
  nop
  csrr  a1, minstret
  ${check(41, 3)}

  # Floating point that raises inexact for the first time; branches taken and not; a jump.
  csrw  fflags, x0
  csrr  a0, minstret
  fdiv.d fa2, fa1, fa0
  nop
  csrr  a1, minstret
  ${check(42, 3)}
  andi  t0, s0, 1
  csrr  a0, minstret
  beqz  t0, 1f
  addi  t0, t0, -1
1:
  csrr  a1, minstret
  andi  t1, s0, 1
  sub   a1, a1, t1
  ${check(43, 2)}
  csrr  a0, minstret
  jal   t0, 2f
  nop
2:
  csrr  a1, minstret
  ${check(44, 2)}

  # An inhibited counter stands still from the instruction after that which stops it.
  csrr  a0, minstret
  csrsi mcountinhibit, 4
  nop
  nop
  csrr  a1, minstret
  ${check(50, 2)}
  csrr  a0, minstret
  csrci mcountinhibit, 4
  nop
  csrr  a1, minstret
  ${check(51, 1)}
  csrr  a0, mhpmcounter3
  csrw  mhpmevent3, x0
  nop
  csrr  a1, mhpmcounter3
  ${check(52, 2)}
  csrr  a0, mhpmcounter3
  csrwi mhpmevent3, 2
  nop
  csrr  a1, mhpmcounter3
  ${check(53, 1)}
  csrsi mcountinhibit, 1
  li    a0, 77
  csrw  mcycle, a0
  nop
  csrr  a1, mcycle
  ${check(54, 0)}
  csrci mcountinhibit, 1
${
  xlen === 64
    ? ''
    : `
  # The halves are one counter, and a write of either is one of it.
  li    a0, -1
  csrw  minstreth, x0
  csrw  minstret, a0
  csrr  a1, minstret
  ${check(60, 0)}
  csrw  minstreth, x0
  li    t0, -1
  csrw  minstret, t0
  nop
  csrr  a0, minstret
  csrr  a1, minstreth
  ${check(61, 1)}
  li    t0, -1
  csrw  minstret, t0
  csrw  minstreth, t0
  nop
  csrr  a0, minstret
  csrr  a1, minstreth
  ${check(62, 0)}
  bnez  a0, fail`
}
  addi  s0, s0, -1
  bnez  s0, round
  li    t0, 0x100000
  li    t1, 0x5555
  sw    t1, 0(t0)
  j     .
fail:
  slli  s5, s5, 16
  li    t1, 0x3333
  or    s5, s5, t1
  li    t0, 0x100000
  sw    s5, 0(t0)
  j     .
  .balign 4
handler:
  csrr  s11, minstret
  csrr  t2, mepc
  addi  t2, t2, 4
  csrw  mepc, t2
  csrw  mcause, x0
  nop
  mret
  .balign 4096
data:
  .skip 0x401000
`;

const ACCELERATORS = ['tci', 'tcg,thread=sync,threshold=1', 'tcg'];
const CLOCKS = [[], ['-icount', 'shift=3']];
const RUNS = ([64, 32] as const).flatMap((xlen) => ACCELERATORS.flatMap((accel) => CLOCKS.map((clock) => [xlen, accel, clock] as const)));

describeWith('riscv64-linux-gnu-gcc', 'counters are exact', () => {
  it.each(RUNS)('RV%i, -accel %s, %j', (xlen, accel, clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-counters-'));
    try {
      const elf = join(folder, 'program.elf');
      writeFileSync(elf, assemble(program(xlen), `rv${xlen}gc`));
      const cpu = xlen === 64 ? 'max' : 'max32';
      const { status } = wemu(['-M', 'virt', '-bios', 'none', '-cpu', cpu, '-accel', accel, ...clock, '-kernel', elf], { timeout: 30_000 });
      expect(status, 'number of the check that failed').toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
