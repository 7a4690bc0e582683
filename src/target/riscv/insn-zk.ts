/** Scalar cryptography: Zknd, Zkne, Zknh, Zksed, Zksh (Zbkb, Zbkc and Zbkx are in insn-zb.ts). Source: RISC-V Cryptography Extensions, volume I. */
import type { TcgContext, Temp } from '../../tcg/context.js';
import type { HelperDef } from '../../tcg/opcodes.js';
import type { DisasContext } from './context.js';
import { full1, full2, type Op2 } from './emit.js';
import { H } from './helpers.js';
import { R, R_BS, R_RNUM, R_UNARY, type Operands } from './operands.js';
import { RV32, RV64, Zknd, Zkne, Zknh, Zksed, Zksh, all, any, insn, type Emit, type Insn, type Needs } from './table.js';

// ---- Sums of rotations: what the hash functions are made of --------------------------------------------------------------------------

type Term = readonly [kind: 'ror' | 'rol' | 'shr' | 'as is', by: number];
const ror = (by: number): Term => ['ror', by];
const rol = (by: number): Term => ['rol', by];
const shr = (by: number): Term => ['shr', by];
const asIs: Term = ['as is', 0];

/** The exclusive or of 32-bit terms of rs1, sign-extended. */
const sum32 =
  (...terms: readonly Term[]): Emit =>
  (c, a) => {
    const { tcg } = c;
    const value = tcg.temp('i32');
    tcg.extrlI64I32(value, c.x(a.rs1));
    const sum = tcg.temp('i32');
    terms.forEach(([kind, by], i) => {
      const term = i === 0 ? sum : tcg.temp('i32');
      if (kind === 'ror') tcg.rotri32(term, value, by);
      else if (kind === 'rol') tcg.rotri32(term, value, 32 - by);
      else if (kind === 'shr') tcg.shri32(term, value, by);
      else tcg.mov32(term, value);
      if (i > 0) tcg.xor32(sum, sum, term);
    });
    tcg.extI32I64(c.dest(a.rd), sum);
  };

/** The same on 64 bits. */
function sum64(t: TcgContext, d: Temp, value: Temp, terms: readonly Term[]): void {
  const sum = t.temp();
  terms.forEach(([kind, by], i) => {
    const term = i === 0 ? sum : t.temp();
    if (kind === 'shr') t.shri(term, value, by);
    else t.rotri(term, value, by);
    if (i > 0) t.xor(sum, sum, term);
  });
  t.mov(d, sum);
}

const SHA512_SUM0 = [ror(28), ror(34), ror(39)];
const SHA512_SUM1 = [ror(14), ror(18), ror(41)];
const SHA512_SIG0 = [ror(1), ror(8), shr(7)];
const SHA512_SIG1 = [ror(19), ror(61), shr(6)];

const sha512 = (terms: readonly Term[]): Emit => full1((t, d, a) => sum64(t, d, a, terms));

/** RV32: one half of a sum of 64 bits whose halves are rs1, of which this half is made, and rs2. A shift brings in what is above it: nothing, for the upper half. */
const sha512Half =
  (terms: readonly Term[], half: 'low' | 'high'): Emit =>
  (c, a) => {
    const { tcg } = c;
    const joined = tcg.temp();
    tcg.deposit(joined, c.x(a.rs1), c.x(a.rs2), 32, 32);
    const sum = tcg.temp();
    sum64(tcg, sum, joined, half === 'low' ? terms : terms.filter(([kind]) => kind !== 'shr'));
    if (half === 'high') {
      const shifted = tcg.temp();
      for (const [, by] of terms.filter(([kind]) => kind === 'shr')) {
        tcg.ext32u(shifted, c.x(a.rs1));
        tcg.shri(shifted, shifted, by);
        tcg.xor(sum, sum, shifted);
      }
    }
    tcg.ext32s(c.dest(a.rd), sum);
  };

// ---- Ciphers -------------------------------------------------------------------------------------------------------------------------

/** A helper's 32 bits for one byte of rs2, chosen by bs, are rotated to that byte's place and added to rs1. */
const byteOf =
  (helper: HelperDef): Emit =>
  (c: DisasContext, a: Operands) => {
    const { tcg } = c;
    const byte = tcg.temp();
    tcg.extract(byte, c.x(a.rs2), 8 * a.imm, 8);
    const wide = tcg.temp();
    tcg.call(helper, wide, byte);
    const [value, old] = [tcg.temp('i32'), tcg.temp('i32')];
    tcg.extrlI64I32(value, wide);
    tcg.rotri32(value, value, (32 - 8 * a.imm) & 31);
    tcg.extrlI64I32(old, c.x(a.rs1));
    tcg.xor32(value, value, old);
    tcg.extI32I64(c.dest(a.rd), value);
  };

const halfRound = (helper: HelperDef): Emit => full2((t, d, a, b) => t.call(helper, d, a, b));

