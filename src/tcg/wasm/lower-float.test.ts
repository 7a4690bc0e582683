import { describe, expect, it } from 'vitest';
import { edgeOperands, fusedOperands, Random, randomOperand } from '../../../tests/support/float-operands.js';
import * as Ref from '../../../tests/support/float-ref.js';
import { ENV, leave, RAM, Rig, tb, X1, X2, X4 } from '../../../tests/support/wasm-rig.js';
import * as L from '../../../assembly/shared/layout.js';
import { setV8Flags } from '../../node/v8-flags.js';
import type { FloatOp } from '../inline-float.js';
import type { TcgContext } from '../context.js';
import type { HelperDef } from '../opcodes.js';
import { hasFusedMulAdd } from './relaxed-simd.js';

setV8Flags();
/** Whether this host can run the way with relaxed SIMD. */
const HAS_FUSED = hasFusedMulAdd((bytes) => new WebAssembly.Module(bytes));

const FLAGS = 0x200;
/** What every helper returns. */
const CALLED = 0xca11edn;

/** A helper that may be carried out inline in rounding mode 0 while the low bit of env[FLAGS] is set. */
function floatHelper(op: FloatOp, bits: 32 | 64, operands: number, isExact = false): HelperDef {
  const rounding = isExact ? undefined : { arg: operands, when: new Map([[0, { offset: FLAGS, mask: 1n, value: 1n }]]) };
  const args = operands + (isExact ? 0 : 1);
  return { name: `${op}${bits}`, args, result: true, noReadGlobals: true, noWriteGlobals: true, inline: { op, bits, rounding } };
}

const HELPERS = [
  floatHelper('add', 64, 2), floatHelper('mul', 64, 2), floatHelper('div', 64, 2), floatHelper('mulAdd', 64, 3), floatHelper('toInt32', 64, 1),
  floatHelper('lt', 64, 2, true), floatHelper('min', 64, 2, true), floatHelper('add', 32, 2), floatHelper('narrow', 64, 1),
]; // prettier-ignore
const RUNTIME = Object.fromEntries(HELPERS.map(({ name }) => [`helper_${name}`, () => CALLED]));

const bits = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0];
const single = (value: number): bigint => 0xffff_ffff_0000_0000n | BigInt(new Uint32Array(Float32Array.of(value).buffer)[0]);

/** The op's result, or CALLED. */
function run(name: string, args: readonly bigint[], { inexact = true, mode = 0 } = {}): bigint {
  const helper = HELPERS.find((h) => h.name === name)!;
  const rig = new Rig(HELPERS, RUNTIME);
  args.forEach((value, i) => rig.set(X1 + i, value));
  rig.setU32(FLAGS, inexact ? 1 : 0);
  rig.run({
    entries: [0],
    tbs: [
      tb(0x100, 1, [-1, -1], (tcg) => {
        const operands = args.map((_, i) => X1 + i);
        if (helper.inline!.rounding) operands.push(tcg.constI64(mode));
        tcg.call(helper, X4, ...operands);
        leave(tcg, 0, 0x104);
      }, [], 0, HELPERS),
    ],
  }); // prettier-ignore
  return rig.get(X4);
}
const pair = (name: string, x: number, y: number, options = {}) => run(name, [bits(x), bits(y)], options);

