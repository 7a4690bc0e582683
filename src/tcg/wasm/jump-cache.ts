/** Where the runtime keeps the TB that a pc led to: what jumpCacheCell of assembly/tlb/jump-cache.ts says. */
import { ENV_JUMP_CACHE, ENV_JUMP_CACHE_HIGH, JUMP_CACHE_BITS, JUMP_CACHE_ENTRIES } from '../../../assembly/shared/layout.js';
import type { TargetTraits } from '../target-traits.js';
import { I32, Wasm, WRAP, type Expr, type WasmModule } from './binaryen.js';

/** The address of a pc's cell. */
export function jumpCacheCell(m: WasmModule, { addressBits, codeAlignBits }: TargetTraits, pc: () => Expr): Expr {
  const low = (): Expr => m.unary(WRAP, pc());
  const isUpper = m.unary(WRAP, m.binary(Wasm.shrU[1], pc(), m.i64(BigInt(addressBits - 1))));
  const field = m.binary(Wasm.mul[0], isUpper, m.i32(ENV_JUMP_CACHE_HIGH - ENV_JUMP_CACHE));
  const cache = m.load(4, false, I32, m.envPlus(field), m.envOffset(ENV_JUMP_CACHE));
  // a cell has four bytes
  const [near, far] = [codeAlignBits - 2, JUMP_CACHE_BITS + codeAlignBits - 2];
  const shifted = (by: number): Expr => (by === 0 ? low() : m.binary(by > 0 ? Wasm.shrU[0] : Wasm.shl[0], low(), m.i32(Math.abs(by))));
  const index = m.binary(Wasm.xor[0], shifted(near), shifted(far));
  return m.binary(Wasm.add[0], cache, m.binary(Wasm.and[0], index, m.i32(4 * (JUMP_CACHE_ENTRIES - 1))));
}
