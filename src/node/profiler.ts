/** The profiler's thread on Node (profiler-main.ts is its module). */
import { Worker } from 'node:worker_threads';
import type { ProfileRequest } from '../accel/tcg/profile.js';
import { moduleUrl } from './modules.js';

export function startProfiler(request: ProfileRequest): () => void {
  const worker = new Worker(moduleUrl('./profiler-main', import.meta.url), {
    workerData: request,
    execArgv: process.execArgv.filter((option) => !option.startsWith('--input-type')),
  });
  worker.on('error', (error) => console.error(`wemu: the profiler is off: ${error instanceof Error ? error.message : String(error)}`));
  worker.unref();
  return () => void worker.terminate();
}
