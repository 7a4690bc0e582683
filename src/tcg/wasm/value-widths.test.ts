import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { leave, PC, RAM, Rig, tb, X1, X2, X3, X4 } from '../../../tests/support/wasm-rig.js';
import type { TcgContext } from '../context.js';
import { Cond } from '../opcodes.js';
import type { Region } from './region.js';
import { WidthClass, ValueWidths } from './value-widths.js';
import { buildCfg } from './cfg.js';

const { NARROW, SIGNED, ZERO } = WidthClass;
const GLOBALS = 9;

/** The width classes of the outputs of one block's ops, and of those that follow in the region. */
function formsOf(region: Region): { op: (tb: number, k: number) => number; start: (tb: number, global: number) => number } {
  const cfg = buildCfg(region);
  const shared = region.tbs.map(() => new Map());
  const widths = new ValueWidths(region, cfg, [], GLOBALS, shared, new Set(), () => false);
  return { op: (t, k) => widths.classOf(t, k), start: (t, g) => widths.atStart(cfg.startOf[t])[g] };
}

/** The last op's width class, of ops that `build` emits. */
function classOfLast(build: (tcg: TcgContext) => void): number {
  let count = 0;
  const ir = tb(0x100, 1, [-1, -1], (tcg) => {
    build(tcg);
    count = tcg.opCount;
    leave(tcg, 0, 0x200);
  });
  return formsOf({ entries: [0], tbs: [ir] }).op(0, count - 1);
}

const word = (tcg: TcgContext, d: number, from = X1): number => {
  tcg.ext32s(d, from);
  return d;
};
const unsignedWord = (tcg: TcgContext, d: number, from = X1): number => {
  tcg.ext32u(d, from);
  return d;
};

