import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { packageFolder } from './modules.js';
import { loadWasm, requireCached, writeV8Cache } from './v8-cache.js';
import { optimisesAtOnce } from './v8-flags.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-v8-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('a CommonJS file', () => {
  it('gets modules from whoever loads it, and others as ever', () => {
    const path = file('a.cjs', `module.exports = [require('#given').x, require('node:path').sep, __filename]`);
    expect(requireCached(path, { '#given': { x: 3 } })).toEqual([3, '/', path]);
  });

  it('asks for files beside it, each of which runs once', () => {
    file('part.cjs', `const { log } = require('#given'); log.push('part'); exports.whole = require('./whole.cjs'); exports.log = log`);
    const path = file('whole.cjs', `exports.ready = true; exports.later = () => [require('./part.cjs'), require('./part.cjs')]`);
    const whole = requireCached(path, { '#given': { log: [] } }) as { later(): { whole: unknown; log: unknown }[] };
    const [first, second] = whole.later();
    expect(first.whole).toBe(whole);
    expect(first.log).toEqual(['part']);
    expect(second).toBe(first);
  });

  it.each([
    ['of another version', new Script('(function(){ return 1 })').createCachedData()],
    ['that is damaged', Buffer.alloc(64, 7)],
  ])('is run as it is, whatever stands in a cache %s', (_, data) => {
    const path = file('b.cjs', 'module.exports = 41');
    writeV8Cache(path, data);
    expect(requireCached(path)).toBe(41);
    file('b.cjs', 'exports.answer = 42');
    expect(requireCached(path)).toEqual({ answer: 42 });
  });
});

describe('a wasm module', () => {
  /** Exports f, which returns `value`. */
  const module = (value: number): Uint8Array<ArrayBuffer> =>
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 5, 1, 0x60, 0, 1, 0x7f],
      ...[3, 2, 1, 0],
      ...[7, 5, 1, 1, 0x66, 0, 0],
      ...[10, 6, 1, 4, 0, 0x41, value, 0x0b],
    );
  const run = (path: string): unknown => (new WebAssembly.Instance(loadWasm(path)).exports.f as () => number)();

  it('is compiled where there is no cache, or one that is damaged', () => {
    const path = file('a.wasm', module(5));
    expect(run(path)).toBe(5);
    writeV8Cache(path, Buffer.alloc(64, 7));
    expect(run(path)).toBe(5);
  });

  it('is not taken for another of the same name', () => {
    const path = file('b.wasm', module(6));
    writeV8Cache(path, Buffer.alloc(64, 7));
    file('b.wasm', Buffer.concat([module(9), Uint8Array.of(0, 1, 0)]));
    expect(run(path)).toBe(9);
  });
});

describe.skipIf(!existsSync(join(packageFolder(), 'dist/bundle/start.cjs')))('what the build has kept', () => {
  /** Says of every script whether V8 took its cache, and which wasm files are compiled all the same. */
  const WATCH = `
    const vm = require('node:vm');
    const say = (...what) => require('node:fs').writeSync(2, what.join(' ') + '\\n');
    vm.Script = class extends vm.Script {
      constructor(code, options) {
        super(code, options);
        say('script', require('node:path').basename(options.filename), this.cachedDataRejected === false ? 'kept' : 'compiled');
      }
    };
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct(Module, [bytes]) {
        if (bytes.length > 50_000) say('wasm compiled');
        return new Module(bytes);
      },
    });`;

  // V8's flags hold for the process: now and then one thread has one set for a moment just when another shows V8 a cache, which is refused then.
  it('is taken by the program and by its worker', { retry: 3 }, () => {
    // long enough for the worker to load all of it
    const program = [join(packageFolder(), 'dist/bundle/start.cjs'), 'embedded', '--append', 'quiet=1 scale=50 run=int'];
    const { status, stderr } = spawnSync(process.execPath, ['--require', file('watch.cjs', WATCH), ...program], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(
      stderr
        .split('\n')
        .filter((line) => /^(script|wasm) /.test(line))
        .sort(),
    ).toEqual([
      'script binaryen.cjs kept',
      ...['codegen-worker-service', 'program'].flatMap((name) =>
        ['-core', '-rolldown-runtime', ''].map((part) => `script ${name}${part}.cjs kept`),
      ),
      // tci and binaryen: machine code of wasm can be kept by most engines only (docs/engines.md)
      ...(existsSync(join(packageFolder(), 'build/wemu.wasm.v8')) ? [] : ['wasm compiled', 'wasm compiled']),
    ]);
  });
});

describe.skipIf(!existsSync(join(packageFolder(), 'build/wemu.wasm.v8')))('machine code', () => {
  const built = (name: string): string => join(packageFolder(), 'build', name);
  // In a process of its own: taking what is damaged ends it.
  it('is taken as it was written only: no bit is different, and none missing', { timeout: 60_000 }, () => {
    const path = file('engine.wasm', readFileSync(built('wemu.wasm')));
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { loadWasm } from ${JSON.stringify(join(packageFolder(), 'dist/src/node/v8-cache.js'))};
      import { setV8Flags } from ${JSON.stringify(join(packageFolder(), 'dist/src/node/v8-flags.js'))};
      setV8Flags();
      const whole = readFileSync(${JSON.stringify(built('wemu.wasm.v8'))});
      let compiled = 0;
      WebAssembly.Module = new Proxy(WebAssembly.Module, { construct: (Module, [bytes]) => (compiled++, new Module(bytes)) });
      const load = (bytes) => {
        writeFileSync(${JSON.stringify(`${path}.v8`)}, bytes);
        const module = loadWasm(${JSON.stringify(path)});
        if (WebAssembly.Module.exports(module).length < 10) throw new Error('another module');
        return compiled;
      };
      const counts = [load(whole)];
      for (let i = 0; i < 60; i++) {
        const at = Math.floor((i / 60) * whole.length);
        load(whole.map((byte, k) => (k === at ? byte ^ (1 << (i & 7)) : byte)));
      }
      counts.push(compiled);
      for (const length of [0, 1, 255, 256, 257, 1000, whole.length / 2, whole.length - 1]) load(whole.subarray(0, length));
      load(Buffer.concat([whole, Buffer.of(0)]));
      counts.push(compiled);
      console.log(JSON.stringify(counts));`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const [kept, flipped, cut] = JSON.parse(stdout) as number[];
    expect([kept, flipped - kept, cut - flipped]).toEqual([0, 60, 9]);
  });

  it.skipIf(!optimisesAtOnce())('is told and taken after V8 has forgotten the bytecode of what asks for it', { timeout: 60_000 }, () => {
    const script = `
      import { deserializeWasm, serializeWasm } from ${JSON.stringify(join(packageFolder(), 'dist/src/node/v8-cache.js'))};
      import { compileOptimised, setV8Flags } from ${JSON.stringify(join(packageFolder(), 'dist/src/node/v8-flags.js'))};
      setV8Flags();
      // (func (export "f") (result i32) (i32.const 42))
      const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 0x41, 42, 0x0b);
      const module = compileOptimised(wasm);
      const sizes = [];
      for (let turn = 0; turn < 3; turn++) {
        sizes.push(serializeWasm(module).length);
        WebAssembly.Module.exports(deserializeWasm(serializeWasm(module), wasm));
        for (let n = 0; n < 8; n++) gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(sizes.every((size) => size > 100 && size === sizes[0]));`;
    const flags = ['--expose-gc', '--stress-flush-code', '--flush-bytecode'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['true\n', '']);
  });
});
