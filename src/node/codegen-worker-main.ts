/** The codegen worker's own module on Node. Messages wait in the ports until somebody listens, so requests may come while it still loads. */
import { workerData, type MessagePort } from 'node:worker_threads';
import { loadWithBinaryen } from './binaryen.js';
import { loadChecks } from './checks.js';
import { deserializeWasm } from './v8-cache.js';
import { compileOptimised } from './v8-flags.js';
import { compilePersistent } from '../accel/tcg/codegen/compile-persistent.js';
import type { CodegenInit, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';
import type { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { BinaryenWasm, CodegenWorkerData, Connect } from './codegen-worker.js';

type Codegen = typeof import('./codegen-worker-service.js');

/** Default: the whole. */
const load = async (wasm?: Promise<WebAssembly.Module>): Promise<Codegen> =>
  (await loadWithBinaryen('./codegen-worker-service', import.meta.url, wasm)) as Codegen;

let leanLoaded = (_wasm: WebAssembly.Module): void => {};
const lean = load(new Promise((resolve) => (leanLoaded = resolve)));
/** From the first function on that the lean binaryen does not have. */
let whole: Promise<Codegen> | undefined;

/** For a machine. What that needs is there then. */
async function makeService({ target, tuning }: CodegenInit): Promise<CodegenService> {
  const { CodegenService, loadIsa } = await (whole ?? lean);
  const service = new CodegenService(compileOptimised);
  service.isa = await loadIsa(target);
  if (tuning?.check) service.verify = (await loadChecks()).verifyRegion;
  return service;
}

/** Serves one machine. What it asked for before it closed its port is not made any more. */
function connect(port: MessagePort): void {
  let init: CodegenInit;
  let service: CodegenService | undefined;
  /** Of which binaryen `service` is. */
  let binaryen: typeof whole;
  let isOpen = true;
  const prepared = async (): Promise<CodegenService> => {
    // while this waits, another machine may have come to what the lean one lacks
    while (!service || binaryen !== whole) {
      binaryen = whole;
      service = await makeService(init);
      service.handle(init);
    }
    return service;
  };
  const handle = async (message: WorkerMessage): Promise<WorkerReply | undefined> => {
    if (message.kind === 'init') [init, service] = [message, undefined];
    const codegen = await prepared();
    if (message.kind === 'init' || !isOpen) return undefined;
    const reply = codegen.handle(message);
    if (binaryen || !(await lean).lacksFunction(reply)) return reply;
    whole ??= load();
    return handle(message);
  };
  const serve = async (message: WorkerMessage): Promise<void> => {
    const reply = isOpen && (await handle(message));
    if (reply) port.postMessage(reply);
  };
  let last: Promise<void> = Promise.resolve();
  port.on('message', (message: WorkerMessage) => {
    // persistent code need not wait for what generates code
    if (message.kind === 'compile') port.postMessage(compilePersistent(message, compileOptimised, deserializeWasm));
    else last = last.then(() => serve(message));
  });
  port.on('close', () => (isOpen = false));
}

const { port } = workerData as CodegenWorkerData;
port.on('message', (message: BinaryenWasm | Connect) => {
  if (message.kind === 'binaryen') leanLoaded(message.wasm);
  else connect(message.port);
});
// Its own end, not from outside: V8's flags would stay as they are in the middle of a compilation.
port.on('close', () => process.exit());
