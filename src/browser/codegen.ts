/** The machines' end of a codegen worker. Each machine has a message port of its own; replies wait in a queue until its thread polls between slices. */
import type { CodegenThread, CodegenWorker, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';

/** What comes by a machine's port; the worker lets go of the machine at null (not every browser tells it that a port was closed). */
export type PortMessage = WorkerMessage | null;

/** The worker that comes with the package. Written so that bundlers (Vite, webpack) see the worker's module and bundle it. */
export const defaultCodegenWorker = (): Worker =>
  new Worker(new URL('./codegen-worker.js', import.meta.url), { type: 'module', name: 'wemu-codegen' });

export function codegenThread(worker: Worker): CodegenThread {
  let isDead = false;
  // A worker that cannot be loaded or dies leaves its machines in tci: slow, and right.
  worker.onerror = (event) => {
    isDead = true;
    console.error(`wemu: code generation is off: ${event.message ?? 'the worker cannot be loaded'}`);
  };
  return {
    get isDead() {
      return isDead;
    },
    connect() {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(port2, [port2]);
      return codegenWorker(port1);
    },
    terminate: () => worker.terminate(),
  };
}

/** A machine's way to it, by a port that the worker has the other end of. */
export function codegenWorker(port: MessagePort): CodegenWorker {
  let replies: WorkerReply[] = [];
  port.onmessage = (event: MessageEvent<WorkerReply>) => void replies.push(event.data);
  const post = (message: PortMessage): void => port.postMessage(message);
  return {
    compiler: 'tiered',
    post,
    receive() {
      const taken = replies;
      replies = [];
      return taken;
    },
    close() {
      post(null);
      port.close();
    },
  };
}
