/** What generated code knows of a target's addresses. The same constants are compiled into its runtime (shared/traits.ts in its folder of assembly/target). */
export interface TargetTraits {
  /** Instructions begin at multiples of 2 to this. */
  readonly codeAlignBits: number;
  /** Of virtual addresses. */
  readonly addressBits: 32 | 64;
}
