import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { RANDOM_TRAITS } from '../../../tests/support/ir-random.js';
import { FAIL, HELPERS, PC, PEEK, PURE, RAM, Rig, SWAP, X1, X2, X3, X4, leave, tb, pointer } from '../../../tests/support/wasm-rig.js';
import { Cond, type HelperDef } from '../opcodes.js';
import type { Region } from './region.js';

/** x1 counts down, x2 sums; TB 0 is the loop, TB 1 what follows. */
const sumLoop = (): Region => ({
  entries: [0],
  tbs: [
    tb(0x100, 3, [1, 0], (tcg) => {
      const label = tcg.newLabel();
      tcg.add(X2, X2, X1);
      tcg.addi(X1, X1, -1);
      tcg.brcondi(Cond.NE, X1, 0, label);
      leave(tcg, 0, 0x10c);
      tcg.setLabel(label);
      leave(tcg, 1, 0x100);
    }),
    tb(0x10c, 1, [-1, -1], (tcg) => {
      tcg.addi(X3, X2, 5);
      leave(tcg, 0, 0x200);
    }),
  ],
});

describe('regions', () => {
  it('loops inside and leaves through goto_tb', () => {
    const rig = new Rig();
    const region = sumLoop();
    rig.set(X1, 100n);
    expect(rig.run(region)).toBe(pointer(1));
    expect([rig.get(X1), rig.get(X2), rig.get(X3), rig.get(PC)]).toEqual([0n, 5050n, 5055n, 0x200n]);
    expect(rig.u32(L.ENV_BUDGET)).toBe(1_000_000 - 301);
  });

  it('leaves a loop when the budget is gone, at the TB that would run next', () => {
    const rig = new Rig();
    rig.set(X1, 100n);
    rig.setU32(L.ENV_BUDGET, 30);
    expect(rig.run(sumLoop())).toBe(L.TB_EXIT_REQUESTED);
    expect(rig.get(PC)).toBe(0x100n);
    expect(rig.u32(L.ENV_BUDGET)).toBe(0);
    expect(rig.get(X1)).toBe(90n);
  });

  it('counts exactly in icount mode', () => {
    const rig = new Rig();
    rig.set(X1, 100n);
    rig.setU32(L.ENV_BUDGET, 31);
    expect(rig.run(sumLoop(), 0, true)).toBe(L.TB_EXIT_REQUESTED);
    expect([rig.get(PC), rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([0x100n, 90n, 1]);
  });

  it('leaves a loop on request', () => {
    const rig = new Rig();
    rig.set(X1, 100n);
    rig.setU32(L.ENV_EXIT_REQUEST, L.EXIT_REQUESTED);
    expect(rig.run(sumLoop())).toBe(L.TB_EXIT_REQUESTED);
    expect(rig.get(X1)).toBe(100n);
  });

  it('leaves on request whatever the budget, at the first instruction', () => {
    for (const icount of [false, true]) {
      const rig = new Rig();
      rig.set(X1, 100n);
      rig.setU32(L.ENV_BUDGET, 0x7fff_ffff);
      rig.setU32(L.ENV_EXIT_REQUEST, L.EXIT_REQUESTED);
      expect(rig.run(sumLoop(), 0, icount)).toBe(L.TB_EXIT_REQUESTED);
      expect([rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([100n, 0x7fff_ffff]);
    }
  });

  it('does not run with a budget that is below zero', () => {
    for (const icount of [false, true]) {
      const rig = new Rig();
      rig.set(X1, 100n);
      rig.setU32(L.ENV_BUDGET, -5);
      expect(rig.run(sumLoop(), 0, icount)).toBe(L.TB_EXIT_REQUESTED);
      expect([rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([100n, -5]);
    }
  });

  it('can be entered in the middle of a loop', () => {
    // 0 -> 1 -> 2 -> 0, each adds its own bit; x1 counts rounds in TB 2
    const ring = (i: number, next: number) =>
      tb(0x100 + 0x10 * i, 1, [next, -1], (tcg) => {
        const label = tcg.newLabel();
        tcg.addi(X2, X2, 1 << (8 * i));
        if (i === 2) {
          tcg.addi(X1, X1, -1);
          tcg.brcondi(Cond.EQ, X1, 0, label);
        }
        leave(tcg, 0, 0x100 + 0x10 * next);
        if (i === 2) {
          tcg.setLabel(label);
          leave(tcg, 1, 0x400);
        }
      });
    for (const entry of [0, 1, 2]) {
      const region: Region = { entries: [0, 1, 2], tbs: [ring(0, 1), ring(1, 2), ring(2, 0)] };
      const rig = new Rig();
      rig.set(X1, 7n);
      expect(rig.run(region, entry)).toBe(pointer(2) | 1);
      const skipped = entry === 0 ? 0 : entry === 1 ? 1 : 0x101;
      expect(rig.get(X2)).toBe(BigInt(0x070707 - skipped));
      expect(rig.get(PC)).toBe(0x400n);
    }
  });

  it('renders an irreducible graph inside a TB', () => {
    // two labels that jump at each other, entered at either
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 1, [-1, -1], (tcg) => {
          const [a, b, end] = [tcg.newLabel(), tcg.newLabel(), tcg.newLabel()];
          tcg.brcondi(Cond.NE, X4, 0, b);
          tcg.setLabel(a);
          tcg.addi(X2, X2, 1);
          tcg.setLabel(b);
          tcg.addi(X3, X3, 1);
          tcg.addi(X1, X1, -1);
          tcg.brcondi(Cond.EQ, X1, 0, end);
          tcg.brcondi(Cond.LTU, X1, 5, b);
          tcg.br(a);
          tcg.setLabel(end);
          tcg.exitTb(0);
        }),
      ],
    };
    for (const x4 of [0n, 1n]) {
      const rig = new Rig();
      rig.set(X1, 10n);
      rig.set(X4, x4);
      expect(rig.run(region)).toBe(0);
      expect([rig.get(X2), rig.get(X3)]).toEqual([6n - x4, 10n]);
      expect(rig.get(PC)).toBe(0x100n);
    }
  });
});

describe('memory', () => {
  const MO = (memop: number) => memop << L.MEMOPIDX_SHIFT;
  const memory = (): Region => ({
    entries: [0],
    tbs: [
      tb(0x100, 3, [-1, -1], (tcg) => {
        tcg.insnStart(0);
        tcg.addi(X4, X4, 1);
        tcg.insnStart(4);
        tcg.qemuLd(X2, X1, L.MO_32 | L.MO_SIGN, 0);
        tcg.insnStart(8);
        const address = tcg.temp();
        tcg.addi(address, X1, 8);
        tcg.qemuSt(X4, address, L.MO_64 | L.MO_BSWAP, 0);
        leave(tcg, 0, 0x200);
      }),
    ],
  });

  it('goes through the TLB', () => {
    const rig = new Rig();
    rig.map(0x8000_0000n);
    rig.set(X1, 0x8000_0010n);
    rig.set(X4, 0x1122334455667787n);
    rig.view.setUint32(RAM + 0x10, 0x8765_4321, true);
    rig.run(memory());
    expect(rig.slow).toEqual([]);
    expect(rig.get(X2)).toBe(0xffff_ffff_8765_4321n);
    expect(rig.view.getBigUint64(RAM + 0x18, false)).toBe(0x1122334455667788n);
  });

  it('takes the slow path for a miss and for a page crossing', () => {
    const rig = new Rig();
    rig.map(0x8000_0000n);
    rig.set(X1, 0x8000_0ffdn);
    rig.run(memory());
    expect(rig.slow).toEqual([`ld 80000ffd ${MO(6).toString(16)}`, `st 80001005 1 ${MO(11).toString(16)}`]);
    expect(rig.get(X2)).toBe(0x55n);
  });

  it.each([1, 0])('finds pages that are not where the last one was: untranslated %i', (untranslated) => {
    const rig = new Rig();
    rig.map(0x8000_0000n);
    rig.map(0x8000_1000n, RAM + 0x3000);
    rig.view.setUint32(RAM + 0x10, 0x1111, false);
    rig.view.setUint32(RAM + 0x3010, 0x2222, false);
    rig.set(X1, 0x8000_0010n);
    rig.set(X2, 0x8000_1010n);
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 4, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          tcg.qemuLd(X3, X1, L.MO_32 | L.MO_BSWAP, 0);
          tcg.qemuLd(X4, X2, L.MO_32 | L.MO_BSWAP, 0);
          tcg.qemuSt(X3, X2, L.MO_32 | L.MO_BSWAP, 0);
          tcg.qemuSt(X4, X1, L.MO_32 | L.MO_BSWAP, 0);
          leave(tcg, 0, 0x200);
        }),
      ],
    };
    rig.run(region, 0, false, { traits: { ...RANDOM_TRAITS, untranslated } });
    expect([rig.get(X3), rig.get(X4)]).toEqual([0x1111n, 0x2222n]);
    expect([rig.view.getUint32(RAM + 0x10, false), rig.view.getUint32(RAM + 0x3010, false)]).toEqual([0x2222, 0x1111]);
  });

  it.each([1, 0])('follows pointers from page to page: untranslated %i', (untranslated) => {
    const rig = new Rig();
    rig.map(0x8000_0000n);
    rig.map(0x8000_1000n, RAM + 0x3000);
    const chain = [0x8000_0010n, 0x8000_1010n, 0x8000_0020n, 0x8000_1020n, 0x1234n];
    for (const [i, at] of [0x10, 0x3010, 0x20, 0x3020].entries()) rig.view.setBigUint64(RAM + at, chain[i + 1], true);
    rig.set(X1, chain[0]);
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 4, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          for (let i = 0; i < 4; i++) tcg.qemuLd(X1, X1, L.MO_64, 0);
          leave(tcg, 0, 0x200);
        }),
      ],
    };
    rig.run(region, 0, false, { traits: { ...RANDOM_TRAITS, untranslated } });
    expect(rig.get(X1)).toBe(0x1234n);
    expect(rig.slow).toEqual([]);
  });

  it('writes back the state before the faulting instruction', () => {
    const rig = new Rig();
    rig.set(X1, 0x10n);
    rig.set(X2, 99n);
    rig.set(PC, 0x100n);
    expect(rig.run(memory())).toBe(0);
    expect([rig.get(PC), rig.get(X2), rig.get(X4)]).toEqual([0x104n, 99n, 1n]);
    expect(rig.slow).toHaveLength(1);
  });
});

