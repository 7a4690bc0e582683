/**
 * Constant arithmetic of the IR on (lo, hi) int32 pairs: BigInt would cost more than the rest of the optimiser. 32-bit values are held
 * sign-extended, so that most 64-bit answers are right for them after their low word is sign-extended again.
 */
import { Cond, Op, OP_BASE, OP_WIDE } from './opcodes.js';

/** The condition with its operands exchanged: a c b = b swapCond(c) a. */
const SWAPPED = [Cond.EQ, Cond.NE, Cond.GT, Cond.LE, Cond.GE, Cond.LT, Cond.GTU, Cond.LEU, Cond.GEU, Cond.LTU];

export function swapCond(cond: Cond): Cond {
  return SWAPPED[cond];
}

export function evalCond(cond: Cond, al: number, ah: number, bl: number, bh: number): boolean {
  switch (cond) {
    case Cond.EQ:
      return al === bl && ah === bh;
    case Cond.NE:
      return al !== bl || ah !== bh;
    case Cond.LT:
      return lessSigned(al, ah, bl, bh);
    case Cond.GE:
      return !lessSigned(al, ah, bl, bh);
    case Cond.LE:
      return !lessSigned(bl, bh, al, ah);
    case Cond.GT:
      return lessSigned(bl, bh, al, ah);
    case Cond.LTU:
      return lessUnsigned(al, ah, bl, bh);
    case Cond.GEU:
      return !lessUnsigned(al, ah, bl, bh);
    case Cond.LEU:
      return !lessUnsigned(bl, bh, al, ah);
    case Cond.GTU:
      return lessUnsigned(bl, bh, al, ah);
  }
}

function lessSigned(al: number, ah: number, bl: number, bh: number): boolean {
  return ah !== bh ? ah < bh : al >>> 0 < bl >>> 0;
}

function lessUnsigned(al: number, ah: number, bl: number, bh: number): boolean {
  return ah !== bh ? ah >>> 0 < bh >>> 0 : al >>> 0 < bl >>> 0;
}

/** Leading bits equal to the sign bit, itself included: 1 .. 64. */
export function signCopies(lo: number, hi: number): number {
  const sign = hi >> 31;
  const high = hi ^ sign;
  return high !== 0 ? Math.clz32(high) : 32 + Math.clz32(lo ^ sign);
}

export function clz64(lo: number, hi: number): number {
  return hi !== 0 ? Math.clz32(hi) : 32 + Math.clz32(lo);
}

/** log2 of a power of two, else -1. */
export function log2Exact(lo: number, hi: number): number {
  if (hi === 0 && lo !== 0 && (lo & (lo - 1)) === 0) return 31 - Math.clz32(lo);
  if (lo === 0 && hi !== 0 && (hi & (hi - 1)) === 0) return 63 - Math.clz32(hi);
  return -1;
}

function ctz32(x: number): number {
  return x === 0 ? 32 : 31 - Math.clz32(x & -x);
}

