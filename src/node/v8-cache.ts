/**
 * What V8 made of our files when wemu was built (scripts/v8-cache.js), in `FILE.v8` beside each: bytecode of scripts, and of wasm modules TurboFan's machine
 * code. Without it a process spends its first 0.3 s on compiling the same JavaScript as the last one, and on finding out that tci is hot. It is only a
 * cache: what is not of this Node, this file or these V8 flags is left aside, and compiled as ever.
 */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { runInThisContext, Script } from 'node:vm';
import { checksum, writeWhole } from './disk/files.js';
import { readFully } from './disk/read.js';
import type { MachineCode } from '../accel/tcg/codegen/code-store.js';
import { compileOptimised, hasV8Flags, optimisesAtOnce, withV8Flags } from './v8-flags.js';

const KEY_SIZE = 256;

/**
 * Which Node, which version of the file, and a checksum of the cache: V8 itself looks at its own version and flags and at the CPU, but not at wasm bytes or how it was built, and takes
 * machine code as it comes.
 */
function keyOf(path: string, data: Uint8Array): string {
  const { version, versions, platform, arch, execPath } = process;
  const sizes = [statSync(execPath).size, statSync(path).size, data.length];
  return [version, versions.v8, platform, arch, ...sizes, checksum(data)].join(' ').padEnd(KEY_SIZE);
}

export function writeV8Cache(path: string, data: Uint8Array): void {
  // not synced: the checksum tells
  writeWhole(`${path}.v8`, Buffer.concat([Buffer.from(keyOf(path, data)), data]), { mode: 0o644, sync: false });
}

/** Undefined: there is none, or it is damaged or not of this Node or of this file. */
function readV8Cache(path: string): Uint8Array<ArrayBuffer> | undefined {
  const cache = `${path}.v8`;
  const stat = statSync(cache, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size <= KEY_SIZE || stat.mtimeMs < statSync(path).mtimeMs) return undefined;
  const fd = openSync(cache, 'r');
  try {
    const key = Buffer.alloc(KEY_SIZE);
    readFully(fd, key, null);
    // of its own, since V8 wants its buffer
    const data = new Uint8Array(stat.size - KEY_SIZE);
    return readFully(fd, data, null) === data.length && key.toString() === keyOf(path, data) ? data : undefined;
  } finally {
    closeSync(fd);
  }
}

/** What has run already, or is running. */
type Modules = Map<string, { readonly exports: unknown }>;

/** Runs a CommonJS file of ASCII without dynamic imports (scripts/bundle.js), and those beside it that it asks for; its exports. `provided`: modules that they get from here. */
export function requireCached(path: string, provided: Readonly<Record<string, unknown>> = {}, modules: Modules = new Map()): unknown {
  const known = modules.get(path);
  if (known) return known.exports;
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${readFileSync(path, 'latin1')}\n})`, {
    filename: path,
    cachedData: readV8Cache(path),
  });
  const require = createRequire(path);
  const module = { exports: {} };
  modules.set(path, module);
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  const load = (id: string): unknown =>
    /^\.\/[^/]*\.cjs$/.test(id) ? requireCached(join(dirname(path), id), provided, modules) : (provided[id] ?? require(id));
  run(module.exports, load, module, path, dirname(path));
  return module.exports;
}

/** Compiles a module that is known to be valid. */
export function loadWasm(path: string): WebAssembly.Module {
  const bytes = readFileSync(path);
  const kept = readV8Cache(path);
  const module = kept && deserializeWasm(kept, bytes);
  if (module) return module;
  // Most functions of binaryen are never called: 10 ms instead of 35.
  return withV8Flags(['--wasm-lazy-validation'], () => new WebAssembly.Module(bytes));
}

let serialize: Native<[WebAssembly.Module], ArrayBuffer | undefined> | null = null;
let deserialize: Native<[ArrayBuffer, Uint8Array], WebAssembly.Module | undefined> | null = null;

/** Its machine code, as far as it is TurboFan's. There must be some: V8 ends the process where there is none. */
export function serializeWasm(module: WebAssembly.Module): Uint8Array<ArrayBuffer> | undefined {
  if (serialize === null) serialize = native('SerializeWasmModule', 1);
  const code = serialize?.(module);
  return code && new Uint8Array(code);
}

/** A module of what serializeWasm gave, which V8 takes as it comes. Undefined: it was another V8's, under other flags or for another processor. */
export function deserializeWasm(code: Uint8Array<ArrayBuffer>, wasm: Uint8Array): WebAssembly.Module | undefined {
  if (deserialize === null) deserialize = native('DeserializeWasmModule', 2);
  return deserialize?.(code.buffer, wasm);
}

/**
 * Of generated modules of this process, for others of the same Node on the same kind of processor, with the same flags of V8. Undefined: some of them never have optimised
 * code here (serializeWasm), since V8 begins with Liftoff, or an option of the user's says so.
 */
export function v8MachineCode(): MachineCode | undefined {
  if (!optimisesAtOnce() || !isOptimised()) return undefined;
  const { version, versions, platform, arch, execPath } = process;
  const tag = withV8Flags([], cachedDataVersionTag);
  const engine = [version, versions.v8, platform, arch, statSync(execPath).size, tag].join(' ');
  return { engine: checksum(new TextEncoder().encode(engine)), of: serializeWasm };
}

/** Of a module that is compiled as generated ones are. */
function isOptimised(): boolean {
  // (func (export "f"))
  // prettier-ignore
  const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 0x0b);
  const { f } = new WebAssembly.Instance(compileOptimised(wasm)).exports;
  return native<[typeof f], boolean>('IsLiftoffFunction', 1)?.(f) === false;
}

/** Undefined: this V8 has none of that name. */
export type Native<P extends unknown[], R> = ((...args: P) => R) | undefined;

const NATIVES = ['--allow-natives-syntax'];

/** A function of V8's that it has for its own tests, and Node no call for. What other threads set for a moment is not set while it runs. */
export function native<P extends unknown[], R>(name: string, parameters: number): Native<P, R> {
  if (!hasV8Flags()) return undefined;
  const names = Array.from({ length: parameters }, (_, i) => `a${i}`).join();
  try {
    // in parentheses: compiled at once, while the flag is set
    const call = withV8Flags(NATIVES, () => runInThisContext(`(function(${names}){return %${name}(${names})})`)) as (...args: P) => R;
    // and again when it is called, for V8 forgets the bytecode of what was not called for a while
    return (...args) => withV8Flags(NATIVES, () => call(...args));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ReferenceError) return undefined;
    throw error;
  }
}
