/** Where generated code looks for the TB of a pc. */
import { I32, I64, WasmModule } from '../../src/tcg/wasm/binaryen.js';
import { MAX_MEMORY_PAGES } from '../../src/tcg/wasm/compile.js';
import { jumpCacheCell } from '../../src/tcg/wasm/jump-cache.js';
import type { TargetTraits } from '../../src/tcg/target-traits.js';

/** jumpCacheCell as code: (env, pc) => address. */
export function jumpCacheFunction(memory: WebAssembly.Memory, traits: TargetTraits): (env: number, pc: bigint) => number {
  const m = new WasmModule();
  m.importMemory(MAX_MEMORY_PAGES);
  const cell = jumpCacheCell(m, traits, () => m.get(1, I64));
  m.addFunction('0', [I32, I64], I32, [], cell);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.emitBinary()), { m: { m: memory } });
  m.dispose();
  return exports['0'] as (env: number, pc: bigint) => number;
}
