/**
 * The machines' end of a codegen worker on Node (codegen-worker-main.ts is the other). Each machine has a message port of its own. Its thread takes
 * replies with receiveMessageOnPort, between slices, without an event-loop turn. Only the worker makes a binaryen.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { CodegenThread, CodegenWorker, WorkerMessage, WorkerReply } from '../accel/tcg/codegen/protocol.js';
import { loadLeanBinaryenWasm } from './binaryen.js';
import { startThread } from './thread.js';
import { optimisesAtOnce, setV8Flags } from './v8-flags.js';

export interface CodegenWorkerData {
  readonly port: MessagePort;
}

/** To the worker, first of all: the lean one. */
export interface BinaryenWasm {
  readonly kind: 'binaryen';
  readonly wasm: WebAssembly.Module;
}

/** A machine's requests come by this port, until it is closed. */
export interface Connect {
  readonly kind: 'connect';
  readonly port: MessagePort;
}

export function startCodegenWorker(): CodegenThread {
  setV8Flags();
  const { port1, port2 } = new MessageChannel();
  // A worker that cannot be loaded or dies leaves its machines in tci: slow, and right.
  const thread = startThread('./codegen-worker-main', import.meta.url, 'code generation', {
    workerData: { port: port2 } satisfies CodegenWorkerData,
    transferList: [port2],
  });
  let isDead = false;
  thread.on('exit', () => (isDead = true));
  port1.unref();
  // Node needs 40 ms to start a thread: in the meantime this one does half of what is before it.
  port1.postMessage({ kind: 'binaryen', wasm: loadLeanBinaryenWasm() } satisfies BinaryenWasm);
  return {
    get isDead() {
      return isDead;
    },
    connect() {
      const { port1: own, port2: theirs } = new MessageChannel();
      port1.postMessage({ kind: 'connect', port: theirs } satisfies Connect, [theirs]);
      return codegenWorker(own);
    },
    terminate: () => port1.close(),
  };
}

/** ms between a machine's first request and the thread's start. A guest that has ended by then has no use for it, and its start is half of what such a guest costs. */
const PATIENCE_MS = 20;

/** A codegen worker that starts when a machine has had hot code for a while. */
export function patientCodegenWorker(start = startCodegenWorker, now = (): number => performance.now()): CodegenThread {
  let thread: CodegenThread | undefined;
  let asked: number | undefined;
  return {
    get isDead() {
      return thread?.isDead ?? false;
    },
    connect() {
      if (thread) return thread.connect();
      const waiting: WorkerMessage[] = [];
      let worker: CodegenWorker | undefined;
      return {
        compiler: compiler(),
        post(message) {
          if (worker) return worker.post(message);
          waiting.push(message);
          if (message.kind !== 'init') asked ??= now();
        },
        receive() {
          if (!worker && asked !== undefined && now() - asked >= PATIENCE_MS) {
            thread ??= start();
            worker = thread.connect();
            for (const message of waiting.splice(0)) worker.post(message);
          }
          return worker?.receive() ?? [];
        },
        close() {
          waiting.length = 0;
          worker?.close();
        },
      };
    },
    terminate: () => thread?.terminate(),
  };
}

const compiler = (): CodegenWorker['compiler'] => (optimisesAtOnce() ? 'optimising' : 'tiered');

function codegenWorker(port: MessagePort): CodegenWorker {
  port.unref();
  return {
    compiler: compiler(),
    post: (message: WorkerMessage) => port.postMessage(message),
    receive() {
      const replies: WorkerReply[] = [];
      for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) replies.push(got.message as WorkerReply);
      return replies;
    },
    close: () => port.close(),
  };
}
