import { expect, it } from 'vitest';
import { I32, WasmModule } from './binaryen.js';
import { PASSES } from './passes.js';

it.each(Object.keys(PASSES))('binaryen has the pass %s, and what it leaves is valid', (pass) => {
  const module = new WasmModule();
  try {
    const twice = [module.set(1, module.get(0, I32)), module.set(1, module.get(0, I32)), module.return(module.get(1, I32))];
    module.addFunction('f', [I32], I32, [I32], module.sequence(twice));
    module.runPasses([pass]);
    expect(module.validate()).toBe(true);
  } finally {
    module.dispose();
  }
});
