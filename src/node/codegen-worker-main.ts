/** The codegen worker's own module on Node. Messages wait in the port until somebody listens, so requests may come while it still loads. */
import { setFlagsFromString } from 'node:v8';
import { workerData } from 'node:worker_threads';
import { loadWithBinaryen } from './binaryen.js';
import { compileKept } from '../accel/tcg/codegen/compile-kept.js';
import type { CodegenInit, GenerateRequest, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import type { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { BinaryenWasm, CodegenWorkerData } from './codegen-worker.js';

/**
 * V8 never replaces a running wasm function, and counts its way up to the optimising compiler: generated code gets no other one, and no
 * lazy compilation, so that a module is finished here before the machine thread has it. Only for the moment of compiling, since what binaryen has no
 * kept code of, functions used once, is quicker with Liftoff. Dynamic tiering goes off with Liftoff, and does not come back by itself.
 *
 * V8's stack check, at every function's entry and every round of a loop, is for recursion and for interrupting what does not end. A region calls no region, and its
 * loops test the budget: it does without (5 to 11 % of the kernels' time). Not so kept code, of which nobody knows that it is what we made: without checks it could
 * overflow the host's stack.
 */
function compileOptimised(bytes: Uint8Array<ArrayBuffer>, stackChecks = false): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  if (!stackChecks) setFlagsFromString('--no-wasm-stack-checks');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of ['--liftoff', '--wasm-dynamic-tiering', '--wasm-lazy-compilation', '--wasm-stack-checks']) setFlagsFromString(flag);
  }
}

async function load(wasm: Promise<WebAssembly.Module>): Promise<CodegenService> {
  const service = await loadWithBinaryen('./codegen-worker-service', import.meta.url, wasm);
  const { CodegenService, createFrontend } = service as typeof import('./codegen-worker-service.js');
  return new CodegenService(createFrontend, compileOptimised);
}

const { port } = workerData as CodegenWorkerData;
let binaryenLoaded = (_wasm: WebAssembly.Module): void => {};
const loading = load(new Promise((resolve) => (binaryenLoaded = resolve)));

/** Kept code need not wait for what generates code. */
async function serve(message: CodegenInit | GenerateRequest): Promise<void> {
  const reply = (await loading).handle(message);
  if (reply) port.postMessage(reply);
}

port.on('message', (message: WorkerMessage | BinaryenWasm) => {
  if (message.kind === 'binaryen') binaryenLoaded(message.wasm);
  else if (message.kind === 'compile') port.postMessage(compileKept(message, (bytes) => compileOptimised(bytes, true)));
  else void serve(message);
});
