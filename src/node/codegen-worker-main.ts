/** The codegen worker's own module on Node. Messages wait in the port until somebody listens, so requests may come while it still loads. */
import { setFlagsFromString } from 'node:v8';
import { workerData } from 'node:worker_threads';
import { compileKept } from '../accel/tcg/codegen/compile-kept.js';
import type { CodegenInit, GenerateRequest, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import type { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { CodegenWorkerData } from './codegen-worker.js';
import { enableRelaxedSimd } from './relaxed-simd.js';

/**
 * V8 never replaces a running wasm function, and counts its way up to the optimising compiler: generated code gets no other one, and no
 * lazy compilation, so that a module is finished here before the machine thread has it. Only for the moment of compiling, since binaryen
 * itself, some thousand functions used once, is quicker with Liftoff (0.16 s instead of 0.8 s for a first batch).
 */
function compileOptimised(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  setFlagsFromString('--experimental-wasm-branch-hinting');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

async function load(): Promise<CodegenService> {
  // binaryen is to be trusted, and most of its functions are never called: 10 ms instead of 35 to make its module. V8's flags hold for the
  // whole process, hence only for the moment, and the imports by hand.
  setFlagsFromString('--wasm-lazy-validation');
  const { CodegenService, createFrontend } = await import('./codegen-worker-service.js');
  setFlagsFromString('--no-wasm-lazy-validation');
  return new CodegenService(createFrontend, compileOptimised);
}

enableRelaxedSimd();
const { port, eager } = workerData as CodegenWorkerData;
let loading = eager ? load() : undefined;
let init: CodegenInit | undefined;

/** Loads what generates code when it is first asked for; with kept code that may be late or never. */
async function serve(message: CodegenInit | GenerateRequest): Promise<void> {
  if (message.kind === 'init') {
    init = message;
    if (message.kept) return;
  }
  const service = await (loading ??= load());
  if (init) service.handle(init);
  init = undefined;
  if (message.kind === 'init') return;
  const reply = service.handle(message);
  if (reply) port.postMessage(reply);
}

port.on('message', (message: WorkerMessage) => {
  if (message.kind === 'compile') port.postMessage(compileKept(message, compileOptimised));
  else void serve(message);
});
