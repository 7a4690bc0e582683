/**
 * The reference meaning of the IR: BigInt, slow, obvious. Tests run a TB here and in the thing under test (optimiser, tci, wasm) and compare.
 * What QEMU leaves undefined (shift counts of the width or more, a temp never written) throws, so that a test cannot lean on it.
 */
import { MEMOPIDX_SHIFT, MO_8, MO_BSWAP, MO_SIGN, MO_SIZE, TB_EXIT_IDX0, TB_EXIT_REQUESTED } from '../../assembly/shared/layout.js';
import { alignmentOf } from '../../src/tcg/memop.js';
import { TempKind, TYPE_I64, type TcgContext, type Temp } from '../../src/tcg/context.js';
import { Cond, Op, OP_WORDS, OPS, type HelperDef } from '../../src/tcg/opcodes.js';

export interface IrState {
  /** By global number, unsigned 64-bit. */
  globals: bigint[];
  /** Guest memory: addresses wrap at its size, which is a power of two. */
  memory: Uint8Array;
  /** Env bytes for ld/st ops; globals are not in it. */
  env: Uint8Array;
}

export type IrExit =
  | { readonly kind: 'goto_tb'; readonly slot: number }
  | { readonly kind: 'goto_ptr' }
  | { readonly kind: 'exit_tb'; readonly value: number }
  /** An op or helper raised: pc offset of the last insn_start; globals are exact. */
  | { readonly kind: 'fault'; readonly pcOffset: number };

export interface EvalOptions {
  /** Does this access fault? Default: never. */
  faults?: (address: bigint, size: number, write: boolean) => boolean;
  /** What a helper answers; it may change the state. 'fault' raises. Default: a hash of its name and arguments. */
  callHelper?: (helper: HelperDef, args: readonly bigint[], state: IrState) => bigint | 'fault';
  /** Ops executed before giving up on a loop. */
  maxOps?: number;
}

/** A deep copy, to run the same state twice. */
export function cloneState(state: IrState): IrState {
  return { globals: [...state.globals], memory: state.memory.slice(), env: state.env.slice() };
}

/** Runs a TB on `state`, which it changes, to its exit. */
export function evalIr(ctx: TcgContext, state: IrState, options: EvalOptions = {}): { exit: IrExit; state: IrState } {
  return { exit: new Evaluator(ctx, state, options).run(), state };
}

class Evaluator {
  private readonly temps: (bigint | undefined)[] = [];
  private readonly labels = new Map<number, number>();
  private pcOffset = 0;

  constructor(
    private readonly ctx: TcgContext,
    private readonly state: IrState,
    private readonly options: EvalOptions,
  ) {
    for (let k = 0; k < ctx.opCount; k++) if (ctx.ops[k * OP_WORDS] === Op.set_label) this.labels.set(ctx.ops[k * OP_WORDS + 1], k);
  }

  run(): IrExit {
    let budget = this.options.maxOps ?? 100_000;
    for (let k = 0; k < this.ctx.opCount;) {
      if (budget-- === 0) throw new Error('evalIr: too many ops, an endless loop?');
      const next = this.step(k);
      if (typeof next !== 'number') return next;
      k = next;
    }
    throw new Error('evalIr: ran off the end');
  }

  /** The number of the next op, or the exit. */
  private step(k: number): number | IrExit {
    const w = this.ctx.ops.subarray(k * OP_WORDS, k * OP_WORDS + OP_WORDS);
    const op = w[0] as Op;
    switch (op) {
      case Op.nop:
      case Op.mb:
      case Op.set_label:
        return k + 1;
      case Op.discard:
        this.temps[w[1]] = undefined;
        return k + 1;
      case Op.insn_start:
        this.pcOffset = w[1];
        return k + 1;
      case Op.br:
        return this.target(w[1]);
      case Op.brcond_i32:
      case Op.brcond_i64:
        return holds(w[3], this.get(w[1]), this.get(w[2]), op === Op.brcond_i64 ? 64 : 32) ? this.target(w[4]) : k + 1;
      case Op.goto_tb:
        return { kind: 'goto_tb', slot: w[1] };
      case Op.goto_ptr:
        return { kind: 'goto_ptr' };
      case Op.exit_tb:
        if (w[1] !== TB_EXIT_IDX0 && w[1] !== TB_EXIT_REQUESTED) throw new Error(`exit_tb ${w[1]}`);
        return { kind: 'exit_tb', value: w[1] };
      case Op.call:
        return this.call(w) ? k + 1 : this.fault();
      case Op.qemu_ld_i64: {
        const value = this.guestLoad(this.get(w[2]), w[3]);
        if (value === undefined) return this.fault();
        this.set(w[1], value);
        return k + 1;
      }
      case Op.qemu_st_i64:
        return this.guestStore(this.get(w[2]), this.get(w[1]), w[3]) ? k + 1 : this.fault();
    }
    if (op >= Op.atomic_xchg_i64 && op <= Op.atomic_cmpxchg_i64) return this.atomic(op, w) ? k + 1 : this.fault();
    const { name } = OPS[op];
    if (/^(ld|st)/.test(name)) this.envAccess(name, w);
    else this.arithmetic(name, w);
    return k + 1;
  }

