/** Loops that walk through memory, across a page boundary: where generated code looks pages up before the rounds that stay in them. */
import type { Rng } from '../support/riscv-random.js';
import { encode } from './assembler.js';
import { codes, type Code } from './block.js';
import { kind, type Kind } from './kind.js';
import { MEMORY } from './slot.js';

// Registers: bases, which also walk; an index, and what it steps by; the address that base and index make; the rounds that are left; data.
const BASES = [8, 9];
const [INDEX, STEP, ADDRESS, ROUNDS] = [11, 12, 13, 10];
const DATA = [5, 6, 7, 14, 15];
const MOST_ROUNDS = 24;

/** Words of four formats, fields in the order of the manual's tables. */
const rType = (rs2: number, rs1: number, rd: number, opcode: number): number => ((rs2 << 20) | (rs1 << 15) | (rd << 7) | opcode) >>> 0;
const insn = {
  add: (rd: number, rs1: number, rs2: number): number => rType(rs2, rs1, rd, 0x33),
  addw: (rd: number, rs1: number, rs2: number): number => rType(rs2, rs1, rd, 0x3b),
  /** Of 1 << width bytes, sign-extended. */
  load: (width: number, rd: number, rs1: number, offset: number): number =>
    (((offset & 0xfff) << 20) | (rs1 << 15) | (width << 12) | (rd << 7) | 0x03) >>> 0,
  store: (width: number, rs2: number, rs1: number, offset: number): number =>
    (((offset & 0xfe0) << 20) | (width << 12) | rType(rs2, rs1, offset & 31, 0x23)) >>> 0,
  beq: (rs1: number, rs2: number, distance: number): number => branch(0, rs1, rs2, distance),
  bne: (rs1: number, rs2: number, distance: number): number => branch(1, rs1, rs2, distance),
};
const branch = (funct3: number, rs1: number, rs2: number, o: number): number =>
  (((o & 0x1000) << 19) | ((o & 0x7e0) << 20) | (funct3 << 12) | ((o & 0x1e) << 7) | ((o & 0x800) >> 4) | rType(rs2, rs1, 0, 0x63)) >>> 0;

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];

/** One loop. Its instructions belong together: none of them may be left out. */
function loop(rng: Rng, xlen: 32 | 64): Code[] {
  const rounds = 1 + (rng() % MOST_ROUNDS);
  const steps = [...BASES, INDEX].map(() => pick(rng, [-8, -4, -1, 0, 1, 2, 4, 8, 8]));
  const sizes = xlen === 64 ? 4 : 3;
  const body: number[] = [];
  for (let n = 1 + (rng() % 4); n > 0; n--) {
    const width = rng() % sizes;
    const indexed = rng() % 3 === 0;
    if (indexed) body.push(insn.add(ADDRESS, pick(rng, BASES), INDEX));
    const base = indexed ? ADDRESS : pick(rng, BASES);
    const offset = indexed ? 0 : (rng() % 17) - 8;
    if (rng() % 2) body.push(insn.load(width, pick(rng, DATA), base, offset));
    else body.push(insn.store(width, pick(rng, DATA), base, offset));
    body.push(insn.add(pick(rng, DATA), pick(rng, DATA), pick(rng, DATA)));
  }
  const bases = BASES.map((register, i) => encode.addi(register, register, steps[i]));
  const index = xlen === 64 && rng() % 2 ? insn.addw(INDEX, INDEX, STEP) : encode.addi(INDEX, INDEX, steps[2]);
  body.push(...bases, index, encode.addi(ROUNDS, ROUNDS, -1));
  // a way out in the middle, and so a loop of two TBs
  const out = rng() % 3 === 0 ? rng() % body.length : -1;
  const words = body.flatMap((word, i) =>
    i === out ? [insn.beq(pick(rng, DATA), pick(rng, DATA), 4 * (body.length - i + 2)), word] : [word],
  );
  const start = steps.map((step) => -Math.trunc((step * rounds) / 2));
  return codes(
    ...BASES.map((register, i) => encode.addi(register, register, start[i])),
    encode.addi(INDEX, 0, start[2]),
    encode.addi(STEP, 0, steps[2]),
    encode.addi(ROUNDS, 0, rounds),
    ...words,
    insn.bne(ROUNDS, 0, -4 * words.length),
  ).map((code, i) => ({ ...code, joined: i > 0 }));
}

export const loops = (xlen: 32 | 64): Kind =>
  kind('loops', xlen, {
    window: true,
    weight: 2,
    code: ({ rng }) => loop(rng, xlen),
    fill: ({ x, rng }) => {
      for (const register of BASES) x(register, BigInt(MEMORY.windowMiddle + (rng() % 17) - 8));
    },
  });