describe('inline floating point', () => {
  it('takes finite results, and those that are not tiny', () => {
    expect(pair('add64', 0.1, 0.2)).toBe(bits(0.1 + 0.2));
    expect(pair('add64', 1, -1)).toBe(0n);
    expect(pair('add64', 1e308, 1e308)).toBe(CALLED);
    expect(pair('add64', Infinity, 1)).toBe(CALLED);
    expect(pair('add64', NaN, 1)).toBe(CALLED);
    expect(pair('mul64', 0.1, 3)).toBe(bits(0.1 * 3));
    expect(pair('mul64', 2 ** -511, 2 ** -511)).toBe(CALLED); // the smallest normal number: tiny results may round to it
    expect(pair('mul64', 2 ** -600, 2 ** -600)).toBe(CALLED);
    expect(pair('div64', 1, 3)).toBe(bits(1 / 3));
    expect(pair('div64', 1, 0)).toBe(CALLED);
  });

  it('needs env to be so, and a mode that it knows', () => {
    expect(pair('add64', 1, 2, { inexact: false })).toBe(CALLED);
    expect(pair('add64', 1, -1, { inexact: false })).toBe(CALLED); // exponent field 0: the least that there is
    expect(pair('mul64', 1, 2, { inexact: false })).toBe(CALLED);
    expect(run('toInt3264', [bits(1.5)], { inexact: false })).toBe(CALLED);
    expect(run('mulAdd64', [bits(3), bits(5), bits(0.25)], { inexact: false })).toBe(CALLED);
    expect(pair('add64', 1, 2, { mode: 1 })).toBe(CALLED);
  });

  it('rounds a fused multiply-add once', () => {
    const x = 1 + 2 ** -30;
    // x * x = 1 + 2^-29 + 2^-60: without its last bit, the sum were a tie
    expect(run('mulAdd64', [bits(x), bits(x), bits(2 ** -53)])).toBe(bits(1 + 2 ** -29 + 2 ** -52));
    expect(run('mulAdd64', [bits(3), bits(5), bits(0.25)])).toBe(bits(15.25));
    expect(run('mulAdd64', [bits(3), bits(Infinity), bits(0.25)])).toBe(CALLED);
    expect(run('mulAdd64', [bits(1e308), bits(10), bits(-1e308)])).toBe(CALLED);
  });

  it('compares and selects what is no NaN', () => {
    expect([pair('lt64', 1, 2), pair('lt64', 2, 1), pair('lt64', NaN, 1), pair('lt64', 1, NaN)]).toEqual([1n, 0n, CALLED, CALLED]);
    expect([pair('min64', 0, -0), pair('min64', 3, 2), pair('min64', NaN, 1)]).toEqual([1n << 63n, bits(2), CALLED]);
  });

  it('truncates what is inside the range', () => {
    const toInt = (value: number) => BigInt.asIntN(64, run('toInt3264', [bits(value)]));
    expect([toInt(-1.9), toInt(2 ** 31 - 1), toInt(2 ** 31), toInt(NaN)]).toEqual([-1n, 2n ** 31n - 1n, CALLED, CALLED]);
  });

  it('keeps the bits of what it loads and stores, on both paths', () => {
    const helper = HELPERS[0];
    const signaling = 0x7ff0_0000_0000_0001n;
    for (const mapped of [true, false]) {
      const rig = new Rig(HELPERS, RUNTIME);
      if (mapped) rig.map(0x4000n);
      rig.view.setBigUint64(RAM + 8, signaling, true);
      rig.set(X1, 0x4008n);
      rig.run({
        entries: [0],
        tbs: [
          tb(0x100, 2, [-1, -1], (tcg) => {
            tcg.qemuLd(X2, X1, L.MO_64, 0);
            tcg.call(helper, X4, X2, X2, tcg.constI64(0));
            tcg.addi(X1, X1, 8);
            tcg.qemuSt(X2, X1, L.MO_64, 0);
            leave(tcg, 0, 0x104);
          }, [], 0, HELPERS),
        ],
      }); // prettier-ignore
      expect(rig.get(X4)).toBe(CALLED);
      expect(rig.get(X2)).toBe(mapped ? signaling : 0x55n);
      if (mapped) expect(rig.view.getBigUint64(RAM + 16, true)).toBe(signaling);
      else expect(rig.slow).toEqual(['ld 4008 30', 'st 4010 55 30']);
    }
  });

  it('wants singles in their box, and puts them there', () => {
    expect(run('add32', [single(1.5), single(2)])).toBe(single(3.5));
    expect(run('add32', [single(1.5), single(2) & 0xffff_ffffn])).toBe(CALLED);
    expect(run('add32', [single(3e38), single(3e38)])).toBe(CALLED);
    expect([run('narrow64', [bits(0.1)]), run('narrow64', [bits(1e300)])]).toEqual([single(Math.fround(0.1)), CALLED]);
  });
});

