/**
 * The machine's end of a codegen worker on Node (codegen-worker-main.ts is the other). The machine thread takes replies with
 * receiveMessageOnPort, between slices, without an event-loop turn. Nothing here loads binaryen: only the worker does.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { CodegenInit, CodegenWorker, GenerateReply, GenerateRequest } from '../accel/tcg/codegen/protocol.js';

export function startCodegenWorker(): CodegenWorker {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./codegen-worker-main.js', import.meta.url), { workerData: port2, transferList: [port2] });
  // Neither end keeps the process alive.
  worker.unref();
  port1.unref();
  return {
    post: (message: CodegenInit | GenerateRequest) => port1.postMessage(message),
    receive() {
      const replies: GenerateReply[] = [];
      for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1)) replies.push(got.message as GenerateReply);
      return replies;
    },
    terminate() {
      port1.close();
      void worker.terminate();
    },
  };
}
