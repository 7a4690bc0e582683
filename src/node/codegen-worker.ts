/** The codegen worker on Node: one file, both ends. The machine thread takes replies with receiveMessageOnPort, between slices, without an event-loop turn. */
import { setFlagsFromString } from 'node:v8';
import { isMainThread, MessageChannel, receiveMessageOnPort, Worker, workerData, type MessagePort } from 'node:worker_threads';
import { CodegenService } from '../accel/tcg/codegen/worker-service.js';
import type { CodegenInit, CodegenWorker, GenerateReply, GenerateRequest } from '../accel/tcg/codegen/protocol.js';
import { createFrontend } from '../target/index.js';

const ROLE = 'wemu-codegen';

export function startCodegenWorker(): CodegenWorker {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(import.meta.url), { workerData: { role: ROLE, port: port2 }, transferList: [port2] });
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

/**
 * V8 never replaces a running wasm function, and counts its way up to the optimising compiler: generated code gets no other one, and no
 * lazy compilation, so that a module is finished here before the machine thread has it. Only for the moment of compiling, since binaryen
 * itself, some thousand functions used once, is quicker with Liftoff (0.16 s instead of 0.8 s for a first batch).
 */
export function compileOptimised(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  setFlagsFromString('--experimental-wasm-branch-hinting');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

function serve(port: MessagePort): void {
  const service = new CodegenService(createFrontend, compileOptimised);
  port.on('message', (message: CodegenInit | GenerateRequest) => {
    const reply = service.handle(message);
    if (reply) port.postMessage(reply);
  });
}

const data = workerData as { role?: string; port: MessagePort } | null;
if (!isMainThread && data?.role === ROLE) serve(data.port);