  private arithmetic(name: string, w: Int32Array): void {
    if (/^(mulu2|muls2|add2|sub2)_/.test(name)) return this.double(name, w);
    const { signature } = OPS[w[0]];
    const inputs: bigint[] = [];
    const immediates: number[] = [];
    for (let i = 1; i < signature.length; i++) {
      if (signature[i] === 'i') inputs.push(this.get(w[1 + i]));
      else immediates.push(w[1 + i]);
    }
    this.set(w[1], compute(name, inputs, immediates));
  }

  private double(name: string, w: Int32Array): void {
    const [base, type] = name.split('_');
    const bits = type === 'i64' ? 64 : 32;
    const inputs = OPS[w[0]].signature.length === 4 ? [3, 4] : [3, 4, 5, 6];
    const [a, b, c, d] = inputs.map((i) => this.get(w[i]));
    const pair = (low: bigint, high: bigint) => (high << BigInt(bits)) | low;
    const signed = (value: bigint) => BigInt.asIntN(bits, value);
    const result =
      base === 'mulu2'
        ? a * b
        : base === 'muls2'
          ? signed(a) * signed(b)
          : base === 'add2'
            ? pair(a, b) + pair(c, d)
            : pair(a, b) - pair(c, d);
    this.set(w[1], result);
    this.set(w[2], result >> BigInt(bits));
  }

  private envAccess(name: string, w: Int32Array): void {
    const match = /^(ld|st)(8|16|32)?([us])?_i(32|64)$/.exec(name)!;
    const size = Number(match[2] ?? match[4]) / 8;
    if (match[1] === 'st') return writeBytes(this.state.env, w[2], size, this.get(w[1]));
    const value = readBytes(this.state.env, w[2], size);
    this.set(w[1], match[3] === 's' ? BigInt.asIntN(8 * size, value) : value);
  }

  private guestLoad(address: bigint, memOpIdx: number): bigint | undefined {
    const memop = memOpIdx >> MEMOPIDX_SHIFT;
    const size = 1 << (memop & MO_SIZE);
    if (isMisaligned(address, memop) || this.options.faults?.(address, size, false)) return undefined;
    const value = swap(readBytes(this.state.memory, Number(BigInt.asUintN(32, address)), size), memop);
    return memop & MO_SIGN ? BigInt.asUintN(64, BigInt.asIntN(8 * size, value)) : value;
  }

  private guestStore(address: bigint, value: bigint, memOpIdx: number): boolean {
    const memop = memOpIdx >> MEMOPIDX_SHIFT;
    const size = 1 << (memop & MO_SIZE);
    if (isMisaligned(address, memop) || this.options.faults?.(address, size, true)) return false;
    writeBytes(this.state.memory, Number(BigInt.asUintN(32, address)), size, swap(value, memop));
    return true;
  }

  private atomic(op: Op, w: Int32Array): boolean {
    const exchange = op === Op.atomic_cmpxchg_i64;
    const memOpIdx = exchange ? w[5] : w[4];
    const bits = 8 << ((memOpIdx >> MEMOPIDX_SHIFT) & MO_SIZE);
    const address = this.get(w[2]);
    const operand = this.get(w[3]);
    if (this.options.faults?.(address, bits / 8, true)) return false;
    const old = this.guestLoad(address, memOpIdx)!;
    const same = BigInt.asUintN(bits, old) === BigInt.asUintN(bits, operand);
    const updated = exchange ? (same ? this.get(w[4]) : old) : update(OPS[op].name, old, operand, bits);
    this.guestStore(address, updated, memOpIdx);
    this.set(w[1], old);
    return true;
  }

