import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// In a process of its own, from dist/: a worker thread needs compiled modules, and how the process ends is what is to be seen.
const built = createRequire(import.meta.url)
  .resolve('wemu/node')
  .replace(/index\.js$/, 'codegen-worker.js');
const run = (script: string) =>
  promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `import { startCodegenWorker } from ${JSON.stringify(built)};\n${script}`],
    {
      timeout: 10_000,
    },
  );

it.each([
  ['is still loading', ''],
  ['is ended while it loads', 'worker.terminate();'],
  ['is somewhere in the middle of binaryen', 'await new Promise((resolve) => setTimeout(resolve, 120));'],
])('a process ends at once, and silently, while its worker %s', async (_, script) => {
  const { stdout, stderr } = await run(`
    const worker = startCodegenWorker();
    worker.post({ kind: 'init', memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }), target: 'riscv', config: {}, icount: false });
    ${script}
    console.log(Date.now());`);
  expect(stderr).toBe('');
  // From the end of the script to the end of the process, threads and all; a worker that keeps it alive never lets it end.
  expect(Date.now() - Number(stdout)).toBeLessThan(1000);
});
