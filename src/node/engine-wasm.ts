import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './modules.js';

/** The engine's name, linked with the first of all targets, has no more to it. */
const FIRST_TARGET = 'riscv';

/** Path of the compiled engine, linked with a target. */
export function engineWasmPath(debug = false, target = FIRST_TARGET): string {
  const name = target === FIRST_TARGET ? 'wemu' : `wemu-${target}`;
  return join(packageFolder(), 'build', debug ? `${name}.debug.wasm` : `${name}.wasm`);
}

export function readEngineWasm(debug = false): Uint8Array<ArrayBuffer> {
  return readFileSync(engineWasmPath(debug));
}
