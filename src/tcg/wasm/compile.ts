/** A batch of regions to one wasm module. */
import { withBranchHints } from './branch-hints.js';
import { WasmModule } from './binaryen.js';
import { lowerRegion } from './lower-region.js';
import { tableOffsets, type Region } from './region.js';
import type { TargetInfo } from './target-info.js';

/** Pages that the shared memory may grow to: an import's maximum must not be below the memory's own. */
export const MAX_MEMORY_PAGES = 65536;

/**
 * The module exports function k of the batch as `k`: (env, entry) => TB exit. It imports the memory as `m.m`, the address of its table
 * (tableOffsets) as `m.t`, and what it calls of the runtime from `r` under the runtime's own export names.
 */
export function compileRegions(
  regions: readonly Region[],
  target: TargetInfo,
  inspect?: (module: WasmModule) => void,
): Uint8Array<ArrayBuffer> {
  const module = new WasmModule(target.env);
  try {
    module.importMemory(MAX_MEMORY_PAGES);
    module.importTable();
    const offsets = tableOffsets(regions.map(({ tbs }) => tbs.length));
    regions.forEach((region, k) => lowerRegion(module, `${k}`, region, target, offsets[k]));
    inspect?.(module);
    return withBranchHints(module.emitBinary(), target);
  } finally {
    module.dispose();
  }
}
