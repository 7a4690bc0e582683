import { expect, it } from 'vitest';
import { ENV_PC } from '../../../assembly/shared/layout.js';
import { RANDOM_TRAITS } from '../../../tests/support/ir-random.js';
import { compileRegions } from './compile.js';
import { OwnValues } from './own-values.js';
import { parseRegion, type IrNames } from './region-text.js';
import type { Region } from './region.js';
import { stripLoops } from './strip-plan.js';
import { verifyRegion } from './verify-region.js';

const NAMES: IrNames = {
  globals: [{ name: 'pc', offset: ENV_PC }, ...Array.from({ length: 31 }, (_, i) => ({ name: `x${i + 1}`, offset: 0x108 + 8 * i }))],
  helpers: [],
};

/** A loop that walks by `stride`, and adds up 32 bits in each of the registers from x5 to `last`. */
const loop = (stride: number, last: number): Region => {
  const sums = Array.from({ length: last - 4 }, (_, i) => `  add_i64 tmp1, x${5 + i}, tmp0\n  ext32s_i64 x${5 + i}, tmp1`);
  const text = `region entries=tb0
tb0: pc=0x100
  edge goto_tb 1 -> tb0
  insn_start $0x0
  qemu_ld_i64 tmp0, x2, leq, 0
${sums.join('\n')}
  insn_start $0x4
  add_i64 x2, x2, $0x${stride.toString(16)}
  insn_start $0x8
  brcond_i64 x2, x4, ne, $L0
  mov_i64 pc, $0x10c
  goto_tb $0x0
  set_label $L0
  mov_i64 pc, $0x100
  goto_tb $0x1
`;
  return parseRegion(text, NAMES);
};

const between = (region: Region, from: number, to: number): number =>
  new OwnValues(stripLoops(region, [], NAMES.globals.length), NAMES.globals.length).between(from, to).size;

it('are for the ways into and out of a copy that uses many globals, and goes on for long', () => {
  const many = loop(8, 16);
  expect([between(many, 0, 1), between(many, 1, 0), between(many, 1, 1), between(many, 0, 0)]).toEqual([15, 15, 0, 0]);
  expect(between(loop(8, 10), 0, 1)).toBe(0);
  expect(between(loop(512, 16), 0, 1)).toBe(0);
});

it('come from two operations on each i32 local', () => {
  let text = '';
  const globalOffset = NAMES.globals.map(({ offset }) => offset);
  const target = { globalOffset, helpers: [], traits: RANDOM_TRAITS, icount: false, verify: verifyRegion };
  const count = (region: Region): number => {
    compileRegions([region], target, (module) => (text = module.emitText()));
    return text.match(/i32\.wrap_i64\s+\(i64\.extend_i32_u\s+\(local\.get/g)?.length ?? 0;
  };
  expect(count(loop(8, 10))).toBe(0);
  // the budget and the sums, in at least one way in and one out
  expect(count(loop(8, 16))).toBeGreaterThanOrEqual(2 * (1 + 12));
});
