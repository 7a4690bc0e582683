/** Zimop: codes that later extensions may give a meaning; until then they write zero. Source: unprivileged ISA manual, "Zimop". */
import { sspopchkOrRead, sspush } from './cfi.js';
import { R, R_UNARY } from './operands.js';
import { Zimop, insn, type Emit, type Insn } from './table.js';

const zero: Emit = (c, a) => c.setX(a.rd, c.x(0));
const bits = (n: number, width: number): string => n.toString(2).padStart(width, '0');

/** Those that Zicfiss gives a meaning. */
const SSPOPCHK = 28;
const SSPUSH = 7;

export const RVZIMOP: readonly Insn[] = [
  ...Array.from({ length: 32 }, (_, n) =>
    insn(
      `mop.r.${n}`,
      `1 ${n >> 4} 00 ${bits((n >> 2) & 3, 2)} 0111 ${bits(n & 3, 2)} rs1:5 100 rd:5 1110011`,
      R_UNARY,
      Zimop,
      n === SSPOPCHK ? sspopchkOrRead(zero) : zero,
    ),
  ),
  ...Array.from({ length: 8 }, (_, n) =>
    insn(`mop.rr.${n}`, `1 ${n >> 2} 00 ${bits(n & 3, 2)} 1 rs2:5 rs1:5 100 rd:5 1110011`, R, Zimop, n === SSPUSH ? sspush(zero) : zero),
  ),
];
