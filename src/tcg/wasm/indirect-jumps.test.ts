import { describe, expect, it } from 'vitest';
import * as L from '../../../assembly/shared/layout.js';
import type { TcgContext } from '../context.js';
import type { Region } from './region.js';
import { leave, PC, Rig, tb, X1, X2, pointer } from '../../../tests/support/wasm-rig.js';

const JUMP_CACHE = 0xa0000;
const CELL = JUMP_CACHE + 4 * (((0x2300 >> 1) ^ (0x2300 >> (L.JUMP_CACHE_BITS + 1))) & (L.JUMP_CACHE_ENTRIES - 1));

describe('goto_ptr inside a region', () => {
  /** TB 0 jumps to x1; TBs 1 and 2 (another page) are known to follow. */
  const jump = (change: (tcg: TcgContext) => void = () => {}, targetFlags = 5): Region => ({
    entries: [0],
    tbs: [
      tb(0x1100, 1, [-1, -1], (tcg) => {
        change(tcg);
        tcg.mov(PC, X1);
        tcg.gotoPtr();
      }, [{ to: 1, guarded: false }, { to: 2, guarded: true }], 5),
      ...[0x1200, 0x2300].map((pc, i) =>
        tb(pc, 1, [-1, -1], (tcg) => {
          tcg.movi(X2, 7 + i);
          leave(tcg, 0, 0x1400);
        }, [], targetFlags),
      ),
    ],
  }); // prettier-ignore
  const rigAt = (pc: bigint): Rig => {
    const rig = new Rig();
    rig.set(X1, pc);
    rig.setU32(L.ENV_TB_FLAGS, 5);
    rig.setU32(L.ENV_JUMP_CACHE, JUMP_CACHE);
    return rig;
  };

  it('goes on at the TB whose pc it is, and leaves for any other', () => {
    const region = jump();
    const rig = rigAt(0x1200n);
    expect(rig.run(region)).toBe(pointer(1));
    expect(rig.get(X2)).toBe(7n);
    const other = rigAt(0x1300n);
    expect(other.run(region)).toBe(0);
    expect([other.get(PC), other.get(X2)]).toEqual([0x1300n, 0n]);
    // equal in the low half only
    const far = rigAt(0x1_0000_1200n);
    expect(far.run(region)).toBe(0);
    expect(far.get(PC)).toBe(0x1_0000_1200n);
  });

  it('goes to another page only while the jump cache has that very TB', () => {
    const region = jump();
    const rig = rigAt(0x2300n);
    expect(rig.run(region)).toBe(0);
    expect(rig.get(PC)).toBe(0x2300n);
    rig.view.setUint32(CELL, pointer(2), true);
    expect(rig.run(region)).toBe(pointer(2));
    expect(rig.get(X2)).toBe(8n);
    rig.view.setUint32(CELL, pointer(1), true);
    expect(rig.run(region)).toBe(0);
  });

  const changes = (to: number) => jump((tcg) => tcg.st32(tcg.constI64(to), L.ENV_TB_FLAGS), 6);

  it('after a change of TB flags, goes on only where they are those of the TB', () => {
    const region = changes(6);
    expect(rigAt(0x1200n).run(region)).toBe(pointer(1));
    expect(rigAt(0x1200n).run(changes(5))).toBe(0);
  });

  it('after a change of TB flags, leaves if the dispatcher is asked for', () => {
    const rig = rigAt(0x1200n);
    rig.setU32(L.ENV_EXIT_REQUEST, L.EXIT_REQUESTED);
    expect(rig.run(changes(6))).toBe(0);
    expect(rig.get(X2)).toBe(0n);
  });
});
