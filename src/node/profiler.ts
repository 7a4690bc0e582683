/** The profiler's thread on Node (profiler-main.ts is its module). */
import type { ProfileRequest } from '../accel/tcg/profile.js';
import { startThread } from './thread.js';

export function startProfiler(request: ProfileRequest): () => void {
  const worker = startThread('./profiler-main', import.meta.url, 'the profiler', { workerData: request });
  return () => void worker.terminate();
}
