/** Building blocks of floating-point emitters: FS and rounding-mode checks, NaN boxing, sign injection. Source: unprivileged ISA manual, "F", "D", "Zfh". */
import type { HelperDef } from '../../tcg/opcodes.js';
import { Cond } from '../../tcg/opcodes.js';
import type { Temp } from '../../tcg/context.js';
import type { DisasContext } from './context.js';
import type { Operands } from './operands.js';
import type { Emit } from './table.js';

const RM_DYNAMIC = 7;
const RM_LAST = 4; // rmm

/** What an emitter changes of the FP state. */
type Effect = 'none' | 'dirty';

/** An FP instruction: illegal while mstatus.FS is off; one that writes an f register or may raise flags makes FS dirty. */
const fpInsn =
  (effect: Effect, emit: Emit): Emit =>
  (c, a) => {
    if (c.fs === 0) return c.illegal();
    emit(c, a);
    if (effect === 'dirty') c.markFsDirty();
  };

const validRm = (c: DisasContext, a: Operands): boolean => a.rm <= RM_LAST || (a.rm === RM_DYNAMIC && !c.frmInvalid);

/** Reads FP state only. */
export const reads = (emit: Emit): Emit => fpInsn('none', emit);
/** Writes an f register, or flags. */
export const writes = (emit: Emit): Emit => fpInsn('dirty', emit);

/** The same with a rounding mode, which must be valid (dynamic: frm must be). */
const withRm = (emit: Emit): Emit => {
  const checked = writes(emit);
  return (c, a) => (validRm(c, a) ? checked(c, a) : c.illegal());
};

const rm = (c: DisasContext, a: Operands): Temp => c.tcg.constI64(a.rm);

// Calls: f and x say where operands and results are; _rm adds the rounding mode.

export const fff = (h: HelperDef): Emit => writes((c, a) => c.tcg.call(h, c.f(a.rd), c.f(a.rs1), c.f(a.rs2)));
export const fffRm = (h: HelperDef): Emit => withRm((c, a) => c.tcg.call(h, c.f(a.rd), c.f(a.rs1), c.f(a.rs2), rm(c, a)));
export const ffffRm = (h: HelperDef): Emit => withRm((c, a) => c.tcg.call(h, c.f(a.rd), c.f(a.rs1), c.f(a.rs2), c.f(a.rs3), rm(c, a)));
export const ffRm = (h: HelperDef): Emit => withRm((c, a) => c.tcg.call(h, c.f(a.rd), c.f(a.rs1), rm(c, a)));
export const fxRm = (h: HelperDef): Emit => withRm((c, a) => c.tcg.call(h, c.f(a.rd), c.x(a.rs1), rm(c, a)));
export const xfRm = (h: HelperDef): Emit => withRm((c, a) => c.tcg.call(h, c.dest(a.rd), c.f(a.rs1), rm(c, a)));
export const xff = (h: HelperDef): Emit => writes((c, a) => c.tcg.call(h, c.dest(a.rd), c.f(a.rs1), c.f(a.rs2)));
/** Writes x and raises flags. */
export const xfFlags = (h: HelperDef): Emit => writes((c, a) => c.tcg.call(h, c.dest(a.rd), c.f(a.rs1)));
/** Writes x only. */
export const xf = (h: HelperDef): Emit => reads((c, a) => c.tcg.call(h, c.dest(a.rd), c.f(a.rs1)));

/** A format narrower than an f register: what its values look like in one. */
export interface Narrow {
  readonly bits: 16 | 32;
  /** A boxed zero: all ones above the value. */
  readonly box: bigint;
  readonly canonicalNan: bigint;
}

export const HALF: Narrow = { bits: 16, box: 0xffff_ffff_ffff_0000n, canonicalNan: 0xffff_ffff_ffff_7e00n };
export const SINGLE: Narrow = { bits: 32, box: 0xffff_ffff_0000_0000n, canonicalNan: 0xffff_ffff_7fc0_0000n };

export const loadBoxed = (memop: number, narrow: Narrow): Emit =>
  writes((c, a) => {
    const t = c.tcg.temp();
    c.tcg.qemuLd(t, c.address(a.rs1, a.imm), memop, c.mmuIdx);
    c.tcg.ori(c.f(a.rd), t, narrow.box);
  });

export const loadDouble = (memop: number): Emit => writes((c, a) => c.tcg.qemuLd(c.f(a.rd), c.address(a.rs1, a.imm), memop, c.mmuIdx));

export const storeF = (memop: number): Emit => reads((c, a) => c.tcg.qemuSt(c.f(a.rs2), c.address(a.rs1, a.imm), memop, c.mmuIdx));

/** x[rs1]'s low bits into f, boxed. */
export const moveBoxed = (narrow: Narrow): Emit => writes((c, a) => c.tcg.ori(c.f(a.rd), c.x(a.rs1), narrow.box));

/** f's low bits into x, sign-extended (no box is asked for: the bits are moved as they are). */
export const moveToX = (bits: 16 | 32): Emit => reads((c, a) => c.tcg.sextract(c.dest(a.rd), c.f(a.rs1), 0, bits));

/** The value of f[r], with the canonical NaN for one that is not boxed: all boxed values are at least `box`, unsigned. */
function unboxed(c: DisasContext, r: number, narrow: Narrow): Temp {
  const { tcg } = c;
  const t = tcg.temp();
  tcg.movcond(Cond.GEU, t, c.f(r), tcg.constI64(narrow.box), c.f(r), tcg.constI64(narrow.canonicalNan));
  return t;
}

export type SignRule = 'copy' | 'negate' | 'xor';

/** fsgnj: rs1 with a sign made of rs2's. */
export const injectSign = (rule: SignRule, narrow: Narrow): Emit =>
  writes((c, a) => {
    const d = c.f(a.rd);
    const sign = 1n << BigInt(narrow.bits - 1);
    const x = unboxed(c, a.rs1, narrow);
    if (a.rs1 === a.rs2) return signOfItself(c, rule, d, x, sign);
    const y = unboxed(c, a.rs2, narrow);
    mixSign(c, rule, d, x, y, sign, narrow.bits - 1);
  });

export const injectSignDouble = (rule: SignRule): Emit =>
  writes((c, a) => {
    const d = c.f(a.rd);
    const sign = 1n << 63n;
    if (a.rs1 === a.rs2) signOfItself(c, rule, d, c.f(a.rs1), sign);
    else mixSign(c, rule, d, c.f(a.rs1), c.f(a.rs2), sign, 63);
  });

/** fmv, fneg, fabs. */
function signOfItself(c: DisasContext, rule: SignRule, d: Temp, x: Temp, sign: bigint): void {
  if (rule === 'copy') c.tcg.mov(d, x);
  else if (rule === 'negate') c.tcg.xori(d, x, sign);
  else c.tcg.andi(d, x, ~sign);
}

function mixSign(c: DisasContext, rule: SignRule, d: Temp, x: Temp, y: Temp, sign: bigint, position: number): void {
  const { tcg } = c;
  const t = tcg.temp();
  switch (rule) {
    case 'copy':
      return tcg.deposit(d, y, x, 0, position);
    case 'negate':
      tcg.xori(t, y, sign);
      return tcg.deposit(d, t, x, 0, position);
    case 'xor':
      tcg.andi(t, y, sign);
      return tcg.xor(d, x, t);
  }
}
