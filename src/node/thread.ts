/** A thread of ours on Node. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { errorMessage } from '../util/errors.js';
import { tell } from './messages.js';
import { moduleUrl } from './modules.js';

/** Runs a module (named as in moduleUrl) in a thread that does not keep the process alive. One that cannot be loaded, or dies, is told as `what` being off. */
export function startThread(name: string, from: string, what: string, options: WorkerOptions): Worker {
  const worker = new Worker(moduleUrl(name, from), {
    ...options,
    // It inherits the process's options; given a list, it refuses those that are V8's or a process's. --input-type is an error for a file: then none.
    execArgv: process.execArgv.some((option) => option.startsWith('--input-type')) ? [] : undefined,
  });
  worker.on('error', (error) => tell(`${what} is off: ${errorMessage(error)}`));
  worker.unref();
  return worker;
}
