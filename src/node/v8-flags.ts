import { setFlagsFromString } from 'node:v8';
import { relaxedMaddModule } from '../tcg/wasm/relaxed-simd.js';

/**
 * What generated code, and the thread that makes it, need of V8. For the whole process, so before its first worker and before anything of v8-cache.ts, which is of use under the same flags
 * only. Node 20 has relaxed SIMD (host's fused multiply-add) behind a flag; later ones have it, and do not know the flag any more.
 */
export function setV8Flags(): void {
  setFlagsFromString('--experimental-wasm-branch-hinting');
  // A codegen worker's young generation begins at this size, not at 1 MB: it collected garbage for 30 of its first 150 ms.
  setFlagsFromString('--min-semi-space-size=16');
  if (!WebAssembly.validate(relaxedMaddModule())) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
