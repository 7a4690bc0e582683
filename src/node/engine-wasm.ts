import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './modules.js';

/** Path of the compiled engine, linked with the target that has this runtime. */
export function engineWasmPath(debug = false, runtime = 'wemu'): string {
  return join(packageFolder(), 'build', `${runtime}${debug ? '.debug' : ''}.wasm`);
}

export function readEngineWasm(debug = false, runtime?: string): Uint8Array<ArrayBuffer> {
  return readFileSync(engineWasmPath(debug, runtime));
}
