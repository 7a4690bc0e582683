/** Zicond. Source: unprivileged ISA manual, "Zicond". */
import { Cond } from '../../tcg/opcodes.js';
import { full2, type Op2 } from './emit.js';
import { R } from './operands.js';
import { Zicond, insn, type Insn } from './table.js';

/** rs1, or zero if rs2 `cond` zero. */
const zeroIf =
  (cond: Cond): Op2 =>
  (t, d, a, b) => {
    const zero = t.constI64(0);
    t.movcond(cond, d, b, zero, zero, a);
  };

// prettier-ignore
export const RVZICOND: readonly Insn[] = [
  insn('czero.eqz', '0000111 rs2:5 rs1:5 101 rd:5 0110011', R, Zicond, full2(zeroIf(Cond.EQ))),
  insn('czero.nez', '0000111 rs2:5 rs1:5 111 rd:5 0110011', R, Zicond, full2(zeroIf(Cond.NE))),
];
