/** The machine's end of a codegen worker. Replies wait in a queue until the machine thread polls between slices. */
import type { CodegenWorker, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';

/** The worker that comes with the package. Written so that bundlers (Vite, webpack) see the worker's module and bundle it. */
export const defaultCodegenWorker = (): Worker =>
  new Worker(new URL('./codegen-worker.js', import.meta.url), { type: 'module', name: 'wemu-codegen' });

export function codegenWorker(worker: Worker): CodegenWorker {
  let replies: WorkerReply[] = [];
  worker.onmessage = (event: MessageEvent<WorkerReply>) => void replies.push(event.data);
  // A worker that cannot be loaded or dies leaves the machine in tci: slow, and right.
  worker.onerror = (event) => console.error(`wemu: code generation is off: ${event.message ?? 'the worker cannot be loaded'}`);
  return {
    compiler: 'tiered',
    post: (message: WorkerMessage) => worker.postMessage(message),
    receive() {
      const taken = replies;
      replies = [];
      return taken;
    },
    terminate: () => worker.terminate(),
  };
}
