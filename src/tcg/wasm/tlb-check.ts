/** The TLB check (assembly/shared/layout.ts) in wasm; tci and the slow paths have it from assembly/tlb/tables.ts. */
import { TLB_ENTRY_ADDEND, TLB_ENTRY_SIZE_BITS, TLB_ENTRY_TAG, TLB_INDEX_MASK } from '../../../assembly/shared/layout.js';
import type { TargetTraits } from '../target-traits.js';
import { I32, I64, Wasm, type Expr, type WasmModule } from './binaryen.js';
import { ENV } from './function-locals.js';

/** The entry of a 32-bit address, less its table's offset from env. */
export function tlbEntry(m: WasmModule, { pageBits }: TargetTraits, low: Expr): Expr {
  const index = m.binary(Wasm.and[0], m.binary(Wasm.shrU[0], low, m.i32(pageBits - TLB_ENTRY_SIZE_BITS)), m.i32(TLB_INDEX_MASK));
  return m.binary(Wasm.add[0], m.get(ENV, I32), index);
}

/** The tag of an entry, and what is to be added to a guest address to get the host's. `table`: where it is, from env. */
export const tlbTag = (m: WasmModule, entry: Expr, table: number): Expr => m.load(8, false, I64, entry, table + TLB_ENTRY_TAG);
export const tlbAddend = (m: WasmModule, entry: Expr, table: number): Expr => m.load(4, false, I32, entry, table + TLB_ENTRY_ADDEND);

/** What the tag must be for an access of `bytes` bytes at `address`. `aligned`: and for its address to be a multiple of them, which must be a power of two. */
export function wantedTag(m: WasmModule, { pageBits }: TargetTraits, address: Expr, bytes: number, aligned = false): Expr {
  const last = aligned || bytes === 1 ? address : m.binary(Wasm.add[1], address, m.i64(BigInt(bytes - 1)));
  return m.binary(Wasm.and[1], last, m.i64((-1n << BigInt(pageBits)) | BigInt(aligned ? bytes - 1 : 0)));
}
