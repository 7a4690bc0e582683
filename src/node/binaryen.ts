/** binaryen on Node: its package in two files (scripts/build-binaryen.js), JavaScript as CommonJS and the wasm. */
import type binaryen from 'binaryen';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isBundled, loadModule } from './modules.js';
import { loadWasm, requireCached } from './v8-cache.js';

type Create = (options: {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
}) => Promise<typeof binaryen>;

export async function loadBinaryen(): Promise<typeof binaryen> {
  const build = join(dirname(createRequire(import.meta.url).resolve('wemu/package.json')), 'build');
  const create = requireCached(join(build, 'binaryen.cjs')) as Create;
  return create({
    instantiateWasm: (imports, done) => done(new WebAssembly.Instance(loadWasm(join(build, 'binaryen.wasm')), imports)),
  });
}

/** A module of ours that uses binaryen. A bundled one is no ES module, and cannot wait for it itself. */
export async function loadWithBinaryen(name: string, from: string): Promise<unknown> {
  if (!isBundled(from)) return loadModule(name, from);
  // Inherited, since the bundle copies a module's own properties: 5 ms for binaryen's thousands.
  return loadModule(name, from, { '#binaryen': Object.create(await loadBinaryen()) });
}
