import { describe, expect, it } from 'vitest';
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
