/** wemu on Node: the core, and what only Node knows. */
export * from '../index.js';
export { engineWasmPath, readEngineWasm } from './engine-wasm.js';
