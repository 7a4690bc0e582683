import { describe, expect, it } from 'vitest';
import { eliminateDead, optimize, optimizeForward } from '../../../src/tcg/optimize.js';
import type { TcgContext } from '../../../src/tcg/context.js';
import { formatIr, parseIr } from '../../../src/tcg/text.js';
import { verify } from '../../../src/tcg/verify.js';
import { cloneState, evalIr, type EvalOptions } from '../../support/ir-eval.js';
import { RANDOM_GLOBALS, RANDOM_HELPERS, randomHelper, randomIr, randomState } from '../../support/ir-random.js';

const OPTIONS: EvalOptions = { callHelper: randomHelper, faults: (address) => (address & 0x700n) === 0x300n };
const IR = { helpers: true, ops: 40 };

/** The exit and the whole state after running ctx on three random states. */
function outcomes(ctx: TcgContext, seed: number) {
  return [1, 2, 3].map((n) => {
    const { exit, state } = evalIr(ctx, cloneState(randomState(seed * 4 + n)), OPTIONS);
    return { exit, globals: state.globals, memory: Buffer.from(state.memory).toString('hex'), env: Buffer.from(state.env).toString('hex') };
  });
}

describe.each([
  ['optimize', optimize],
  ['the forward pass', optimizeForward],
  ['dead code elimination', eliminateDead],
])('%s on random TBs', (_name, pass) => {
  it('changes nothing that the guest can see', () => {
    for (let seed = 0; seed < 300; seed++) {
      const ctx = randomIr(seed, IR);
      const before = formatIr(ctx);
      verify(ctx);
      const wanted = outcomes(ctx, seed);
      pass(ctx);
      const report = `seed ${seed}\n${before}\n--- after\n${formatIr(ctx)}\n`;
      expect(() => verify(ctx), report).not.toThrow();
      expect(outcomes(ctx, seed), report).toEqual(wanted);
    }
  });
});

describe('random TBs', () => {
  it('survive the textual form', () => {
    for (let seed = 0; seed < 50; seed++) {
      const text = formatIr(randomIr(seed, IR));
      expect(formatIr(parseIr(text, RANDOM_GLOBALS, RANDOM_HELPERS)).replace(/(tmp|loc)\d+/g, '$1')).toBe(
        text.replace(/(tmp|loc)\d+/g, '$1'),
      );
    }
  });

  it('are the same for the same seed', () => {
    expect(formatIr(randomIr(7, IR))).toBe(formatIr(randomIr(7, IR)));
    expect(formatIr(randomIr(7, IR))).not.toBe(formatIr(randomIr(8, IR)));
  });
});
