/** The codegen worker of a browser: the worker's own module (codegen.ts has the other end). */
import type { CodegenInit, GenerateRequest } from '../accel/tcg/codegen/protocol.js';

type Message = CodegenInit | GenerateRequest;

// A worker delivers messages as soon as its module waits for something, and binaryen's module does: what comes before it is there must
// find a handler, or it is lost. Hence the imports by hand.
const early: Message[] = [];
self.onmessage = (event: MessageEvent<Message>) => void early.push(event.data);

const [{ CodegenService }, { createFrontend }] = await Promise.all([
  import('../accel/tcg/codegen/worker-service.js'),
  import('../target/index.js'),
]);
const service = new CodegenService(createFrontend);
const serve = (message: Message): void => {
  const reply = service.handle(message);
  if (reply) self.postMessage(reply);
};
self.onmessage = (event: MessageEvent<Message>) => serve(event.data);
early.forEach(serve);
