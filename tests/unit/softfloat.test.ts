import { beforeAll, describe, expect, it } from 'vitest';
import * as ref from '../support/float-ref.js';
import { DOUBLE, FORMATS, HALF, MODES, NV, NX, SINGLE, type Format, type Outcome } from '../support/float-ref.js';
import { Fpu } from '../support/fpu.js';
import { edgeOperands, fusedOperands, Random, randomOperand } from '../support/float-operands.js';

let fpu: Fpu;
beforeAll(() => {
  fpu = new Fpu();
});

const box = (f: Format, bits: bigint) => bits | (BigInt.asUintN(64, -1n) ^ ((1n << BigInt(f.width)) - 1n));
const register = (value: bigint) => BigInt.asUintN(64, value);
const hex = (value: bigint) => `0x${value.toString(16)}`;

interface Case {
  readonly helper: string;
  /** Format of each operand; an integer type for conversions from integers. */
  readonly operands: readonly Format[];
  readonly rounds: boolean;
  /** Boxes the reference's value. */
  readonly result: (value: bigint) => bigint;
  readonly reference: (args: readonly bigint[], mode: number) => Outcome;
}

/** Every helper on floating-point operands, with its reference. */
function cases(): Case[] {
  const list: Case[] = [];
  for (const f of FORMATS) {
    const boxed = (value: bigint) => box(f, value);
    const add = (name: string, arity: number, rounds: boolean, result: Case['result'], reference: Case['reference']) =>
      list.push({ helper: `${name}_${f.name}`, operands: Array(arity).fill(f), rounds, result, reference });
    for (const name of ['fadd', 'fsub', 'fmul', 'fdiv'] as const) add(name, 2, true, boxed, ([a, b], rm) => ref[name](f, a!, b!, rm));
    add('fsqrt', 1, true, boxed, ([a], rm) => ref.fsqrt(f, a!, rm));
    const minus = ref.signBit(f);
    add('fmadd', 3, true, boxed, ([a, b, c], rm) => ref.fmadd(f, a!, b!, c!, rm));
    add('fmsub', 3, true, boxed, ([a, b, c], rm) => ref.fmadd(f, a!, b!, c! ^ minus, rm));
    add('fnmsub', 3, true, boxed, ([a, b, c], rm) => ref.fmadd(f, a! ^ minus, b!, c!, rm));
    add('fnmadd', 3, true, boxed, ([a, b, c], rm) => ref.fmadd(f, a! ^ minus, b!, c! ^ minus, rm));
    for (const name of ['fmin', 'fmax', 'fminm', 'fmaxm'] as const) add(name, 2, false, boxed, ([a, b]) => ref[name](f, a!, b!));
    for (const name of ['feq', 'flt', 'fle', 'fltq', 'fleq'] as const) add(name, 2, false, register, ([a, b]) => ref[name](f, a!, b!));
    add('fclass', 1, false, register, ([a]) => ref.fclass(f, a!));
    add('fround', 1, true, boxed, ([a], rm) => ref.roundToIntegral(f, a!, rm, false));
    add('froundnx', 1, true, boxed, ([a], rm) => ref.roundToIntegral(f, a!, rm, true));
    for (const [name, bits, signed] of INTEGERS) {
      const min = signed ? -(1n << BigInt(bits - 1)) : 0n;
      const max = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
      add(
        `fcvt_${name}`,
        1,
        true,
        (value) => register(BigInt.asIntN(bits, value)),
        ([a], rm) => ref.toInteger(f, a!, rm, min, max),
      );
    }
    for (const to of FORMATS) {
      if (to === f) continue;
      list.push({
        helper: `fcvt_${to.name}_${f.name}`,
        operands: [f],
        rounds: true,
        result: (value) => box(to, value),
        reference: ([a], rm) => ref.convert(f, to, a!, rm),
      });
    }
  }
  list.push({ helper: 'fcvtmod_w_d', operands: [DOUBLE], rounds: false, result: register, reference: ([a]) => ref.toI32Modular(a!) });
  return list;
}

const INTEGERS = [
  ['w', 32, true],
  ['wu', 32, false],
  ['l', 64, true],
  ['lu', 64, false],
] as const;

let evaluations = 0;

