/** binaryen on Node: its package in two files (scripts/build-binaryen.js), JavaScript as CommonJS and the wasm. */
import type binaryen from 'binaryen';
import { join } from 'node:path';
import { isBundled, loadModule, packageFolder } from './modules.js';
import { loadWasm, requireCached } from './v8-cache.js';

type Create = (options: {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
}) => Promise<typeof binaryen>;

const file = (extension: string): string => join(packageFolder(), `build/binaryen.${extension}`);

export function loadBinaryenWasm(): WebAssembly.Module {
  return loadWasm(file('wasm'));
}

/** `wasm`: its module, if another thread has loaded it. */
export async function loadBinaryen(wasm?: Promise<WebAssembly.Module>): Promise<typeof binaryen> {
  const create = requireCached(file('cjs')) as Create;
  const module = (await wasm) ?? loadBinaryenWasm();
  return create({ instantiateWasm: (imports, done) => done(new WebAssembly.Instance(module, imports)) });
}

/** A module of ours that uses binaryen. A bundled one is no ES module, and cannot wait for it itself. */
export async function loadWithBinaryen(name: string, from: string, wasm?: Promise<WebAssembly.Module>): Promise<unknown> {
  if (!isBundled(from)) return loadModule(name, from);
  // Inherited, since the bundle copies a module's own properties: 5 ms for binaryen's thousands.
  return loadModule(name, from, { '#binaryen': Object.create(await loadBinaryen(wasm)) });
}
