// What integer instructions compute, from their IR, against a model written from the manual on bigints of the register's width.
import { describe, expect, it } from 'vitest';
import { TBF_XL32 } from '../../../assembly/target/riscv/shared/env.js';
import { evalIr } from '../../../tests/support/ir-eval.js';
import { CPUS } from '../../../tests/support/riscv-cpus.js';
import { randomWord, rngOf, rowsOf, type Rng } from '../../../tests/support/riscv-random.js';
import { TcgContext } from '../../tcg/context.js';
import type { TargetFrontend } from '../translator.js';
import { riscvIsa } from './index.js';
import { parseCpuConfig } from './config.js';
import type { Insn } from './table.js';
import { I, Operands, R, R_BS, R_RNUM, R_UNARY, SHIFT, U } from './operands.js';

const PAGE_SIZE = 0x1000;
const u = (width: number, value: bigint): bigint => BigInt.asUintN(width, value);
const s = (width: number, value: bigint): bigint => BigInt.asIntN(width, value);

/** rd of `name` for x = rs1, y = rs2 (unsigned, w bits) and a signed immediate. */
type Model = (x: bigint, y: bigint, imm: bigint, w: number) => bigint;

const big = BigInt;
const amount = (y: bigint, w: number): bigint => y & big(w - 1);
const divide = (x: bigint, y: bigint): bigint => (y === 0n ? -1n : x / y);
const remainder = (x: bigint, y: bigint): bigint => (y === 0n ? x : x % y);
const rotr = (x: bigint, n: bigint, w: number): bigint => (x >> n) | (x << (big(w) - n));
const leading = (x: bigint, w: number): bigint => big(w - (x === 0n ? 0 : x.toString(2).length));
const trailing = (x: bigint, w: number): bigint => (x === 0n ? big(w) : leading(x & -x, w) * -1n + big(w - 1));
const ones = (x: bigint): bigint => big(x.toString(2).replaceAll('0', '').length);
const bytes = (x: bigint, w: number): bigint[] => Array.from({ length: w / 8 }, (_, i) => (x >> big(8 * i)) & 0xffn);
const join = (list: readonly bigint[]): bigint => list.reduce((sum, byte, i) => sum | (byte << big(8 * i)), 0n);
const carryless = (x: bigint, y: bigint): bigint => {
  let product = 0n;
  for (let i = 0n; i < 64n; i++) if ((y >> i) & 1n) product ^= x << i;
  return product;
};
const flip8 = (byte: bigint): bigint => big(`0b${[...byte.toString(2).padStart(8, '0')].reverse().join('')}`);
const bitsOf = (x: bigint): bigint[] => Array.from({ length: 32 }, (_, i) => (x >> big(i)) & 1n);
const fromBits = (list: readonly bigint[]): bigint => list.reduce((sum, bit, i) => sum | (bit << big(i)), 0n);

/** The 32-bit form of a model, sign-extended. */
const word =
  (model: Model): Model =>
  (x, y, imm) =>
    s(32, model(u(32, x), u(32, y), imm, 32));
const immediate =
  (model: Model): Model =>
  (x, _, imm, w) =>
    model(x, u(w, imm), imm, w);

const sll: Model = (x, y, _, w) => x << amount(y, w);
const srl: Model = (x, y, _, w) => x >> amount(y, w);
const sra: Model = (x, y, _, w) => s(w, x) >> amount(y, w);
const add: Model = (x, y) => x + y;
const sub: Model = (x, y) => x - y;
const mul: Model = (x, y) => x * y;
const div: Model = (x, y, _, w) => divide(s(w, x), s(w, y));
const divu: Model = (x, y) => divide(x, y);
const rem: Model = (x, y, _, w) => remainder(s(w, x), s(w, y));
const remu: Model = (x, y) => remainder(x, y);
const ror: Model = (x, y, _, w) => rotr(x, amount(y, w), w);
const rol: Model = (x, y, _, w) => rotr(x, amount(-y, w), w);
const clz: Model = (x, _y, _i, w) => leading(x, w);
const ctz: Model = (x, _y, _i, w) => trailing(x, w);
const cpop: Model = (x) => ones(x);
const bit = (y: bigint, w: number): bigint => 1n << amount(y, w);
const bset: Model = (x, y, _, w) => x | bit(y, w);
const bclr: Model = (x, y, _, w) => x & ~bit(y, w);
const binv: Model = (x, y, _, w) => x ^ bit(y, w);
const bext: Model = (x, y, _, w) => (x >> amount(y, w)) & 1n;
const slt: Model = (x, y, _, w) => big(s(w, x) < s(w, y));
const sltu: Model = (x, y) => big(x < y);
const shadd =
  (n: bigint): Model =>
  (x, y) =>
    (x << n) + y;
