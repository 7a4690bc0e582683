/** The profiler's own module on Node: samples until it is ended. */
import { workerData } from 'node:worker_threads';
import { takeSample, type ProfileRequest } from '../accel/tcg/profile.js';

const { memory, cell, table, intervalMs } = workerData as ProfileRequest;
const words = new Int32Array(memory.buffer);
const counts = new Int32Array(table);
setInterval(() => takeSample(words, cell, counts), intervalMs);
