import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import { leave, PC, Rig, tb, X1, X2, X3 } from '../../../tests/support/wasm-rig.js';
import type { TcgContext } from '../context.js';
import { Cond } from '../opcodes.js';
import { peelEntries } from './peel.js';
import type { Region } from './region.js';

const GLOBALS = 9;

const loop = (body: (tcg: TcgContext) => void, links: [number, number] = [0, -1]): Region => ({
  entries: [0],
  tbs: [
    tb(0x100, 3, links, (tcg) => {
      const label = tcg.newLabel();
      body(tcg);
      tcg.brcondi(Cond.EQ, X1, 0, label);
      leave(tcg, 0, 0x100);
      tcg.setLabel(label);
      leave(tcg, 1, 0x200);
    }),
  ],
});
const words = (tcg: TcgContext): void => {
  const [t, u] = [tcg.temp(), tcg.temp()];
  tcg.addi(t, X1, -1);
  tcg.ext32s(X1, t);
  tcg.add(u, X2, X1);
  tcg.ext32s(X2, u);
};

describe('peelEntries', () => {
  it('copies the TB of an entry that goes round in 32-bit arithmetic', () => {
    const region = loop(words);
    const peeled = peelEntries(region, GLOBALS);
    expect(peeled.entries).toEqual([1]);
    expect(peeled.tbs[1]).toEqual({ ...region.tbs[0], copyOf: 0 });
    expect(peeled.tbs[1].links).toEqual([0, -1]);
  });

  it('leaves alone what is no loop, or has nothing to gain', () => {
    for (const region of [
      loop(words, [-1, -1]),
      loop((tcg) => tcg.addi(X1, X1, -1)),
      loop((tcg) => tcg.ext32s(X1, X2)),
      loop((tcg) => {
        words(tcg);
        for (let i = 0; i < 400; i++) tcg.xor(X3, X3, X1);
      }),
    ]) {
      expect(peelEntries(region, GLOBALS)).toBe(region);
    }
  });

  it('charges and leaves as before', () => {
    const rig = new Rig();
    rig.set(X1, 100n);
    rig.setU32(L.ENV_BUDGET, 30);
    expect(rig.run(loop(words))).toBe(L.TB_EXIT_REQUESTED);
    expect([rig.get(PC), rig.get(X1), rig.u32(L.ENV_BUDGET)]).toEqual([0x100n, 90n, 0]);
  });
});