type Reference = (f: Ref.Format, args: bigint[]) => Ref.Outcome;
const S32 = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const S64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const SIGN = (f: Ref.Format, bits: bigint) => bits ^ Ref.signBit(f);
/** Ops of both formats: operands, the reference, and whether they are integers. */
const REFERENCES: Partial<Record<FloatOp, readonly [operands: number, reference: Reference, fromInt?: boolean]>> = {
  add: [2, (f, [a, b]) => Ref.fadd(f, a, b, Ref.RNE)],
  sub: [2, (f, [a, b]) => Ref.fsub(f, a, b, Ref.RNE)],
  mul: [2, (f, [a, b]) => Ref.fmul(f, a, b, Ref.RNE)],
  div: [2, (f, [a, b]) => Ref.fdiv(f, a, b, Ref.RNE)],
  sqrt: [1, (f, [a]) => Ref.fsqrt(f, a, Ref.RNE)],
  mulAdd: [3, (f, [a, b, c]) => Ref.fmadd(f, a, b, c, Ref.RNE)],
  mulSub: [3, (f, [a, b, c]) => Ref.fmadd(f, a, b, SIGN(f, c), Ref.RNE)],
  negMulSub: [3, (f, [a, b, c]) => Ref.fmadd(f, SIGN(f, a), b, c, Ref.RNE)],
  negMulAdd: [3, (f, [a, b, c]) => Ref.fmadd(f, SIGN(f, a), b, SIGN(f, c), Ref.RNE)],
  min: [2, (f, [a, b]) => Ref.fmin(f, a, b)],
  max: [2, (f, [a, b]) => Ref.fmax(f, a, b)],
  eq: [2, (f, [a, b]) => Ref.feq(f, a, b)],
  lt: [2, (f, [a, b]) => Ref.flt(f, a, b)],
  le: [2, (f, [a, b]) => Ref.fle(f, a, b)],
  toInt32: [1, (f, [a]) => Ref.toInteger(f, a, Ref.RTZ, ...S32)],
  toInt64: [1, (f, [a]) => Ref.toInteger(f, a, Ref.RTZ, ...S64)],
  fromInt32: [1, (f, [a]) => Ref.fromInteger(f, BigInt.asIntN(32, a), Ref.RNE), true],
  fromUint32: [1, (f, [a]) => Ref.fromInteger(f, BigInt.asUintN(32, a), Ref.RNE), true],
  fromInt64: [1, (f, [a]) => Ref.fromInteger(f, BigInt.asIntN(64, a), Ref.RNE), true],
  fromUint64: [1, (f, [a]) => Ref.fromInteger(f, BigInt.asUintN(64, a), Ref.RNE), true],
};

/** (x1, x2, ...) => x4, in rounding mode 0. */
function region(helper: HelperDef, operands: number) {
  const build = (tcg: TcgContext) => {
    tcg.call(helper, X4, ...Array.from({ length: operands }, (_, i) => X1 + i), tcg.constI64(0));
    leave(tcg, 0, 0x104);
  };
  return { entries: [0], tbs: [tb(0x100, 1, [-1, -1], build, [], 0, [helper])] };
}

/** Runs the op on `count` lists of operands; how many results were not the helper's. */
function compareWithReference(f: Ref.Format, op: FloatOp, count: number, operandsOf: () => bigint[], fusedMulAdd = false): number {
  const [operands, reference, fromInt] = REFERENCES[op]!;
  const helper = floatHelper(op, f.width as 32 | 64, operands);
  const rig = new Rig([helper], { [`helper_${helper.name}`]: () => CALLED });
  const call = rig.compile(region(helper, operands), false, fusedMulAdd);
  rig.setU32(FLAGS, 1);
  let inline = 0;
  for (let n = 0; n < count; n++) {
    const args = operandsOf();
    const box = (value: bigint) => (f.width === 32 && !fromInt ? 0xffff_ffff_0000_0000n | value : value);
    args.forEach((value, i) => rig.set(X1 + i, box(value)));
    call(ENV, 0);
    const got = rig.get(X4);
    if (got === CALLED) continue;
    inline++;
    const { value, flags } = reference(f, args);
    const isInt = op.startsWith('to') || ['eq', 'lt', 'le'].includes(op);
    const wanted = isInt ? BigInt.asUintN(64, value) : f.width === 32 ? 0xffff_ffff_0000_0000n | value : value;
    expect([got, flags & ~Ref.NX], args.map((a) => a.toString(16)).join(' ')).toEqual([wanted, 0]);
  }
  return inline;
}

