import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import type { TcgContext } from '../context.js';
import type { Region } from './region.js';
import { pointer, FAIL, HELPERS, leave, PC, RAM, Rig, tb, tlbEntry, X1, X2, X3, X4 } from '../../../tests/support/wasm-rig.js';

const PAGE = 0x4000n;

const block = (build: (tcg: TcgContext) => void, sideExitOnMiss = false): Region => {
  const body = (tcg: TcgContext): void => {
    build(tcg);
    leave(tcg, 0, 0x10c);
  };
  return { entries: [0], tbs: [tb(0x100, 3, [-1, -1], body, [], 0, HELPERS, sideExitOnMiss)] };
};

/** x2, x3, x4 = three words from x1 on. */
const loads = (sideExitOnMiss = false): Region =>
  block((tcg) => {
    for (const [i, d] of [X3, X2, X4].entries()) {
      const address = tcg.temp();
      tcg.insnStart(4 * i);
      tcg.addi(address, X1, [8, 0, 16][i]);
      tcg.qemuLd(d, address, L.MO_64, 0);
    }
  }, sideExitOnMiss);

const rigAt = (address: bigint): Rig => {
  const rig = new Rig();
  rig.map(PAGE);
  for (let i = 0; i < 512; i++) rig.view.setBigUint64(RAM + 8 * i, BigInt(i), true);
  rig.set(X1, address);
  return rig;
};

describe('accesses that share a TLB check', () => {
  it('reach both ends of the range', () => {
    const rig = rigAt(PAGE + 0x1000n - 24n);
    rig.run(loads());
    expect([X2, X3, X4].map((g) => rig.get(g))).toEqual([509n, 510n, 511n]);
    expect(rig.slow).toEqual([]);
  });

  it('all take the slow path if the range crosses a page', () => {
    for (const at of [PAGE + 0x1000n - 20n, PAGE - 8n]) {
      const rig = rigAt(at);
      rig.run(loads());
      expect(rig.slow).toHaveLength(3);
      expect([X2, X3, X4].map((g) => rig.get(g))).toEqual([0x55n, 0x55n, 0x55n]);
    }
  });

  it('do so too after any slow path, which may have changed the memory map', () => {
    const rig = rigAt(PAGE);
    rig.set(X2, 0x9000n);
    rig.run(
      block((tcg) => {
        tcg.insnStart(0);
        const address = tcg.temp();
        tcg.qemuLd(X3, X1, L.MO_64, 0);
        tcg.qemuSt(X3, X2, L.MO_64, 0);
        tcg.addi(address, X1, 8);
        tcg.qemuLd(X4, address, L.MO_64, 0);
      }),
    );
    expect(rig.slow.map((call) => call.slice(0, 7))).toEqual(['st 9000', 'ld 4008']);
  });

  it('end where the base register gets another value', () => {
    const rig = rigAt(PAGE + 8n);
    rig.run(
      block((tcg) => {
        tcg.insnStart(0);
        tcg.qemuLd(X3, X1, L.MO_64, 0);
        tcg.shli(X1, X1, 1);
        tcg.qemuLd(X4, X1, L.MO_64, 0);
      }),
    );
    expect([rig.get(X3), rig.slow]).toEqual([1n, ['ld 8010 30']]);
  });

  it('follow a base register that moves by a constant', () => {
    const rig = rigAt(PAGE + 64n);
    rig.run(
      block((tcg) => {
        tcg.insnStart(0);
        tcg.addi(X1, X1, -48);
        tcg.qemuLd(X3, X1, L.MO_64, 0);
        tcg.addi(X1, X1, 40);
        tcg.qemuLd(X4, X1, L.MO_64, 0);
      }),
    );
    expect([rig.get(X3), rig.get(X4), rig.get(X1), rig.slow]).toEqual([2n, 7n, PAGE + 56n, []]);
  });
});

describe('accesses at multiples of 4', () => {
  /** x2, x3, x4 = a word, a doubleword that must be at a multiple of 4, and a byte, from x1 on. */
  const mixed = (sideExitOnMiss: boolean, second = 4): Region =>
    block((tcg) => {
      const memops = [L.MO_32, L.MO_64 | L.MO_ALIGN_4, L.MO_8];
      for (const [i, d] of [X2, X3, X4].entries()) {
        const address = tcg.temp();
        tcg.insnStart(4 * i);
        tcg.addi(address, X1, [0, second, 14][i]);
        tcg.qemuLd(d, address, memops[i], 0);
      }
    }, sideExitOnMiss);

  it('share a check that looks at that, too', () => {
    for (const [at, second] of [
      [PAGE, 4],
      [PAGE + 4n, 4],
      [PAGE + 2n, 6],
      [PAGE + 0x1000n - 15n, 3],
    ] as const) {
      // prettier-ignore
      const rig = rigAt(at);
      expect([rig.run(mixed(true, second)), rig.slow]).toEqual([pointer(0), []]);
    }
    for (const [at, second] of [
      [PAGE + 2n, 4],
      [PAGE, 6],
      [PAGE + 0x1000n - 14n, 2],
      [PAGE + 0x1000n - 12n, 0],
    ] as const) {
      // prettier-ignore
      const rig = rigAt(at);
      expect([rig.run(mixed(true, second)), rig.get(PC)]).toEqual([pointer(0) | L.TB_EXIT_INSIDE, 0x100n]);
    }
  });

  it('all take the slow path if one is not at such a multiple', () => {
    const rig = rigAt(PAGE + 1n);
    rig.run(mixed(false));
    expect(rig.slow).toHaveLength(3);
  });

  it('do not share it with those that are not at the same distance from one', () => {
    const rig = rigAt(PAGE);
    const region = block((tcg) => {
      for (const [i, d] of [X2, X3].entries()) {
        const address = tcg.temp();
        tcg.insnStart(4 * i);
        tcg.addi(address, X1, [8, 2][i]);
        tcg.qemuLd(d, address, L.MO_64 | L.MO_ALIGN_4, 0);
      }
    });
    rig.run(region);
    expect([rig.get(X2), rig.slow]).toEqual([1n, ['ld 4002 230']]);
  });
});