const LAST_RNUM = 10;
const keyStep1: Emit = (c, a) => {
  if (a.imm > LAST_RNUM) return c.illegal();
  c.tcg.call(H.aes64Ks1i, c.dest(a.rd), c.x(a.rs1), c.tcg.constI64(a.imm));
};

/** Words w0 = rs1's upper ^ rs2's lower, and above it w0 ^ rs2's upper. */
const keyStep2: Op2 = (t, d, a, b) => {
  const [low, high] = [t.temp(), t.temp()];
  t.shri(low, a, 32);
  t.xor(low, low, b);
  t.shri(high, b, 32);
  t.xor(high, high, low);
  t.deposit(d, low, high, 32, 32);
};

const unary = (name: string, funct7: string, number: string, needs: Needs, emit: Emit): Insn =>
  insn(name, `${funct7} ${number} rs1:5 001 rd:5 0010011`, R_UNARY, needs, emit);
const byteRow = (name: string, funct5: string, needs: Needs, helper: HelperDef): Insn =>
  insn(name, `bs:2 ${funct5} rs2:5 rs1:5 000 rd:5 0110011`, R_BS, needs, byteOf(helper));
const binary = (name: string, funct7: string, needs: Needs, emit: Emit): Insn =>
  insn(name, `${funct7} rs2:5 rs1:5 000 rd:5 0110011`, R, needs, emit);

// prettier-ignore
export const RVZK: readonly Insn[] = [
  // Zkne, Zknd
  byteRow('aes32esi',  '10001', all(Zkne, RV32), H.aes32Es),
  byteRow('aes32esmi', '10011', all(Zkne, RV32), H.aes32Esm),
  byteRow('aes32dsi',  '10101', all(Zknd, RV32), H.aes32Ds),
  byteRow('aes32dsmi', '10111', all(Zknd, RV32), H.aes32Dsm),
  binary('aes64es',    '0011001', all(Zkne, RV64), halfRound(H.aes64Es)),
  binary('aes64esm',   '0011011', all(Zkne, RV64), halfRound(H.aes64Esm)),
  binary('aes64ds',    '0011101', all(Zknd, RV64), halfRound(H.aes64Ds)),
  binary('aes64dsm',   '0011111', all(Zknd, RV64), halfRound(H.aes64Dsm)),
  unary('aes64im',     '0011000', '00000', all(Zknd, RV64), full1((t, d, a) => t.call(H.aes64Im, d, a))),
  insn('aes64ks1i',    '0011000 1 rnum:4 rs1:5 001 rd:5 0010011', R_RNUM, all(any(Zkne, Zknd), RV64), keyStep1),
  binary('aes64ks2',   '0111111', all(any(Zkne, Zknd), RV64), full2(keyStep2)),
  // Zknh
  unary('sha256sum0',  '0001000', '00000', Zknh, sum32(ror(2), ror(13), ror(22))),
  unary('sha256sum1',  '0001000', '00001', Zknh, sum32(ror(6), ror(11), ror(25))),
  unary('sha256sig0',  '0001000', '00010', Zknh, sum32(ror(7), ror(18), shr(3))),
  unary('sha256sig1',  '0001000', '00011', Zknh, sum32(ror(17), ror(19), shr(10))),
  unary('sha512sum0',  '0001000', '00100', all(Zknh, RV64), sha512(SHA512_SUM0)),
  unary('sha512sum1',  '0001000', '00101', all(Zknh, RV64), sha512(SHA512_SUM1)),
  unary('sha512sig0',  '0001000', '00110', all(Zknh, RV64), sha512(SHA512_SIG0)),
  unary('sha512sig1',  '0001000', '00111', all(Zknh, RV64), sha512(SHA512_SIG1)),
  binary('sha512sum0r', '0101000', all(Zknh, RV32), sha512Half(SHA512_SUM0, 'low')),
  binary('sha512sum1r', '0101001', all(Zknh, RV32), sha512Half(SHA512_SUM1, 'low')),
  binary('sha512sig0l', '0101010', all(Zknh, RV32), sha512Half(SHA512_SIG0, 'low')),
  binary('sha512sig1l', '0101011', all(Zknh, RV32), sha512Half(SHA512_SIG1, 'low')),
  binary('sha512sig0h', '0101110', all(Zknh, RV32), sha512Half(SHA512_SIG0, 'high')),
  binary('sha512sig1h', '0101111', all(Zknh, RV32), sha512Half(SHA512_SIG1, 'high')),
  // Zksh, Zksed
  unary('sm3p0',       '0001000', '01000', Zksh, sum32(asIs, rol(9), rol(17))),
  unary('sm3p1',       '0001000', '01001', Zksh, sum32(asIs, rol(15), rol(23))),
  byteRow('sm4ed',     '11000', Zksed, H.sm4Ed),
  byteRow('sm4ks',     '11010', Zksed, H.sm4Ks),
];
