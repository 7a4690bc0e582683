/** The machines' end of a codegen worker. Each machine has a message port of its own; replies wait in a queue until its thread polls between slices. */
import type { CodegenThread, CodegenWorker, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';
import { LoadingWorker } from './loading-worker.js';

/** What comes by a machine's port; the worker lets go of the machine at null (not every browser tells it that a port was closed). */
export type PortMessage = WorkerMessage | null;

/** The worker that comes with the package. Written so that bundlers (Vite, webpack) see the worker's module and bundle it. */
export const defaultCodegenWorker = (): Worker =>
  new Worker(new URL('./codegen-worker.js', import.meta.url), { type: 'module', name: 'wemu-codegen' });

/** The end of a machine's connection that the machine has. */
export function connectTo(worker: LoadingWorker): MessagePort {
  const { port1, port2 } = new MessageChannel();
  worker.post(port2, [port2]);
  return port1;
}

export function codegenThread(createWorker: () => Worker): CodegenThread {
  let isDead = false;
  const worker = new LoadingWorker(createWorker, () => (isDead = true));
  return {
    get isDead() {
      return isDead;
    },
    connect: () => codegenWorker(connectTo(worker)),
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