describe('accesses of TBs that leave on a miss', () => {
  it('go without a check after the first of a group', () => {
    const rig = rigAt(PAGE + 0x1000n - 24n);
    const region = loads(true);
    expect(rig.run(region)).toBe(pointer(0));
    expect([X2, X3, X4].map((g) => rig.get(g))).toEqual([509n, 510n, 511n]);
  });

  it('leave before the first instruction of a group that crosses a page', () => {
    const rig = rigAt(PAGE + 0x1000n - 20n);
    const region = loads(true);
    rig.set(X3, 33n);
    expect(rig.run(region)).toBe(pointer(0) | L.TB_EXIT_INSIDE);
    expect([rig.get(PC), rig.get(X3), rig.u32(L.ENV_BUDGET), rig.u32(L.ENV_FAULT), rig.slow]).toEqual([0x100n, 33n, 1_000_000, 0, []]);
  });

  it('leave in the middle, with what has run and no more', () => {
    const rig = rigAt(PAGE);
    rig.set(X2, 0x9000n);
    const region = block((tcg) => {
      tcg.insnStart(0);
      tcg.qemuLd(X3, X1, L.MO_64, 0);
      tcg.insnStart(4);
      tcg.addi(X3, X3, 7);
      tcg.insnStart(8);
      tcg.qemuSt(X3, X2, L.MO_64, 0);
      tcg.addi(X1, X1, 8);
    }, true);
    expect(rig.run(region)).toBe(pointer(0) | L.TB_EXIT_INSIDE);
    expect([rig.get(PC), rig.get(X3), rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([0x108n, 7n, PAGE, 999_998]);
  });

  /** The word at x1 += 1. */
  const increment = (sideExitOnMiss: boolean): Region =>
    block((tcg) => {
      tcg.insnStart(0);
      tcg.qemuLd(X3, X1, L.MO_64, 0);
      tcg.insnStart(4);
      tcg.addi(X3, X3, 1);
      tcg.insnStart(8);
      tcg.qemuSt(X3, X1, L.MO_64, 0);
    }, sideExitOnMiss);
  const setTag = (rig: Rig, kind: number, tag: bigint): void => {
    rig.view.setBigUint64(tlbEntry(kind, PAGE) + L.TLB_ENTRY_TAG, tag, true);
  };

  it('load what they store to under the check of the store', () => {
    for (const sideExitOnMiss of [false, true]) {
      const rig = rigAt(PAGE + 40n);
      setTag(rig, L.TLB_KIND_READ, BigInt(L.TLB_INVALID));
      expect(rig.run(increment(sideExitOnMiss))).toBe(pointer(0));
      expect([rig.view.getBigUint64(RAM + 40, true), rig.slow]).toEqual([6n, []]);
    }
  });

  it('leave before the load if there is code where they store to, or call the slow path for both', () => {
    const rig = rigAt(PAGE + 40n);
    setTag(rig, L.TLB_KIND_WRITE, PAGE | BigInt(L.TLB_NOTDIRTY));
    rig.set(X3, 33n);
    expect(rig.run(increment(true))).toBe(pointer(0) | L.TB_EXIT_INSIDE);
    expect([rig.get(PC), rig.get(X3), rig.u32(L.ENV_BUDGET), rig.slow]).toEqual([0x100n, 33n, 1_000_000, []]);
    rig.run(increment(false));
    expect(rig.slow.map((call) => call.slice(0, 7))).toEqual(['ld 4028', 'st 4028']);
  });

  it('still leave by a fault of a helper without being resumed', () => {
    const rig = rigAt(PAGE);
    rig.set(X2, 1n);
    const region = block((tcg) => {
      tcg.insnStart(0);
      tcg.qemuLd(X3, X1, L.MO_64, 0);
      tcg.insnStart(4);
      tcg.call(FAIL, -1, X2);
    }, true);
    expect([rig.run(region), rig.get(PC), rig.u32(L.ENV_FAULT)]).toEqual([0, 0x104n, 1]);
  });
});
