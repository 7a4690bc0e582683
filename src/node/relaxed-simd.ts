import { setFlagsFromString } from 'node:v8';
import { relaxedMaddModule } from '../tcg/wasm/relaxed-simd.js';

/** Node 20 has relaxed SIMD (host's fused multiply-add) behind a flag; later ones have it, and do not know the flag any more. */
export function enableRelaxedSimd(): void {
  if (!WebAssembly.validate(relaxedMaddModule())) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
