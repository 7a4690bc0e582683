/**
 * What guest registers and addresses are after a piece of straight-line code, as sums of what the registers were before it. Coefficients and constants are
 * small integers; anything else is unknown.
 */
import { PC } from '../ir-buffer.js';
import { TempKind } from '../ir-buffer.js';
import { Op, OP_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import type { Linear, TbIr, Value } from './region.js';

const LIMIT = 2 ** 40;
const ZERO: Linear = { terms: new Map(), constant: 0 };

export const isConstant = ({ terms }: Linear): boolean => terms.size === 0;
export const isZero = (value: Linear): boolean => value.constant === 0 && isConstant(value);

/** a + coef * b; undefined if that is out of bounds. */
export function addLinear(a: Linear, b: Linear, coef = 1): Linear | undefined {
  const terms = new Map(a.terms);
  const constant = a.constant + coef * b.constant;
  if (Math.abs(constant) > LIMIT) return undefined;
  for (const [global, own] of b.terms) {
    const sum = (terms.get(global) ?? 0) + coef * own;
    if (Math.abs(sum) > LIMIT) return undefined;
    if (sum === 0) terms.delete(global);
    else terms.set(global, sum);
  }
  return { terms, constant };
}

/** Follows straight-line code op by op. */
export class LinearFlow {
  /** Globals that were written. */
  private readonly globals = new Map<number, Value | undefined>();
  private temps = new Map<number, Value | undefined>();
  /** Temps that are a value shifted left by 32. */
  private readonly shifted = new Map<number, Value>();

  constructor(private readonly globalCount: number) {}

  /** Temps do not live across TBs. */
  startTb(): void {
    this.temps = new Map();
    for (const temp of this.shifted.keys()) if (temp >= this.globalCount) this.shifted.delete(temp);
  }

  isWritten(global: number): boolean {
    return this.globals.has(global);
  }

  valueOf(ir: TbIr, temp: number): Value | undefined {
    if (temp < this.globalCount) return this.ofGlobal(temp);
    if (ir.tempKind[temp] !== TempKind.Const) return this.temps.get(temp);
    const constant = ir.constHi[temp] * 2 ** 32 + (ir.constLo[temp] >>> 0);
    return Math.abs(constant) <= LIMIT ? { wide: { terms: new Map(), constant } } : undefined;
  }

  ofGlobal(global: number): Value | undefined {
    if (global === PC) return undefined; // the same in every trip, but its local is not set before the loop's first TB
    return this.globals.has(global) ? this.globals.get(global) : { wide: { terms: new Map([[global, 1]]), constant: 0 } };
  }

  step(ir: TbIr, k: number): void {
    const { ops } = ir;
    const p = k * OP_WORDS;
    const value = this.result(ir, p);
    const isShift = ops[p] === Op.shl_i64 && this.isConst(ir, ops[p + 3], 32);
    const base = isShift ? this.valueOf(ir, ops[p + 2]) : undefined;
    for (const at of OUTPUT_WORDS[ops[p]]) {
      const temp = ops[p + at];
      if (temp < 0) continue;
      (temp < this.globalCount ? this.globals : this.temps).set(temp, value);
      this.shifted.delete(temp);
    }
    if (base) this.shifted.set(ops[p + 1], base);
  }

  private isConst(ir: TbIr, temp: number, value: number): boolean {
    return ir.tempKind[temp] === TempKind.Const && ir.constLo[temp] === value && ir.constHi[temp] === 0;
  }

  private result(ir: TbIr, p: number): Value | undefined {
    const { ops } = ir;
    const a = () => this.valueOf(ir, ops[p + 2]);
    const b = () => this.valueOf(ir, ops[p + 3]);
    switch (ops[p] as Op) {
      case Op.mov_i64:
        return a();
      case Op.add_i64:
        return addValues(a(), b(), 1);
      case Op.sub_i64:
        return addValues(a(), b(), -1);
      case Op.shl_i64: {
        const by = b();
        if (!by || by.narrow || !isConstant(by.wide) || by.wide.constant > 12) return undefined;
        return addValues({ wide: ZERO }, a(), 2 ** by.wide.constant);
      }
      case Op.shr_i64:
      case Op.sar_i64: {
        const base = this.shifted.get(ops[p + 2]);
        const by = b();
        if (!base || !by || by.narrow || !isConstant(by.wide) || by.wide.constant > 32 || by.wide.constant < 20) return undefined;
        return extend(base, ops[p] === Op.sar_i64, 2 ** (32 - by.wide.constant));
      }
      case Op.ext32s_i64:
        return extend(a(), true);
      case Op.ext32u_i64:
        return extend(a(), false);
      case Op.extract_i64:
        return ops[p + 3] === 0 && ops[p + 4] === 32 ? extend(a(), false) : undefined;
      case Op.sextract_i64:
        return ops[p + 3] === 0 && ops[p + 4] === 32 ? extend(a(), true) : undefined;
      default:
        return undefined;
    }
  }
}

function addValues(a: Value | undefined, b: Value | undefined, coef: number): Value | undefined {
  if (!a || !b || (a.narrow && b.narrow)) return undefined;
  const wide = addLinear(a.wide, b.wide, coef);
  if (!wide) return undefined;
  const narrow = a.narrow ?? (b.narrow && { ...b.narrow, coef: coef * b.narrow.coef });
  return narrow && Math.abs(narrow.coef) > 2 ** 12 ? undefined : { wide, narrow };
}

/** `coef` times the low half of a value, extended. */
export function extend(value: Value | undefined, signed: boolean, coef = 1): Value | undefined {
  // modulo 2^32 an extended value is what it was before
  const inner = value && (value.narrow ? addLinear(value.wide, value.narrow.inner, value.narrow.coef) : value.wide);
  return inner && { wide: ZERO, narrow: { coef, inner, signed } };
}
