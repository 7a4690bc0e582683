/** Words of toy instructions: tests/toy/README.md. */

/** Operations, in the order of their numbers (from 1 on). */
const OPERATIONS = [
  ...['addi', 'lui', 'add', 'div', 'lw', 'sw', 'lhu', 'bne', 'jalr'],
  ...['mfs', 'mts', 'syscall', 'rti', 'wait'],
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const operationOf = (word: number): Operation | undefined => OPERATIONS[(word >>> 24) - 1];

const insn =
  (operation: Operation) =>
  (d = 0, a = 0, imm = 0): number =>
    (((OPERATIONS.indexOf(operation) + 1) << 24) | (d << 20) | (a << 16) | (imm & 0xffff)) >>> 0;

export const asm = {
  addi: insn('addi'), // d = a + imm
  lui: (d: number, imm: number) => insn('lui')(d, 0, imm), // d = imm << 16
  add: insn('add'), // d = a + r[imm]
  div: insn('div'), // d = a / r[imm], signed; traps on 0
  lw: insn('lw'), // d = 32 bits at a + imm, which must be aligned
  sw: insn('sw'), // the other way
  lhu: insn('lhu'), // d = 16 bits at a + imm, anywhere
  bne: insn('bne'), // if d != a: pc += 4 * imm
  jalr: insn('jalr'), // d = pc + 4, pc = a + imm
  mfs: (d: number, special: number) => insn('mfs')(d, 0, special),
  mts: (special: number, a: number) => insn('mts')(0, a, special),
  syscall: insn('syscall')(),
  rti: insn('rti')(),
  wait: insn('wait')(),
} as const;

/** d = a 32-bit constant. */
export const li = (d: number, value: number): number[] => [asm.lui(d, (value + 0x8000) >>> 16), asm.addi(d, d, value & 0xffff)];
