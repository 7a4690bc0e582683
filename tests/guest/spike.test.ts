/** The spike board: a bare-metal program ends through `tohost`, and its status is wemu's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../support/bare-metal.js';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

/** Prints through the HTIF console (device 1, command 1), then ends with `status`. Source: riscv-isa-sim, HTIF: tohost = status << 1 | 1. */
const program = (status: number): string => `
  .globl _start
_start:
  la    s0, tohost
  la    s1, text
1: lbu  a0, 0(s1)
  beqz  a0, 3f
  li    a1, 0x0101 << 48
  or    a0, a0, a1
  sd    a0, 0(s0)
2: ld   a0, 0(s0)
  bnez  a0, 2b
  addi  s1, s1, 1
  j     1b
3: li   a0, ${(status << 1) | 1}
  sd    a0, 0(s0)
4: j    4b
text: .asciz "hello, host\\n"
  .balign 4096              # as riscv-tests do: no code in the page
  .globl tohost, fromhost
  .type tohost, @object
  .size tohost, 8
  .type fromhost, @object
  .size fromhost, 8
tohost: .dword 0
  .balign 64
fromhost: .dword 0
`;

describeWith('riscv64-linux-gnu-gcc', 'spike', () => {
  it.each([
    [0, 'tci'],
    [42, 'tci'],
    [42, 'tcg,thread=sync,threshold=1'],
  ])('ends with the status that the program gives: %i, with -accel %s', (status, accel) => {
    const folder = mkdtempSync(join(tmpdir(), 'wemu-spike-'));
    try {
      const elf = join(folder, 'program.elf');
      writeFileSync(elf, assemble(program(status)));
      const run = wemu(['-M', 'spike', '-bios', 'none', '-accel', accel, '-kernel', elf], { timeout: 10_000 });
      expect(run).toEqual({ status, stdout: 'hello, host\n', stderr: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
