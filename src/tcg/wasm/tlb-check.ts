/** The TLB check (assembly/shared/layout.ts) in wasm; tci and the slow paths have it from assembly/tlb/tables.ts. */
import { TLB_ENTRY_ADDEND, TLB_ENTRY_SIZE_BITS, TLB_ENTRY_TAG, TLB_INDEX_MASK } from '../../../assembly/shared/layout.js';
import type { TargetTraits } from '../target-traits.js';
import { I32, I64, Wasm, type Expr, type WasmModule } from './binaryen.js';

/** The pointer of a 32-bit address's entry, for tlbTag and tlbAddend. */
export function tlbEntry(m: WasmModule, { pageBits }: TargetTraits, low: Expr): Expr {
  const index = m.binary(Wasm.and[0], m.binary(Wasm.shrU[0], low, m.i32(pageBits - TLB_ENTRY_SIZE_BITS)), m.i32(TLB_INDEX_MASK));
  return m.envPlus(index);
}

/** The tag of an entry, and what is to be added to a guest address to get the host's. `table`: where it is, from env. */
export const tlbTag = (m: WasmModule, entry: Expr, table: number): Expr => m.load(8, false, I64, entry, m.envOffset(table + TLB_ENTRY_TAG));
export const tlbAddend = (m: WasmModule, entry: Expr, table: number): Expr =>
  m.load(4, false, I32, entry, m.envOffset(table + TLB_ENTRY_ADDEND));

/**
 * What the tag must be for an access of `bytes` bytes at `address`, and for a byte of it to be at a multiple of `alignment`, a power of two: the last one of those
 * whose distance from `address` is `aligned`, modulo `alignment`. That byte is in the page of the last one, if it is at such a multiple.
 */
export function wantedTag(m: WasmModule, { pageBits }: TargetTraits, address: Expr, bytes: number, alignment = 1, aligned = 0): Expr {
  const last = bytes - 1 - ((bytes - 1 - aligned) & (alignment - 1));
  const computed = last === 0 ? address : m.binary(Wasm.add[1], address, m.i64(BigInt(last)));
  return m.binary(Wasm.and[1], computed, m.i64((-1n << BigInt(pageBits)) | BigInt(alignment - 1)));
}
