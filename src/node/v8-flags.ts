import { setFlagsFromString } from 'node:v8';
import { relaxedMaddModule } from '../tcg/wasm/relaxed-simd.js';

/**
 * What generated code needs of V8. For the whole process, so before its first worker and before anything of v8-cache.ts, which is of use under the same flags
 * only. Node 20 has relaxed SIMD (host's fused multiply-add) behind a flag; later ones have it, and do not know the flag any more.
 */
export function setV8Flags(): void {
  setFlagsFromString('--experimental-wasm-branch-hinting');
  if (!WebAssembly.validate(relaxedMaddModule())) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
