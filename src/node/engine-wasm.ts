import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './modules.js';

/** Path of the compiled engine. */
export function engineWasmPath(debug = false): string {
  return join(packageFolder(), 'build', debug ? 'wemu.debug.wasm' : 'wemu.wasm');
}

export function readEngineWasm(debug = false): Uint8Array<ArrayBuffer> {
  return readFileSync(engineWasmPath(debug));
}
