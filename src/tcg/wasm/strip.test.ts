import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { evalIr, type IrState } from '../../../tests/support/ir-eval.js';
import { Random } from '../../../tests/support/ir-random.js';
import { ENV, GLOBALS, HELPERS, leave, PC, pointer, RAM, Rig, tb, tlbEntry, X1, X2, X3, X4 } from '../../../tests/support/wasm-rig.js';
import { TcgContext } from '../context.js';
import { Cond } from '../opcodes.js';
import { optimize } from '../optimize.js';
import { copyIr, type Region } from './region.js';
import { stripLoops } from './strip-plan.js';

const [X5, X6, X7, X8] = [5, 6, 7, 8];
const PAGE = 0x1000;
const PAGES = 16;
const SIZE = PAGES * PAGE;

/** A loop of one TB: `body`, x1 counts down. */
const loop = (body: (tcg: TcgContext) => void, sideExitOnMiss = true): Region => ({
  entries: [0],
  tbs: [
    tb(
      0x100,
      3,
      [1, 0],
      (tcg) => {
        const label = tcg.newLabel();
        tcg.insnStart(0);
        body(tcg);
        tcg.insnStart(4);
        tcg.addi(X1, X1, -1);
        tcg.insnStart(8);
        tcg.brcondi(Cond.NE, X1, 0, label);
        leave(tcg, 0, 0x10c);
        tcg.setLabel(label);
        leave(tcg, 1, 0x100);
      },
      [],
      0,
      HELPERS,
      sideExitOnMiss,
    ),
    tb(0x10c, 1, [-1, -1], (tcg) => leave(tcg, 0, 0x200)),
  ],
});

/** x3 += the double words from x2 on. */
const sum = (tcg: TcgContext): void => {
  const value = tcg.temp();
  tcg.qemuLd(value, X2, L.MO_64, 0);
  tcg.add(X3, X3, value);
  tcg.addi(X2, X2, 8);
};

const plansOf = (region: Region) => stripLoops(region, HELPERS, GLOBALS.length).tbs.flatMap(({ strip }) => strip ?? []);

