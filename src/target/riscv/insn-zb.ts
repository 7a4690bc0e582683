/** Bit manipulation: Zba, Zbb, Zbc, Zbs, Zbkb, Zbkc, Zbkx. Source: unprivileged ISA manual, "B" and the scalar cryptography chapter. */
import type { Temp } from '../../tcg/context.js';
import { Cond } from '../../tcg/opcodes.js';
import type { DisasContext } from './context.js';
import { byXlen, full1, full2, helper1, helper2, shiftCount, word1, word2, xlen2, type Op2 } from './emit.js';
import { H } from './helpers.js';
import { R, R_UNARY, SHIFT } from './operands.js';
import { RV32, RV64, Zba, Zbb, Zbc, Zbkb, Zbkc, Zbkx, Zbs, all, any, insn, shiftRows, type Emit, type Insn } from './table.js';

const Zbb_Zbkb = any(Zbb, Zbkb);
const Zbc_Zbkc = any(Zbc, Zbkc);

// Zba

/** (rs1 << n) + rs2. */
const shiftAdd =
  (n: number): Op2 =>
  (t, d, a, b) => {
    const shifted = t.temp();
    t.shli(shifted, a, n);
    t.add(d, shifted, b);
  };

/** (zero-extended low half of rs1 << n) + rs2. */
const shiftAddUw =
  (n: number): Op2 =>
  (t, d, a, b) => {
    const shifted = t.temp();
    t.ext32u(shifted, a);
    t.shli(shifted, shifted, n);
    t.add(d, shifted, b);
  };

const slliUw: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.ext32u(t, c.x(a.rs1));
  c.tcg.shli(c.dest(a.rd), t, a.imm);
};

// Zbb

const andn: Op2 = (t, d, a, b) => t.andc(d, a, b);
const orn: Op2 = (t, d, a, b) => t.orc(d, a, b);
const xnor: Op2 = (t, d, a, b) => t.eqv(d, a, b);
const min: Op2 = (t, d, a, b) => t.movcond(Cond.LT, d, a, b, a, b);
const minu: Op2 = (t, d, a, b) => t.movcond(Cond.LTU, d, a, b, a, b);
const max: Op2 = (t, d, a, b) => t.movcond(Cond.GT, d, a, b, a, b);
const maxu: Op2 = (t, d, a, b) => t.movcond(Cond.GTU, d, a, b, a, b);

const zeroExtended = (c: DisasContext, r: number): Temp => {
  const t = c.tcg.temp();
  c.tcg.ext32u(t, c.x(r));
  return t;
};

const clz64: Emit = (c, a) => c.tcg.clz(c.dest(a.rd), c.x(a.rs1), c.tcg.constI64(64));
const ctz64: Emit = (c, a) => c.tcg.ctz(c.dest(a.rd), c.x(a.rs1), c.tcg.constI64(64));
const cpop64: Emit = (c, a) => c.tcg.ctpop(c.dest(a.rd), c.x(a.rs1));
const clzw: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.clz(t, zeroExtended(c, a.rs1), c.tcg.constI64(64));
  c.tcg.subi(c.dest(a.rd), t, 32);
};
/** A bit above the low half stops the count at 32. */
const ctzw: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.ori(t, c.x(a.rs1), 0x1_0000_0000);
  c.tcg.ctz(c.dest(a.rd), t, c.tcg.constI64(64));
};
const cpopw: Emit = (c, a) => c.tcg.ctpop(c.dest(a.rd), zeroExtended(c, a.rs1));

const rol64: Emit = (c, a) => c.tcg.rotl(c.dest(a.rd), c.x(a.rs1), shiftCount(c, a.rs2, 64));
const ror64: Emit = (c, a) => c.tcg.rotr(c.dest(a.rd), c.x(a.rs1), shiftCount(c, a.rs2, 64));
const rori64: Emit = (c, a) => c.tcg.rotri(c.dest(a.rd), c.x(a.rs1), a.imm);