describe('helpers', () => {
  it('see and change globals as their flags say', () => {
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 1, [-1, -1], (tcg) => {
          tcg.addi(X1, X1, 1);
          tcg.call(SWAP, -1);
          tcg.call(PURE, X3, X1, X2);
          tcg.addi(X1, X1, 1);
          tcg.call(PEEK, X4);
          leave(tcg, 0, 0x200);
        }),
      ],
    };
    const rig = new Rig();
    rig.set(X1, 6n);
    rig.set(X2, 20n);
    rig.run(region);
    expect([rig.get(X1), rig.get(X2), rig.get(X3), rig.get(X4)]).toEqual([21n, 7n, 140n, 22n]);
  });

  it('find the count of instructions in env, whatever they do with globals: they may ask for the time', () => {
    const time: HelperDef = { name: 'time', args: 0, result: true, noReadGlobals: true, noWriteGlobals: true };
    const helpers = [...HELPERS, time];
    const asked: number[] = [];
    const rig: Rig = new Rig(helpers, { helper_time: () => BigInt(asked.push(rig.u32(L.ENV_BUDGET))) });
    rig.set(X1, 3n);
    const loop = tb(0x100, 4, [-1, 0], (tcg) => {
      const label = tcg.newLabel();
      tcg.call(time, X2);
      tcg.addi(X1, X1, -1);
      tcg.brcondi(Cond.NE, X1, 0, label);
      leave(tcg, 0, 0x10c);
      tcg.setLabel(label);
      leave(tcg, 1, 0x100);
    }, [], 0, helpers); // prettier-ignore
    rig.run({ entries: [0], tbs: [loop] });
    expect(asked).toEqual([999_996, 999_992, 999_988]);
  });

  it('leave at their instruction when they fail', () => {
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 2, [-1, -1], (tcg) => {
          tcg.insnStart(0);
          tcg.addi(X2, X2, 1);
          tcg.insnStart(4);
          tcg.call(FAIL, -1, X1);
          tcg.addi(X2, X2, 1);
          leave(tcg, 0, 0x200);
        }),
      ],
    };
    for (const x1 of [0n, 1n]) {
      const rig = new Rig();
      rig.set(X1, x1);
      expect(rig.run(region)).toBe(x1 ? 0 : pointer(0));
      expect([rig.get(PC), rig.get(X2)]).toEqual(x1 ? [0x104n, 1n] : [0x200n, 2n]);
    }
  });
});

