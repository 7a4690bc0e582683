/** Programs full of shifts whose counts may make a rotation: what comes out is what the ops said. The forms are in tests/tcg/opt/rotate-*.tcg. */
import { expect, it } from 'vitest';
import { cloneState, evalIr } from '../../tests/support/ir-eval.js';
import { Random, RANDOM_GLOBALS, randomState } from '../../tests/support/ir-random.js';
import { TcgContext } from './context.js';
import { optimize } from './optimize.js';
import { formatIr } from './text.js';
import { verify } from './verify.js';

const REGISTERS = 4;

/** Pairs of shifts that are mostly parts of one rotation, in either order, taken together; registers are few, so that they are overwritten everywhere in between. */
function shifty(seed: number): TcgContext {
  const random = new Random(seed);
  const ctx = new TcgContext(RANDOM_GLOBALS, []);
  const register = (): number => 1 + random.below(REGISTERS);
  const disturb = (): void => (random.chance(20) ? ctx.add(register(), register(), register()) : undefined);
  ctx.insnStart(0);
  for (let n = 0; n < 6; n++) {
    const [source, left, right] = [register(), register(), register()];
    const isWord = random.chance(50);
    const count = random.pick(isWord ? [1, 13, 19, 31] : [1, 31, 32, 33, 63]);
    const other = (isWord ? 32 : 64) - count - (random.chance(10) ? 1 : 0);
    const shiftLeft = (): void => {
      const whole = isWord && random.chance(95) ? ctx.temp() : left;
      ctx.shli(whole, source, count);
      if (whole !== left) ctx.ext32s(left, whole);
    };
    const shiftRight = (): void => (isWord ? ctx.extract(right, source, other, 32 - other) : ctx.shri(right, source, other));
    const [first, second] = random.chance(50) ? [shiftLeft, shiftRight] : [shiftRight, shiftLeft];
    first();
    disturb();
    second();
    disturb();
    const d = register();
    if (random.chance(70)) ctx.or(d, left, right);
    else if (random.chance(50)) ctx.xor(d, right, left);
    else ctx.add(d, left, right);
  }
  ctx.gotoPtr();
  return ctx;
}

it('changes nothing that the guest can see', () => {
  let [rotations, words, copies] = [0, 0, 0];
  for (let seed = 0; seed < 500; seed++) {
    const ctx = shifty(seed);
    const before = formatIr(ctx);
    const state = randomState(seed);
    const wanted = evalIr(ctx, cloneState(state)).state.globals;
    optimize(ctx);
    const after = formatIr(ctx);
    const report = `seed ${seed}\n${before}\n--- after\n${after}`;
    expect(() => verify(ctx), report).not.toThrow();
    expect(evalIr(ctx, cloneState(state)).state.globals, report).toEqual(wanted);
    if (after.includes('rotl_i64')) rotations++;
    if (after.includes('rotl_i32')) words++;
    if (/mov_i64 tmp\d+, r[\s\S]*rotl_i64 r\d, tmp/.test(after)) copies++;
  }
  // there were some of each kind
  expect([rotations, words, copies].map((n) => n > 20)).toEqual([true, true, true]);
});