  private call(w: Int32Array): boolean {
    const helper = this.ctx.helpers[w[2]];
    const args = [...w.subarray(3, 3 + helper.args)].map((t) => this.get(t));
    const result = (this.options.callHelper ?? hashHelper)(helper, args, this.state);
    if (result === 'fault') return false;
    if (w[1] >= 0) this.set(w[1], result);
    return true;
  }

  private fault(): IrExit {
    return { kind: 'fault', pcOffset: this.pcOffset };
  }

  private target(label: number): number {
    const k = this.labels.get(label);
    if (k === undefined) throw new Error(`evalIr: label $L${label} is not set`);
    return k;
  }

  /** A temp's value, unsigned in its width. */
  private get(t: Temp): bigint {
    const { ctx } = this;
    const bits = ctx.tempType[t] === TYPE_I64 ? 64 : 32;
    if (ctx.tempKind[t] === TempKind.Const) return BigInt.asUintN(bits, ctx.constValue(t));
    const value = ctx.tempKind[t] === TempKind.Global ? this.state.globals[t] : this.temps[t];
    if (value === undefined) throw new Error(`evalIr: temp ${t} is read before it is written`);
    return value;
  }

  private set(t: Temp, value: bigint): void {
    const { ctx } = this;
    if (ctx.tempKind[t] === TempKind.Const) throw new Error('evalIr: a constant as output');
    const wrapped = BigInt.asUintN(ctx.tempType[t] === TYPE_I64 ? 64 : 32, value);
    if (ctx.tempKind[t] === TempKind.Global) this.state.globals[t] = wrapped;
    else this.temps[t] = wrapped;
  }
}

/** One-output ops without effects, on unsigned inputs; the caller wraps the result. */
function compute(name: string, inputs: readonly bigint[], immediates: readonly number[]): bigint {
  const mixed = /^(ext|extu)_i32_i64$|^extr[lh]_i64_i32$/.exec(name);
  if (mixed) return convert(name, inputs[0]);
  const [base, type] = name.split('_');
  const bits = type === 'i64' ? 64 : 32;
  const width = BigInt(bits);
  const [a, b, t, f] = inputs;
  const [n1, n2] = immediates;
  const signed = (value: bigint) => BigInt.asIntN(bits, value);
  const count = () => {
    if (b >= width) throw new Error(`evalIr: ${name} by ${b}`);
    return b;
  };
  // prettier-ignore
  switch (base) {
    case 'mov': return a;
    case 'setcond': return holds(n1, a, b, bits) ? 1n : 0n;
    case 'movcond': return holds(n1, a, b, bits) ? t : f;
    case 'add': return a + b;
    case 'sub': return a - b;
    case 'mul': return a * b;
    case 'neg': return -a;
    case 'div': return b === 0n ? -1n : signed(a) / signed(b);
    case 'divu': return b === 0n ? -1n : a / b;
    case 'rem': return b === 0n ? a : signed(a) % signed(b);
    case 'remu': return b === 0n ? a : a % b;
    case 'and': return a & b;
    case 'or': return a | b;
    case 'xor': return a ^ b;
    case 'not': return ~a;
    case 'andc': return a & ~b;
    case 'orc': return a | ~b;
    case 'eqv': return ~(a ^ b);
    case 'nand': return ~(a & b);
    case 'nor': return ~(a | b);
    case 'shl': return a << count();
    case 'shr': return a >> count();
    case 'sar': return signed(a) >> count();
    case 'rotl': return (a << count()) | (a >> (width - b));
    case 'rotr': return (a >> count()) | (a << (width - b));
    case 'ext8s': return BigInt.asIntN(8, a);
    case 'ext8u': return BigInt.asUintN(8, a);
    case 'ext16s': return BigInt.asIntN(16, a);
    case 'ext16u': return BigInt.asUintN(16, a);
    case 'ext32s': return BigInt.asIntN(32, a);
    case 'ext32u': return BigInt.asUintN(32, a);
    case 'deposit': {
      const mask = ((1n << BigInt(n2)) - 1n) << BigInt(n1);
      return (a & ~mask) | ((b << BigInt(n1)) & mask);
    }
    case 'extract': return BigInt.asUintN(n2, a >> BigInt(n1));
    case 'sextract': return BigInt.asIntN(n2, a >> BigInt(n1));
    case 'bswap16': return bswap(a, 2);
    case 'bswap32': return bswap(a, 4);
    case 'bswap64': return bswap(a, 8);
    case 'clz': return a === 0n ? b : width - BigInt(a.toString(2).length);
    case 'ctz': return a === 0n ? b : BigInt((a & -a).toString(2).length - 1);
    case 'ctpop': return BigInt(a.toString(2).replaceAll('0', '').length);
    case 'muluh': return (a * b) >> width;
    case 'mulsh': return (signed(a) * signed(b)) >> width;
    default: throw new Error(`evalIr: ${name} has no meaning here`);
  }
}

