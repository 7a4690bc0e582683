/** Where the budget is tested: at each TB start where a loop goes round, in icount mode at all of them. What leads to a copy without checks has seen to it. */
import type { Cfg } from './cfg.js';
import type { Region } from './region.js';

export function findBudgetTests({ tbs }: Region, { blocks }: Cfg, icount: boolean): Uint8Array {
  return Uint8Array.from(blocks, ({ tb, isTbStart, isLoopHead }) => {
    const { strip, unchecked } = tbs[tb];
    return Number(isTbStart && !unchecked && (icount || isLoopHead || strip !== undefined));
  });
}