const low32 = (c: DisasContext, r: number): Temp => {
  const t = c.tcg.temp('i32');
  c.tcg.extrlI64I32(t, c.x(r));
  return t;
};

const rotateWord =
  (rotate: 'rotl32' | 'rotr32'): Emit =>
  (c, a) => {
    const { tcg } = c;
    const count = low32(c, a.rs2);
    const t = tcg.temp('i32');
    tcg.andi32(count, count, 31);
    tcg[rotate](t, low32(c, a.rs1), count);
    tcg.extI32I64(c.dest(a.rd), t);
  };
const rolw = rotateWord('rotl32');
const rorw = rotateWord('rotr32');
const roriw: Emit = (c, a) => {
  const t = c.tcg.temp('i32');
  c.tcg.rotri32(t, low32(c, a.rs1), a.imm);
  c.tcg.extI32I64(c.dest(a.rd), t);
};

const rev8_64: Emit = (c, a) => c.tcg.bswap64(c.dest(a.rd), c.x(a.rs1));
/** Reversed in 64 bits, the low half stands in the high one. */
const rev8_32: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.bswap64(t, c.x(a.rs1));
  c.tcg.sari(c.dest(a.rd), t, 32);
};

// Zbc. On RV32 the 64-bit product of zero-extended operands holds everything.

const clmul32 =
  (position: number): Emit =>
  (c, a) => {
    const product = c.tcg.temp();
    c.tcg.call(H.clmul, product, zeroExtended(c, a.rs1), zeroExtended(c, a.rs2));
    c.tcg.sextract(c.dest(a.rd), product, position, 32);
  };

// Zbs

type BitOp = (c: DisasContext, d: Temp, value: Temp, bit: Temp) => void;
const bset: BitOp = (c, d, value, bit) => c.tcg.or(d, value, bit);
const bclr: BitOp = (c, d, value, bit) => c.tcg.andc(d, value, bit);
const binv: BitOp = (c, d, value, bit) => c.tcg.xor(d, value, bit);

/** On RV32 bit 31 is the sign: the mask must be extended as the register is. */
const bitOp =
  (op: BitOp): Emit =>
  (c, a) => {
    const { tcg } = c;
    const bit = tcg.temp();
    tcg.shl(bit, tcg.constI64(1), shiftCount(c, a.rs2, c.xl32 ? 32 : 64));
    if (c.xl32) tcg.ext32s(bit, bit);
    op(c, c.dest(a.rd), c.x(a.rs1), bit);
  };

const bitOpImm =
  (op: BitOp): Emit =>
  (c, a) => {
    const mask = 1n << BigInt(a.imm);
    op(c, c.dest(a.rd), c.x(a.rs1), c.tcg.constI64(c.xl32 ? BigInt.asIntN(32, mask) : mask));
  };

const bext: Emit = (c, a) => {
  const t = c.tcg.temp();
  c.tcg.shr(t, c.x(a.rs1), shiftCount(c, a.rs2, c.xl32 ? 32 : 64));
  c.tcg.andi(c.dest(a.rd), t, 1);
};
const bexti: Emit = (c, a) => c.tcg.extract(c.dest(a.rd), c.x(a.rs1), a.imm, 1);

// Zbkb

const pack64: Op2 = (t, d, a, b) => t.deposit(d, a, b, 32, 32);
const pack32: Op2 = (t, d, a, b) => t.deposit(d, a, b, 16, 16);
const packh: Op2 = (t, d, a, b) => {
  const low = t.temp();
  t.ext8u(low, a);
  t.deposit(d, low, b, 8, 8);
};

/** A unary row: its rs2 field is part of the code. */
const unary = (name: string, code: string, needs: Parameters<typeof insn>[3], emit: Emit): Insn => insn(name, code, R_UNARY, needs, emit);

