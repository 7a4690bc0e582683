/**
 * How generated code is formed: the knobs that `-accel tcg,...` sets (src/cli/common/accel.ts), each independent of the others. The laboratory's
 * strategies are made of them. Plain data: a codegen worker gets a copy.
 */
import type { CodeCacheLimits } from './code-cache.js';
import { DEFAULT_LIMITS, type RegionLimits } from './regions.js';

export interface TcgTuning {
  /** Executions in tci before a TB goes to code generation, rounded up to a power of two; default: the generator's, which goes up and down with what a worker can do. */
  readonly threshold?: number;
  /** TBs are linked to the ones that follow them; without it every TB goes through the dispatcher, and is a function of its own. */
  readonly chain?: boolean;
  /** Returns, calls and jump tables that tci saw stay inside of a region. */
  readonly indirect?: boolean;
  /** Guest instructions of a region at most. */
  readonly regionSize?: number;
  /** TBs of a region at most; 1: a function a TB. */
  readonly regionTbs?: number;
  /** Regions that lead to one another all the time become one; default: unless their size is the user's, or nothing is linked. */
  readonly join?: boolean;
  /** Accesses off one base share a TLB check. */
  readonly tlbReuse?: boolean;
  /** Fused multiply-add is the host's own where it has one (default); else it is made of plain operations. */
  readonly fusedMulAdd?: boolean;
  /** The engine checks itself (docs/checking.md): each region is verified after each pass, and what cannot be made ends the run. Slow. */
  readonly check?: boolean;
  /** Generated code tells of its stores: the engine, a debug build, does it again in tci (assembly/lockstep.ts). A host's, where `check` is on. */
  readonly lockstep?: boolean;
  /** How much generated code there may be. */
  readonly cache?: CodeCacheLimits;
  /** binaryen passes that every module goes through, in order (src/tcg/wasm/passes.ts). */
  readonly passes?: readonly string[];
}

export const joinsRegions = ({ join, chain, regionSize, regionTbs }: TcgTuning = {}): boolean =>
  join ?? (chain !== false && regionSize === undefined && regionTbs === undefined);

export function regionLimits({ indirect, regionSize, regionTbs }: TcgTuning = {}): RegionLimits {
  return {
    ...DEFAULT_LIMITS,
    maxInsns: regionSize ?? DEFAULT_LIMITS.maxInsns,
    maxTbs: regionTbs ?? DEFAULT_LIMITS.maxTbs,
    indirect: indirect ?? DEFAULT_LIMITS.indirect,
  };
}
