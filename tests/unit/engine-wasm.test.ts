import wabt from 'wabt';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEngineWasm } from '../../src/node/engine-wasm.js';

describe.each([
  ['release', false],
  ['debug', true],
])('the %s engine', (_name, debug) => {
  const wasm = new WebAssembly.Module(readEngineWasm(debug));

  it('takes its one memory from the host: shared, up to 4 GiB', () => {
    expect(WebAssembly.Module.imports(wasm)).toContainEqual(expect.objectContaining({ module: 'env', name: 'memory' }));
    const memory = new WebAssembly.Memory({ initial: 65536, maximum: 65536, shared: true });
    expect(memory.buffer.byteLength).toBe(2 ** 32);
  });
});

/** By number of a function those that it calls directly. */
function callGraph(text: string): Map<number, number[]> {
  const calls = new Map<number, number[]>();
  let callees: number[] = [];
  for (const line of text.split('\n')) {
    const [, func] = /^ {2}\(func \(;(\d+);\)/.exec(line) ?? [];
    if (func !== undefined) calls.set(Number(func), (callees = []));
    const [, callee] = /\bcall (\d+)/.exec(line) ?? [];
    if (callee !== undefined) callees.push(Number(callee));
  }
  return calls;
}

// V8's stack checks are off in it (scripts/v8-cache.js).
describe('the release engine', () => {
  let calls: Map<number, number[]>;
  beforeAll(async () => {
    const { readWasm } = await wabt();
    const features = { threads: true, bulk_memory: true, sign_extension: true, mutable_globals: true, sat_float_to_int: true, simd: true };
    calls = callGraph(readWasm(readEngineWasm(), features).toText({}));
  });

  it('does not recurse', () => {
    expect(calls.size).toBeGreaterThan(200);
    const done = new Set<number>();
    const visit = (func: number, path: readonly number[]): void => {
      expect(path, 'functions that call one another in a circle').not.toContain(func);
      if (done.has(func)) return;
      for (const callee of calls.get(func) ?? []) visit(callee, [...path, func]);
      done.add(func);
    };
    for (const func of calls.keys()) visit(func, []);
  });
});
