/** A bare guest that makes semihosting calls, one after the other, and tells each answer on its serial port. */
import { assemble } from './bare-metal.js';

/** A number; a text's address (`'name'` is its label's content); or a label of the guest: `buffer` (256 bytes), or what `labels` define. */
export type Word = number | { readonly text: string } | { readonly label: string };
export const text = (text: string): Word => ({ text });
export const label = (label: string): Word => ({ label });
export const BUFFER = label('buffer');

export type Step =
  /** A call with a block of these words. */
  | { readonly call: number; readonly words: readonly Word[]; /** Tells so many words of the block after it. */ readonly block?: number }
  /** A call whose parameter is this itself. */
  | { readonly call: number; readonly value: Word }
  /** Tells the buffer's first bytes. */
  | { readonly dump: number };

export interface GuestOptions {
  readonly xlen?: 32 | 64;
  /** Privilege from which it calls: 3, 1 or 0. */
  readonly privilege?: 3 | 1 | 0;
  /** Assembly that M-mode runs before the calls. */
  readonly setup?: string;
  /** In place of the sequence that calls: assembly that ends with `ret`. */
  readonly semi?: string;
}

const SEQUENCE = '.balign 16\nsemi: slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n ret';

/**
 * Each answer is a line of hexadecimal digits; a trap is `T`, its cause and how far mtval is from `semi`, and the end with status 3; the end of all
 * steps is status 0.
 */
export function semihostingGuest(
  steps: readonly Step[],
  { xlen = 64, privilege = 3, setup = '', semi = SEQUENCE }: GuestOptions = {},
): Uint8Array {
  const word = xlen === 64 ? '.dword' : '.word';
  const load = xlen === 64 ? 'ld' : 'lw';
  const data: string[] = [];
  const valueOf = (value: Word): string => {
    if (typeof value === 'number') return String(value);
    if ('label' in value) return value.label;
    const name = `text${data.length}`;
    data.push(`${name}: .asciz ${JSON.stringify(value.text)}`);
    return name;
  };
  const code = steps.map((step, n) => {
    if ('dump' in step) return `li s2, ${step.dump}\n la s3, buffer\n call dump`;
    const block = `block${n}`;
    if ('value' in step)
      return `li a0, ${step.call}\n ${typeof step.value === 'number' ? 'li' : 'la'} a1, ${valueOf(step.value)}\n call semi\n call hex`;
    data.push(`.balign 8\n${block}: ${word} ${[...step.words.map(valueOf), 0].join(', ')}`);
    const told = Array.from({ length: step.block ?? 0 }, (_, i) => `la t0, ${block}\n ${load} a0, ${(i * xlen) / 8}(t0)\n call hex`);
    return `li a0, ${step.call}\n la a1, ${block}\n call semi\n call hex\n ${told.join('\n ')}`;
  });
  const source = `
.option norvc
.option norelax
.globl _start
_start:
 la t0, trap
 csrw mtvec, t0
 la sp, stack
 li t0, -1
 csrw pmpaddr0, t0
 li t0, 0x1f
 csrw pmpcfg0, t0
 ${setup}
 li t0, 0x1800
 csrc mstatus, t0
 li t0, ${privilege << 11}
 csrs mstatus, t0
 la t0, begin
 csrw mepc, t0
 mret
begin:
 ${code.join('\n ')}
 li t1, 0x5555
end: li t0, 0x100000
 sw t1, 0(t0)
 j .
hex: li t2, ${xlen - 4}
 li t5, 0x10000000
1: srl t3, a0, t2
 andi t3, t3, 15
 addi t3, t3, 48
 li t4, 58
 blt t3, t4, 2f
 addi t3, t3, 39
2: sb t3, 0(t5)
 addi t2, t2, -4
 bgez t2, 1b
 li t3, 10
 sb t3, 0(t5)
 ret
dump: mv s4, ra
1: lbu a0, 0(s3)
 call hex
 addi s3, s3, 1
 addi s2, s2, -1
 bnez s2, 1b
 jr s4
.balign 4
trap: li t5, 0x10000000
 li t0, 'T'
 sb t0, 0(t5)
 csrr a0, mcause
 call hex
 csrr a0, mtval
 la t0, semi
 sub a0, a0, t0
 call hex
 li t1, 0x33333
 j end
.balign 4096
${semi}
.balign 4096
${data.join('\n')}
.balign 8
number: ${word} 0x41
buffer: .zero 256
.zero 1024
stack:
`;
  return assemble(source, `rv${xlen}g`);
}