function popcount32(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function bswap32(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

function toBig(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

function toBigUnsigned(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** A result register: each operation leaves its value in lo, hi and tells whether there is one. */
export class Folder {
  lo = 0;
  hi = 0;

  /** Any one-output op whose inputs are constants; n1, n2 are its immediates. False where the result is undefined or unknown. */
  fold(op: Op, al: number, ah: number, bl: number, bh: number, n1: number, n2: number): boolean {
    if (!this.compute(op, al, ah, bl, bh, n1, n2)) return false;
    if (OP_WIDE[op] === 0) this.hi = this.lo >> 31;
    return true;
  }

  set(lo: number, hi: number): true {
    this.lo = lo | 0;
    this.hi = hi | 0;
    return true;
  }

  private compute(op: Op, al: number, ah: number, bl: number, bh: number, n1: number, n2: number): boolean {
    const width = OP_WIDE[op] === 1 ? 64 : 32;
    switch (OP_BASE[op] as Op) {
      case Op.mov_i32:
        return this.set(al, ah);
      case Op.add_i32:
        return this.set(al + bl, ah + bh + ((al + bl) >>> 0 < al >>> 0 ? 1 : 0));
      case Op.sub_i32:
        return this.set(al - bl, ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0));
      case Op.neg_i32:
        return this.set(-al, -ah - (al !== 0 ? 1 : 0));
      case Op.and_i32:
        return this.set(al & bl, ah & bh);
      case Op.or_i32:
        return this.set(al | bl, ah | bh);
      case Op.xor_i32:
        return this.set(al ^ bl, ah ^ bh);
      case Op.not_i32:
        return this.set(~al, ~ah);
      case Op.andc_i32:
        return this.set(al & ~bl, ah & ~bh);
      case Op.orc_i32:
        return this.set(al | ~bl, ah | ~bh);
      case Op.eqv_i32:
        return this.set(~(al ^ bl), ~(ah ^ bh));
      case Op.nand_i32:
        return this.set(~(al & bl), ~(ah & bh));
      case Op.nor_i32:
        return this.set(~(al | bl), ~(ah | bh));
      case Op.setcond_i32:
        return this.set(evalCond(n1, al, ah, bl, bh) ? 1 : 0, 0);
      case Op.shl_i32:
        return inRange(bl, bh, width) && this.shl(al, ah, bl);
      case Op.shr_i32:
        return inRange(bl, bh, width) && this.shr(al, width === 64 ? ah : 0, bl);
      case Op.sar_i32:
        return inRange(bl, bh, width) && this.sar(al, ah, bl);
      case Op.rotl_i32:
        return inRange(bl, bh, width) && this.rotl(al, ah, bl, width);
      case Op.rotr_i32:
        return inRange(bl, bh, width) && this.rotl(al, ah, (width - bl) & (width - 1), width);
      case Op.ext8s_i32:
        return this.set((al << 24) >> 24, al << 24 < 0 ? -1 : 0);
      case Op.ext8u_i32:
        return this.set(al & 0xff, 0);
      case Op.ext16s_i32:
        return this.set((al << 16) >> 16, al << 16 < 0 ? -1 : 0);
      case Op.ext16u_i32:
        return this.set(al & 0xffff, 0);
      case Op.ext32s_i64:
      case Op.ext_i32_i64:
      case Op.extrl_i64_i32:
        return this.set(al, al >> 31);
      case Op.ext32u_i64:
      case Op.extu_i32_i64:
        return this.set(al, 0);
      case Op.extrh_i64_i32:
        return this.set(ah, ah >> 31);
      case Op.deposit_i32:
        return this.deposit(al, ah, bl, bh, n1, n2);
      case Op.extract_i32:
        return this.shl(al, ah, 64 - n1 - n2) && this.shr(this.lo, this.hi, 64 - n2);
      case Op.sextract_i32:
        return this.shl(al, ah, 64 - n1 - n2) && this.sar(this.lo, this.hi, 64 - n2);
      case Op.bswap16_i32:
        return this.set(((al & 0xff) << 8) | ((al >>> 8) & 0xff), 0);
      case Op.bswap32_i32:
        return this.set(bswap32(al), 0);
      case Op.bswap64_i64:
        return this.set(bswap32(ah), bswap32(al));
      case Op.clz_i32:
        if (width === 32) return al === 0 ? this.set(bl, bh) : this.set(Math.clz32(al), 0);
        return (al | ah) === 0 ? this.set(bl, bh) : this.set(clz64(al, ah), 0);
      case Op.ctz_i32:
        return (al | ah) === 0 ? this.set(bl, bh) : this.set(al !== 0 ? ctz32(al) : 32 + ctz32(ah), 0);
      case Op.ctpop_i32:
        return this.set(popcount32(al) + (width === 64 ? popcount32(ah) : 0), 0);
      case Op.mul_i32:
        if (width === 32) return this.set(Math.imul(al, bl), 0);
        return this.setBig(toBig(al, ah) * toBig(bl, bh));
      case Op.mulsh_i32:
        return this.setBig((toBig(al, ah) * toBig(bl, bh)) >> BigInt(width));
      case Op.muluh_i32:
        if (width === 32) return this.setBig((toBigUnsigned(al, 0) * toBigUnsigned(bl, 0)) >> 32n);
        return this.setBig((toBigUnsigned(al, ah) * toBigUnsigned(bl, bh)) >> 64n);
      case Op.div_i32:
      case Op.rem_i32:
        return this.divide(op, al, ah, bl, bh, width);
      case Op.divu_i32:
      case Op.remu_i32:
        return this.divideUnsigned(op, al, width === 64 ? ah : 0, bl, width === 64 ? bh : 0);
      default:
        return false;
    }
  }

  shl(lo: number, hi: number, n: number): true {
    if (n === 0) return this.set(lo, hi);
    if (n >= 32) return this.set(0, n === 64 ? 0 : lo << (n - 32));
    return this.set(lo << n, (hi << n) | (lo >>> (32 - n)));
  }

  shr(lo: number, hi: number, n: number): true {
    if (n === 0) return this.set(lo, hi);
    if (n >= 32) return this.set(n === 64 ? 0 : hi >>> (n - 32), 0);
    return this.set((lo >>> n) | (hi << (32 - n)), hi >>> n);
  }

  sar(lo: number, hi: number, n: number): true {
    if (n === 0) return this.set(lo, hi);
    if (n >= 32) return this.set(hi >> Math.min(31, n - 32), hi >> 31);
    return this.set((lo >>> n) | (hi << (32 - n)), hi >> n);
  }

  private rotl(lo: number, hi: number, n: number, width: number): true {
    if (n === 0) return this.set(lo, hi);
    if (width === 32) return this.set((lo << n) | (lo >>> (32 - n)), 0);
    if (n >= 32) return this.rotl(hi, lo, n - 32, 64);
    return this.set((lo << n) | (hi >>> (32 - n)), (hi << n) | (lo >>> (32 - n)));
  }

  private deposit(al: number, ah: number, bl: number, bh: number, pos: number, len: number): true {
    this.shr(-1, -1, 64 - len);
    this.shl(this.lo, this.hi, pos);
    const maskLo = this.lo;
    const maskHi = this.hi;
    this.shl(bl, bh, pos);
    return this.set((al & ~maskLo) | (this.lo & maskLo), (ah & ~maskHi) | (this.hi & maskHi));
  }

  private divide(op: Op, al: number, ah: number, bl: number, bh: number, width: number): boolean {
    if ((bl | bh) === 0) return false;
    const a = toBig(al, ah);
    const b = toBig(bl, bh);
    if (b === -1n && a === -(1n << BigInt(width - 1))) return false;
    return this.setBig(OP_BASE[op] === Op.div_i32 ? a / b : a % b);
  }

  private divideUnsigned(op: Op, al: number, ah: number, bl: number, bh: number): boolean {
    if ((bl | bh) === 0) return false;
    const a = toBigUnsigned(al, ah);
    const b = toBigUnsigned(bl, bh);
    return this.setBig(OP_BASE[op] === Op.divu_i32 ? a / b : a % b);
  }

  private setBig(value: bigint): true {
    return this.set(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }
}

/** Shift counts of the width or more give an undefined result: they stay for the host to answer. */
function inRange(lo: number, hi: number, width: number): boolean {
  return hi === 0 && lo >= 0 && lo < width;
}
