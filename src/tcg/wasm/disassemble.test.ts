import { expect, it } from 'vitest';
import { loadWasmDisassembler } from './disassemble.js';

// (module (import "r" "f" (func (param i32))) (func (param i32) local.get 0 call 0) (func (result i32) i32.const 7))
// prettier-ignore
const MODULE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 2, 0x60, 1, 0x7f, 0, 0x60, 0, 1, 0x7f, 2, 7, 1, 1, 0x72, 1, 0x66, 0, 0, 3, 3, 2, 0, 1,
  10, 13, 2, 6, 0, 0x20, 0, 0x10, 0, 0x0b, 4, 0, 0x41, 7, 0x0b,
);

it('shows a module by functions, calls by the names of imports', async () => {
  const { prelude, functions } = (await loadWasmDisassembler(() => import('wabt')))(MODULE);
  expect(prelude).toContain('(import "r" "f" (func $r.f (type $t0)))');
  expect(functions).toHaveLength(2);
  expect(functions[0]).toMatch(/^ {2}\(func \$f1 .*\n {4}local\.get \$p0\n {4}call \$r\.f\)$/);
  expect(functions[1]).toContain('i32.const 7');
});
