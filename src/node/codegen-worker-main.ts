/** The codegen worker's own module on Node. Messages wait in the port until somebody listens, so requests may come while it still loads. */
import { workerData } from 'node:worker_threads';
import { loadWithBinaryen } from './binaryen.js';
import { compileOptimised } from './v8-flags.js';
import { compileKept } from '../accel/tcg/codegen/compile-kept.js';
import type { CodegenInit, GenerateRequest, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import type { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { BinaryenWasm, CodegenWorkerData } from './codegen-worker.js';

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
// Its own end, not from outside: V8's flags would stay as they are in the middle of a compilation.
port.on('close', () => process.exit());
