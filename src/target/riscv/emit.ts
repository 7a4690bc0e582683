/** Building blocks of emitters: what many rows share. */
import { MO_16, MO_32, MO_64, MO_8, MO_SIGN } from '../../../assembly/shared/layout.js';
import type { TcgContext, Temp } from '../../tcg/context.js';
import type { HelperDef } from '../../tcg/opcodes.js';
import type { DisasContext } from './context.js';
import type { Emit } from './table.js';

/** Memory accesses, named as in QEMU: size, and the extension of loads. RISC-V data is little-endian. */
export const MO = { SB: MO_8 | MO_SIGN, UB: MO_8, SW: MO_16 | MO_SIGN, UW: MO_16, SL: MO_32 | MO_SIGN, UL: MO_32, UQ: MO_64 } as const;

/** d = a op b, on 64 bits. */
export type Op2 = (t: TcgContext, d: Temp, a: Temp, b: Temp) => void;
/** d = op a. */
export type Op1 = (t: TcgContext, d: Temp, a: Temp) => void;

// Which width an emitter gives its op:
//   full  on RV32 the op maps sign-extended values to sign-extended values (logic, comparisons): nothing to do
//   xlen  on RV32 the low half of the result counts, and depends on low halves only (add, sub, mul, shl)
//   word  the low half counts always (addw, ...)

export const full2 =
  (op: Op2): Emit =>
  (c, a) =>
    op(c.tcg, c.dest(a.rd), c.x(a.rs1), c.x(a.rs2));

export const full1 =
  (op: Op1): Emit =>
  (c, a) =>
    op(c.tcg, c.dest(a.rd), c.x(a.rs1));

/** rd = op(rs1, imm). */
export const fullImm =
  (op: Op2): Emit =>
  (c, a) =>
    op(c.tcg, c.dest(a.rd), c.x(a.rs1), c.tcg.constI64(a.imm));

export const word2 =
  (op: Op2): Emit =>
  (c, a) => {
    const t = c.tcg.temp();
    op(c.tcg, t, c.x(a.rs1), c.x(a.rs2));
    c.tcg.ext32s(c.dest(a.rd), t);
  };

export const word1 =
  (op: Op1): Emit =>
  (c, a) => {
    const t = c.tcg.temp();
    op(c.tcg, t, c.x(a.rs1));
    c.tcg.ext32s(c.dest(a.rd), t);
  };

export const wordImm =
  (op: Op2): Emit =>
  (c, a) => {
    const t = c.tcg.temp();
    op(c.tcg, t, c.x(a.rs1), c.tcg.constI64(a.imm));
    c.tcg.ext32s(c.dest(a.rd), t);
  };

/** One emitter for RV64, another for RV32. */
export const byXlen =
  (rv64: Emit, rv32: Emit): Emit =>
  (c, a) =>
    (c.xl32 ? rv32 : rv64)(c, a);

export const xlen2 = (op: Op2): Emit => byXlen(full2(op), word2(op));
const xlen1 = (op: Op1): Emit => byXlen(full1(op), word1(op));
export const xlenImm = (op: Op2): Emit => byXlen(fullImm(op), wordImm(op));

/** rd = helper(rs1, rs2), on RV32 of its low half. */
export const helper2 = (helper: HelperDef): Emit => xlen2((t, d, a, b) => t.call(helper, d, a, b));
export const helper1 = (helper: HelperDef): Emit => xlen1((t, d, a) => t.call(helper, d, a));

/** A value below `width` from the low bits of a register: shift counts. */
export function shiftCount(c: DisasContext, rs2: number, width: 32 | 64): Temp {
  if (rs2 === 0) return c.x(0);
  const t = c.tcg.temp();
  c.tcg.andi(t, rs2, width - 1);
  return t;
}

/** Does nothing: hints. */
export const nop: Emit = () => {};
