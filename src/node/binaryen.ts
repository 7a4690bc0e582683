/** binaryen on Node: its package in two files (scripts/build-binaryen.js), JavaScript as CommonJS and the wasm: the whole, or what code generation uses of it. */
import type binaryen from 'binaryen';
import { join } from 'node:path';
import { isBundled, loadModule, packageFolder } from './modules.js';
import { loadWasm, requireCached } from './v8-cache.js';

type Create = (options: {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
}) => Promise<typeof binaryen>;

const file = (extension: string): string => join(packageFolder(), `build/binaryen.${extension}`);

/** A thirteenth of the whole, which takes 20 ms less to read and to make an instance of; whoever uses it can go on with the whole (lacksFunction). */
export function loadLeanBinaryenWasm(): WebAssembly.Module {
  return loadWasm(file('lean.wasm'));
}

/** `wasm`: its module, if another thread has loaded it; default: the whole. */
export async function loadBinaryen(wasm?: Promise<WebAssembly.Module>): Promise<typeof binaryen> {
  const create = requireCached(file('cjs')) as Create;
  const module = (await wasm) ?? loadWasm(file('wasm'));
  return create({ instantiateWasm: (imports, done) => done(new WebAssembly.Instance(module, imports)) });
}

/** A module of ours that uses binaryen. A bundled one is no ES module, and cannot wait for it itself. */
export async function loadWithBinaryen(name: string, from: string, wasm?: Promise<WebAssembly.Module>): Promise<unknown> {
  if (!isBundled(from)) return loadModule(name, from);
  // Inherited, since the bundle copies a module's own properties: 5 ms for binaryen's thousands.
  return loadModule(name, from, { '#binaryen': Object.create(await loadBinaryen(wasm)) });
}
