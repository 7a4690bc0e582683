// Benchmarks, one a row. Quote ratios of medians from one run: the machines are noisy.
import { readEngineWasm } from '../src/node/index.js';

const RUNS = 9;

function median(run: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[RUNS >> 1];
}

const wasm = readEngineWasm();
const rows = {
  'compile the engine': median(() => new WebAssembly.Module(wasm)),
};
for (const [name, ms] of Object.entries(rows)) console.log(`${name.padEnd(32)} ${ms.toFixed(2)} ms`);
