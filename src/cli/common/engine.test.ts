import { describe, expect, it } from 'vitest';
import { engineLacks } from './engine.js';

const deno = (granted: readonly string[], partial: readonly string[] = []) => ({
  WebAssembly,
  Deno: {
    permissions: {
      querySync: ({ name }: { name: string }) => ({
        state: granted.includes(name) ? 'granted' : 'prompt',
        partial: partial.includes(name),
      }),
    },
  },
});

describe('an engine', () => {
  it.each([
    ['this one', globalThis, undefined],
    ['one without WebAssembly', {}, /^this engine has no WebAssembly/],
    ['Deno with all rights', deno(['read', 'env', 'sys']), undefined],
    ['Deno with a part of them', deno(['env', 'sys'], ['read']), undefined],
    ['Deno without', deno([]), /^Deno gives it no rights \(--allow-read, --allow-env, --allow-sys\): start it with 'deno run -A'$/],
    ['Deno without one', deno(['read', 'env']), /\(--allow-sys\)/],
    ['Bun', { WebAssembly, Bun: {} }, undefined],
  ])('%s runs wemu, or says why not', (_, engine, says) => {
    const lacks = engineLacks(engine);
    if (says) expect(lacks).toMatch(says);
    else expect(lacks).toBeUndefined();
  });
});
