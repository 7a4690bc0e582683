/** PowerPC's user-level instructions against the manual, where QEMU says otherwise or says nothing (tests/differential/ppc has the rest). */
import { afterEach, describe, expect, it } from 'vitest';
import * as E from '../../assembly/target/ppc/shared/env.js';
import * as P from '../../assembly/target/ppc/shared/ppc.js';
import { branch, encode, li, sprField } from '../ppc/assembler.js';
import { PpcBoard, type Tier } from '../ppc/board.js';

const CODE = 0x10_0000;
const DATA = 0x20_0000;
const SPIN = branch(0);
/** What comes to an address where nothing else is. */
const ROOM = 0x2000;

const bitsOf = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};
const SNAN = 0x7ff0_0000_0000_0001n;
const TIERS: [string, Tier][] = [
  ['tci', {}],
  ['generated code', { hotThreshold: 1 }],
];
/** Rounds of each program: in the second one there is generated code. */
const ROUNDS = 3;

describe.each(TIERS)('PowerPC, in %s', (_name, tier) => {
  let board: PpcBoard;
  afterEach(() => board.close());

  /** A board that has run the words from `prepare`d state, the last time of several; they end at `end`. */
  function run(words: readonly number[], prepare: (board: PpcBoard) => void = () => {}, end = CODE + 4 * words.length): PpcBoard {
    const vectors = Array.from({ length: 0x20 }, (_, n) => n << P.VECTOR_SHIFT);
    board = new PpcBoard([[CODE, ROOM], [DATA, ROOM]], tier); // prettier-ignore
    for (const vector of vectors) board.load(vector, [SPIN]);
    board.load(CODE, [...words, SPIN]);
    for (let round = 0; round < ROUNDS; round++) {
      board.msr = P.MSR_FP;
      board.fpscr = 0;
      prepare(board);
      board.run(CODE, end);
    }
    return board;
  }
  const vector = (exception: number): number => exception << P.VECTOR_SHIFT;

  describe('FPSCR', () => {
    const add = encode('fadd', { frt: 1, fra: 2, frb: 3 });
    const sum = (a: number, b: number, fpscr = 0): number =>
      run([add], (cpu) => {
        cpu.fpscr = fpscr;
        cpu.setF(2, bitsOf(a));
        cpu.setF(3, bitsOf(b));
      }).fpscr;
    const NORMAL = 0x4000;

    it.each([0, P.FPSCR_FX | P.FPSCR_XX])('has FR where the fraction was incremented (before: %x)', (before) => {
      const inexact = P.FPSCR_FX | P.FPSCR_XX | P.FPSCR_FI | NORMAL;
      expect(sum(1, 1.5 * 2 ** -53, before)).toBe((inexact | P.FPSCR_FR) >>> 0);
      board.close();
      expect(sum(1, 0.5 * 2 ** -53, before)).toBe(inexact >>> 0);
      board.close();
      expect(sum(1, 1, before)).toBe((before | NORMAL) >>> 0);
    });

    it('sets FX with an exception that was not there, and with no other', () => {
      expect(sum(1, 2 ** -60, P.FPSCR_XX) & P.FPSCR_FX).toBe(0);
      board.close();
      expect(sum(1, 2 ** -60) >>> 31).toBe(1);
    });

    it('keeps FI over a comparison', () => {
      const words = [add, encode('fcmpu', { crfd: 1, fra: 2, frb: 3 })];
      const cpu = run(words, (each) => {
        each.setF(2, bitsOf(1));
        each.setF(3, bitsOf(2 ** -60));
      });
      expect(cpu.fpscr).toBe((P.FPSCR_FX | P.FPSCR_XX | P.FPSCR_FI | 0x4000) >>> 0);
      expect((cpu.cr >>> 24) & 15).toBe(4);
    });

    it('tells of denormalized results by the precision of the operation', () => {
      const cpu = run([encode('frsp', { frt: 1, frb: 2 })], (each) => each.setF(2, bitsOf(-(2 ** -130))));
      expect((cpu.fpscr >>> 12) & 31).toBe(0x18);
    });

    it('has VXSNAN and VXIMZ at once', () => {
      const cpu = run([encode('fmadd', { frt: 1, fra: 2, frc: 3, frb: 4 })], (each) => {
        each.setF(2, bitsOf(Infinity));
        each.setF(3, 0n);
        each.setF(4, SNAN);
      });
      expect(cpu.fpscr & P.FPSCR_VX_ALL).toBe(P.FPSCR_VXSNAN | P.FPSCR_VXIMZ);
      expect(cpu.f(1)).toBe(SNAN | (1n << 51n));
    });
  });

  it('rounds before it negates', () => {
    const cpu = run([encode('mtfsfi', { crfd: 7, imm: 2 }), encode('fnmadd', { frt: 1, fra: 2, frc: 2, frb: 3 })], (each) => {
      each.setF(2, bitsOf(1));
      each.setF(3, bitsOf(2 ** -60));
    });
    // towards plus infinity
    expect(cpu.f(1)).toBe(bitsOf(-(1 + 2 ** -52)));
  });

  it('estimates reciprocals: of zero infinity, and no estimate is said to be inexact', () => {
    const words = [encode('fres', { frt: 1, frb: 2 }), encode('fres', { frt: 3, frb: 4 }), encode('frsqrte', { frt: 5, frb: 6 })];
    const cpu = run(words, (each) => {
      each.setF(2, bitsOf(-0));
      each.setF(4, bitsOf(3));
      each.setF(6, bitsOf(2));
    });
    expect([cpu.f(1), cpu.f(3), cpu.f(5)]).toEqual([bitsOf(-Infinity), bitsOf(Math.fround(1 / 3)), bitsOf(1 / Math.SQRT2)]);
    expect(cpu.fpscr & (P.FPSCR_XX | P.FPSCR_FI | P.FPSCR_ZX)).toBe(P.FPSCR_ZX);
  });

  it('estimates the same whatever FPSCR traps', () => {
    const values = [3, 0.1, 7e30, 1e-40, 2 ** -149, 1e300, 5e-324, 1 / 3, Infinity].map(bitsOf);
    const words = values.flatMap((_, n) => [encode('fres', { frt: n, frb: 20 + n }), encode('frsqrte', { frt: 10 + n, frb: 20 + n })]);
    const results = (enables: number): bigint[] => {
      const cpu = run(words, (each) => {
        each.fpscr = enables;
        values.forEach((value, n) => each.setF(20 + n, value));
      });
      return Array.from({ length: 19 }, (_, n) => cpu.f(n));
    };
    const plain = results(0);
    board.close();
    expect(results(P.FPSCR_VE)).toEqual(plain);
  });

  describe('enabled exceptions', () => {
    const product = encode('fmul', { frt: 1, fra: 2, frc: 3 });
    const strict = (enables: number, a: bigint, b: bigint, msr: number, end?: number): PpcBoard =>
      run(
        [product],
        (cpu) => {
          cpu.msr = P.MSR_FP | msr;
          cpu.fpscr = enables;
          cpu.setF(1, bitsOf(99));
          cpu.setF(2, a);
          cpu.setF(3, b);
        },
        end,
      );

    it('of invalid operations leave the target alone, and trap if MSR says so', () => {
      const cpu = strict(P.FPSCR_VE, SNAN, bitsOf(1), P.MSR_FE0, vector(P.EXC_PROGRAM));
      expect([cpu.field(E.PPC_SRR0), cpu.field(E.PPC_SRR1) & 0x001f_0000, cpu.f(1)]).toEqual([CODE, P.PROGRAM_FP, bitsOf(99)]);
      board.close();
      expect(strict(P.FPSCR_VE, SNAN, bitsOf(1), 0).f(1)).toBe(bitsOf(99));
    });

    it('of results out of range give them another exponent', () => {
      const large = strict(P.FPSCR_OE, bitsOf(2 ** 1000), bitsOf(1.5 * 2 ** 1000), 0);
      expect(large.f(1)).toBe(bitsOf(1.5 * 2 ** (2000 - 1536)));
      expect(large.fpscr & (P.FPSCR_OX | P.FPSCR_XX)).toBe(P.FPSCR_OX);
      board.close();
      const small = strict(P.FPSCR_UE, bitsOf(2 ** -1000), bitsOf(1.5 * 2 ** -1000), 0);
      expect(small.f(1)).toBe(bitsOf(1.5 * 2 ** (1536 - 2000)));
      expect(small.fpscr & (P.FPSCR_UX | P.FPSCR_XX)).toBe(P.FPSCR_UX);
    });

    it('trap after the instruction that writes them into FPSCR, too', () => {
      const cpu = run(
        [encode('mtfsb1', { crbd: 7 })],
        (each) => {
          each.msr = P.MSR_FP | P.MSR_FE1;
          each.fpscr = P.FPSCR_VE;
        },
        vector(P.EXC_PROGRAM),
      );
      expect(cpu.field(E.PPC_SRR1) & 0x001f_0000).toBe(P.PROGRAM_FP);
      expect(cpu.fpscr).toBe((P.FPSCR_FX | P.FPSCR_FEX | P.FPSCR_VX | P.FPSCR_VXSNAN | P.FPSCR_VE) >>> 0);
    });
  });

  describe('non-IEEE mode', () => {
    const [TINY, MINUS_TINY] = [0x0001_2345n, 0x8000_0000_0001_2345n];
    const ZERO = 0n;
    const MINUS_ZERO = 1n << 63n;
    const INEXACT = P.FPSCR_FX | P.FPSCR_UX | P.FPSCR_XX | P.FPSCR_FI;
    const [PLUS, MINUS] = [0x2000, 0x1_2000];
    const [product, sum, unary] = [{ frt: 1, fra: 2, frc: 3 }, { frt: 1, fra: 2, frb: 3 }, { frt: 1, frb: 3 }]; // prettier-ignore
    const one = bitsOf(1);
    it.each([
      // operands: zeros of their sign, without a word of it
      ['fmul', encode('fmul', product), TINY, one, ZERO, PLUS],
      ['fmul', encode('fmul', product), MINUS_TINY, one, MINUS_ZERO, MINUS],
      ['fadd', encode('fadd', sum), TINY, one, one, 0x4000],
      ['fdiv', encode('fdiv', sum), one, MINUS_TINY, 0xfff0_0000_0000_0000n, 0x9000 | P.FPSCR_FX | P.FPSCR_ZX],
      ['frsp', encode('frsp', unary), 0n, TINY, ZERO, PLUS],
      ['frsqrte', encode('frsqrte', unary), 0n, TINY, 0x7ff0_0000_0000_0000n, 0x5000 | P.FPSCR_FX | P.FPSCR_ZX],
      ['fctiw', encode('fctiw', unary), 0n, TINY, 0n, 0],
      // results
      ['fmul', encode('fmul', product), bitsOf(2 ** -600), bitsOf(2 ** -450), ZERO, PLUS | INEXACT],
      ['fmul', encode('fmul', product), bitsOf(-(2 ** -600)), bitsOf(1.5 * 2 ** -450), MINUS_ZERO, MINUS | INEXACT],
      ['fmuls', encode('fmuls', product), bitsOf(2 ** -70), bitsOf(2 ** -70), ZERO, PLUS | INEXACT],
      ['frsp', encode('frsp', unary), 0n, bitsOf(-(2 ** -130)), MINUS_ZERO, MINUS | INEXACT],
      ['fmuls', encode('fmuls', product), bitsOf(2 ** -60), bitsOf(2 ** -60), bitsOf(2 ** -120), 0x4000],
      // no arithmetic
      ['fmr', encode('fmr', unary), 0n, TINY, TINY, 0],
    ])('%s: denormalized numbers are zeros', (_, word, a, b, result, status) => {
      const cpu = run([word], (each) => {
        each.fpscr = P.FPSCR_NI;
        each.setF(2, a);
        each.setF(3, b);
      });
      expect([cpu.f(1), cpu.fpscr]).toEqual([result, (status | P.FPSCR_NI) >>> 0]);
    });
    it('is no matter of comparisons', () => {
      const cpu = run([encode('fcmpu', { crfd: 0, fra: 2, frb: 3 })], (each) => {
        each.fpscr = P.FPSCR_NI;
        each.setF(2, TINY);
        each.setF(3, 0n);
      });
      expect(cpu.cr >>> 28).toBe(4);
    });
  });

  describe('exceptions of instructions', () => {
    it.each([
      ['an illegal word', 0, P.EXC_PROGRAM, P.PROGRAM_ILLEGAL, 0],
      ['lwzu with rA = 0', encode('lwzu', { rt: 1, ra: 0 }), P.EXC_PROGRAM, P.PROGRAM_ILLEGAL, 0],
      ['lwzu with rA = rD', encode('lwzu', { rt: 1, ra: 1 }), P.EXC_PROGRAM, P.PROGRAM_ILLEGAL, 0],
      ['lswi over its own rA', encode('lswi', { rt: 1, ra: 2, nb: 8 }), P.EXC_PROGRAM, P.PROGRAM_ILLEGAL, 0],
      ['twi', encode('twi', { to: 31, ra: 1 }), P.EXC_PROGRAM, P.PROGRAM_TRAP, 0],
      ['sc', encode('sc'), P.EXC_SYSTEM_CALL, 0, 4],
    ])('%s', (_what, word, exception, error, distance) => {
      const cpu = run([word], undefined, vector(exception));
      expect([cpu.field(E.PPC_SRR0), cpu.field(E.PPC_SRR1) & 0x001f_0000]).toEqual([CODE + distance, error]);
    });

    it('floating point that is not available', () => {
      const cpu = run([encode('fmr', { frt: 1, frb: 2 })], (each) => (each.msr = 0), vector(P.EXC_FP_UNAVAILABLE));
      expect(cpu.field(E.PPC_SRR0)).toBe(CODE);
    });

    it('privileged instructions in user mode', () => {
      const cpu = run([encode('mfmsr', { rt: 1 })], (each) => (each.msr = P.MSR_PR), vector(P.EXC_PROGRAM));
      expect(cpu.field(E.PPC_SRR1) & 0x001f_0000).toBe(P.PROGRAM_PRIVILEGED);
    });

    it('trace, after each instruction or after branches', () => {
      const words = [encode('addi', { rt: 1, ra: 0, simm: 5 }), branch(2), 0, encode('addi', { rt: 1, ra: 0, simm: 6 })];
      const one = run(words, (each) => (each.msr = P.MSR_SE), vector(P.EXC_TRACE));
      expect([one.field(E.PPC_SRR0), one.r(1)]).toEqual([CODE + 4, 5]);
      board.close();
      const branches = run(words, (each) => (each.msr = P.MSR_BE), vector(P.EXC_TRACE));
      expect(branches.field(E.PPC_SRR0)).toBe(CODE + 12);
    });
  });

  describe('CR', () => {
    const CR_WORDS = Array.from({ length: 16 }, (_, n) => Math.imul(n, 0x1111_1111) >>> 0);
    it.each(CR_WORDS)('holds any bits (%x), whoever writes and reads them', (word) => {
      const not = Array.from({ length: 8 }, (_, field) =>
        encode('crnor', { crbd: 4 * field + 1, crba: 4 * field + 1, crbb: 4 * field + 1 }),
      );
      const code = [encode('mtcrf', { rt: 3, crm: 0xff }), encode('mfcr', { rt: 4 }), ...not, encode('mfcr', { rt: 5 })];
      run(code, (cpu) => cpu.setR(3, word));
      expect([board.r(4), board.r(5), board.cr]).toEqual([word, (word ^ 0x4444_4444) >>> 0, (word ^ 0x4444_4444) >>> 0]);
    });

    it('tells a branch of a comparison behind which generated code was left, and what was compared has changed', () => {
      // r4: how often r3, which goes down from 100, was above 50 as a signed number; r5 as an unsigned one with its sign turned
      const [compare, unsigned] = [encode('cmpi', { crfd: 0, ra: 3, simm: 50 }), encode('cmpl', { crfd: 7, ra: 6, rb: 7 })];
      const skip = (bi: number): number => encode('bc', { bo: 4, bi, bd: 2 });
      const loop = [
        compare,
        encode('xoris', { rt: 3, ra: 6, uimm: 0x8000 }),
        unsigned,
        encode('lwz', { rt: 8, ra: 9, simm: 0 }), // in two pages
        encode('addi', { rt: 6, ra: 0, simm: -1 }),
        encode('addi', { rt: 3, ra: 3, simm: -1 }),
        skip(1),
        encode('addi', { rt: 4, ra: 4, simm: 1 }),
        skip(29),
        encode('addi', { rt: 5, ra: 5, simm: 1 }),
      ];
      const code = [
        ...li(10, 100),
        encode('mtspr', { rt: 10, spr: sprField(9) }),
        ...loop,
        encode('bc', { bo: 16, bi: 0, bd: -loop.length }),
      ];
      run(code, (cpu) => {
        for (const [register, value] of [[3, 100], [4, 0], [5, 0], [7, 0x8000_0032], [9, DATA + 0xffe]]) cpu.setR(register, value); // prettier-ignore
      });
      expect([board.r(4), board.r(5)]).toEqual([50, 50]);
    });
  });

  describe('memory', () => {
    it('is zeroed by cache blocks', () => {
      const cpu = run([...li(3, DATA + 0x47), encode('dcbz', { ra: 0, rb: 3 })], (each) =>
        each.space.writeBytes(DATA, new Uint8Array(256).fill(0xff)),
      );
      expect([...cpu.bytes(DATA, 256)].map((byte, n) => (byte === 0 ? n : -1)).filter((n) => n >= 0)).toEqual(
        Array.from({ length: 32 }, (_, n) => 0x40 + n),
      );
    });

    it('is not loaded from by a string of no bytes', () => {
      const words = [...li(3, DATA), encode('mtspr', { spr: sprField(1), rt: 4 }), encode('lswx', { rt: 5, ra: 0, rb: 3 })];
      const cpu = run(words, (each) => {
        each.setR(4, 0);
        each.setR(5, 77);
      });
      expect(cpu.r(5)).toBe(77);
    });

    it('keeps a reservation as long as the word is what it was', () => {
      const reserve = [...li(3, DATA), ...li(4, 0x1234), encode('lwarx', { rt: 5, ra: 0, rb: 3 })];
      const store = encode('stwcx.', { rt: 4, ra: 0, rb: 3 });
      const done = run([...reserve, store], (each) => each.load(DATA, [7, 8]));
      expect([done.cr >>> 28, done.word(DATA), done.r(5)]).toEqual([2, 0x1234, 7]);
      board.close();
      const changed = run([...reserve, encode('stw', { rt: 4, ra: 3, simm: 0 }), store], (each) => each.load(DATA, [7, 8]));
      expect(changed.cr >>> 28).toBe(0);
      board.close();
      const elsewhere = run([...reserve, encode('addi', { rt: 3, ra: 3, simm: 4 }), store, store], (each) => each.load(DATA, [7, 8]));
      expect([elsewhere.cr >>> 28, elsewhere.word(DATA), elsewhere.word(DATA + 4)]).toEqual([0, 7, 8]);
    });

    it('is code, too', () => {
      // the second addi is made from the first one
      const words = [
        ...li(3, CODE + 4 * 7),
        ...li(4, encode('addi', { rt: 9, ra: 0, simm: 42 })),
        encode('stw', { rt: 4, ra: 3, simm: 0 }),
        encode('icbi', { ra: 0, rb: 3 }),
        encode('isync'),
        encode('addi', { rt: 9, ra: 0, simm: 1 }),
      ];
      expect(run(words).r(9)).toBe(42);
    });

    it('has the other byte order in little-endian mode', () => {
      const swapped = (word: number): number => ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
      const words = [
        ...li(3, DATA),
        encode('lwz', { rt: 4, ra: 3, simm: 0 }),
        encode('lhz', { rt: 5, ra: 3, simm: 0 }),
        encode('lwbrx', { rt: 6, ra: 0, rb: 3 }),
        encode('stw', { rt: 4, ra: 3, simm: 4 }),
      ];
      const little = (each: PpcBoard): void => {
        each.load(DATA, [0x0102_0304]);
        each.msr = P.MSR_LE;
      };
      const cpu = run([...words, SPIN].map(swapped), little, CODE + 4 * words.length);
      expect([cpu.r(4), cpu.r(5), cpu.r(6), cpu.word(DATA + 4)]).toEqual([0x0403_0201, 0x0201, 0x0102_0304, 0x0102_0304]);
      board.close();
      const multiple = [...li(3, DATA), encode('lmw', { rt: 30, ra: 3, simm: 0 })].map(swapped);
      expect(run(multiple, little, vector(P.EXC_ALIGNMENT)).field(E.PPC_SRR0)).toBe(CODE + 8);
    });
  });

  it('divides by what there is no quotient for', () => {
    const words = [encode('divw', { rt: 1, ra: 2, rb: 3, oe: 1 }), encode('divwu', { rt: 4, ra: 2, rb: 5, oe: 1, rc: 1 })];
    const cpu = run(words, (each) => {
      each.xer = 0;
      each.setR(2, 0x8000_0000);
      each.setR(3, -1);
      each.setR(5, 0);
    });
    expect([cpu.r(1), cpu.r(4), cpu.xer, cpu.cr >>> 28]).toEqual([0x8000_0000, 0x8000_0000, 0xc000_0000, 9]);
  });
});