describe('loops that get a copy without checks', () => {
  it('are those whose addresses move by the same distance every round', () => {
    expect(plansOf(loop(sum))).toMatchObject([
      { head: 0, copies: [{ first: 2 }, { first: 3 }], icount: 3, streams: [{ span: 8, stride: { constant: 8 } }] },
    ]);
    const table = (tcg: TcgContext): void => {
      tcg.add(X4, X2, X3);
      tcg.qemuLd(X3, X4, L.MO_64, 0);
    };
    expect(plansOf(loop(table))).toEqual([]);
  });

  it('leave on a miss: else a slow path may change what is mapped', () => {
    expect(plansOf(loop(sum, false))).toEqual([]);
  });

  it('call nothing', () => {
    const calls = (tcg: TcgContext): void => {
      sum(tcg);
      tcg.call(HELPERS[1], -1);
    };
    expect(plansOf(loop(calls))).toEqual([]);
  });

  it('do not walk further in a round than a quarter of a page', () => {
    const far = (tcg: TcgContext): void => {
      tcg.qemuLd(X3, X2, L.MO_64, 0);
      tcg.addi(X2, X2, 1025);
    };
    expect(plansOf(loop(far))).toEqual([]);
  });

  it('have a range of bytes for accesses off one base, and an index of 32 bits may move', () => {
    const body = (tcg: TcgContext): void => {
      const index = tcg.temp();
      const address = tcg.temp();
      tcg.shli(index, X4, 32);
      tcg.shri(index, index, 30);
      tcg.add(address, index, X2);
      tcg.qemuLd(X3, address, L.MO_32, 0);
      tcg.addi(address, address, 16);
      tcg.qemuLd(X3, address, L.MO_32, 0);
      tcg.addi(X4, X4, 1);
      tcg.ext32s(X4, X4);
    };
    expect(plansOf(loop(body))).toMatchObject([
      { streams: [{ span: 20, movesNarrow: true, stride: { constant: 1 }, address: { narrow: { coef: 4, signed: false } } }] },
    ]);
  });

  it('go round often', () => {
    const { tbs, entries } = loop(sum);
    const ran = (tripCount: number): Region => ({ entries, tbs: tbs.map((ir) => ({ ...ir, tripCount })) });
    expect([0, 3, 100].map((tripCount) => plansOf(ran(tripCount)).length)).toEqual([1, 0, 1]);
  });

  it('look up each page once', () => {
    const rig = new Rig();
    rig.map(0x4000n);
    rig.set(X1, 100n);
    rig.set(X2, 0x4000n);
    const run = rig.compile(loop(sum));
    // A page that goes away while the copy runs is still read: nothing in the loop could have taken it away.
    rig.view.setBigUint64(RAM + 8 * 90, 5n, true);
    expect(run(ENV, 0)).toBe(pointer(1));
    expect([rig.get(X3), rig.get(X2), rig.u32(L.ENV_BUDGET)]).toEqual([5n, 0x4000n + 800n, 1_000_000 - 301]);
  });

  it('do two trips in a row for each test, if they are small and pages last', () => {
    const walk = (stride: number, adds: number): Region =>
      loop((tcg) => {
        tcg.qemuLd(X3, X2, L.MO_64, 0);
        for (let n = 0; n < adds; n++) tcg.add(X4, X4, X3);
        tcg.addi(X2, X2, stride);
      });
    const shapes: [number, number][] = [[8, 1], [-128, 1], [136, 1], [8, 20], [8, 40]]; // prettier-ignore
    expect(shapes.map(([stride, adds]) => plansOf(walk(stride, adds))[0].copies.at(1)?.trips)).toEqual([2, 2, undefined, 2, undefined]);
  });

  it('are charged for what they did, whichever trip is the last', () => {
    for (let trips = 20; trips < 60; trips++) {
      const rig = new Rig();
      rig.map(0x4000n);
      rig.set(X1, BigInt(trips));
      rig.set(X2, 0x4000n);
      expect(rig.run(loop(sum))).toBe(pointer(1));
      expect([rig.get(X2), rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([0x4000n + 8n * BigInt(trips), 0n, 1_000_000 - 3 * trips - 1]);
    }
  });

  it('try again where a page ends that was not worth it', () => {
    const rig = new Rig();
    const entry = tlbEntry(L.TLB_KIND_READ, 0x5000n);
    rig.map(0x4000n);
    rig.map(0x5000n, RAM + PAGE);
    rig.map(0x6000n, entry + 3 * L.TLB_ENTRY_SIZE - 0x800);
    rig.set(X1, 20n);
    rig.set(X2, 0x4fe8n); // three rounds before the page's end
    rig.set(X4, 0x6800n);
    const region = loop((tcg) => {
      sum(tcg);
      tcg.qemuSt(X5, X4, L.MO_64, 0); // in the fourth round the next page's entry goes, but the copy has looked it up
      tcg.addi(X4, X4, -L.TLB_ENTRY_SIZE);
    });
    rig.view.setBigUint64(RAM + PAGE + 8 * 9, 5n, true);
    expect(plansOf(region)).toHaveLength(1);
    expect(rig.run(region)).toBe(pointer(1));
    expect([rig.get(X3), rig.get(X1)]).toEqual([5n, 0n]);
    expect(rig.view.getBigUint64(entry, true)).toBe(0n);
  });

  it('exchange bytes', () => {
    const rig = new Rig();
    rig.map(0x4000n);
    rig.set(X1, 100n);
    rig.set(X2, 0x4000n);
    const region = loop((tcg) => {
      tcg.qemuLd(X3, X2, L.MO_32 | L.MO_BSWAP, 0);
      tcg.addi(X4, X2, 0x800);
      tcg.add(X5, X3, X1);
      tcg.qemuSt(X5, X4, L.MO_32 | L.MO_BSWAP, 0);
      tcg.addi(X2, X2, 4);
    });
    for (let n = 0; n < 100; n++) rig.view.setUint32(RAM + 4 * n, 0x8000_00ff + n, false);
    expect(plansOf(region)).toHaveLength(1);
    expect(rig.run(region)).toBe(pointer(1));
    expect(rig.get(X3)).toBe(0x8000_0162n);
    expect([0, 50, 99].map((n) => rig.view.getUint32(RAM + 0x800 + 4 * n, false))).toEqual([0x8000_0163, 0x8000_0163, 0x8000_0163]);
  });

  it('are at multiples of 4 from the first trip to the last, if they must be', () => {
    const walk = (stride: number, ...more: number[]): Region =>
      loop((tcg) => {
        tcg.qemuLd(X3, X2, L.MO_64 | L.MO_ALIGN_4, 0);
        for (const offset of more) {
          const address = tcg.temp();
          tcg.addi(address, X2, offset);
          tcg.qemuLd(X4, address, L.MO_32 | L.MO_ALIGN_4, 0);
        }
        tcg.addi(X2, X2, stride);
      });
    expect([4, 12, -8, 2, 1].map((stride) => plansOf(walk(stride)).length)).toEqual([1, 1, 1, 0, 0]);
    expect(plansOf(walk(8, 4, -4))).toMatchObject([{ streams: [{ span: 12, word: 0 }] }]);
    expect(plansOf(walk(8, 2))).toEqual([]);
    const outcomes = [0x4000n, 0x4004n, 0x4002n].map((start) => {
      const rig = new Rig();
      rig.map(0x4000n);
      rig.set(X1, 100n);
      rig.set(X2, start);
      return [rig.run(walk(8)), rig.get(X1)];
    });
    expect(outcomes).toEqual([[pointer(1), 0n], [pointer(1), 0n], [pointer(0) | L.TB_EXIT_INSIDE, 100n]]); // prettier-ignore
  });

  it('do not store to a page with code', () => {
    const rig = new Rig();
    rig.map(0x4000n);
    rig.map(0x5000n, RAM + PAGE);
    const entry = tlbEntry(L.TLB_KIND_WRITE, 0x5000n);
    rig.view.setBigUint64(entry, 0x5000n | BigInt(L.TLB_NOTDIRTY), true);
    rig.set(X1, 1000n);
    rig.set(X2, 0x4f00n);
    const region = loop((tcg) => {
      tcg.qemuSt(X1, X2, L.MO_64, 0);
      tcg.addi(X2, X2, 8);
    });
    expect(plansOf(region)).toHaveLength(1);
    expect(rig.run(region)).toBe(pointer(0) | L.TB_EXIT_INSIDE);
    expect([rig.get(X2), rig.get(X1), rig.get(PC), rig.u32(L.ENV_BUDGET)]).toEqual([0x5000n, 968n, 0x100n, 1_000_000 - 3 * 32]);
  });
});

describe('random loops', () => {
  it('of any shape and budget agree with the evaluator', () => {
    let stripped = 0;
    for (let seed = 0; seed < 150; seed++) stripped += check(seed);
    expect(stripped).toBeGreaterThan(50);
  });
});

/** Accesses that share a check may leave although each of them could be made. */
const ALONE = { tlbReuse: false, strip: true };

const STRIDES = [1, 2, 4, 8, 8, 8, 16, 24, 120, 256, 1000, 1024, -1, -4, -8, -8, -24, -512, 0, 2000];
const ALIGNED = [L.MO_32 | L.MO_ALIGN_4, L.MO_64 | L.MO_ALIGN_4];
const SIZES = [L.MO_8, L.MO_16, L.MO_32, L.MO_32 | L.MO_SIGN, L.MO_64, ...ALIGNED];
const pcOf = (i: number): number => 0x1000 + 0x100 * i;

/** Emits TB `i` of a ring of `count`: accesses, steps, an exit to nowhere, and the jump to the next. Returns its instructions. */
function emitTb(tcg: TcgContext, random: Random, i: number, count: number): number {
  let insns = 0;
  const start = (): void => tcg.insnStart(4 * insns++);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const address = (): number => {
    const sum = tcg.temp();
    switch (random.below(6)) {
      case 0:
        tcg.add(sum, X2, X5);
        break;
      case 1:
        tcg.ext32u(sum, X6);
        tcg.add(sum, sum, X3);
        break;
      case 2:
        tcg.shli(sum, X6, 32);
        tcg.shri(sum, sum, 32 - random.below(3));
        tcg.add(sum, sum, X3);
        break;
      case 3:
        tcg.add(sum, X6, X3);
        break;
      default:
        tcg.addi(sum, pick([X2, X2, X3]), pick([0, 0, 8, -8, 40, 3]));
    }
    return sum;
  };
  for (let n = 1 + random.below(3); n > 0; n--) {
    start();
    if (random.below(2)) tcg.qemuLd(pick([X7, X8]), address(), pick(SIZES), 0);
    else tcg.qemuSt(pick([X1, X7, X8]), address(), pick(SIZES), 0);
    start();
    if (random.below(2)) tcg.add(X8, X8, X7);
    else if (random.below(4) === 0) tcg.ext32s(X7, X7);
  }
  if (random.below(3)) {
    start();
    tcg.addi(X2, X2, pick(STRIDES));
  }
  if (random.below(4) === 0) {
    start();
    tcg.add(X3, X3, X4);
  }
  if (random.below(2)) {
    start();
    if (random.below(2)) tcg.addi(X6, X6, pick(STRIDES));
    else tcg.add(X6, X6, X4);
    tcg.ext32s(X6, X6);
  }
  start();
  tcg.addi(X1, X1, -1);
  start();
  const label = tcg.newLabel();
  tcg.brcondi(random.below(4) ? Cond.NE : Cond.GT, X1, 0, label);
  leave(tcg, 0, 0x8000);
  tcg.setLabel(label);
  leave(tcg, 1, pcOf((i + 1) % count));
  return insns;
}

/** Runs a random loop both ways. Returns whether it has a copy without checks. */
function check(seed: number): number {
  const random = new Random(seed);
  const count = 1 + random.below(3);
  const icount = random.below(3) === 0;
  const tbs = Array.from({ length: count }, (_, i) => {
    const make = () => {
      const tcg = new TcgContext(GLOBALS, HELPERS);
      return { tcg, insns: emitTb(tcg, new Random(seed * 8 + i), i, count) };
    };
    const { tcg, insns } = make();
    const compiled = make().tcg;
    if (random.below(2)) optimize(compiled);
    return { tcg, insns, compiled };
  });
  const region: Region = {
    entries: [0],
    tbs: tbs.map(({ compiled, insns }, i) =>
      copyIr(compiled, BigInt(pcOf(i)), insns, { links: [-1, (i + 1) % count], indirect: [], flags: 0, sideExitOnMiss: true }),
    ),
  };

  const rig = new Rig();
  // host pages in another order than the guest's; some are missing, and some cannot be written
  const hostOf = Array.from({ length: PAGES }, (_, page) => RAM + ((page * 7 + seed) % PAGES) * PAGE);
  const missing = new Set<number>();
  const readOnly = new Set<number>();
  for (let page = 0; page < PAGES; page++) {
    const fate = random.below(12);
    if (fate === 0) missing.add(page);
    else rig.map(BigInt(page * PAGE), hostOf[page]);
    if (fate !== 1) continue;
    readOnly.add(page);
    const entry = tlbEntry(L.TLB_KIND_WRITE, BigInt(page * PAGE));
    rig.view.setBigUint64(entry, BigInt(page * PAGE) | BigInt(L.TLB_NOTDIRTY), true);
  }
  const state: IrState = { globals: GLOBALS.map(() => 0n), memory: new Uint8Array(SIZE), env: new Uint8Array(0x1000) };
  for (let k = 0; k < SIZE; k++) {
    state.memory[k] = random.below(256);
    rig.view.setUint8(hostOf[k >> 12] + (k & 4095), state.memory[k]);
  }
  const near = () => BigInt(random.below(SIZE) & (random.below(4) ? -8 : -1));
  const index = [BigInt(random.below(64)), BigInt(random.below(5000)), 0xffff_f000n + near(), BigInt.asUintN(64, -near())][random.below(4)];
  const steps = [BigInt(random.below(40)), BigInt(random.below(1200)), BigInt.asUintN(64, -8n), 1n << 32n];
  const values = [0n, BigInt(1 + random.below(3000)), near(), near(), steps[random.below(4)], BigInt(random.below(9000)), index, 1n, 2n];
  values.forEach((value, g) => {
    state.globals[g] = value;
    rig.set(g, value);
  });
  const budget = random.below(2) ? 1_000_000 : random.below(3000);
  rig.setU32(L.ENV_BUDGET, budget);

  const faults = (at: bigint, size: number, write: boolean): boolean => {
    const page = Number(at / BigInt(PAGE));
    return (
      at + BigInt(size) > BigInt(SIZE) || Number(at % BigInt(PAGE)) + size > PAGE || missing.has(page) || (write && readOnly.has(page))
    );
  };
  const expected = reference(tbs, state, budget, icount, faults);
  const exit = rig.run(region, 0, icount, ALONE) >>> 0;
  const where = `seed ${seed}`;
  const globals = GLOBALS.map((_, g) => rig.get(g).toString(16));
  expect({ exit, budget: rig.u32(L.ENV_BUDGET), globals }, where).toEqual({
    ...expected,
    globals: state.globals.map((g) => g.toString(16)),
  });
  expect(rig.slow, where).toEqual([]);
  for (let page = 0; page < PAGES; page++) {
    const host = new Uint8Array(rig.memory.buffer, hostOf[page], PAGE);
    expect(
      Buffer.compare(Buffer.from(host), Buffer.from(state.memory.subarray(page * PAGE, (page + 1) * PAGE))),
      `${where}, page ${page}`,
    ).toBe(0);
  }
  return plansOf(region).length;
}

function reference(
  tbs: readonly { tcg: TcgContext; insns: number }[],
  state: IrState,
  budget: number,
  icount: boolean,
  faults: (address: bigint, size: number, write: boolean) => boolean,
): { exit: number; budget: number } {
  for (let i = 0; ; i = (i + 1) % tbs.length) {
    const { tcg, insns } = tbs[i];
    state.globals[PC] = BigInt(pcOf(i));
    if (icount ? budget < insns : i === 0 && budget <= 0) return { exit: L.TB_EXIT_REQUESTED, budget };
    const { exit } = evalIr(tcg, state, { faults });
    if (exit.kind === 'fault') {
      state.globals[PC] = BigInt(pcOf(i) + exit.pcOffset);
      return { exit: pointer(i) | L.TB_EXIT_INSIDE, budget: budget - exit.pcOffset / 4 };
    }
    budget -= insns;
    if (exit.kind === 'goto_tb' && exit.slot === 0) return { exit: pointer(i), budget };
  }
}
