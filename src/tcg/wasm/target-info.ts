/** What regions of one target have in common, and how they are to be compiled. */
import type { HelperDef } from '../opcodes.js';
import type { TargetTraits } from '../target-traits.js';

export interface TargetInfo {
  /** Env offset of each global. */
  readonly globalOffset: ArrayLike<number>;
  readonly helpers: readonly HelperDef[];
  readonly traits: TargetTraits;
  /** icount mode: the budget is exact at every TB. */
  readonly icount: boolean;
  /** Accesses off one base share a TLB check (default). */
  readonly tlbReuse?: boolean;
  /** Loops get a copy without TLB checks where they can (strip-plan.ts); default: as tlbReuse. */
  readonly strip?: boolean;
  /** The engine has a relaxed multiply-add that rounds once (relaxed-simd.ts; default: no). */
  readonly fusedMulAdd?: boolean;
  /** The region is verified after each pass (verify-region.ts): a RegionError tells what a pass got wrong. */
  readonly check?: boolean;
  /** The code tells the runtime of each of its stores (noteStore), which checks it against tci. */
  readonly lockstep?: boolean;
}

export const globalCountOf = ({ globalOffset }: TargetInfo): number => globalOffset.length;
