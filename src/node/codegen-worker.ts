/**
 * The machine's end of a codegen worker on Node (codegen-worker-main.ts is the other). The machine thread takes replies with
 * receiveMessageOnPort, between slices, without an event-loop turn. Only the worker makes a binaryen.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { CodegenWorker, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';
import { loadBinaryenWasm } from './binaryen.js';
import { startThread } from './thread.js';
import { hasV8Flags, setV8Flags } from './v8-flags.js';

export interface CodegenWorkerData {
  readonly port: MessagePort;
}

/** To the worker, first of all. */
export interface BinaryenWasm {
  readonly kind: 'binaryen';
  readonly wasm: WebAssembly.Module;
}

export function startCodegenWorker(): CodegenWorker {
  setV8Flags();
  const { port1, port2 } = new MessageChannel();
  // A worker that cannot be loaded or dies leaves the machine in tci: slow, and right.
  startThread('./codegen-worker-main', import.meta.url, 'code generation', {
    workerData: { port: port2 } satisfies CodegenWorkerData,
    transferList: [port2],
  });
  port1.unref();
  // Node needs 40 ms to start a thread: in the meantime this one does half of what is before it.
  port1.postMessage({ kind: 'binaryen', wasm: loadBinaryenWasm() } satisfies BinaryenWasm);
  return {
    compiler: hasV8Flags() ? 'optimising' : 'tiered',
    post: (message: WorkerMessage) => port1.postMessage(message),
    receive() {
      const replies: WorkerReply[] = [];
      for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1)) replies.push(got.message as WorkerReply);
      return replies;
    },
    terminate: () => port1.close(),
  };
}
