import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as layout from '../../assembly/shared/layout.js';
import type { Row } from '../../scripts/layout/engine.js';
import { layoutFiles, place } from '../../scripts/layout.js';

const root = new URL('../..', import.meta.url);

describe('the layout of linear memory', () => {
  it('is made from its table: node scripts/layout.js', async () => {
    for (const { file, text } of await layoutFiles()) expect(readFileSync(new URL(file, root), 'utf8'), file).toBe(text);
  });

  it('lies fields one after the other, as their types want it', () => {
    const rows: Row[] = [
      ['A', 'u8', 'x', 'x', ''],
      ['B', 'u32', 'x', 'x', ''],
      ['C', 'u64[2]', 'x', 'x', ''],
      ['D', 'ptr', 'x', 'x', ''],
    ];
    const { fields, size } = place({ prefix: 'S', rows });
    expect([...fields.map(({ offset }) => offset), size]).toEqual([0, 4, 8, 24, 32]);
  });

  it.each<[string, Row[], string]>([
    [
      'one begins in another',
      [
        ['A', 'u64', 'x', 'x', ''],
        ['B', 'u32', 'x', 'x', '', { at: 4 }],
      ],
      'S_B cannot be at 4',
    ],
    ['one is not aligned', [['A', 'u64', 'x', 'x', '', { at: 4 }]], 'S_A cannot be at 4'],
    ['a type is none', [['A', 'f32', 'x', 'x', '']], "no type 'f32'"],
  ])('is refused where %s', (_, rows, message) => expect(() => place({ prefix: 'S', rows })).toThrow(message));

  it('has together what one load reads', () => {
    expect([layout.ENV_EXIT_REQUEST - layout.ENV_BUDGET, layout.ENV_HALTED - layout.ENV_INTERRUPT_REQUEST]).toEqual([4, 4]);
    expect([layout.ENV_BUDGET % 8, layout.ENV_INTERRUPT_REQUEST % 8]).toEqual([0, 0]);
    expect(layout.TB_RECORD_SIZE % (layout.TB_EXIT_MASK + 1)).toBe(0);
    expect(layout.ENGINE_SIZE % 16).toBe(0);
  });
});
