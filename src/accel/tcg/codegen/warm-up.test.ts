import { expect, it, vi } from 'vitest';
import { TARGETS } from '../../../targets.js';
import { warmUp } from './warm-up.js';

it.each(TARGETS)('makes a module of the IR of $name', (isa) => {
  const made = vi.spyOn(WebAssembly, 'Module');
  try {
    warmUp(isa);
    const [bytes] = made.mock.calls.at(-1)!;
    expect(WebAssembly.Module.exports(new WebAssembly.Module(bytes))).toMatchObject([{ name: '0', kind: 'function' }]);
  } finally {
    made.mockRestore();
  }
});
