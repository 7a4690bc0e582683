/** What regions of one target have in common, and how they are to be compiled. */
import type { HelperDef } from '../opcodes.js';
import type { Fact, RegionFacts } from './facts.js';
import type { TargetTraits } from '../target-traits.js';

/** `pass`: the one that has just run, and which fact it gave. */
export type VerifyRegion = (facts: Partial<RegionFacts>, target: TargetInfo, pass: string, given?: Fact) => void;

export interface TargetInfo {
  /** Env offset of each global. */
  readonly globalOffset: ArrayLike<number>;
  /** Globals that always hold zero-extended 32-bit values (GlobalDef.bits). */
  readonly words?: ReadonlySet<number>;
  /** Those that an instruction may have written before it is left and done again (GlobalDef.isNote). */
  readonly notes?: ReadonlySet<number>;
  readonly helpers: readonly HelperDef[];
  readonly traits: TargetTraits;
  /**
   * Where env is in linear memory, if the machine has one vCPU: the code has it as a constant, and reads no parameter. It takes no register then, and the TLB check is an addition
   * shorter. Absent: there may be several.
   */
  readonly env?: number | undefined;
  /** icount mode: the budget is exact at every TB. */
  readonly icount: boolean;
  /** Accesses off one base share a TLB check (default). */
  readonly tlbReuse?: boolean;
  /** Loops get a copy without TLB checks where they can (strip-plan.ts); default: as tlbReuse. */
  readonly strip?: boolean;
  /** The engine has a relaxed multiply-add that rounds once (relaxed-simd.ts; default: no). */
  readonly fusedMulAdd?: boolean;
  /** Looks at the region as it comes in, and after each pass: verifyRegion, which is loaded where it is wanted. A RegionError tells what a pass got wrong. */
  readonly verify?: VerifyRegion;
  /** The code tells the runtime of each of its stores (noteStore), which checks it against tci. */
  readonly lockstep?: boolean;
}

const NO_WORDS: ReadonlySet<number> = new Set();
export const wordsOf = ({ words }: TargetInfo): ReadonlySet<number> => words ?? NO_WORDS;
export const globalCountOf = ({ globalOffset }: TargetInfo): number => globalOffset.length;