const shaddUw =
  (n: bigint): Model =>
  (x, y) =>
    (u(32, x) << n) + y;

/** Each part of y is the number of a part of x; there is 0 beyond. */
const permute =
  (size: number): Model =>
  (x, y, _, w) => {
    let all = 0n;
    for (let at = 0; at < w; at += size) {
      const from = Number(u(size, y >> big(at))) * size;
      if (from < w) all |= u(size, x >> big(from)) << big(at);
    }
    return all;
  };

// ---- ciphers, from the standards' arithmetic instead of tables -----------------------------------------------------------------------

/** a * b in GF(2^8) modulo `polynomial`. */
function times(a: bigint, b: bigint, polynomial: bigint): bigint {
  let product = 0n;
  for (let i = 0n; i < 8n; i++) if ((b >> i) & 1n) product ^= a << i;
  for (let i = 14n; i >= 8n; i--) if ((product >> i) & 1n) product ^= polynomial << (i - 8n);
  return product;
}
const inverseOf = (a: bigint, polynomial: bigint): bigint => {
  let result = 1n;
  for (let i = 0; i < 254; i++) result = times(result, a, polynomial); // a^254
  return result;
};
const rol8 = (x: bigint, n: bigint): bigint => u(8, (x << n) | (x >> (8n - n)));
const parity = (x: bigint): bigint => ones(x) & 1n;
/** FIPS 197, section 5.1.1. */
const aesSbox = Array.from({ length: 256 }, (_, i) => {
  const x = inverseOf(big(i), 0x11bn);
  return x ^ rol8(x, 1n) ^ rol8(x, 2n) ^ rol8(x, 3n) ^ rol8(x, 4n) ^ 0x63n;
});
const aesInverse = aesSbox.map((_, i) => big(aesSbox.indexOf(big(i))));
/** An affine map before the inverse and after it. */
const sm4Affine = (x: bigint): bigint =>
  Array.from({ length: 8 }, (_, i) => parity(rol8(0xa7n, big(i)) & x) << big(i)).reduce((a, b) => a | b) ^ 0xd3n;
const sm4Sbox = Array.from({ length: 256 }, (_, i) => sm4Affine(inverseOf(sm4Affine(big(i)), 0x1f5n)));
const aes = (a: bigint, b: bigint): bigint => times(a, b, 0x11bn);
const mixWith =
  (row: readonly bigint[]) =>
  (column: readonly bigint[]): bigint[] =>
    column.map((_, i) => row.reduce((sum, factor, j) => sum ^ aes(factor, column[(i + j) % 4]), 0n));
const mix = mixWith([2n, 3n, 1n, 1n]);
const unmix = mixWith([14n, 11n, 13n, 9n]);
/** Of a list of 8 bytes. */
const onColumns = (list: readonly bigint[], f: (column: readonly bigint[]) => bigint[]): bigint[] => [
  ...f(list.slice(0, 4)),
  ...f(list.slice(4)),
];
const same = (column: readonly bigint[]): bigint[] => [...column];

/** Half a round of AES: two columns of the state y:x; row r has moved by r columns. */
const round =
  (sbox: readonly bigint[], step: number, columns: (column: readonly bigint[]) => bigint[]): Model =>
  (x, y) => {
    const state = [...bytes(x, 64), ...bytes(y, 64)];
    const shifted = Array.from({ length: 8 }, (_, at) => sbox[Number(state[(at + step * 4 * (at % 4) + 64) % 16])]);
    return join(onColumns(shifted, columns));
  };
const byteAt = (y: bigint, imm: bigint): number => Number((y >> (8n * imm)) & 0xffn);
const rol32 = (x: bigint, n: bigint): bigint => u(32, (x << n) | (x >> (32n - n)));
const byteRound =
  (sbox: readonly bigint[], column: (x: bigint) => bigint): Model =>
  (x, y, imm) =>
    s(32, u(32, x) ^ rol32(column(sbox[byteAt(y, imm)]), 8n * imm));
