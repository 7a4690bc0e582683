/** The codegen worker of a browser: the worker's own module (codegen.ts has the other end). */
import type { WorkerMessage } from '../accel/tcg/codegen/protocol.js';

// A worker delivers messages as soon as its module waits for something, and binaryen's module does: what comes before it is there must
// find a handler, or it is lost. Hence the imports by hand.
const early: WorkerMessage[] = [];
self.onmessage = (event: MessageEvent<WorkerMessage>) => void early.push(event.data);

const [{ CodegenService }, { createFrontend }] = await Promise.all([
  import('../accel/tcg/codegen/worker-service.js'),
  import('../targets.js'),
]);
const service = new CodegenService(createFrontend);
const serve = (message: WorkerMessage): void => {
  const reply = service.handle(message);
  if (reply) self.postMessage(reply);
};
self.onmessage = (event: MessageEvent<WorkerMessage>) => serve(event.data);
early.forEach(serve);
