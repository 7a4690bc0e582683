import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Path of the compiled engine. Asked of the package itself, so that it is the same from src/ (vitest) and from dist/. */
export function engineWasmPath(debug = false): string {
  return createRequire(import.meta.url).resolve(debug ? 'wemu/wemu.debug.wasm' : 'wemu/wemu.wasm');
}

export function readEngineWasm(debug = false): Uint8Array<ArrayBuffer> {
  return readFileSync(engineWasmPath(debug));
}
