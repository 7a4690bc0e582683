/**
 * The builder: a method for each op, outputs first, as in QEMU's tcg_gen_*. The plain name is the 64-bit op (`add`); the 32-bit one
 * ends in 32 (`add32`), or in I32 where the name already ends in a digit or moves env fields (`bswap16I32`, `ldI32`); an `i` before
 * that takes an immediate (`addi`, `addi32`).
 */
import { MEMOPIDX_SHIFT } from '../../assembly/shared/layout.js';
import { IrBuffer, type Temp } from './ir-buffer.js';
import { Op, type AtomicKind, type Cond, type HelperDef } from './opcodes.js';

export { TempKind, TYPE_I32, TYPE_I64, type GlobalDef, type Temp } from './ir-buffer.js';

export class TcgContext extends IrBuffer {
  // moves and conditions

  mov(d: Temp, a: Temp): void {
    this.emit2(Op.mov_i64, d, a);
  }
  mov32(d: Temp, a: Temp): void {
    this.emit2(Op.mov_i32, d, a);
  }
  movi(d: Temp, value: bigint | number): void {
    this.emit2(Op.mov_i64, d, this.constI64(value));
  }
  movi32(d: Temp, value: number): void {
    this.emit2(Op.mov_i32, d, this.constI32(value));
  }
  /** d = a cond b ? 1 : 0 */
  setcond(cond: Cond, d: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.setcond_i64, d, a, b, cond);
  }
  setcond32(cond: Cond, d: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.setcond_i32, d, a, b, cond);
  }
  setcondi(cond: Cond, d: Temp, a: Temp, imm: bigint | number): void {
    this.emit4(Op.setcond_i64, d, a, this.constI64(imm), cond);
  }
  /** d = a cond b ? t : f */
  movcond(cond: Cond, d: Temp, a: Temp, b: Temp, t: Temp, f: Temp): void {
    this.emit6(Op.movcond_i64, d, a, b, t, f, cond);
  }
  movcond32(cond: Cond, d: Temp, a: Temp, b: Temp, t: Temp, f: Temp): void {
    this.emit6(Op.movcond_i32, d, a, b, t, f, cond);
  }

  // arithmetic

  add(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.add_i64, d, a, b);
  }
  add32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.add_i32, d, a, b);
  }
  sub(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.sub_i64, d, a, b);
  }
  sub32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.sub_i32, d, a, b);
  }
  mul(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.mul_i64, d, a, b);
  }
  mul32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.mul_i32, d, a, b);
  }
  neg(d: Temp, a: Temp): void {
    this.emit2(Op.neg_i64, d, a);
  }
  neg32(d: Temp, a: Temp): void {
    this.emit2(Op.neg_i32, d, a);
  }
  div(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.div_i64, d, a, b);
  }
  div32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.div_i32, d, a, b);
  }
  divu(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.divu_i64, d, a, b);
  }
  divu32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.divu_i32, d, a, b);
  }
  rem(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rem_i64, d, a, b);
  }
  rem32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rem_i32, d, a, b);
  }
  remu(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.remu_i64, d, a, b);
  }
  remu32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.remu_i32, d, a, b);
  }
  muluh(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.muluh_i64, d, a, b);
  }
  muluh32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.muluh_i32, d, a, b);
  }
  mulsh(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.mulsh_i64, d, a, b);
  }
  mulsh32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.mulsh_i32, d, a, b);
  }
  mulu2(lo: Temp, hi: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.mulu2_i64, lo, hi, a, b);
  }
  mulu2I32(lo: Temp, hi: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.mulu2_i32, lo, hi, a, b);
  }
  muls2(lo: Temp, hi: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.muls2_i64, lo, hi, a, b);
  }
  muls2I32(lo: Temp, hi: Temp, a: Temp, b: Temp): void {
    this.emit4(Op.muls2_i32, lo, hi, a, b);
  }
  add2(lo: Temp, hi: Temp, al: Temp, ah: Temp, bl: Temp, bh: Temp): void {
    this.emit6(Op.add2_i64, lo, hi, al, ah, bl, bh);
  }
  add2I32(lo: Temp, hi: Temp, al: Temp, ah: Temp, bl: Temp, bh: Temp): void {
    this.emit6(Op.add2_i32, lo, hi, al, ah, bl, bh);
  }
  sub2(lo: Temp, hi: Temp, al: Temp, ah: Temp, bl: Temp, bh: Temp): void {
    this.emit6(Op.sub2_i64, lo, hi, al, ah, bl, bh);
  }
  sub2I32(lo: Temp, hi: Temp, al: Temp, ah: Temp, bl: Temp, bh: Temp): void {
    this.emit6(Op.sub2_i32, lo, hi, al, ah, bl, bh);
  }

  // logic, shifts, bits

  and(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.and_i64, d, a, b);
  }
  and32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.and_i32, d, a, b);
  }
  or(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.or_i64, d, a, b);
  }
  or32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.or_i32, d, a, b);
  }
  xor(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.xor_i64, d, a, b);
  }
  xor32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.xor_i32, d, a, b);
  }
  andc(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.andc_i64, d, a, b);
  }
  andc32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.andc_i32, d, a, b);
  }
  orc(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.orc_i64, d, a, b);
  }
  orc32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.orc_i32, d, a, b);
  }
  eqv(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.eqv_i64, d, a, b);
  }
  eqv32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.eqv_i32, d, a, b);
  }
  nand(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.nand_i64, d, a, b);
  }
  nand32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.nand_i32, d, a, b);
  }
  nor(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.nor_i64, d, a, b);
  }
  nor32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.nor_i32, d, a, b);
  }
  shl(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.shl_i64, d, a, b);
  }
  shl32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.shl_i32, d, a, b);
  }
  shr(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.shr_i64, d, a, b);
  }
  shr32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.shr_i32, d, a, b);
  }
  sar(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.sar_i64, d, a, b);
  }
  sar32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.sar_i32, d, a, b);
  }
  rotl(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rotl_i64, d, a, b);
  }
  rotl32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rotl_i32, d, a, b);
  }
  rotr(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rotr_i64, d, a, b);
  }
  rotr32(d: Temp, a: Temp, b: Temp): void {
    this.emit3(Op.rotr_i32, d, a, b);
  }
  not(d: Temp, a: Temp): void {
    this.emit2(Op.not_i64, d, a);
  }
  not32(d: Temp, a: Temp): void {
    this.emit2(Op.not_i32, d, a);
  }
  ext8s(d: Temp, a: Temp): void {
    this.emit2(Op.ext8s_i64, d, a);
  }
  ext8s32(d: Temp, a: Temp): void {
    this.emit2(Op.ext8s_i32, d, a);
  }
  ext8u(d: Temp, a: Temp): void {
    this.emit2(Op.ext8u_i64, d, a);
  }
  ext8u32(d: Temp, a: Temp): void {
    this.emit2(Op.ext8u_i32, d, a);
  }
  ext16s(d: Temp, a: Temp): void {
    this.emit2(Op.ext16s_i64, d, a);
  }
  ext16s32(d: Temp, a: Temp): void {
    this.emit2(Op.ext16s_i32, d, a);
  }
  ext16u(d: Temp, a: Temp): void {
    this.emit2(Op.ext16u_i64, d, a);
  }
  ext16u32(d: Temp, a: Temp): void {
    this.emit2(Op.ext16u_i32, d, a);
  }
  ext32s(d: Temp, a: Temp): void {
    this.emit2(Op.ext32s_i64, d, a);
  }
  ext32u(d: Temp, a: Temp): void {
    this.emit2(Op.ext32u_i64, d, a);
  }
  extI32I64(d: Temp, a: Temp): void {
    this.emit2(Op.ext_i32_i64, d, a);
  }
  extuI32I64(d: Temp, a: Temp): void {
    this.emit2(Op.extu_i32_i64, d, a);
  }
  extrlI64I32(d: Temp, a: Temp): void {
    this.emit2(Op.extrl_i64_i32, d, a);
  }
  extrhI64I32(d: Temp, a: Temp): void {
    this.emit2(Op.extrh_i64_i32, d, a);
  }
  /** d = a with `len` bits of b at `pos` */
  deposit(d: Temp, a: Temp, b: Temp, pos: number, len: number): void {
    this.emit5(Op.deposit_i64, d, a, b, pos, len);
  }
  deposit32(d: Temp, a: Temp, b: Temp, pos: number, len: number): void {
    this.emit5(Op.deposit_i32, d, a, b, pos, len);
  }
  extract(d: Temp, a: Temp, pos: number, len: number): void {
    this.emit4(Op.extract_i64, d, a, pos, len);
  }
  extract32(d: Temp, a: Temp, pos: number, len: number): void {
    this.emit4(Op.extract_i32, d, a, pos, len);
  }
  sextract(d: Temp, a: Temp, pos: number, len: number): void {
    this.emit4(Op.sextract_i64, d, a, pos, len);
  }
  sextract32(d: Temp, a: Temp, pos: number, len: number): void {
    this.emit4(Op.sextract_i32, d, a, pos, len);
  }
  bswap16(d: Temp, a: Temp): void {
    this.emit2(Op.bswap16_i64, d, a);
  }
  bswap16I32(d: Temp, a: Temp): void {
    this.emit2(Op.bswap16_i32, d, a);
  }
  bswap32(d: Temp, a: Temp): void {
    this.emit2(Op.bswap32_i64, d, a);
  }
  bswap32I32(d: Temp, a: Temp): void {
    this.emit2(Op.bswap32_i32, d, a);
  }
  bswap64(d: Temp, a: Temp): void {
    this.emit2(Op.bswap64_i64, d, a);
  }
  /** d = a ? leading zeros of a : ifZero */
  clz(d: Temp, a: Temp, ifZero: Temp): void {
    this.emit3(Op.clz_i64, d, a, ifZero);
  }
  clz32(d: Temp, a: Temp, ifZero: Temp): void {
    this.emit3(Op.clz_i32, d, a, ifZero);
  }
  ctz(d: Temp, a: Temp, ifZero: Temp): void {
    this.emit3(Op.ctz_i64, d, a, ifZero);
  }
  ctz32(d: Temp, a: Temp, ifZero: Temp): void {
    this.emit3(Op.ctz_i32, d, a, ifZero);
  }
  ctpop(d: Temp, a: Temp): void {
    this.emit2(Op.ctpop_i64, d, a);
  }
  ctpop32(d: Temp, a: Temp): void {
    this.emit2(Op.ctpop_i32, d, a);
  }

  // with an immediate: trivial ones become moves

  addi(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.add_i64, d, a, this.constI64(imm));
  }
  subi(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.sub_i64, d, a, this.constI64(imm));
  }
  muli(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === 1 || imm === 1n) this.emit2(Op.mov_i64, d, a);
    else if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, this.constI64(0));
    else this.emit3(Op.mul_i64, d, a, this.constI64(imm));
  }
  andi(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === -1 || imm === -1n) this.emit2(Op.mov_i64, d, a);
    else if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, this.constI64(0));
    else this.emit3(Op.and_i64, d, a, this.constI64(imm));
  }
  ori(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.or_i64, d, a, this.constI64(imm));
  }
  xori(d: Temp, a: Temp, imm: bigint | number): void {
    if (imm === 0 || imm === 0n) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.xor_i64, d, a, this.constI64(imm));
  }
  shli(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.shl_i64, d, a, this.constI64(imm));
  }
  shri(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.shr_i64, d, a, this.constI64(imm));
  }
  sari(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.sar_i64, d, a, this.constI64(imm));
  }
  rotli(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.rotl_i64, d, a, this.constI64(imm));
  }
  rotri(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i64, d, a);
    else this.emit3(Op.rotr_i64, d, a, this.constI64(imm));
  }
  addi32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.add_i32, d, a, this.constI32(imm));
  }
  subi32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.sub_i32, d, a, this.constI32(imm));
  }
  muli32(d: Temp, a: Temp, imm: number): void {
    if (imm === 1) this.emit2(Op.mov_i32, d, a);
    else if (imm === 0) this.emit2(Op.mov_i32, d, this.constI32(0));
    else this.emit3(Op.mul_i32, d, a, this.constI32(imm));
  }
  andi32(d: Temp, a: Temp, imm: number): void {
    if (imm === -1) this.emit2(Op.mov_i32, d, a);
    else if (imm === 0) this.emit2(Op.mov_i32, d, this.constI32(0));
    else this.emit3(Op.and_i32, d, a, this.constI32(imm));
  }
  ori32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.or_i32, d, a, this.constI32(imm));
  }
  xori32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.xor_i32, d, a, this.constI32(imm));
  }
  shli32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.shl_i32, d, a, this.constI32(imm));
  }
  shri32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.shr_i32, d, a, this.constI32(imm));
  }
  sari32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.sar_i32, d, a, this.constI32(imm));
  }
  rotli32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.rotl_i32, d, a, this.constI32(imm));
  }
  rotri32(d: Temp, a: Temp, imm: number): void {
    if (imm === 0) this.emit2(Op.mov_i32, d, a);
    else this.emit3(Op.rotr_i32, d, a, this.constI32(imm));
  }

  // control

  /** Jumps if a cond b. */
  brcond(cond: Cond, a: Temp, b: Temp, label: number): void {
    this.emit4(Op.brcond_i64, a, b, cond, label);
  }
  brcond32(cond: Cond, a: Temp, b: Temp, label: number): void {
    this.emit4(Op.brcond_i32, a, b, cond, label);
  }
  brcondi(cond: Cond, a: Temp, imm: bigint | number, label: number): void {
    this.emit4(Op.brcond_i64, a, this.constI64(imm), cond, label);
  }
  br(label: number): void {
    this.emit1(Op.br, label);
  }
  setLabel(label: number): void {
    this.emit1(Op.set_label, label);
  }
  /** Begins the guest instruction at `pcOffset` bytes from the TB's pc; `word` is what the target wants back at a fault. */
  insnStart(pcOffset: number): void {
    this.emit1(Op.insn_start, pcOffset);
  }
  /** Leaves through jump slot n (0 or 1); the pc global is already set. */
  gotoTb(n: number): void {
    this.emit1(Op.goto_tb, n);
  }
  gotoPtr(): void {
    this.emit0(Op.goto_ptr);
  }
  exitTb(value: number): void {
    this.emit1(Op.exit_tb, value);
  }
  mb(kind: number): void {
    this.emit1(Op.mb, kind);
  }
  discard(d: Temp): void {
    this.emit1(Op.discard, d);
  }

  // env fields, by offset from env

  ld8u(d: Temp, offset: number): void {
    this.emit2(Op.ld8u_i64, d, offset);
  }
  ld8uI32(d: Temp, offset: number): void {
    this.emit2(Op.ld8u_i32, d, offset);
  }
  ld8s(d: Temp, offset: number): void {
    this.emit2(Op.ld8s_i64, d, offset);
  }
  ld8sI32(d: Temp, offset: number): void {
    this.emit2(Op.ld8s_i32, d, offset);
  }
  ld16u(d: Temp, offset: number): void {
    this.emit2(Op.ld16u_i64, d, offset);
  }
  ld16uI32(d: Temp, offset: number): void {
    this.emit2(Op.ld16u_i32, d, offset);
  }
  ld16s(d: Temp, offset: number): void {
    this.emit2(Op.ld16s_i64, d, offset);
  }
  ld16sI32(d: Temp, offset: number): void {
    this.emit2(Op.ld16s_i32, d, offset);
  }
  ld(d: Temp, offset: number): void {
    this.emit2(Op.ld_i64, d, offset);
  }
  ldI32(d: Temp, offset: number): void {
    this.emit2(Op.ld_i32, d, offset);
  }
  ld32u(d: Temp, offset: number): void {
    this.emit2(Op.ld32u_i64, d, offset);
  }
  ld32s(d: Temp, offset: number): void {
    this.emit2(Op.ld32s_i64, d, offset);
  }
  st8(value: Temp, offset: number): void {
    this.emit2(Op.st8_i64, value, offset);
  }
  st8I32(value: Temp, offset: number): void {
    this.emit2(Op.st8_i32, value, offset);
  }
  st16(value: Temp, offset: number): void {
    this.emit2(Op.st16_i64, value, offset);
  }
  st16I32(value: Temp, offset: number): void {
    this.emit2(Op.st16_i32, value, offset);
  }
  st(value: Temp, offset: number): void {
    this.emit2(Op.st_i64, value, offset);
  }
  stI32(value: Temp, offset: number): void {
    this.emit2(Op.st_i32, value, offset);
  }
  st32(value: Temp, offset: number): void {
    this.emit2(Op.st32_i64, value, offset);
  }

  // guest memory: memop is MO_* of layout.ts

  qemuLd(d: Temp, addr: Temp, memop: number, mmuIdx: number): void {
    this.emit3(Op.qemu_ld_i64, d, addr, (memop << MEMOPIDX_SHIFT) | mmuIdx);
  }
  qemuSt(value: Temp, addr: Temp, memop: number, mmuIdx: number): void {
    this.emit3(Op.qemu_st_i64, value, addr, (memop << MEMOPIDX_SHIFT) | mmuIdx);
  }
  /** d = the old value, extended as the MemOp says; memory = kind(old, value). */
  atomicFetch(kind: AtomicKind, d: Temp, addr: Temp, value: Temp, memop: number, mmuIdx: number): void {
    this.emit4(Op.atomic_xchg_i64 + kind, d, addr, value, (memop << MEMOPIDX_SHIFT) | mmuIdx);
  }
  /** d = the old value, extended as the MemOp says; memory = replacement if old equals expected (in the access's width). */
  atomicCmpxchg(d: Temp, addr: Temp, expected: Temp, replacement: Temp, memop: number, mmuIdx: number): void {
    this.emit5(Op.atomic_cmpxchg_i64, d, addr, expected, replacement, (memop << MEMOPIDX_SHIFT) | mmuIdx);
  }

  // helpers

  /** Calls a helper; `ret` is -1 when the result is not wanted or there is none. Up to five i64 arguments. */
  call(helper: HelperDef, ret: Temp, ...args: readonly Temp[]): void {
    if (args.length !== helper.args) throw new RangeError(`helper ${helper.name} takes ${helper.args} arguments, not ${args.length}`);
    const p = this.next(Op.call);
    const ops = this.ops;
    ops[p + 1] = ret;
    ops[p + 2] = this.helperId(helper);
    for (let i = 0; i < 5; i++) ops[p + 3 + i] = i < args.length ? args[i] : -1;
  }

  // emission

  private emit0(op: Op): void {
    this.next(op);
  }
  private emit1(op: Op, a: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
  }
  private emit2(op: Op, a: number, b: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
    ops[p + 2] = b;
  }
  private emit3(op: Op, a: number, b: number, c: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
    ops[p + 2] = b;
    ops[p + 3] = c;
  }
  private emit4(op: Op, a: number, b: number, c: number, d: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
    ops[p + 2] = b;
    ops[p + 3] = c;
    ops[p + 4] = d;
  }
  private emit5(op: Op, a: number, b: number, c: number, d: number, e: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
    ops[p + 2] = b;
    ops[p + 3] = c;
    ops[p + 4] = d;
    ops[p + 5] = e;
  }
  private emit6(op: Op, a: number, b: number, c: number, d: number, e: number, f: number): void {
    const p = this.next(op);
    const ops = this.ops;
    ops[p + 1] = a;
    ops[p + 2] = b;
    ops[p + 3] = c;
    ops[p + 4] = d;
    ops[p + 5] = e;
    ops[p + 6] = f;
  }
}
