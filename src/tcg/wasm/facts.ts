/** What passes find out about a region, and lowering reads (pipeline.ts). */
import type { GroupedAccess } from './access-groups.js';
import type { Cfg } from './cfg.js';
import type { GlobalFlow } from './global-flow.js';
import type { InlineExits } from './inline-exits.js';
import type { Region } from './region.js';
import type { SharedTemps } from './shared-temps.js';
import type { ValueWidths } from './value-widths.js';

export interface RegionFacts {
  readonly region: Region;
  readonly cfg: Cfg;
  /** By block: 1 if the budget is tested at its start. */
  readonly budgetTests: Uint8Array;
  /** Globals that are held as binary64 numbers. */
  readonly floats: ReadonlySet<number>;
  readonly inlineExits: InlineExits;
  /** By TB: it may end under other TB flags than it began. */
  readonly flagChanges: readonly boolean[];
  /** By block: 1 if what is dirty is written back before its last op. */
  readonly writeBacks: Uint8Array;
  readonly flow: GlobalFlow;
  readonly sharedTemps: SharedTemps;
  readonly widths: ValueWidths;
  /** By block, by op: accesses that share a TLB check. */
  readonly groups: readonly ReadonlyMap<number, GroupedAccess>[];
}

export type Fact = keyof RegionFacts;
