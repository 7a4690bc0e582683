// What integer instructions compute, from their IR, against a model written from the manual on bigints of the register's width.
import { describe, expect, it } from 'vitest';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { TBF_XL32 } from '../../../assembly/target/riscv/shared/riscv.js';
import { evalIr } from '../../../tests/support/ir-eval.js';
import { randomWord, rngOf, rowsOf, type Rng } from '../../../tests/support/riscv-random.js';
import { TcgContext } from '../../tcg/context.js';
import { createFrontend } from '../../targets.js';
import { parseCpuConfig } from './config.js';
import { I, Operands, R, R_UNARY, SHIFT, U } from './operands.js';

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
  'czero.eqz': (x, y) => (y === 0n ? 0n : x), 'czero.nez': (x, y) => (y === 0n ? x : 0n),
  // compressed, with rs1 and rs2 as their formats give them
  'c.addi4spn': immediate(add), 'c.addi': immediate(add), 'c.li': (_x, _y, imm) => imm, 'c.addi16sp': immediate(add), 'c.lui': (_x, _y, imm) => imm,
  'c.srli': immediate(srl), 'c.srai': immediate(sra), 'c.slli': immediate(sll), 'c.andi': immediate((x, y) => x & y), 'c.addiw': word(immediate(add)),
  'c.sub': sub, 'c.xor': (x, y) => x ^ y, 'c.or': (x, y) => x | y, 'c.and': (x, y) => x & y, 'c.subw': word(sub), 'c.addw': word(add),
  'c.mv': (x) => x, 'c.add': add,
};

/** The runtime's helpers on 64-bit values; permutations know the width. */
function helper(name: string, [a, b]: readonly bigint[], w: number): bigint {
  if (name === 'xperm4' || name === 'xperm8') return s(w, MODELS[name](u(w, a), u(w, b), 0n, w));
  const model = { clmul: 'clmul', clmulh: 'clmulh', clmulr: 'clmulr', orc_b: 'orc.b', brev8: 'brev8', zip: 'zip', unzip: 'unzip' }[name];
  if (model === undefined) throw new Error(`no model of helper ${name}`);
  return MODELS[model](a, b, 0n, 64);
}

const CORNERS = [0n, 1n, -1n, 1n << 31n, (1n << 31n) - 1n, 1n << 63n, (1n << 63n) - 1n, 1n << 32n, 0xffff_ffffn, -0x8000_0000n];

function randomValue(rng: Rng, w: number): bigint {
  if (rng() % 3 === 0) return u(w, CORNERS[rng() % CORNERS.length]);
  return u(w, ((big(rng()) << 32n) | big(rng())) >> big(rng() % 60));
}

describe.each([
  ['max', 64, 0],
  ['max32', 32, TBF_XL32],
] as const)('%s computes as the manual says', (cpu, w, flags) => {
  const config = parseCpuConfig(cpu);
  const frontend = createFrontend('riscv', config);
  const ctx = new TcgContext(frontend.globals, frontend.helpers);
  const rows = rowsOf(config).filter((row) => row.name in MODELS);
  const held = (value: bigint): bigint => u(64, s(w, value));

  it('models all of their integer instructions', () => {
    const integer = rowsOf(config).filter(({ format, size }) => size === 4 && [R, R_UNARY, I, SHIFT, U].includes(format));
    expect(integer.map(({ name }) => name).filter((name) => !(name in MODELS))).toEqual([]);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s', (name, row) => {
    const rng = rngOf(row);
    const a = new Operands();
    for (let i = 0; i < 60; i++) {
      const instruction = randomWord(rng, row);
      if (instruction === undefined) continue;
      row.format.extract(instruction | 0, a);
      const globals = frontend.globals.map(() => held(randomValue(rng, w)));
      const x = a.rs1 === 0 ? 0n : u(w, globals[a.rs1]);
      const y = a.rs2 === 0 ? 0n : u(w, globals[a.rs2]);
      const bytesOfInsn = new Uint8Array(2 * PAGE_SIZE);
      new DataView(bytesOfInsn.buffer).setUint32(PAGE_SIZE, instruction, true);
      ctx.reset();
      frontend.translate(ctx, {
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