describe('the widthClass of a value', () => {
  it('is that of its extension', () => {
    expect(classOfLast((tcg) => tcg.ext32s(X2, X1))).toBe(NARROW | SIGNED);
    expect(classOfLast((tcg) => tcg.ext32u(X2, X1))).toBe(NARROW | ZERO);
    expect(classOfLast((tcg) => tcg.extract(X2, X1, 4, 28)) & (SIGNED | ZERO)).toBe(SIGNED | ZERO);
    expect(classOfLast((tcg) => tcg.extract(X2, X1, 4, 29))).toBe(0);
    expect(classOfLast((tcg) => tcg.sextract(X2, X1, 4, 28))).toBe(NARROW | SIGNED);
    expect(classOfLast((tcg) => tcg.qemuLd(X2, X1, L.MO_32 | L.MO_SIGN, 0))).toBe(NARROW | SIGNED);
    expect(classOfLast((tcg) => tcg.qemuLd(X2, X1, L.MO_32, 0))).toBe(NARROW | ZERO);
    expect(classOfLast((tcg) => tcg.qemuLd(X2, X1, L.MO_64, 0))).toBe(0);
  });

  it('is kept by logic of values that are extended alike, not by arithmetic', () => {
    const both = (op: (tcg: TcgContext, a: number, b: number) => void) => (tcg: TcgContext) => op(tcg, word(tcg, X2), word(tcg, X3, X4));
    expect(classOfLast(both((tcg, a, b) => tcg.xor(X4, a, b)))).toBe(NARROW | SIGNED);
    expect(classOfLast(both((tcg, a) => tcg.not(X4, a)))).toBe(NARROW | SIGNED);
    expect(classOfLast(both((tcg, a, b) => tcg.add(X4, a, b)))).toBe(0);
    expect(classOfLast((tcg) => tcg.xor(X4, word(tcg, X2), unsignedWord(tcg, X3)))).toBe(0);
    expect(classOfLast((tcg) => tcg.xor(X4, word(tcg, X2), X1))).toBe(0);
    // but what is zero above stays so whatever it is masked with
    expect(classOfLast((tcg) => tcg.and(X4, unsignedWord(tcg, X2), X1))).toBe(NARROW | ZERO);
    expect(classOfLast((tcg) => tcg.and(X4, word(tcg, X2), X1))).toBe(0);
  });

  it('of shifts depends on count and direction', () => {
    const count = (tcg: TcgContext, mask: number) => {
      const t = tcg.temp();
      tcg.andi(t, X3, mask);
      return t;
    };
    expect(classOfLast((tcg) => tcg.shr(X4, unsignedWord(tcg, X2), count(tcg, 31)))).toBe(NARROW | ZERO);
    expect(classOfLast((tcg) => tcg.shr(X4, unsignedWord(tcg, X2), count(tcg, 63)))).toBe(0);
    expect(classOfLast((tcg) => tcg.shr(X4, word(tcg, X2), count(tcg, 31)))).toBe(0);
    expect(classOfLast((tcg) => tcg.sar(X4, word(tcg, X2), count(tcg, 31)))).toBe(NARROW | SIGNED);
    expect(classOfLast((tcg) => tcg.shl(X4, word(tcg, X2), count(tcg, 31)))).toBe(0);
  });

  it('of a temp is narrow if only its low half is wanted', () => {
    const widthClass = (op: (tcg: TcgContext, t: number) => void, use: (tcg: TcgContext, t: number) => void) => {
      const ir = tb(0x100, 1, [-1, -1], (tcg) => {
        const t = tcg.temp();
        op(tcg, t);
        use(tcg, t);
        leave(tcg, 0, 0x200);
      });
      return formsOf({ entries: [0], tbs: [ir] }).op(0, 0);
    };
    const sum = (tcg: TcgContext, t: number) => tcg.add(t, X1, X2);
    expect(widthClass(sum, (tcg, t) => tcg.ext32s(X3, t))).toBe(NARROW);
    expect(widthClass(sum, (tcg, t) => tcg.qemuSt(t, X1, L.MO_32, 0))).toBe(NARROW);
    expect(widthClass(sum, (tcg, t) => tcg.qemuSt(t, X1, L.MO_64, 0))).toBe(0);
    expect(widthClass(sum, (tcg, t) => tcg.qemuSt(X1, t, L.MO_32, 0))).toBe(0);
    expect(widthClass(sum, (tcg, t) => tcg.mov(X3, t))).toBe(0);
    expect(
      widthClass(sum, (tcg, t) => {
        tcg.ext32s(X3, t);
        tcg.mov(X4, t);
      }),
    ).toBe(0);
    // bits above the low half come down
    expect(widthClass((tcg, t) => tcg.shri(t, X1, 4), (tcg, t) => tcg.ext32s(X3, t))).toBe(0); // prettier-ignore
    expect(widthClass((tcg, t) => tcg.shli(t, X1, 4), (tcg, t) => tcg.ext32s(X3, t))).toBe(NARROW); // prettier-ignore
    expect(widthClass((tcg, t) => tcg.shl(t, X1, X2), (tcg, t) => tcg.ext32s(X3, t))).toBe(0); // prettier-ignore
  });

  it('lasts at a merge if it is the same on all ways', () => {
    const region = (left: (tcg: TcgContext) => void, right: (tcg: TcgContext) => void): Region => ({
      entries: [0],
      tbs: [
        tb(0x100, 1, [1, 2], (tcg) => {
          const label = tcg.newLabel();
          tcg.brcondi(Cond.EQ, X1, 0, label);
          leave(tcg, 0, 0x200);
          tcg.setLabel(label);
          leave(tcg, 1, 0x300);
        }),
        tb(0x200, 1, [3, -1], (tcg) => (left(tcg), leave(tcg, 0, 0x400))),
        tb(0x300, 1, [3, -1], (tcg) => (right(tcg), leave(tcg, 0, 0x400))),
        tb(0x400, 1, [-1, -1], (tcg) => leave(tcg, 0, 0x500)),
      ],
    });
    const signed = (tcg: TcgContext) => tcg.ext32s(X2, X1);
    const five = (tcg: TcgContext) => tcg.movi(X2, 5);
    const zero = (tcg: TcgContext) => tcg.ext32u(X2, X1);
    expect(formsOf(region(signed, five)).start(3, X2)).toBe(NARROW | SIGNED);
    expect(formsOf(region(zero, five)).start(3, X2)).toBe(NARROW | ZERO);
    expect(formsOf(region(signed, zero)).start(3, X2)).toBe(0);
    expect(formsOf(region(signed, () => {})).start(3, X2)).toBe(0);
  });
});

/** What x1 to x4 and memory's first words are after a run. */
function results(region: Region, start: readonly bigint[]): { regs: bigint[]; memory: bigint; exit: number } {
  const rig = new Rig();
  rig.map(0x4000n);
  start.forEach((value, i) => rig.set(X1 + i, value));
  const exit = rig.run(region);
  return {
    regs: [X1, X2, X3, X4].map((x) => BigInt.asUintN(64, rig.get(x))),
    memory: rig.view.getBigUint64(RAM, true),
    exit,
  };
}

