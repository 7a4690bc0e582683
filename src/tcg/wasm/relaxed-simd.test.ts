import { expect, it } from 'vitest';
import { setV8Flags } from '../../node/v8-flags.js';
import { F32, F64, Float, WasmModule } from './binaryen.js';
import { loadWasmDisassembler } from './disassemble.js';
import { hasFusedMulAdd, relaxedMaddModule } from './relaxed-simd.js';

setV8Flags();

it('is a module of the four operations, which this engine has', async () => {
  const { functions } = (await loadWasmDisassembler(() => import('wabt')))(relaxedMaddModule());
  const names = functions.map((text) => /[fx\d]+\.relaxed_\w+/.exec(text)?.[0]);
  expect(names).toEqual(['f32x4.relaxed_madd', 'f32x4.relaxed_nmadd', 'f64x2.relaxed_madd', 'f64x2.relaxed_nmadd']);
  expect(WebAssembly.validate(relaxedMaddModule())).toBe(true);
});

/** Functions a to d of plain operations: binary32 in binary64 (rounded once, but for ties), and binary64 rounded once or twice. */
function plainModule(isFused32: boolean): WebAssembly.Module {
  const module = new WasmModule();
  [...'abcd'].forEach((name, k) => {
    const f = k < 2 ? 0 : 1;
    const isWide = f === 0 && isFused32;
    const type = f ? F64 : F32;
    const arg = (i: number) => (isWide ? module.unary(Float.promote, module.get(i, F32)) : module.get(i, type));
    const at = isWide ? 1 : f;
    const product = module.binary(Float.mul[at], k % 2 ? module.unary(Float.neg[at], arg(0)) : arg(0), arg(1));
    const sum = module.binary(Float.add[at], product, arg(2));
    module.addFunction(name, [type, type, type], type, [], isWide ? module.unary(Float.demote, sum) : sum);
  });
  const bytes = module.emitBinary();
  module.dispose();
  return new WebAssembly.Module(bytes);
}

it('an engine that rounds twice, in one width or both, has none', () => {
  expect(hasFusedMulAdd(() => plainModule(false))).toBe(false);
  expect(hasFusedMulAdd(() => plainModule(true))).toBe(false);
});