describe('what a target says of itself', () => {
  const divide: Region = {
    entries: [0],
    tbs: [
      tb(0x100, 1, [-1, -1], (tcg) => {
        tcg.div(X3, X1, X2);
        leave(tcg, 0, 0x104);
      }),
    ],
  };

  it('a frontend that guards its divisions has no other guard', () => {
    const quotient = (division: 'total' | 'guarded', x: bigint, y: bigint): bigint => {
      const rig = new Rig();
      rig.set(X1, x);
      rig.set(X2, y);
      rig.run(divide, 0, false, { traits: { ...RANDOM_TRAITS, division } });
      return rig.get(X3);
    };
    expect([quotient('total', 7n, 2n), quotient('guarded', 7n, 2n), quotient('total', 7n, 0n)]).toEqual([3n, 3n, (1n << 64n) - 1n]);
    expect(() => quotient('guarded', 7n, 0n)).toThrow('divide by zero');
  });

  it.each([true, false])('the second word of TB flags counts: %s', (csBase) => {
    const region: Region = {
      entries: [0],
      tbs: [
        tb(0x100, 1, [-1, -1], (tcg) => {
          tcg.st32(tcg.constI64(5), L.ENV_TB_FLAGS);
          tcg.movi(PC, 0x200);
          tcg.gotoPtr();
        }),
        tb(0x200, 1, [-1, -1], (tcg) => {
          tcg.movi(X3, 1);
          leave(tcg, 0, 0x204);
        }),
      ].map((ir, n) => ({ ...ir, flags: n === 0 ? 0 : 5, indirect: n === 0 ? [{ to: 1, guarded: false }] : [] })),
    };
    const isTaken = (base: number): boolean => {
      const rig = new Rig();
      rig.setU32(L.ENV_CS_BASE, base);
      rig.run(region, 0, false, { traits: { ...RANDOM_TRAITS, csBase } });
      return rig.get(X3) === 1n;
    };
    expect([isTaken(0), isTaken(8)]).toEqual([true, !csBase]);
  });
});
