/** Forward rules of the known bits: from the inputs of an op to its output. Mask bits say "may be one"; i32 values count as sign-extended. */
import { MEMOPIDX_SHIFT, MO_64, MO_SIGN, MO_SIZE } from '../../assembly/shared/layout.js';
import type { TcgContext } from './context.js';
import { clz64, Folder } from './fold.js';
import { Op, OP_BASE, OP_WIDE } from './opcodes.js';
import type { Values } from './values.js';

export class KnownBits {
  lo = -1;
  hi = -1;
  signs = 1;
  private readonly folder = new Folder();

  constructor(private readonly values: Values) {}

  /** The bits of the output of the op at word p (not a mov). */
  compute(ctx: TcgContext, p: number): void {
    const { ops } = ctx;
    const op = ops[p] as Op;
    const a = ops[p + 2];
    const b = ops[p + 3];
    this.lo = this.hi = -1;
    this.signs = 1;
    switch (OP_BASE[op] as Op) {
      case Op.and_i32:
        this.set(this.maskLo(a) & this.maskLo(b), this.maskHi(a) & this.maskHi(b), this.lessSigns(a, b));
        break;
      case Op.or_i32:
      case Op.xor_i32:
        this.set(this.maskLo(a) | this.maskLo(b), this.maskHi(a) | this.maskHi(b), this.lessSigns(a, b));
        break;
      case Op.andc_i32:
        this.set(this.maskLo(a), this.maskHi(a), this.lessSigns(a, b));
        break;
      case Op.orc_i32:
      case Op.eqv_i32:
      case Op.nand_i32:
      case Op.nor_i32:
        this.signs = this.lessSigns(a, b);
        break;
      case Op.not_i32:
        this.signs = this.values.signBits(a);
        break;
      case Op.add_i32: {
        this.signs = Math.max(1, this.lessSigns(a, b) - 1);
        const zeros = Math.min(clz64(this.maskLo(a), this.maskHi(a)), clz64(this.maskLo(b), this.maskHi(b))) - 1;
        if (zeros > 0) this.zerosAbove(64 - zeros);
        break;
      }
      case Op.sub_i32:
        this.signs = Math.max(1, this.lessSigns(a, b) - 1);
        break;
      case Op.neg_i32:
        this.signs = Math.max(1, this.values.signBits(a) - 1);
        break;
      case Op.shl_i32:
      case Op.shr_i32:
      case Op.sar_i32:
        this.shift(ctx, op, a, b);
        break;
      case Op.ext8u_i32:
        this.set(this.maskLo(a) & 0xff, 0, 1);
        break;
      case Op.ext16u_i32:
        this.set(this.maskLo(a) & 0xffff, 0, 1);
        break;
      case Op.ext8s_i32:
        this.signExtended(this.maskLo(a), 24);
        break;
      case Op.ext16s_i32:
        this.signExtended(this.maskLo(a), 16);
        break;
      case Op.ext32s_i64:
        this.signExtended(this.maskLo(a), 0);
        break;
      case Op.ext_i32_i64:
        this.set(this.maskLo(a), this.maskHi(a), this.values.signBits(a));
        break;
      case Op.ext32u_i64:
      case Op.extu_i32_i64:
        this.set(this.maskLo(a), 0, 1);
        break;
      case Op.extrl_i64_i32:
        this.set(this.maskLo(a), -1, this.values.signBits(a));
        break;
      case Op.extrh_i64_i32:
        this.set(this.maskHi(a), -1, 33);
        break;
      case Op.extract_i32: {
        const pos = b;
        const len = ops[p + 4];
        this.folder.shr(this.maskLo(a), this.maskHi(a), pos);
        const { lo, hi } = this.folder;
        this.zerosAbove(len);
        this.set(lo & this.lo, hi & this.hi, 1);
        break;
      }
      case Op.sextract_i32:
        this.signs = 65 - ops[p + 4];
        break;
      case Op.deposit_i32:
        this.folder.fold(op, this.maskLo(a), this.maskHi(a), this.maskLo(b), this.maskHi(b), ops[p + 4], ops[p + 5]);
        this.set(this.folder.lo, this.folder.hi, 1);
        break;
      case Op.setcond_i32:
        this.set(1, 0, 63);
        break;
      case Op.movcond_i32: {
        const t = ops[p + 4];
        const f = ops[p + 5];
        this.set(this.maskLo(t) | this.maskLo(f), this.maskHi(t) | this.maskHi(f), this.lessSigns(t, f));
        break;
      }
      case Op.ctpop_i32:
        this.set(0x7f, 0, 1);
        break;
      case Op.clz_i32:
      case Op.ctz_i32:
        this.set(this.maskLo(b) | 0x7f, this.maskHi(b), 1);
        break;
      case Op.bswap16_i32:
        this.set(0xffff, 0, 1);
        break;
      case Op.bswap32_i32:
        this.set(-1, 0, 1);
        break;
      case Op.ld8u_i32:
        this.set(0xff, 0, 1);
        break;
      case Op.ld16u_i32:
        this.set(0xffff, 0, 1);
        break;
      case Op.ld32u_i64:
        this.set(-1, 0, 1);
        break;
      case Op.ld8s_i32:
        this.signs = 57;
        break;
      case Op.ld16s_i32:
        this.signs = 49;
        break;
      case Op.ld32s_i64:
        this.signs = 33;
        break;
      case Op.qemu_ld_i64:
        this.loaded(b >> MEMOPIDX_SHIFT);
        break;
      case Op.atomic_cmpxchg_i64:
        this.loaded(ops[p + 5] >> MEMOPIDX_SHIFT);
        break;
      default:
        if (op >= Op.atomic_xchg_i64 && op <= Op.atomic_fetch_umax_i64) this.loaded(ops[p + 4] >> MEMOPIDX_SHIFT);
    }
  }

