import { describe, expect, it } from 'vitest';
import { edgeOperands, fusedOperands, Random, randomOperand } from '../../../tests/support/float-operands.js';
import { RANDOM_TRAITS } from '../../../tests/support/ir-random.js';
import * as Ref from '../../../tests/support/float-ref.js';
import {
  ENV,
  GLOBALS,
  HELPERS as WASM_HELPERS,
  leave,
  PC,
  pointer,
  RAM,
  Rig,
  tb,
  X1,
  X2,
  X3,
  X4,
} from '../../../tests/support/wasm-rig.js';
import * as L from '../../../assembly/shared/layout.js';
import { setV8Flags } from '../../node/v8-flags.js';
import type { FloatOp } from '../inline-float.js';
import type { TcgContext } from '../context.js';
import { Cond, type HelperDef } from '../opcodes.js';
import { optimize } from '../optimize.js';
import { hasFusedMulAdd } from './relaxed-simd.js';
import { stripLoops } from './strip-plan.js';

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
            tcg.insnStart(0);
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

describe('singles that are held as they are', () => {
  const [ADD, WIDEN] = [floatHelper('add', 32, 2), floatHelper('widen', 64, 1, true)];
  const UNBOXED = { traits: { ...RANDOM_TRAITS, singles: 'zero-extended' } } as const;
  const low = (value: number): bigint => single(value) & 0xffff_ffffn;
  const run = (helper: HelperDef, args: readonly bigint[], upper: bigint): bigint => {
    const rig = new Rig([helper], { [`helper_${helper.name}`]: () => CALLED });
    args.forEach((arg, n) => rig.set(X1 + n, arg | (upper << 32n)));
    const call = (tcg: TcgContext): void => {
      tcg.insnStart(0);
      const operands = args.map((_, n) => X1 + n);
      tcg.call(helper, X4, ...operands, ...(helper.args > args.length ? [tcg.constI64(0)] : []));
      leave(tcg, 0, 0x104);
    };
    rig.setU32(FLAGS, 1);
    rig.run({ entries: [0], tbs: [tb(0x100, 1, [-1, -1], call, [], 0, [helper])] }, 0, false, UNBOXED);
    return rig.get(X4);
  };

  it('are taken whatever is above them, and given with nothing above them', () => {
    for (const upper of [0n, 0xffff_ffffn, 0x1234n]) {
      expect(run(ADD, [low(1.5), low(2)], upper)).toBe(low(3.5));
      expect(run(ADD, [low(3e38), low(3e38)], upper)).toBe(CALLED);
      expect(run(WIDEN, [low(1.5)], upper)).toBe(bits(1.5));
    }
  });
});

