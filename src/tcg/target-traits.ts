/**
 * What generated code knows of a target beside its IR. What concerns addresses is compiled into its runtime, too (shared/traits.ts in its folder of
 * assembly/target).
 */
export interface TargetTraits {
  /** Instructions begin at multiples of 2 to this, and are fetched in such pieces. */
  readonly codeAlignBits: number;
  /** Bytes of the longest. Where that is more than such a piece, one may go on in the next page, and is a TB of its own then. */
  readonly maxInsnSize: number;
  /** Of virtual addresses. */
  readonly addressBits: 32 | 64;
  /** Of addresses within a page, the smallest there is: 12 or more. */
  readonly pageBits: number;
  /** The IR has addresses of code as the pc plus so much, and no others: a TB is right at any virtual address. */
  readonly pcRelative: boolean;
  /** The mmu indexes (a bit each) under which addresses are not translated: all of RAM is in one place then. */
  readonly untranslated: number;
  /** The key of a TB has a second word beside its flags, ENV_CS_BASE; else that is 0 for ever. */
  readonly csBase: boolean;
  /**
   * Of the IR's divisions. 'total': they may be given anything, and have the answers of docs/ir.md. 'guarded': the frontend sees to it that the divisor
   * is not 0 and that the quotient fits, of two 32-bit numbers into 32 bits; so generated code does not look again.
   */
  readonly division: 'total' | 'guarded';
  /** Of data, for who looks at it from outside: the IR says it for each access, and how code is read is for the frontend to know. */
  readonly endianness: 'little' | 'big';
  /** How an i64 holds a binary32 number that inline operations take and give: in a box of ones (others are left to the helper), or its bits alone. */
  readonly singles: 'boxed' | 'zero-extended';
}
