/** The codegen worker's own module on Node. Messages wait in the ports until somebody listens, so requests may come while it still loads. */
import { workerData, type MessagePort } from 'node:worker_threads';
import { loadWithBinaryen } from './binaryen.js';
import { loadChecks } from './checks.js';
import { deserializeWasm } from './v8-cache.js';
import { compileOptimised } from './v8-flags.js';
import { compilePersistent } from '../accel/tcg/codegen/compile-persistent.js';
import type { CodegenInit, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import type { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { BinaryenWasm, CodegenWorkerData, Connect } from './codegen-worker.js';

async function load(wasm: Promise<WebAssembly.Module>): Promise<typeof import('./codegen-worker-service.js')> {
  return (await loadWithBinaryen('./codegen-worker-service', import.meta.url, wasm)) as typeof import('./codegen-worker-service.js');
}

let binaryenLoaded = (_wasm: WebAssembly.Module): void => {};
const loading = load(new Promise((resolve) => (binaryenLoaded = resolve)));

/** What its machine needs is there. */
async function prepared(service: Promise<CodegenService>, { target, tuning }: CodegenInit): Promise<CodegenService> {
  const [codegen, { loadIsa }] = await Promise.all([service, loading]);
  codegen.isa = await loadIsa(target);
  if (tuning?.check) codegen.verify = (await loadChecks()).verifyRegion;
  return codegen;
}

/** Serves one machine. What it asked for before it closed its port is not made any more. */
function connect(port: MessagePort): void {
  let service = loading.then(({ CodegenService }) => new CodegenService(compileOptimised));
  let isOpen = true;
  const serve = async (message: WorkerMessage): Promise<void> => {
    // persistent code need not wait for what generates code
    if (message.kind === 'compile') return port.postMessage(compilePersistent(message, compileOptimised, deserializeWasm));
    if (message.kind === 'init') service = prepared(service, message);
    const codegen = await service;
    const reply = isOpen && codegen.handle(message);
    if (reply) port.postMessage(reply);
  };
  port.on('message', (message: WorkerMessage) => void serve(message));
  port.on('close', () => (isOpen = false));
}

const { port } = workerData as CodegenWorkerData;
port.on('message', (message: BinaryenWasm | Connect) => {
  if (message.kind === 'binaryen') binaryenLoaded(message.wasm);
  else connect(message.port);
});
// Its own end, not from outside: V8's flags would stay as they are in the middle of a compilation.
port.on('close', () => process.exit());