describe('code for narrow values', () => {
  const NEGATIVE = 0x1_8000_0000n;

  it('writes back all 64 bits, at the end and at a fault', () => {
    const region = (address: bigint): Region => ({
      entries: [0],
      tbs: [
        tb(0x100, 3, [-1, -1], (tcg) => {
          const t = tcg.temp();
          tcg.insnStart(0);
          tcg.add(t, X1, X1);
          tcg.ext32s(X2, t); // narrow
          tcg.insnStart(4);
          tcg.qemuSt(X2, tcg.constI64(address), L.MO_32, 0); // may fault: x2 is an i32
          tcg.insnStart(8);
          tcg.addi(X2, X2, 1); // wide
          tcg.ext32u(X3, X2);
          tcg.insnStart(12);
          tcg.qemuSt(X3, tcg.constI64(address === 0x4000n ? 0x10n : address), L.MO_64, 0); // and here x2 is an i64
          leave(tcg, 0, 0x200);
        }),
      ],
    });
    const start = [0x4000_0001n, 7n, 7n, 7n];
    expect(results(region(0x10n), start).regs).toEqual([start[0], 0xffff_ffff_8000_0002n, 7n, 7n]);
    expect(results(region(0x4000n), start)).toMatchObject({
      regs: [start[0], 0xffff_ffff_8000_0003n, 0x8000_0003n, 7n],
      memory: 0x8000_0002n,
      exit: 0,
    });
  });

  it('compares values that are extended alike by their low halves, and others not', () => {
    const less = (left: 's' | 'u', right: 's' | 'u', cond: Cond) =>
      results(
        {
          entries: [0],
          tbs: [
            tb(0x100, 1, [-1, -1], (tcg) => {
              if (left === 's') tcg.ext32s(X1, X1);
              else tcg.ext32u(X1, X1);
              if (right === 's') tcg.ext32s(X2, X2);
              else tcg.ext32u(X2, X2);
              tcg.setcond(cond, X3, X1, X2);
              leave(tcg, 0, 0x200);
            }),
          ],
        },
        [NEGATIVE, 1n, 9n, 9n],
      ).regs[2];
    expect(less('s', 's', Cond.LT)).toBe(1n);
    expect(less('s', 's', Cond.LTU)).toBe(0n);
    expect(less('u', 'u', Cond.LT)).toBe(0n);
    expect(less('u', 's', Cond.LT)).toBe(0n);
    expect(less('s', 'u', Cond.LT)).toBe(1n);
  });

  it.each([
    // x / y of the low halves, sign- or zero-extended, and what is left
    ['div', true, 7n, -2n, -3n],
    ['rem', true, -7n, 2n, -1n],
    ['div', true, -0x8000_0000n, -1n, -0x8000_0000n],
    ['rem', true, -0x8000_0000n, -1n, 0n],
    ['div', true, 5n, 0n, -1n],
    ['rem', true, -5n, 0n, -5n],
    ['divu', false, 0xffff_fffen, 2n, 0x7fff_ffffn],
    ['divu', false, 5n, 0n, -1n],
    ['remu', false, 0x8000_0005n, 0n, -0x7fff_fffbn],
  ] as const)('%s of low halves (signed: %s): %d and %d give %d', (op, signed, x, y, wanted) => {
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 1, [-1, -1], (tcg) => {
          const [a, b, q] = [tcg.temp(), tcg.temp(), tcg.temp()];
          for (const [t, from] of [[a, X1], [b, X2]] as const) signed ? tcg.ext32s(t, from) : tcg.ext32u(t, from); // prettier-ignore
          tcg[op](q, a, b);
          tcg.ext32s(X3, q);
          leave(tcg, 0, 0x200);
        }),
      ],
    };
    const garbage = 0x1234_5678n << 32n;
    const low = (value: bigint) => garbage | BigInt.asUintN(32, value);
    expect(BigInt.asIntN(64, results(region, [low(x), low(y), 0n, 0n]).regs[2])).toBe(wanted);
  });

  it('keeps what a loop makes narrow, whatever it began with', () => {
    // x2 = (x2 ^ x1) + x1 in 32 bits, x1 times; x3 is 64 bits wide all the time
    const loop: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 3, [0, -1], (tcg) => {
          const [t, u] = [tcg.temp(), tcg.temp()];
          const label = tcg.newLabel();
          tcg.xor(X4, X2, X1);
          tcg.add(t, X4, X1);
          tcg.ext32s(X2, t);
          tcg.add(X3, X3, X2);
          tcg.addi(u, X1, -1);
          tcg.ext32s(X1, u);
          tcg.brcondi(Cond.EQ, X1, 0, label);
          leave(tcg, 0, 0x100);
          tcg.setLabel(label);
          leave(tcg, 1, 0x200);
        }),
      ],
    };
    for (const start of [
      [5n, 0n, 0n, 0n],
      [0x7_0000_0003n, 0xdead_beef_8000_0000n, 1n << 63n, 1n],
    ]) {
      // prettier-ignore
      let [x1, x2, x3] = start;
      let x4: bigint;
      do {
        x4 = x2 ^ x1;
        x2 = BigInt.asIntN(32, x4 + x1);
        x3 += x2;
        x1 = BigInt.asIntN(32, x1 - 1n);
      } while (x1 !== 0n);
      expect(results(loop, start).regs).toEqual([x1, x2, x3, x4].map((x) => BigInt.asUintN(64, x)));
    }
  });

  it('never narrows the pc', () => {
    const ir = tb(0x100, 1, [-1, -1], (tcg) => {
      tcg.ext32u(PC, X1);
      tcg.gotoPtr();
    });
    const rig = new Rig();
    rig.set(X1, 0x7_0000_0040n);
    rig.run({ entries: [0], tbs: [ir] });
    expect(rig.get(PC)).toBe(0x40n);
  });
});
