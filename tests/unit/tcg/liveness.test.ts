import { describe, expect, it } from 'vitest';
import { analyzeLiveness } from '../../../src/tcg/optimize.js';
import { parseIr } from '../../../src/tcg/text.js';
import { RANDOM_GLOBALS, RANDOM_HELPERS } from '../../support/ir-random.js';

const life = (text: string) => [...analyzeLiveness(parseIr(text, RANDOM_GLOBALS, RANDOM_HELPERS))];

describe('analyzeLiveness', () => {
  it('marks the last read of a temp, not of a global that the exit shows', () => {
    expect(life('add_i64 tmp0, r1, r2 ; add_i64 r3, tmp0, r1 ; goto_ptr')).toEqual([0, 0b010, 0]);
  });

  it('marks a global that is overwritten after its last read', () => {
    expect(life('add_i64 r3, r1, r2 ; mov_i64 r1, r3 ; goto_ptr')).toEqual([0b010, 0, 0]);
  });

  it('marks outputs that nobody reads', () => {
    expect(life('mov_i64 r1, r2 ; mov_i64 r1, r3 ; goto_ptr')).toEqual([0b001, 0, 0]);
  });

  it('keeps locals over labels, and temps over a conditional branch only', () => {
    expect(
      life(
        'mov_i64 loc0, r1 ; mov_i64 tmp0, r2 ; brcond_i64 loc0, tmp0, eq, $L0 ; mov_i64 r3, tmp0 ; set_label $L0 ; mov_i64 r4, loc0 ; goto_ptr',
      ),
    ).toEqual([0, 0, 0, 0b010, 0, 0b010, 0]);
  });
});