const first = (columns: (column: readonly bigint[]) => bigint[]) => (x: bigint) => join(columns([x, 0n, 0n, 0n]));
const xorOf = (...list: readonly bigint[]): bigint => list.reduce((a, b) => a ^ b);
/** The linear part of SM4, whose words are big-endian, for the first byte of one. */
const sm4Linear =
  (rotations: readonly bigint[]) =>
  (byte: bigint): bigint =>
    join(bytes(xorOf(...rotations.map((n) => rol32(byte << 24n, n))), 32).reverse());
const sm4Round = sm4Linear([0n, 2n, 10n, 18n, 24n]);
const sm4Key = sm4Linear([0n, 13n, 23n]);
const RCON = [1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 0x1bn, 0x36n];

const sum =
  (width: number, rotations: readonly number[], shift?: number): Model =>
  (x) => {
    const value = u(width, x);
    const terms = rotations.map((n) => u(width, rotr(value, big(n), width)));
    return s(width, xorOf(...terms, ...(shift === undefined ? [] : [value >> big(shift)])));
  };
/** The upper or lower half of a 64-bit sum, of whose argument this half is x. */
const half =
  (which: 'low' | 'high', rotations: readonly number[], shift?: number): Model =>
  (x, y) => {
    const value = which === 'low' ? (y << 32n) | x : (x << 32n) | y;
    const all = u(64, sum(64, rotations, shift)(value, 0n, 0n, 64));
    return which === 'low' ? u(32, all) : all >> 32n;
  };

