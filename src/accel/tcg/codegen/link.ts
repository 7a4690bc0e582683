/** Modules to functions: what generated code is linked with. */
import type { WasmExports } from '../../../util/web-assembly.js';
import type { LinkedModule } from './code-cache.js';

/** A host's part of it. */
export interface CodeLinker {
  readonly memory: WebAssembly.Memory;
  /** The runtime's exports: generated code calls them, and codeTableAlloc gives room for its own tables. */
  readonly runtime: WasmExports & { codeTableAlloc(bytes: number): number };
}

/** Undefined: the arena is full, and the next TB empties it. */
export function linkModule({ memory, runtime }: CodeLinker, module: WebAssembly.Module, tableBytes: number): LinkedModule | undefined {
  const table = runtime.codeTableAlloc(tableBytes) >>> 0;
  if (table === 0) return undefined;
  const imports = { m: { m: memory, t: new WebAssembly.Global({ value: 'i32' }, table) }, r: runtime };
  return { module, exports: new WebAssembly.Instance(module, imports).exports, table };
}
