/**
 * Straight-line code with numbers in it, to check what an analysis says of addresses: two sums that differ give different numbers here, all but certainly.
 * What is not address arithmetic gives any number.
 */
import { TempKind } from '../ir-buffer.js';
import { INPUT_WORDS, Op, OP_WORDS, OUTPUT_WORDS } from '../opcodes.js';
import type { Linear, TbIr, Value } from './region.js';

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const low = (value: bigint, isSigned: boolean): bigint => (isSigned ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value));

export class Sample {
  private readonly globals = new Map<number, bigint>();
  private temps = new Map<number, bigint>();
  private seed = 1;

  constructor(private readonly globalCount: number) {}

  /** Positive, and so small that a dozen trips do not come to where 32 bits wrap around. */
  private any(): bigint {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return BigInt(0x10_0000 + (this.seed >>> 10));
  }

  startTb(): void {
    this.temps = new Map();
  }
  /** All globals may have changed. */
  forgetGlobals(): void {
    this.globals.clear();
  }

  get(ir: TbIr, temp: number): bigint {
    if (ir.tempKind[temp] === TempKind.Const) return u64((BigInt(ir.constHi[temp]) << 32n) | BigInt(ir.constLo[temp] >>> 0));
    const values = temp < this.globalCount ? this.globals : this.temps;
    let value = values.get(temp);
    if (value === undefined) values.set(temp, (value = this.any()));
    return value;
  }

  step(ir: TbIr, k: number): void {
    const p = k * OP_WORDS;
    const op = ir.ops[p] as Op;
    const inputs = INPUT_WORDS[op].map((at) => ir.ops[p + at]).filter((temp) => temp >= 0);
    const value = result(op, inputs.map((temp) => this.get(ir, temp)), ir.ops.subarray(p, p + OP_WORDS)); // prettier-ignore
    for (const at of OUTPUT_WORDS[op]) {
      const temp = ir.ops[p + at];
      if (temp >= 0) (temp < this.globalCount ? this.globals : this.temps).set(temp, value === undefined ? this.any() : u64(value));
    }
  }

  /** A sum of globals as they are now. */
  linear(ir: TbIr, { terms, constant }: Linear): bigint {
    let sum = BigInt(constant);
    for (const [global, coef] of terms) sum += BigInt(coef) * this.get(ir, global);
    return sum;
  }
  value(ir: TbIr, { wide, narrow }: Value): bigint {
    const part = narrow ? BigInt(narrow.coef) * low(this.linear(ir, narrow.inner), narrow.signed) : 0n;
    return u64(this.linear(ir, wide) + part);
  }
}

function result(op: Op, [a, b]: readonly bigint[], words: Int32Array): bigint | undefined {
  switch (op) {
    case Op.mov_i64:
      return a;
    case Op.add_i64:
      return a + b;
    case Op.sub_i64:
      return a - b;
    case Op.shl_i64:
      return b < 64n ? a << b : undefined;
    case Op.shr_i64:
      return a >> b;
    case Op.sar_i64:
      return BigInt.asIntN(64, a) >> b;
    case Op.ext32s_i64:
      return low(a, true);
    case Op.ext32u_i64:
      return low(a, false);
    case Op.extract_i64:
      return BigInt.asUintN(words[4], a >> BigInt(words[3]));
    case Op.sextract_i64:
      return BigInt.asIntN(words[4], a >> BigInt(words[3]));
    default:
      return undefined;
  }
}
