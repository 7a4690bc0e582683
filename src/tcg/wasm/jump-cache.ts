/** Where the runtime keeps the TB that a pc led to: what jumpCacheCell of assembly/tlb/jump-cache.ts says, for a pc that is known. */
import { ENV_JUMP_CACHE, ENV_JUMP_CACHE_HIGH, JUMP_CACHE_BITS, JUMP_CACHE_ENTRIES } from '../../../assembly/shared/layout.js';
import type { TargetTraits } from '../target-traits.js';

export interface JumpCacheCell {
  /** Env field that points to the cache. */
  readonly cache: number;
  /** Bytes from there. */
  readonly offset: number;
}

export function jumpCacheCell({ addressBits, codeAlignBits }: TargetTraits, pc: bigint): JumpCacheCell {
  const isUpper = ((pc >> BigInt(addressBits - 1)) & 1n) === 1n;
  const low = Number(BigInt.asUintN(32, pc));
  const index = ((low >>> codeAlignBits) ^ (low >>> (JUMP_CACHE_BITS + codeAlignBits))) & (JUMP_CACHE_ENTRIES - 1);
  return { cache: isUpper ? ENV_JUMP_CACHE_HIGH : ENV_JUMP_CACHE, offset: 4 * index };
}
