/**
 * The storage of one TB's IR: the op stream, the temp table, labels and interned constants. Flat typed arrays and no object an op,
 * because the translator fills one for every cold block of the guest (a Debian boot translates some 430,000 guest instructions).
 */
import { OP_WORDS, type HelperDef, type IrType, type Op } from './opcodes.js';

/** Index in the temp table. */
export type Temp = number;

/** A 64-bit guest register that lives in the CPU env. */
export interface GlobalDef {
  readonly name: string;
  /** Bytes from the env pointer. */
  readonly offset: number;
  /** 32: whoever writes it, in generated code or elsewhere, zero-extends 32 bits. */
  readonly bits?: 32;
  /** An instruction that is done again writes it again, and looks at it in no other way: generated code that has written it may still leave for tci. */
  readonly isNote?: true;
}

export enum TempKind {
  /** An env field: lives for ever, the same number in every TB of a target. */
  Global,
  /** Dies at the next label or unconditional end of a block. */
  Temp,
  /** Lives for the whole TB. */
  Local,
  /** An interned constant: never an output. */
  Const,
}

/** Global 0 of every target. */
export const PC: Temp = 0;

/** Values of `tempType`. */
export const TYPE_I32 = 0;
export const TYPE_I64 = 1;

const INITIAL_OPS = 1024;
const INITIAL_TEMPS = 512;
const INITIAL_HASH = 512;

export class IrBuffer {
  /** Op k is `ops[8k .. 8k+7]`: opcode, operands. Reallocated when it grows: read it again after emitting. */
  ops = new Int32Array(INITIAL_OPS * OP_WORDS);
  opCount = 0;

  readonly globalCount: number;
  tempCount: number;
  /** TempKind by temp. */
  tempKind = new Uint8Array(INITIAL_TEMPS);
  /** TYPE_I32 or TYPE_I64 by temp. */
  tempType = new Uint8Array(INITIAL_TEMPS);
  /** Low and high word of a constant temp; of an i32 constant the high word repeats the sign. */
  constLo = new Int32Array(INITIAL_TEMPS);
  constHi = new Int32Array(INITIAL_TEMPS);
  /** Env offset by global. */
  readonly globalOffset: Int32Array;
  labelCount = 0;

  /** Open-addressed hash of the constants: temp numbers, 0 is free (global 0 is no constant). */
  private hash = new Int32Array(INITIAL_HASH);
  private constCount = 0;
  private readonly helperIds = new Map<HelperDef, number>();

  constructor(
    readonly globals: readonly GlobalDef[],
    readonly helpers: readonly HelperDef[],
  ) {
    if (globals.length === 0) throw new RangeError('a target has at least one global: pc');
    this.globalCount = globals.length;
    this.tempCount = globals.length;
    this.globalOffset = Int32Array.from(globals, (g) => g.offset);
    while (this.tempKind.length < 2 * globals.length) this.growTemps();
    this.tempType.fill(TYPE_I64, 0, globals.length);
    helpers.forEach((helper, id) => this.helperIds.set(helper, id));
  }

  /** Starts a new TB: everything but the globals goes. */
  reset(): void {
    this.opCount = 0;
    this.tempCount = this.globalCount;
    this.labelCount = 0;
    this.constCount = 0;
    this.hash.fill(0);
  }

  /** A scratch value of the running block. */
  temp(type: IrType = 'i64'): Temp {
    return this.newTemp(TempKind.Temp, type === 'i64' ? TYPE_I64 : TYPE_I32);
  }

  /** A value that may live across labels of this TB. */
  local(type: IrType = 'i64'): Temp {
    return this.newTemp(TempKind.Local, type === 'i64' ? TYPE_I64 : TYPE_I32);
  }

  newLabel(): number {
    return this.labelCount++;
  }

  /** The 64-bit constant (numbers: integers to 2^53, sign-extended; bigints: modulo 2^64). */
  constI64(value: bigint | number): Temp {
    if (typeof value === 'number') {
      const lo = value | 0;
      return this.intern(TYPE_I64, lo, lo === value ? lo >> 31 : Math.floor(value / 0x1_0000_0000) | 0);
    }
    return this.intern(TYPE_I64, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  constI64Parts(lo: number, hi: number): Temp {
    return this.intern(TYPE_I64, lo | 0, hi | 0);
  }

  constI32(value: number): Temp {
    const lo = value | 0;
    return this.intern(TYPE_I32, lo, lo >> 31);
  }

  isConst(temp: Temp): boolean {
    return this.tempKind[temp] === TempKind.Const;
  }

  /** A constant's value as signed 64-bit. */
  constValue(temp: Temp): bigint {
    return (BigInt(this.constHi[temp]) << 32n) | BigInt(this.constLo[temp] >>> 0);
  }

  helperId(helper: HelperDef): number {
    const id = this.helperIds.get(helper);
    if (id === undefined) throw new RangeError(`helper ${helper.name} is not in this context's table`);
    return id;
  }

  private newTemp(kind: TempKind, type: number): Temp {
    const temp = this.tempCount++;
    if (temp >= this.tempKind.length) this.growTemps();
    this.tempKind[temp] = kind;
    this.tempType[temp] = type;
    return temp;
  }

  private intern(type: number, lo: number, hi: number): Temp {
    const mask = this.hash.length - 1;
    let slot = hashOf(type, lo, hi) & mask;
    for (let temp = this.hash[slot]; temp !== 0; temp = this.hash[slot]) {
      if (this.constLo[temp] === lo && this.constHi[temp] === hi && this.tempType[temp] === type) return temp;
      slot = (slot + 1) & mask;
    }
    const temp = this.newTemp(TempKind.Const, type);
    this.constLo[temp] = lo;
    this.constHi[temp] = hi;
    this.hash[slot] = temp;
    if (++this.constCount * 2 > this.hash.length) this.growHash();
    return temp;
  }

  private growHash(): void {
    const old = this.hash;
    this.hash = new Int32Array(old.length * 2);
    const mask = this.hash.length - 1;
    for (const temp of old) {
      if (temp === 0) continue;
      let slot = hashOf(this.tempType[temp], this.constLo[temp], this.constHi[temp]) & mask;
      while (this.hash[slot] !== 0) slot = (slot + 1) & mask;
      this.hash[slot] = temp;
    }
  }

  private growTemps(): void {
    const size = this.tempKind.length * 2;
    const kind = new Uint8Array(size);
    const type = new Uint8Array(size);
    const lo = new Int32Array(size);
    const hi = new Int32Array(size);
    kind.set(this.tempKind);
    type.set(this.tempType);
    lo.set(this.constLo);
    hi.set(this.constHi);
    this.tempKind = kind;
    this.tempType = type;
    this.constLo = lo;
    this.constHi = hi;
  }

  /** Appends an op given as data (parser, generators of tests); the methods of TcgContext are the quick way. */
  emitOp(op: Op, operands: ArrayLike<number>): void {
    const p = this.next(op);
    for (let i = 0; i < operands.length; i++) this.ops[p + 1 + i] = operands[i];
  }

  /** Room for one more op: the index of its first word. */
  protected next(op: Op): number {
    const p = this.opCount++ * OP_WORDS;
    if (p >= this.ops.length) this.growOps();
    this.ops[p] = op;
    return p;
  }

  private growOps(): void {
    const ops = new Int32Array(this.ops.length * 2);
    ops.set(this.ops);
    this.ops = ops;
  }
}

function hashOf(type: number, lo: number, hi: number): number {
  const h = Math.imul(lo ^ Math.imul(hi + type, 0x9e3779b1 | 0), 0x85ebca6b | 0);
  return h ^ (h >>> 15);
}
