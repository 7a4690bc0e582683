import { expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import type { TcgContext } from '../context.js';
import { Cond, Op, OP_WORDS } from '../opcodes.js';
import { leave, tb, X1, X2, X3 } from '../../../tests/support/wasm-rig.js';
import { buildCfg } from './cfg.js';
import { chasedLoads } from './chased-loads.js';

/** Which of the first block's loads are, by their order. */
function chased(build: (tcg: TcgContext) => void, jumps: [number, number] = [-1, -1]): number[] {
  const ir = tb(0x100, 1, jumps, (tcg) => {
    build(tcg);
    leave(tcg, 1, 0x200);
  });
  const found = chasedLoads(ir.ops, buildCfg({ entries: [0], tbs: [ir] }), 0);
  const loads = Array.from({ length: ir.ops.length / OP_WORDS }, (_, k) => k).filter((k) => ir.ops[k * OP_WORDS] === Op.qemu_ld_i64);
  return loads.flatMap((k, n) => (found.has(k) ? [n] : []));
}
const load = (tcg: TcgContext, d: number, address: number): void => tcg.qemuLd(d, address, L.MO_64, 0);

it('are those whose value is the address of a load of an address', () => {
  const follow = (count: number) => (tcg: TcgContext) => {
    for (let i = 0; i < count; i++) load(tcg, X1, X1);
  };
  expect(chased(follow(2))).toEqual([]);
  expect(chased(follow(3))).toEqual([0]);
  expect(chased(follow(5))).toEqual([0, 1, 2]);
});

it('are none where the address is another value', () => {
  expect(
    chased((tcg) => {
      load(tcg, X2, X1);
      tcg.movi(X2, 0x1000);
      load(tcg, X3, X2);
      load(tcg, X3, X3);
    }),
  ).toEqual([]);
});

it.each([
  [3, [0]],
  [4, []],
])('%i ops may be between a load and the address', (count, expected) => {
  const result = chased((tcg) => {
    load(tcg, X1, X1);
    for (let i = 0; i < count; i++) tcg.addi(X1, X1, 8);
    load(tcg, X2, X1);
    load(tcg, X3, X2);
  });
  expect(result).toEqual(expected);
});

it('of a loop go on at its start', () => {
  const loop = (tcg: TcgContext): void => {
    const again = tcg.newLabel();
    load(tcg, X1, X1);
    tcg.brcond(Cond.NE, X1, X2, again);
    leave(tcg, 0, 0x200);
    tcg.setLabel(again);
  };
  expect(chased(loop, [-1, 0])).toEqual([0]);
  expect(chased(loop, [-1, -1])).toEqual([]);
});