  private set(lo: number, hi: number, signs: number): void {
    this.lo = lo;
    this.hi = hi;
    this.signs = signs;
  }

  /** A value of at most `bits` bits (0 .. 64). */
  private zerosAbove(bits: number): void {
    this.folder.shr(-1, -1, 64 - bits);
    this.lo = this.folder.lo;
    this.hi = this.folder.hi;
  }

  /** The low word shifted up and arithmetically down again by n. */
  private signExtended(lo: number, n: number): void {
    lo = (lo << n) >> n;
    this.set(lo, lo >> 31, 33 + n);
  }

  private shift(ctx: TcgContext, op: Op, a: number, b: number): void {
    const base = OP_BASE[op] as Op;
    const signs = this.values.signBits(a);
    const n = ctx.constLo[b];
    const known = ctx.isConst(b) && ctx.constHi[b] === 0 && n >= 0 && n < (OP_WIDE[op] ? 64 : 32);
    if (!known) {
      if (base === Op.sar_i32) this.signs = signs;
      return;
    }
    if (base === Op.shl_i32) {
      this.folder.shl(this.maskLo(a), this.maskHi(a), n);
      this.signs = Math.max(1, signs - n);
    } else if (base === Op.shr_i32) {
      this.folder.shr(this.maskLo(a), OP_WIDE[op] ? this.maskHi(a) : 0, n);
      this.signs = 1;
    } else {
      this.folder.sar(this.maskLo(a), this.maskHi(a), n);
      this.signs = Math.min(64, signs + n);
    }
    this.lo = this.folder.lo;
    this.hi = this.folder.hi;
  }

  private loaded(memop: number): void {
    const size = memop & MO_SIZE;
    if (size === MO_64) return;
    if (memop & MO_SIGN) this.signs = 65 - (8 << size);
    else this.zerosAbove(8 << size);
  }

  private maskLo(t: number): number {
    return this.values.zeroMaskLo(t);
  }

  private maskHi(t: number): number {
    return this.values.zeroMaskHi(t);
  }

  private lessSigns(a: number, b: number): number {
    return Math.min(this.values.signBits(a), this.values.signBits(b));
  }
}