const FUSED: readonly FloatOp[] = ['mulAdd', 'mulSub', 'negMulSub', 'negMulAdd'];

describe('inline floating point against exact arithmetic', () => {
  const random = new Random(20);
  for (const f of [Ref.SINGLE, Ref.DOUBLE]) {
    for (const [op, [operands]] of Object.entries(REFERENCES) as [FloatOp, NonNullable<(typeof REFERENCES)[FloatOp]>][]) {
      if (FUSED.includes(op)) continue;
      it(`${op} of ${f.width} bits`, () => {
        const some = () => Array.from({ length: operands }, () => randomOperand(f, random));
        expect(compareWithReference(f, op, 400, some)).toBeGreaterThan(40);
      });
    }

    const edges = edgeOperands(f);
    const some = () => fusedOperands(f, random);
    const atEdges = () => [random.pick(edges), random.pick(edges), random.pick(edges)];
    for (const op of FUSED) {
      it(`${op} of ${f.width} bits, of plain operations`, () => {
        expect(compareWithReference(f, op, 400, some)).toBeGreaterThan(40);
        expect(compareWithReference(f, op, 1000, atEdges)).toBeGreaterThan(40);
      });
      it.skipIf(!HAS_FUSED)(`${op} of ${f.width} bits, of relaxed SIMD (needs a host with fused multiply-add)`, () => {
        expect(compareWithReference(f, op, 400, some, true)).toBeGreaterThan(100);
        expect(compareWithReference(f, op, 1000, atEdges, true)).toBeGreaterThan(100);
      });
    }
  }
});

describe('fused multiply-add', () => {
  it.skipIf(!HAS_FUSED).each([
    ['mulAdd', 'relaxed_madd'],
    ['mulSub', 'relaxed_madd'],
    ['negMulSub', 'relaxed_nmadd'],
    ['negMulAdd', 'relaxed_nmadd'],
  ] as const)('%s is %s where that rounds once', (op, name) => {
    for (const width of [32, 64] as const) {
      const helper = floatHelper(op, width, 3);
      const rig = new Rig([helper]);
      const { module, text } = rig.make(region(helper, 3), false, true);
      expect(text).toContain(width === 32 ? `f32x4.${name}` : `f64x2.${name}`);
      // function 1, one hint: likely. The scanner of the binary has to step over the vector operations.
      const [hints] = WebAssembly.Module.customSections(module, 'metadata.code.branch_hint');
      const [functions, index, count, offset, length, likely] = new Uint8Array(hints);
      expect({ functions, index, count, offset, length, likely }).toMatchObject({ functions: 1, index: 1, count: 1, likely: 1 });
      expect(rig.make(region(helper, 3)).text).not.toMatch(/relaxed|v128|x[24]\./);
    }
  });

  it('of binary32 is left to the helper at ties, which a first rounding may have made', () => {
    const helper = floatHelper('mulAdd', 32, 3);
    const rig = new Rig([helper], { [`helper_${helper.name}`]: () => CALLED });
    const call = rig.compile(region(helper, 3));
    rig.setU32(FLAGS, 1);
    const mulAdd = (...args: number[]) => {
      args.forEach((value, i) => rig.set(X1 + i, single(value)));
      call(ENV, 0);
      return rig.get(X4);
    };
    const half = 2 ** -12;
    expect(mulAdd(half, half, 1)).toBe(CALLED); // 1 + 2^-24, a tie
    expect(mulAdd(half * (1 + 2 ** -23), half * (1 - 2 ** -23), 1)).toBe(CALLED); // 2^-70 below it: a tie in binary64
    expect(mulAdd(half * (1 + 2 ** -22), half, 1)).toBe(single(1 + 2 ** -23)); // 2^-46 above it
  });
});
