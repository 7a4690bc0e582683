/** The codegen worker in a browser: one module, both ends. Replies wait in a queue until the machine thread polls between slices. */
import { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { CodegenInit, CodegenWorker, GenerateReply, GenerateRequest } from '../accel/tcg/codegen/protocol.js';
import { createFrontend } from '../target/index.js';

const NAME = 'wemu-codegen';

export function startCodegenWorker(): CodegenWorker {
  const worker = new Worker(new URL(import.meta.url), { type: 'module', name: NAME });
  let replies: GenerateReply[] = [];
  worker.onmessage = (event: MessageEvent<GenerateReply>) => void replies.push(event.data);
  return {
    post: (message: CodegenInit | GenerateRequest) => worker.postMessage(message),
    receive() {
      const taken = replies;
      replies = [];
      return taken;
    },
    terminate: () => worker.terminate(),
  };
}

/** In the worker: no window, and the name that was given above. */
if (typeof window === 'undefined' && self.name === NAME) {
  const service = new CodegenService(createFrontend);
  self.onmessage = (event: MessageEvent<CodegenInit | GenerateRequest>) => {
    const reply = service.handle(event.data);
    if (reply) self.postMessage(reply);
  };
}