// prettier-ignore
const MODELS: Record<string, Model> = {
  add, sub, sll, srl, sra, slt, sltu, mul, div, divu, rem, remu, ror, rol, clz, ctz, cpop, bset, bclr, binv, bext,
  and: (x, y) => x & y, or: (x, y) => x | y, xor: (x, y) => x ^ y,
  addi: immediate(add), slti: immediate(slt), sltiu: immediate(sltu), slli: immediate(sll), srli: immediate(srl), srai: immediate(sra),
  andi: immediate((x, y) => x & y), ori: immediate((x, y) => x | y), xori: immediate((x, y) => x ^ y),
  lui: (_x, _y, imm) => imm, auipc: (_x, _y, imm) => imm + big(PAGE_SIZE),
  addw: word(add), subw: word(sub), sllw: word(sll), srlw: word(srl), sraw: word(sra), mulw: word(mul),
  divw: word(div), divuw: word(divu), remw: word(rem), remuw: word(remu),
  addiw: word(immediate(add)), slliw: word(immediate(sll)), srliw: word(immediate(srl)), sraiw: word(immediate(sra)),
  mulh: (x, y, _, w) => (s(w, x) * s(w, y)) >> big(w), mulhu: (x, y, _, w) => (x * y) >> big(w), mulhsu: (x, y, _, w) => (s(w, x) * y) >> big(w),
  sh1add: shadd(1n), sh2add: shadd(2n), sh3add: shadd(3n),
  'add.uw': shaddUw(0n), 'sh1add.uw': shaddUw(1n), 'sh2add.uw': shaddUw(2n), 'sh3add.uw': shaddUw(3n), 'slli.uw': (x, _, imm) => u(32, x) << imm,
  andn: (x, y) => x & ~y, orn: (x, y) => x | ~y, xnor: (x, y) => ~(x ^ y),
  clzw: word(clz), ctzw: word(ctz), cpopw: word(cpop), rolw: word(rol), rorw: word(ror), rori: immediate(ror), roriw: word(immediate(ror)),
  max: (x, y, _, w) => (s(w, x) > s(w, y) ? x : y), maxu: (x, y) => (x > y ? x : y),
  min: (x, y, _, w) => (s(w, x) < s(w, y) ? x : y), minu: (x, y) => (x < y ? x : y),
  'sext.b': (x) => s(8, x), 'sext.h': (x) => s(16, x), 'zext.h': (x) => u(16, x),
  'orc.b': (x, _y, _i, w) => join(bytes(x, w).map((byte) => (byte === 0n ? 0n : 0xffn))), rev8: (x, _y, _i, w) => join(bytes(x, w).reverse()),
  brev8: (x, _y, _i, w) => join(bytes(x, w).map(flip8)),
  clmul: (x, y) => carryless(x, y), clmulh: (x, y, _, w) => carryless(x, y) >> big(w), clmulr: (x, y, _, w) => carryless(x, y) >> big(w - 1),
  bseti: immediate(bset), bclri: immediate(bclr), binvi: immediate(binv), bexti: immediate(bext),
  pack: (x, y, _, w) => u(w / 2, x) | (u(w / 2, y) << big(w / 2)), packw: word((x, y) => u(16, x) | (u(16, y) << 16n)), packh: (x, y) => u(8, x) | (u(8, y) << 8n),
  zip: (x) => fromBits(bitsOf(x).map((_, i, all) => all[(i >> 1) + (i & 1) * 16])),
  unzip: (x) => fromBits(bitsOf(x).map((_, i, all) => all[i < 16 ? 2 * i : 2 * (i - 16) + 1])),
  xperm4: permute(4), xperm8: permute(8),
  aes64es: round(aesSbox, 1, same), aes64esm: round(aesSbox, 1, mix), aes64ds: round(aesInverse, -1, same), aes64dsm: round(aesInverse, -1, unmix),
  aes64im: (x) => join(onColumns(bytes(x, 64), unmix)),
  aes64ks1i: (x, _, imm) => {
    const word = join(bytes(x >> 32n, 32).map((byte) => aesSbox[Number(byte)]));
    const result = imm === 10n ? word : u(32, rotr(word, 8n, 32)) ^ RCON[Number(imm)];
    return (result << 32n) | result;
  },
  aes64ks2: (x, y) => { const low = (x >> 32n) ^ u(32, y); return ((low ^ (y >> 32n)) << 32n) | low; },
  aes32esi: byteRound(aesSbox, (x) => x), aes32esmi: byteRound(aesSbox, first(mix)), aes32dsi: byteRound(aesInverse, (x) => x), aes32dsmi: byteRound(aesInverse, first(unmix)),
  sm4ed: byteRound(sm4Sbox, sm4Round), sm4ks: byteRound(sm4Sbox, sm4Key),
  sha256sum0: sum(32, [2, 13, 22]), sha256sum1: sum(32, [6, 11, 25]), sha256sig0: sum(32, [7, 18], 3), sha256sig1: sum(32, [17, 19], 10),
  sha512sum0: sum(64, [28, 34, 39]), sha512sum1: sum(64, [14, 18, 41]), sha512sig0: sum(64, [1, 8], 7), sha512sig1: sum(64, [19, 61], 6),
  sha512sum0r: half('low', [28, 34, 39]), sha512sum1r: half('low', [14, 18, 41]), sha512sig0l: half('low', [1, 8], 7), sha512sig1l: half('low', [19, 61], 6),
  sha512sig0h: half('high', [1, 8], 7), sha512sig1h: half('high', [19, 61], 6),
  sm3p0: sum(32, [0, 32 - 9, 32 - 17]), sm3p1: sum(32, [0, 32 - 15, 32 - 23]),
  ...Object.fromEntries([...Array.from({ length: 32 }, (_, n) => `mop.r.${n}`), ...Array.from({ length: 8 }, (_, n) => `mop.rr.${n}`)].map((name) => [name, () => 0n])),
  'czero.eqz': (x, y) => (y === 0n ? 0n : x), 'czero.nez': (x, y) => (y === 0n ? x : 0n),
  // compressed, with rs1 and rs2 as their formats give them
  'c.addi4spn': immediate(add), 'c.addi': immediate(add), 'c.li': (_x, _y, imm) => imm, 'c.addi16sp': immediate(add), 'c.lui': (_x, _y, imm) => imm,
  'c.srli': immediate(srl), 'c.srai': immediate(sra), 'c.slli': immediate(sll), 'c.andi': immediate((x, y) => x & y), 'c.addiw': word(immediate(add)),
  'c.sub': sub, 'c.xor': (x, y) => x ^ y, 'c.or': (x, y) => x | y, 'c.and': (x, y) => x & y, 'c.subw': word(sub), 'c.addw': word(add),
  'c.mv': (x) => x, 'c.add': add,
  'c.mul': mul, 'c.zext.b': (x) => u(8, x), 'c.sext.b': (x) => s(8, x), 'c.zext.h': (x) => u(16, x), 'c.sext.h': (x) => s(16, x), 'c.zext.w': (x) => u(32, x), 'c.not': (x) => ~x,
};