/** One evaluation, with flags clear or (for the paths that depend on it) NX already accrued. */
function check(c: Case, args: readonly bigint[], mode: number, accrued: number): void {
  const expected = c.reference(args, mode);
  const operands = args.map((bits, i) => box(c.operands[i]!, bits));
  const actual = fpu.call(fpu.helper(c.helper), c.rounds ? [...operands, BigInt(mode)] : operands, accrued);
  evaluations++;
  if (actual.value !== c.result(expected.value) || actual.flags !== (expected.flags | accrued)) {
    expect.fail(
      `${c.helper}(${args.map(hex)}) rm ${mode}, fflags ${accrued}: ${hex(actual.value)} flags ${actual.flags}, ` +
        `expected ${hex(c.result(expected.value))} flags ${expected.flags | accrued}`,
    );
  }
}

describe('soft float against exact rationals', () => {
  describe.each(cases().map((c) => [c.helper, c] as const))('%s', (_, c) => {
    const modes = c.rounds ? MODES : [0];
    const f = c.operands[0]!;

    it('edge operands, crossed', () => {
      const edges = edgeOperands(f);
      const random = new Random(0x1234567);
      if (c.operands.length === 1) {
        for (const a of edges) for (const mode of modes) for (const accrued of [0, NX]) check(c, [a], mode, accrued);
      } else if (c.operands.length === 2) {
        // Every pair once; modes and flags go round, and do not divide the number of edges.
        let turn = 0;
        for (const a of edges) {
          for (const b of edges) {
            check(c, [a, b], 0, turn & 1);
            if (c.rounds) check(c, [a, b], 1 + (turn % 4), turn & 1);
            turn++;
          }
          turn++;
        }
      } else {
        for (let i = 0; i < 4000; i++) check(c, [random.pick(edges), random.pick(edges), random.pick(edges)], i % 5, random.below(2));
      }
    });

    it('random operands', () => {
      const random = new Random(0xbeef);
      for (let i = 0; i < 1500; i++) {
        const hard = c.operands.length === 3 && random.below(2) === 0;
        const args = hard ? fusedOperands(f, random) : c.operands.map((each) => randomOperand(each, random));
        check(c, args, i & 1 ? modes[(i >> 1) % modes.length]! : 0, random.below(2));
      }
    });
  });

  describe.each(FORMATS.flatMap((f) => INTEGERS.map(([name, bits, signed]) => [`fcvt_${f.name}_${name}`, f, bits, signed] as const)))(
    '%s',
    (helper, f, bits, signed) => {
      it('edges and random integers', () => {
        const random = new Random(0xabc);
        const values = [0n, 1n, 2n, 3n, 2047n, 2048n, 2049n, 2051n, 65504n, 65519n, 65520n];
        for (let k = 5; k <= 64; k++) values.push((1n << BigInt(k)) - 1n, 1n << BigInt(k), (1n << BigInt(k)) + 1n);
        for (let i = 0; i < 400; i++) values.push(random.bits(1 + random.below(64)));
        for (const magnitude of values) {
          for (const x of [register(magnitude), register(-magnitude)]) {
            const value = signed ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x);
            for (const mode of MODES) {
              const expected = ref.fromInteger(f, value, mode);
              const actual = fpu.call(fpu.helper(helper), [x, BigInt(mode)]);
              evaluations++;
              if (actual.value !== box(f, expected.value) || actual.flags !== expected.flags) {
                expect.fail(
                  `${helper}(${hex(x)}) rm ${mode}: ${hex(actual.value)} flags ${actual.flags}, expected ${hex(expected.value)} flags ${expected.flags}`,
                );
              }
            }
          }
        }
      });
    },
  );

  it('took more than a hundred thousand evaluations', () => {
    expect(evaluations).toBeGreaterThan(100_000);
  });
});

