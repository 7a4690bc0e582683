import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { embeddedGuestPath } from './embedded-guest.js';
import type { CodegenThread, WorkerMessage } from '../accel/tcg/codegen/protocol.js';
import { patientCodegenWorker } from './codegen-worker.js';
import { packageFolder } from './modules.js';
import { optimisesAtOnce } from './v8-flags.js';

// In a process of its own, from dist/: a worker thread needs compiled modules, and how the process ends is what is to be seen.
const built = createRequire(import.meta.url)
  .resolve('wemu/node')
  .replace(/index\.js$/, 'codegen-worker.js');
const run = (script: string, options: readonly string[] = []) =>
  promisify(execFile)(
    process.execPath,
    [...options, '--input-type=module', '-e', `import { startCodegenWorker } from ${JSON.stringify(built)};\n${script}`],
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
    worker.connect().post({ kind: 'init', memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }), target: 'riscv', config: {}, icount: false });
    ${script}
    console.log(Date.now());`);
  expect(stderr).toBe('');
  // From the end of the script to the end of the process, threads and all; a worker that keeps it alive never lets it end.
  expect(Date.now() - Number(stdout)).toBeLessThan(1000);
});

it('what the lean binaryen lacks is had from the whole', async () => {
  // its optimisers are not in there
  const accel = 'tcg,code-cache=off,passes=ssa-nomerge+simplify-locals+vacuum';
  const args = ['embedded', '--append', 'quiet=1 scale=30 run=int', '--accel', accel, '--stats', 'json'];
  const { stderr } = await promisify(execFile)(process.execPath, [join(packageFolder(), 'dist/bundle/start.cjs'), ...args]);
  const { wasm } = JSON.parse(stderr) as { wasm: { regions: number; errors: number; lastError: string } };
  expect(wasm).toMatchObject({ errors: 0, lastError: '' });
  expect(wasm.regions).toBeGreaterThan(0);
});

it('code that V8 compiles later has the stack checks that regions do without', async () => {
  const { stdout } = await run(`
    const { watch } = await import(${JSON.stringify(built.replace(/node\/codegen-worker\.js$/, 'lab/run.js'))});
    const { createNodeHost } = await import(${JSON.stringify(built.replace(/codegen-worker\.js$/, 'host.js'))});
    const { readFileSync } = await import('node:fs');
    const kernel = readFileSync(${JSON.stringify(embeddedGuestPath())});
    const { counters } = await watch({ machine: 'virt', bios: 'none', kernel, append: 'quiet=1 scale=20 run=int' }, await createNodeHost({}));
    console.log(counters.modules > 0);
    // (func (export "f") (call 0))
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 0x10, 0, 0x0b);
    try {
      new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f();
    } catch (error) {
      console.log(error.name);
    }
    process.exit(0);`);
  expect(stdout).toBe('true\nRangeError\n');
});

describe.skipIf(!optimisesAtOnce())('machine code of a module', () => {
  /** Two processes: one tells the machine code of the wasm, the other makes a module of it, under `flags`. */
  const through = async (flags: readonly string[]): Promise<string> => {
    // (func (export "f") (result i32) (i32.const 42))
    const wasm =
      'Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 0x41, 42, 0x0b)';
    const ask = `
      const { serializeWasm, v8MachineCode } = await import(${JSON.stringify(built.replace(/codegen-worker\.js$/, 'v8-cache.js'))});
      const worker = startCodegenWorker().connect();
      const compile = async (message) => {
        worker.post({ kind: 'compile', id: 1, ...message });
        for (;;) {
          const [reply] = worker.receive();
          if (reply) return reply;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      const call = (module) => {
        const { f } = new WebAssembly.Instance(module).exports;
        return f();
      };`;
    const { stdout } = await run(`${ask}
      const { module, isLoaded } = await compile({ wasm: ${wasm} });
      call(module);
      console.log(isLoaded, Buffer.from(serializeWasm(module)).toString('base64'), v8MachineCode().engine);
      process.exit(0);`);
    const [isLoaded, code] = stdout.split(' ');
    expect([isLoaded, code.length > 100]).toEqual(['false', true]);
    const second = `${ask}
      const { module, isLoaded } = await compile({ wasm: ${wasm}, machineCode: new Uint8Array(Buffer.from('${code}', 'base64')) });
      console.log(isLoaded, call(module), v8MachineCode().engine === ${stdout.split(' ')[2]});
      process.exit(0);`;
    return (await run(second, flags)).stdout;
  };

  it('is taken by another process', async () => {
    expect(await through([])).toBe('true 42 true\n');
  });
  it('is none under --liftoff-only', async () => {
    const { stdout } = await run(
      `const { v8MachineCode } = await import(${JSON.stringify(built.replace(/codegen-worker\.js$/, 'v8-cache.js'))});
       console.log(v8MachineCode());
       process.exit(0);`,
      ['--liftoff-only'],
    );
    expect(stdout).toBe('undefined\n');
  });
  it('is not taken under other flags of V8: it is compiled again', async () => {
    expect(await through(['--no-wasm-bounds-checks'])).toBe('false 42 false\n');
  });
});

it('a worker that is ended in the middle of a compilation leaves V8 as it was', async () => {
  const { stdout } = await run(
    `
    const { readFileSync } = await import('node:fs');
    const thread = startCodegenWorker();
    const worker = thread.connect();
    // half a second in the optimising compiler, and more
    for (let id = 0; id < 5; id++) {
      const wasm = Buffer.concat([readFileSync(${JSON.stringify(join(packageFolder(), 'build/wemu.wasm'))}), Buffer.of(0, 2, 1, id)]);
      worker.post({ kind: 'compile', id, wasm: Uint8Array.from(wasm) });
    }
    while (worker.receive().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    thread.terminate();
    // (func (export "f")); modules of the same bytes share their code
    const wasm = (n) => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 0x0b, 0, 2, 1, n);
    let isBack = false;
    for (let n = 0; n < 100 && !isBack; n++) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      const { f } = new WebAssembly.Instance(new WebAssembly.Module(wasm(n))).exports;
      f();
      isBack = %IsLiftoffFunction(f);
    }
    console.log(isBack);
    process.exit(0);`,
    ['--allow-natives-syntax'],
  );
  expect(stdout).toBe('true\n');
});

it('a patient worker starts when hot code has been there for a while, and hears then what it was told before', () => {
  let [now, started] = [0, 0];
  const heard: WorkerMessage[] = [];
  const worker = {
    compiler: 'tiered' as const,
    post: (message: WorkerMessage) => void heard.push(message),
    receive: () => [],
    close: () => void heard.splice(0),
  };
  const start = (): CodegenThread => (started++, { isDead: false, connect: () => worker, terminate: () => {} });
  const thread = patientCodegenWorker(start, () => now);
  const [idle, busy] = [thread.connect(), thread.connect()];
  const init = { kind: 'init' } as WorkerMessage;
  const generate = { kind: 'generate', batch: 0, regions: [] } as WorkerMessage;
  busy.post(init);
  busy.receive();
  now = 1000; // a guest without hot code
  expect([busy.receive(), started]).toEqual([[], 0]);
  busy.post(generate);
  now += 10;
  expect([busy.receive(), started]).toEqual([[], 0]);
  now += 10;
  busy.receive();
  expect([started, heard]).toEqual([1, [init, generate]]);
  idle.post(init);
  idle.receive();
  expect([started, heard.length]).toEqual([1, 3]);
});
