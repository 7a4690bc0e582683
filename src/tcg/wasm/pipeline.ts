/**
 * The passes that a region goes through before it is lowered (lower-region.ts), in order. The first ones make another region; the others find out about
 * it what lowering reads. A pass is one file with one job; here is what it needs and what it gives.
 */
import { groupRegion } from './access-groups.js';
import { findBudgetTests } from './budget-tests.js';
import { buildCfg } from './cfg.js';
import type { Fact, RegionFacts } from './facts.js';
import { findFlagChanges } from './flag-changes.js';
import { floatGlobals } from './float-globals.js';
import { GlobalFlow } from './global-flow.js';
import { findInlineExits } from './inline-exits.js';
import { peelEntries } from './peel.js';
import type { Region } from './region.js';
import { findSharedTemps } from './shared-temps.js';
import { stripLoops } from './strip-plan.js';
import { globalCountOf, wordsOf, type TargetInfo } from './target-info.js';
import { ValueWidths } from './value-widths.js';
import { findWriteBacks } from './write-backs.js';

export interface RegionPass {
  readonly name: string;
  readonly needs: readonly Fact[];
  readonly gives: Fact;
  readonly run: (facts: RegionFacts, target: TargetInfo) => RegionFacts[Fact];
}

/** A row of the list: `run` sees the facts that it names, and no others. */
function pass<N extends Fact, G extends Fact>(
  name: string,
  needs: readonly N[],
  gives: G,
  run: (facts: Pick<RegionFacts, N>, target: TargetInfo) => RegionFacts[G],
): RegionPass {
  return { name, needs, gives, run };
}

// prettier-ignore
export const REGION_PASSES: readonly RegionPass[] = [
  pass('peel', ['region'], 'region',
    ({ region }, target) => peelEntries(region, globalCountOf(target), wordsOf(target))),
  pass('strip', ['region'], 'region',
    ({ region }, target) => (target.strip ?? target.tlbReuse ?? true) ? stripLoops(region, target.helpers, globalCountOf(target), target.traits.addressBits) : region),
  pass('cfg', ['region'], 'cfg',
    ({ region }) => buildCfg(region)),
  pass('budget-tests', ['region', 'cfg'], 'budgetTests',
    ({ region, cfg }, { icount }) => findBudgetTests(region, cfg, icount)),
  pass('float-globals', ['region'], 'floats',
    ({ region }, target) => floatGlobals(region, target.helpers, globalCountOf(target), target.words)),
  pass('inline-exits', ['region'], 'inlineExits',
    ({ region }, target) => findInlineExits(region, target.helpers, globalCountOf(target), target.notes)),
  pass('flag-changes', ['region'], 'flagChanges',
    ({ region }, { helpers }) => findFlagChanges(region, helpers)),
  pass('write-backs', ['region', 'cfg'], 'writeBacks',
    ({ region, cfg }) => findWriteBacks(region, cfg)),
  pass('global-flow', ['region', 'cfg', 'budgetTests', 'writeBacks', 'inlineExits'], 'flow',
    ({ region, cfg, budgetTests, writeBacks, inlineExits }, target) =>
      new GlobalFlow(region, cfg, target.helpers, globalCountOf(target), budgetTests, writeBacks, inlineExits.has)),
  pass('shared-temps', ['region', 'cfg'], 'sharedTemps',
    ({ region, cfg }) => findSharedTemps(region, cfg)),
  pass('value-widths', ['region', 'cfg', 'sharedTemps', 'floats', 'inlineExits'], 'widths',
    ({ region, cfg, sharedTemps, floats, inlineExits }, target) =>
      new ValueWidths(region, cfg, target.helpers, globalCountOf(target), sharedTemps, floats, inlineExits.has, wordsOf(target))),
  pass('access-groups', ['region', 'cfg'], 'groups',
    ({ region, cfg }, target) => groupRegion(region, cfg, target)),
];

/** All that is known of a region when it is lowered. `observe` is called with the region as it came in (undefined), and after each pass. */
export function runPasses(
  original: Region,
  target: TargetInfo,
  observe?: (pass: RegionPass | undefined, facts: Partial<RegionFacts>) => void,
): RegionFacts {
  let facts: Partial<RegionFacts> = { region: original };
  target.verify?.(facts, target, 'the frontend');
  observe?.(undefined, facts);
  for (const pass of REGION_PASSES) {
    facts = { ...facts, [pass.gives]: pass.run(facts as RegionFacts, target) };
    target.verify?.(facts, target, pass.name, pass.gives);
    observe?.(pass, facts);
  }
  return facts as RegionFacts;
}