describe('the box of singles', () => {
  const ADD = floatHelper('add', 32, 2);
  const LESS = floatHelper('lt', 32, 2, true);
  const [helpers, SWAP] = [[ADD, LESS, WASM_HELPERS[1]], WASM_HELPERS[1]];
  /** How often a region of one TB, which leaves, looks for a box. */
  const tests = (body: (tcg: TcgContext) => void): number => {
    const build = (tcg: TcgContext): void => {
      tcg.insnStart(0);
      body(tcg);
      leave(tcg, 0, 0x104);
    };
    const { text } = new Rig(helpers).make({ entries: [0], tbs: [tb(0x100, 1, [-1, -1], build, [], 0, helpers, true)] });
    return text.match(/i32\.ne\n/g)?.length ?? 0;
  };
  const add = (tcg: TcgContext, d: number, x: number, y: number): void => {
    tcg.insnStart(0);
    tcg.call(ADD, d, x, y, tcg.constI64(0));
  };

  it('is looked for where values come from elsewhere', () => {
    expect(tests((tcg) => add(tcg, X3, X1, X2))).toBe(1);
    expect(tests((tcg) => (add(tcg, X3, X1, X2), add(tcg, X4, X3, X1)))).toBe(2);
    // other values than those that were looked at, or may be
    expect(tests((tcg) => (add(tcg, X3, X1, X2), tcg.addi(X3, X3, 1), add(tcg, X4, X3, X3)))).toBe(2);
    expect(tests((tcg) => (add(tcg, X3, X1, X2), tcg.call(SWAP, -1), add(tcg, X4, X3, X3)))).toBe(2);
    expect(tests((tcg) => (tcg.call(LESS, X3, X1, X2), add(tcg, X4, X3, X3)))).toBe(2);
    expect(tests((tcg) => (tcg.ori(X3, X1, 0xffff_0000n), add(tcg, X4, X3, X3)))).toBe(1);
  });

  it('is there around what was calculated or loaded', () => {
    expect(tests((tcg) => (add(tcg, X3, X1, X2), add(tcg, X4, X3, X3)))).toBe(1);
    expect(tests((tcg) => (tcg.ori(X3, X1, -0x1_0000_0000n), tcg.ori(X4, X2, -0x1_0000_0000n), add(tcg, X4, X3, X4)))).toBe(0);
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
function region(helper: HelperDef, operands: number, leaves = false) {
  const build = (tcg: TcgContext) => {
    tcg.insnStart(0);
    tcg.call(helper, X4, ...Array.from({ length: operands }, (_, i) => X1 + i), tcg.constI64(0));
    leave(tcg, 0, 0x104);
  };
  return { entries: [0], tbs: [tb(0x100, 1, [-1, -1], build, [], 0, [helper], leaves)] };
}

/** Runs the op on `count` lists of operands, where it leaves and where it calls; how many results were not the helper's. */
function compareWithReference(f: Ref.Format, op: FloatOp, count: number, operandsOf: () => bigint[], fusedMulAdd = false): number {
  const [operands, reference, fromInt] = REFERENCES[op]!;
  const helper = floatHelper(op, f.width as 32 | 64, operands);
  const rig = new Rig([helper], { [`helper_${helper.name}`]: () => CALLED });
  const call = rig.compile(region(helper, operands), false, fusedMulAdd);
  const leave = rig.compile(region(helper, operands, true), false, fusedMulAdd);
  rig.setU32(FLAGS, 1);
  let inline = 0;
  for (let n = 0; n < count; n++) {
    const args = operandsOf();
    const box = (value: bigint) => (f.width === 32 && !fromInt ? 0xffff_ffff_0000_0000n | value : value);
    args.forEach((value, i) => rig.set(X1 + i, box(value)));
    call(ENV, 0);
    const got = rig.get(X4);
    rig.set(X4, 4n);
    const left = leave(ENV, 0) === (pointer(0) | L.TB_EXIT_INSIDE);
    const same = args.map((a) => a.toString(16)).join(' ');
    expect([left, rig.get(X4), rig.get(PC)], same).toEqual(got === CALLED ? [true, 4n, 0x100n] : [false, got, 0x104n]);
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

/** Chains of operations at the borders of what is taken; the reference says what must come out. */
describe('inline floating point that leaves', () => {
  const f = Ref.DOUBLE;
  const helpers = (['add', 'sub', 'mul', 'div'] as const).map((op) => floatHelper(op, 64, 2));
  const reference = [Ref.fadd, Ref.fsub, Ref.fmul, Ref.fdiv];
  const MIN = 1n << 52n;
  const edges = [
    0n, 1n << 63n, bits(1), bits(-1), bits(1.5), bits(0.1), MIN, MIN - 1n, MIN + 1n, 2n * MIN, 2n * MIN - 1n, 1n, bits(2 ** -511), bits(2 ** 511), bits(2 ** 1002),
    bits(Number.MAX_VALUE), bits(-Number.MAX_VALUE), bits(Number.MAX_VALUE) - 1n, bits(Infinity), bits(-Infinity), bits(NaN), 0x7ff0_0000_0000_0001n, 0xfff8_0000_0000_0123n,
  ]; // prettier-ignore
  const random = new Random(21);

  /** x1 = x1 a x2; x3 = x1 b x2; x2 = x3 c x1; x1 = x1 + x3: what is changed is wanted as it was, if a later one leaves. */
  const chain = [[X1, X1, X2], [X3, X1, X2], [X2, X3, X1], [X1, X1, X3]] as const; // prettier-ignore

  it('stops before the operation that fails, wherever in a chain that is', () => {
    const stops = [0, 0, 0, 0, 0];
    for (let n = 0; n < 60; n++) {
      const ops = chain.map(() => random.below(4));
      const rig = new Rig(helpers);
      const run = rig.compile({
        entries: [0],
        tbs: [
          tb(0x100, 4, [-1, -1], (tcg) => {
            chain.forEach(([d, a, b], k) => {
              tcg.insnStart(4 * k);
              tcg.call(helpers[ops[k]], d, a, b, tcg.constI64(0));
            });
            leave(tcg, 0, 0x110);
          }, [], 0, helpers, true),
        ],
      }); // prettier-ignore
      rig.setU32(FLAGS, 1);
      for (let i = 0; i < 200; i++) {
        const state = [0n, ...[0, 1, 2].map(() => (random.below(3) === 0 ? randomOperand(f, random) : random.pick(edges)))];
        [X1, X2, X3].forEach((x) => rig.set(x, state[x]));
        rig.setU32(L.ENV_BUDGET, 1000);
        const left = run(ENV, 0) === (pointer(0) | L.TB_EXIT_INSIDE);
        const stop = left ? Number(rig.get(PC) - 0x100n) / 4 : 4;
        const text = `${ops.join()} ${state.map((x) => x.toString(16)).join(' ')}`;
        for (let k = 0; k < stop; k++) {
          const [d, a, b] = chain[k];
          const { value, flags } = reference[ops[k]](f, state[a], state[b], Ref.RNE);
          expect(flags & ~Ref.NX, text).toBe(0);
          state[d] = value;
        }
        expect(
          [X1, X2, X3].map((x) => rig.get(x)),
          text,
        ).toEqual(state.slice(1));
        expect(rig.u32(L.ENV_BUDGET), text).toBe(1000 - stop);
        stops[stop]++;
      }
    }
    for (const count of stops) expect(count).toBeGreaterThan(100);
  });

  it('goes on with exact zeros', () => {
    const result = (op: FloatOp, bitsOfFormat: 32 | 64, args: readonly bigint[], fusedMulAdd = false): bigint | undefined => {
      const helper = floatHelper(op, bitsOfFormat, args.length);
      const rig = new Rig([helper]);
      rig.setU32(FLAGS, 1);
      args.forEach((value, i) => rig.set(X1 + i, value));
      return rig.compile(region(helper, args.length, true), false, fusedMulAdd)(ENV, 0) === pointer(0) ? rig.get(X4) : undefined;
    };
    const of64 = (op: FloatOp, args: readonly number[], fused = false) => result(op, 64, args.map(bits), fused);
    expect([of64('mul', [0, 3]), of64('mul', [3, -0]), of64('div', [0, -3])]).toEqual([0n, bits(-0), bits(-0)]);
    expect([of64('mul', [0, Infinity]), of64('mul', [0, NaN]), of64('mul', [1e-200, 1e-200]), of64('div', [0, 0])]).toEqual(
      Array(4).fill(undefined),
    );
    expect([of64('div', [1, Infinity]), of64('div', [NaN, 1]), of64('sub', [0.1, 0.1])]).toEqual([undefined, undefined, 0n]);
    expect([of64('narrow', [-0]), of64('narrow', [1e-60])]).toEqual([single(-0), undefined]);
    expect([result('mul', 32, [single(0), single(2)]), result('mul', 32, [single(1e-30), single(1e-30)])]).toEqual([single(0), undefined]);
    if (!HAS_FUSED) return;
    expect([of64('mulAdd', [0, 5, 0], true), of64('mulAdd', [0, 5, 2 ** -1074], true), of64('mulAdd', [0, 5, -0], true)]).toEqual([
      0n,
      1n,
      0n,
    ]);
    expect([of64('mulAdd', [0, 5, Infinity], true), of64('mulAdd', [0, Infinity, 1], true), of64('mulAdd', [0, 5, NaN], true)]).toEqual(
      Array(3).fill(undefined),
    );
    expect([of64('mulAdd', [1e-200, 1e-200, 0], true), of64('mulAdd', [1, 2 ** -1074, 0], true)]).toEqual([undefined, undefined]);
  });

  it('takes nothing while env does not allow it', () => {
    const helper = floatHelper('mul', 64, 2);
    const rig = new Rig([helper]);
    const run = rig.compile(region(helper, 2, true));
    rig.set(X1, bits(3));
    rig.set(X2, bits(5));
    expect(run(ENV, 0)).toBe(pointer(0) | L.TB_EXIT_INSIDE);
    rig.setU32(FLAGS, 1);
    expect(run(ENV, 0)).toBe(pointer(0));
  });

  it('asks env again after what may change it', () => {
    const clear: HelperDef = { name: 'clear', args: 0, result: false };
    const both = [helpers[0], clear];
    const rig: Rig = new Rig(both, { helper_clear: () => (rig.setU32(FLAGS, 0), 0n) });
    rig.setU32(FLAGS, 1);
    rig.set(X1, bits(3));
    rig.set(X2, bits(5));
    const end = rig.run({
      entries: [0],
      tbs: [
        tb(0x100, 3, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          tcg.call(helpers[0], X1, X1, X2, tcg.constI64(0));
          tcg.insnStart(4);
          tcg.call(clear, -1);
          tcg.insnStart(8);
          tcg.call(helpers[0], X1, X1, X2, tcg.constI64(0));
          leave(tcg, 0, 0x10c);
        }, [], 0, both, true),
      ],
    }); // prettier-ignore
    expect([end, rig.get(PC), rig.get(X1)]).toEqual([pointer(0) | L.TB_EXIT_INSIDE, 0x108n, bits(8)]);
  });

  it('leaves a loop in the round that fails, from its copy without TLB checks too', () => {
    const rounds = 300;
    // x3 += [x2]; x2 += 8; while (--x1)
    const loop = (tcg: TcgContext): void => {
      const label = tcg.newLabel();
      tcg.insnStart(0);
      tcg.qemuLd(X4, X2, L.MO_64, 0);
      tcg.insnStart(4);
      tcg.call(helpers[0], X3, X3, X4, tcg.constI64(0));
      tcg.insnStart(8);
      tcg.addi(X2, X2, 8);
      tcg.insnStart(12);
      tcg.addi(X1, X1, -1);
      tcg.insnStart(16);
      tcg.brcondi(Cond.NE, X1, 0, label);
      leave(tcg, 0, 0x114);
      tcg.setLabel(label);
      leave(tcg, 1, 0x100);
    };
    const end = (tcg: TcgContext): void => leave(tcg, 0, 0x200);
    const rig = new Rig(helpers);
    const region = {
      entries: [0],
      tbs: [tb(0x100, 5, [1, 0], loop, [], 0, helpers, true), tb(0x114, 1, [-1, -1], end, [], 0, helpers)],
    };
    expect(stripLoops(region, helpers, GLOBALS.length).tbs.some(({ strip }) => strip)).toBe(true);
    const run = rig.compile(region);
    rig.map(0x4000n);
    for (let i = 0; i < rounds; i++) rig.view.setFloat64(RAM + 8 * i, 0.1, true);
    for (const bad of [0, 1, 7, 8, 9, 10, 40, 299]) {
      rig.view.setFloat64(RAM + 8 * bad, Infinity, true);
      rig.setU32(FLAGS, 1);
      rig.setU32(L.ENV_BUDGET, 10_000);
      [BigInt(rounds), 0x4000n, bits(0)].forEach((value, i) => rig.set(X1 + i, value));
      expect(run(ENV, 0), `round ${bad}`).toBe(pointer(0) | L.TB_EXIT_INSIDE);
      let total = 0;
      for (let i = 0; i < bad; i++) total += 0.1;
      const state = [rig.get(PC), rig.get(X1), rig.get(X2), rig.get(X3), rig.get(X4), rig.u32(L.ENV_BUDGET)];
      const wanted = [0x104n, BigInt(rounds - bad), 0x4000n + 8n * BigInt(bad), bits(total), bits(Infinity), 10_000 - 5 * bad - 1];
      expect(state, `round ${bad}`).toEqual(wanted);
      rig.view.setFloat64(RAM + 8 * bad, 0.1, true);
    }
  });

  it('leaves with all registers written, also those that the rest of the TB overwrites', () => {
    const rig = new Rig([helpers[0]]);
    rig.set(X3, 3n);
    const end = rig.run({
      entries: [0],
      tbs: [
        tb(0x100, 3, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          tcg.mov(X1, X3);
          tcg.insnStart(4); // reads x3 itself, once optimised
          tcg.call(helpers[0], X4, X1, X1, tcg.constI64(0));
          tcg.insnStart(8);
          tcg.mov(X1, X2);
          leave(tcg, 0, 0x10c);
          optimize(tcg);
        }, [], 0, [helpers[0]], true),
      ],
    }); // prettier-ignore
    expect([end, rig.get(PC), rig.get(X1)]).toEqual([pointer(0) | L.TB_EXIT_INSIDE, 0x104n, 3n]);
  });

  it('calls the helper where the instruction has begun to change something', () => {
    const rig = new Rig([helpers[0]], { helper_add64: () => CALLED });
    rig.set(X1, bits(3));
    const end = rig.run({
      entries: [0],
      tbs: [
        tb(0x100, 1, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          tcg.addi(X2, X2, 1);
          tcg.call(helpers[0], X4, X1, X1, tcg.constI64(0));
          leave(tcg, 0, 0x104);
        }, [], 0, [helpers[0]], true),
      ],
    }); // prettier-ignore
    expect([end, rig.get(X4)]).toEqual([pointer(0), CALLED]);
  });
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
      // function 1, hints for the range and the box: unlikely. The scanner of the binary has to step over the vector operations.
      const [hints] = WebAssembly.Module.customSections(module, 'metadata.code.branch_hint');
      const [functions, index, count, ...first] = new Uint8Array(hints);
      const [length, likely] = first.slice(first.findIndex((byte) => byte < 0x80) + 1); // behind its offset
      const wanted = { functions: 1, index: 1, count: width === 32 ? 2 : 1, length: 1, likely: 0 };
      expect({ functions, index, count, length, likely }).toEqual(wanted);
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