function convert(name: string, a: bigint): bigint {
  // prettier-ignore
  switch (name) {
    case 'ext_i32_i64': return BigInt.asIntN(32, a);
    case 'extrh_i64_i32': return a >> 32n;
    default: return BigInt.asUintN(32, a);
  }
}

function holds(cond: Cond, a: bigint, b: bigint, bits: number): boolean {
  const signed = cond >= Cond.LT && cond <= Cond.GT;
  const x = signed ? BigInt.asIntN(bits, a) : a;
  const y = signed ? BigInt.asIntN(bits, b) : b;
  // prettier-ignore
  switch (cond) {
    case Cond.EQ: return x === y;
    case Cond.NE: return x !== y;
    case Cond.LT: case Cond.LTU: return x < y;
    case Cond.GE: case Cond.GEU: return x >= y;
    case Cond.LE: case Cond.LEU: return x <= y;
    case Cond.GT: case Cond.GTU: return x > y;
  }
}

/** What an atomic op stores. */
function update(name: string, old: bigint, operand: bigint, bits: number): bigint {
  const s = (value: bigint) => BigInt.asIntN(bits, value);
  const u = (value: bigint) => BigInt.asUintN(bits, value);
  // prettier-ignore
  switch (name.replace(/^atomic_(fetch_)?|_i64$/g, '')) {
    case 'xchg': return operand;
    case 'add': return old + operand;
    case 'and': return old & operand;
    case 'or': return old | operand;
    case 'xor': return old ^ operand;
    case 'smin': return s(old) < s(operand) ? old : operand;
    case 'smax': return s(old) > s(operand) ? old : operand;
    case 'umin': return u(old) < u(operand) ? old : operand;
    case 'umax': return u(old) > u(operand) ? old : operand;
    default: throw new Error(`evalIr: ${name} has no meaning here`);
  }
}

function bswap(value: bigint, size: number): bigint {
  let result = 0n;
  for (let i = 0; i < size; i++) result = (result << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return result;
}

const isMisaligned = (address: bigint, memop: number): boolean => (Number(address & 7n) & (alignmentOf(memop) - 1)) !== 0;

function swap(value: bigint, memop: number): bigint {
  return memop & MO_BSWAP && (memop & MO_SIZE) !== MO_8 ? bswap(value, 1 << (memop & MO_SIZE)) : value;
}

function readBytes(bytes: Uint8Array, address: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[(address + i) & (bytes.length - 1)]);
  return value;
}

function writeBytes(bytes: Uint8Array, address: number, size: number, value: bigint): void {
  for (let i = 0; i < size; i++) bytes[(address + i) & (bytes.length - 1)] = Number((value >> BigInt(8 * i)) & 0xffn);
}

/** The default helper: a number that depends on its name and every argument. */
function hashHelper(helper: HelperDef, args: readonly bigint[]): bigint {
  let hash = 0x9e3779b97f4a7c15n;
  for (const x of [...helper.name].map((c) => BigInt(c.charCodeAt(0))).concat(args)) {
    hash = BigInt.asUintN(64, (hash ^ x) * 0xbf58476d1ce4e5b9n);
    hash ^= hash >> 29n;
  }
  return hash;
}