describe('soft float against the host', () => {
  const cell = new DataView(new ArrayBuffer(8));
  const asDouble = (bits: bigint) => (cell.setBigUint64(0, bits), cell.getFloat64(0));
  const asSingle = (bits: bigint) => (cell.setUint32(0, Number(bits)), cell.getFloat32(0));
  const fromDouble = (x: number) => (Number.isNaN(x) ? ref.canonicalNaN(DOUBLE) : (cell.setFloat64(0, x), cell.getBigUint64(0)));
  const fromSingle = (x: number) => (Number.isNaN(x) ? ref.canonicalNaN(SINGLE) : (cell.setFloat32(0, x), BigInt(cell.getUint32(0))));
  const operations: Record<string, (x: number, y: number) => number> = {
    fadd: (x, y) => x + y,
    fsub: (x, y) => x - y,
    fmul: (x, y) => x * y,
    fdiv: (x, y) => x / y, // prettier-ignore
  };

  // In round-to-nearest-even. For binary32, one operation in binary64 and then one rounding is right: 53 >= 2 * 24 + 2.
  it.each(Object.entries(operations))('%s', (name, operation) => {
    const random = new Random(0x777);
    for (let i = 0; i < 8000; i++) {
      const [a, b] = [randomOperand(DOUBLE, random), randomOperand(DOUBLE, random)];
      const double = fpu.call(fpu.helper(`${name}_d`), [a, b, 0n], i & 1);
      expect(double.value).toBe(fromDouble(operation(asDouble(a), asDouble(b))));
      const [c, d] = [randomOperand(SINGLE, random), randomOperand(SINGLE, random)];
      const single = fpu.call(fpu.helper(`${name}_s`), [box(SINGLE, c), box(SINGLE, d), 0n], i & 1);
      expect(single.value).toBe(box(SINGLE, fromSingle(operation(asSingle(c), asSingle(d)))));
    }
  });

  it('fsqrt', () => {
    const random = new Random(0x999);
    for (let i = 0; i < 8000; i++) {
      const a = randomOperand(DOUBLE, random);
      expect(fpu.call(fpu.helper('fsqrt_d'), [a, 0n], i & 1).value).toBe(fromDouble(Math.sqrt(asDouble(a))));
    }
  });
});

describe('registers and control', () => {
  it('takes a badly boxed operand for the canonical NaN', () => {
    const nan = box(SINGLE, ref.canonicalNaN(SINGLE));
    const one = 0x3f800000n;
    expect(fpu.call(fpu.helper('fadd_s'), [one, box(SINGLE, one), 0n])).toEqual({ value: nan, flags: 0 });
    expect(fpu.call(fpu.helper('fmin_s'), [one, box(SINGLE, one)])).toEqual({ value: box(SINGLE, one), flags: 0 });
    expect(fpu.call(fpu.helper('fclass_s'), [one | (0xfffffffen << 32n)])).toEqual({ value: 1n << 9n, flags: 0 });
    expect(fpu.call(fpu.helper('fcvt_d_s'), [one, 0n]).value).toBe(ref.canonicalNaN(DOUBLE));
    expect(fpu.call(fpu.helper('flt_h'), [0x3c00n, box(HALF, 0x4000n)])).toEqual({ value: 0n, flags: NV });
    // Boxed as binary32, but not as binary16.
    expect(fpu.call(fpu.helper('fclass_h'), [box(SINGLE, 0x3c00n)]).value).toBe(1n << 9n);
    expect(fpu.call(fpu.helper('fmadd_h'), [box(SINGLE, 0x3c00n), box(HALF, 0x3c00n), box(HALF, 0x3c00n), 0n]).value).toBe(
      box(HALF, 0x7e00n),
    );
  });

  it('takes the dynamic mode from frm', () => {
    const tenth = [0x3ff0000000000000n, 0x4024000000000000n];
    for (const mode of MODES) {
      fpu.frm = mode;
      expect(fpu.call(fpu.helper('fdiv_d'), [...tenth, 7n]).value, `frm ${mode}`).toBe(ref.fdiv(DOUBLE, tenth[0]!, tenth[1]!, mode).value);
      // A static mode wins.
      expect(fpu.call(fpu.helper('fdiv_d'), [...tenth, 3n]).value).toBe(0x3fb999999999999an);
    }
    fpu.frm = 0;
  });

  it('accrues flags and clears none', () => {
    const one = 0x3ff0000000000000n;
    expect(fpu.call(fpu.helper('fdiv_d'), [one, 0n, 0n], NV).flags).toBe(NV | ref.DZ);
    expect(fpu.call(fpu.helper('fadd_d'), [one, one, 0n], 31).flags).toBe(31);
  });
});