/** The runtime's helpers on 64-bit values; permutations know the width. */
function helper(name: string, [a, b]: readonly bigint[], w: number): bigint {
  if (name === 'xperm4' || name === 'xperm8') return s(w, MODELS[name](u(w, a), u(w, b), 0n, w));
  // of one byte: the place that bs chooses is IR
  if (/^(aes32|sm4)/.test(name)) return u(32, MODELS[name.replace(/^(aes32.*)$/, '$1i')](0n, a, 0n, 64));
  if (name === 'aes64ks1i') return MODELS[name](a, 0n, b, 64);
  if (name.startsWith('aes64')) return MODELS[name](a, b, 0n, 64);
  const model = { clmul: 'clmul', clmulh: 'clmulh', clmulr: 'clmulr', orc_b: 'orc.b', brev8: 'brev8', zip: 'zip', unzip: 'unzip' }[name];
  if (model === undefined) throw new Error(`no model of helper ${name}`);
  return MODELS[model](a, b, 0n, 64);
}

const CORNERS = [0n, 1n, -1n, 1n << 31n, (1n << 31n) - 1n, 1n << 63n, (1n << 63n) - 1n, 1n << 32n, 0xffff_ffffn, -0x8000_0000n];

function randomValue(rng: Rng, w: number): bigint {
  if (rng() % 3 === 0) return u(w, CORNERS[rng() % CORNERS.length]);
  return u(w, ((big(rng()) << 32n) | big(rng())) >> big(rng() % 60));
}

describe.each([64, 32] as const)('RV%i computes as the manual says', (w) => {
  const flags = w === 32 ? TBF_XL32 : 0;
  const configs = Object.values(CPUS)
    .map((cpu) => parseCpuConfig(cpu))
    .filter(({ xlen }) => xlen === w);
  /** On the first CPU that has it. */
  const frontends = new Map<Insn, TargetFrontend>();
  for (const config of configs) {
    const frontend = riscvIsa.createFrontend(config);
    for (const row of rowsOf(config)) if (!frontends.has(row)) frontends.set(row, frontend);
  }
  const ctx = new TcgContext(riscvIsa.globals, riscvIsa.helpers);
  const rows = [...frontends.keys()].filter((row) => row.name in MODELS);
  const held = (value: bigint): bigint => u(64, s(w, value));

  it('models all of their integer instructions', () => {
    const integer = [...frontends.keys()].filter(
      ({ format, size }) => size === 4 && [R, R_BS, R_RNUM, R_UNARY, I, SHIFT, U].includes(format),
    );
    expect(integer.map(({ name }) => name).filter((name) => !(name in MODELS))).toEqual([]);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s', (name, row) => {
    const rng = rngOf(row);
    const a = new Operands();
    for (let i = 0; i < 60; i++) {
      const instruction = randomWord(rng, row);
      // a round number beyond the last is reserved
      if (instruction === undefined || (row.format === R_RNUM && ((instruction >>> 20) & 15) > 10)) continue;
      row.format.extract(instruction | 0, a);
      const globals = riscvIsa.globals.map((_, g) => (g === 0 ? big(PAGE_SIZE) : held(randomValue(rng, w))));
      const x = a.rs1 === 0 ? 0n : u(w, globals[a.rs1]);
      const y = a.rs2 === 0 ? 0n : u(w, globals[a.rs2]);
      const bytesOfInsn = new Uint8Array(2 * PAGE_SIZE);
      new DataView(bytesOfInsn.buffer).setUint32(PAGE_SIZE, instruction, true);
      ctx.reset();
      frontends.get(row)!.translate(ctx, {
        pc: big(PAGE_SIZE),
        flags,
        csBase: 0,
        cflags: 0,
        maxInsns: 1,
        bytes: bytesOfInsn,
        host: PAGE_SIZE,
        nextPage: () => 0,
      });
      const state = { globals, memory: new Uint8Array(8), env: new Uint8Array(8) };
      evalIr(ctx, state, { callHelper: ({ name: called }, args) => u(64, helper(called, args, w)) });
      if (a.rd === 0) continue;
      const expected = held(u(w, MODELS[name](x, y, big(a.imm), w)));
      const facts = `${name} ${instruction.toString(16)}: x=${x.toString(16)} y=${y.toString(16)} imm=${a.imm}`;
      expect(`${facts}: ${globals[a.rd].toString(16)}`).toBe(`${facts}: ${expected.toString(16)}`);
    }
  });
});