// prettier-ignore
export const RVB: readonly Insn[] = [
  // Zba
  insn('sh1add',    '0010000 rs2:5 rs1:5 010 rd:5 0110011',   R, Zba, xlen2(shiftAdd(1))),
  insn('sh2add',    '0010000 rs2:5 rs1:5 100 rd:5 0110011',   R, Zba, xlen2(shiftAdd(2))),
  insn('sh3add',    '0010000 rs2:5 rs1:5 110 rd:5 0110011',   R, Zba, xlen2(shiftAdd(3))),
  insn('add.uw',    '0000100 rs2:5 rs1:5 000 rd:5 0111011',   R, all(Zba, RV64), full2(shiftAddUw(0))),
  insn('sh1add.uw', '0010000 rs2:5 rs1:5 010 rd:5 0111011',   R, all(Zba, RV64), full2(shiftAddUw(1))),
  insn('sh2add.uw', '0010000 rs2:5 rs1:5 100 rd:5 0111011',   R, all(Zba, RV64), full2(shiftAddUw(2))),
  insn('sh3add.uw', '0010000 rs2:5 rs1:5 110 rd:5 0111011',   R, all(Zba, RV64), full2(shiftAddUw(3))),
  insn('slli.uw',   '000010 shamt:6 rs1:5 001 rd:5 0011011',  SHIFT, all(Zba, RV64), slliUw),
  // Zbb
  insn('andn',      '0100000 rs2:5 rs1:5 111 rd:5 0110011',   R, Zbb_Zbkb, full2(andn)),
  insn('orn',       '0100000 rs2:5 rs1:5 110 rd:5 0110011',   R, Zbb_Zbkb, full2(orn)),
  insn('xnor',      '0100000 rs2:5 rs1:5 100 rd:5 0110011',   R, Zbb_Zbkb, full2(xnor)),
  unary('clz',      '0110000 00000 rs1:5 001 rd:5 0010011',   Zbb, byXlen(clz64, clzw)),
  unary('ctz',      '0110000 00001 rs1:5 001 rd:5 0010011',   Zbb, byXlen(ctz64, ctzw)),
  unary('cpop',     '0110000 00010 rs1:5 001 rd:5 0010011',   Zbb, byXlen(cpop64, cpopw)),
  unary('clzw',     '0110000 00000 rs1:5 001 rd:5 0011011',   all(Zbb, RV64), clzw),
  unary('ctzw',     '0110000 00001 rs1:5 001 rd:5 0011011',   all(Zbb, RV64), ctzw),
  unary('cpopw',    '0110000 00010 rs1:5 001 rd:5 0011011',   all(Zbb, RV64), cpopw),
  insn('max',       '0000101 rs2:5 rs1:5 110 rd:5 0110011',   R, Zbb, full2(max)),
  insn('maxu',      '0000101 rs2:5 rs1:5 111 rd:5 0110011',   R, Zbb, full2(maxu)),
  insn('min',       '0000101 rs2:5 rs1:5 100 rd:5 0110011',   R, Zbb, full2(min)),
  insn('minu',      '0000101 rs2:5 rs1:5 101 rd:5 0110011',   R, Zbb, full2(minu)),
  unary('sext.b',   '0110000 00100 rs1:5 001 rd:5 0010011',   Zbb, full1((t, d, a) => t.ext8s(d, a))),
  unary('sext.h',   '0110000 00101 rs1:5 001 rd:5 0010011',   Zbb, full1((t, d, a) => t.ext16s(d, a))),
  unary('zext.h',   '0000100 00000 rs1:5 100 rd:5 0110011',   all(Zbb_Zbkb, RV32), full1((t, d, a) => t.ext16u(d, a))),
  unary('zext.h',   '0000100 00000 rs1:5 100 rd:5 0111011',   all(Zbb_Zbkb, RV64), full1((t, d, a) => t.ext16u(d, a))),
  insn('rol',       '0110000 rs2:5 rs1:5 001 rd:5 0110011',   R, Zbb_Zbkb, byXlen(rol64, rolw)),
  insn('ror',       '0110000 rs2:5 rs1:5 101 rd:5 0110011',   R, Zbb_Zbkb, byXlen(ror64, rorw)),
  ...shiftRows('rori', '011000', '101 0010011', Zbb_Zbkb, rori64, roriw),
  insn('rolw',      '0110000 rs2:5 rs1:5 001 rd:5 0111011',   R, all(Zbb_Zbkb, RV64), rolw),
  insn('rorw',      '0110000 rs2:5 rs1:5 101 rd:5 0111011',   R, all(Zbb_Zbkb, RV64), rorw),
  insn('roriw',     '0110000 shamt:5 rs1:5 101 rd:5 0011011', SHIFT, all(Zbb_Zbkb, RV64), roriw),
  unary('orc.b',    '0010100 00111 rs1:5 101 rd:5 0010011',   Zbb, helper1(H.orcB)),
  unary('rev8',     '0110101 11000 rs1:5 101 rd:5 0010011',   all(Zbb_Zbkb, RV64), rev8_64),
  unary('rev8',     '0110100 11000 rs1:5 101 rd:5 0010011',   all(Zbb_Zbkb, RV32), rev8_32),
  // Zbc
  insn('clmul',     '0000101 rs2:5 rs1:5 001 rd:5 0110011',   R, Zbc_Zbkc, byXlen(helper2(H.clmul), clmul32(0))),
  insn('clmulr',    '0000101 rs2:5 rs1:5 010 rd:5 0110011',   R, Zbc, byXlen(helper2(H.clmulr), clmul32(31))),
  insn('clmulh',    '0000101 rs2:5 rs1:5 011 rd:5 0110011',   R, Zbc_Zbkc, byXlen(helper2(H.clmulh), clmul32(32))),
  // Zbs
  insn('bclr',      '0100100 rs2:5 rs1:5 001 rd:5 0110011',   R, Zbs, bitOp(bclr)),
  insn('bext',      '0100100 rs2:5 rs1:5 101 rd:5 0110011',   R, Zbs, bext),
  insn('binv',      '0110100 rs2:5 rs1:5 001 rd:5 0110011',   R, Zbs, bitOp(binv)),
  insn('bset',      '0010100 rs2:5 rs1:5 001 rd:5 0110011',   R, Zbs, bitOp(bset)),
  ...shiftRows('bclri', '010010', '001 0010011', Zbs, bitOpImm(bclr), bitOpImm(bclr)),
  ...shiftRows('bexti', '010010', '101 0010011', Zbs, bexti, bexti),
  ...shiftRows('binvi', '011010', '001 0010011', Zbs, bitOpImm(binv), bitOpImm(binv)),
  ...shiftRows('bseti', '001010', '001 0010011', Zbs, bitOpImm(bset), bitOpImm(bset)),
  // Zbkb; a pack with x0 is zext.h (RV64: of packw)
  insn('pack',      '0000100 rs2:5 rs1:5 100 rd:5 0110011',   R, all(Zbkb, RV64), full2(pack64)),
  insn('pack',      '0000100 rs2:5!0 rs1:5 100 rd:5 0110011', R, all(Zbkb, RV32), word2(pack32)),
  insn('packh',     '0000100 rs2:5 rs1:5 111 rd:5 0110011',   R, Zbkb, full2(packh)),
  insn('packw',     '0000100 rs2:5!0 rs1:5 100 rd:5 0111011', R, all(Zbkb, RV64), word2(pack32)),
  unary('brev8',    '0110100 00111 rs1:5 101 rd:5 0010011',   Zbkb, helper1(H.brev8)),
  unary('zip',      '0000100 01111 rs1:5 001 rd:5 0010011',   all(Zbkb, RV32), word1((t, d, a) => t.call(H.zip, d, a))),
  unary('unzip',    '0000100 01111 rs1:5 101 rd:5 0010011',   all(Zbkb, RV32), word1((t, d, a) => t.call(H.unzip, d, a))),
  // Zbkx
  insn('xperm4',    '0010100 rs2:5 rs1:5 010 rd:5 0110011',   R, Zbkx, helper2(H.xperm4)),
  insn('xperm8',    '0010100 rs2:5 rs1:5 100 rd:5 0110011',   R, Zbkx, helper2(H.xperm8)),
];
