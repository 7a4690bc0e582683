import { expect, it } from 'vitest';
import { RANDOM_TRAITS } from '../../../tests/support/ir-random.js';
import { EXTEND_U32, I32, Wasm, WasmModule, type Expr } from './binaryen.js';
import { ENV_BUDGET, ENV_EXIT_REQUEST, ENV_FAULT } from '../../../assembly/shared/layout.js';
import { isMostlyNotZero, withBranchHints } from './branch-hints.js';
import { MAX_MEMORY_PAGES } from './compile.js';
import { wantedTag } from './tlb-check.js';

/** The hints of a function that tests its parameter: offset, length of the hint, hint. */
function hintsOf(test: (m: WasmModule) => Expr, pageBits = 12, env?: number): number[][] {
  const m = new WasmModule(env);
  m.importMemory(MAX_MEMORY_PAGES);
  try {
    m.addFunction('f', [I32], I32, [], m.sequence([m.if(test(m), m.return(m.i32(1))), m.return(m.i32(0))]));
    const module = new WebAssembly.Module(withBranchHints(m.emitBinary(), { traits: { ...RANDOM_TRAITS, pageBits }, env }));
    const [section] = WebAssembly.Module.customSections(module, 'metadata.code.branch_hint');
    // functions; then by function: its index, how many hints, the hints
    const [functions, , count, ...hints] = new Uint8Array(section);
    return functions === 0 ? [] : Array.from({ length: count }, (_, i) => hints.slice(3 * i, 3 * i + 3));
  } finally {
    m.dispose();
  }
}

it('the test of an access behind the first of its group is likely true', () => {
  expect(hintsOf((m) => isMostlyNotZero(m, 0))).toEqual([[expect.any(Number), 1, 1]]);
});

it('says nothing of a plain test', () => {
  expect(hintsOf((m) => m.get(0, I32))).toEqual([]);
});

it.each([12, 13, 14, 16, 20])('a TLB check, with pages of 2^%i bytes, is likely true', (pageBits) => {
  const traits = { ...RANDOM_TRAITS, pageBits };
  const address = (m: WasmModule): Expr => m.unary(EXTEND_U32, m.get(0, I32));
  for (const alignment of [1, 4, 8]) {
    const check = (m: WasmModule): Expr => m.binary(Wasm.eq[1], address(m), wantedTag(m, traits, address(m), 8, alignment));
    expect(hintsOf(check, pageBits)).toEqual([[expect.any(Number), 1, 1]]);
    expect(hintsOf(check, pageBits + 1)).toEqual([]);
  }
});

it.each([
  ['any vCPU', undefined],
  ['one vCPU', 0x3fef3e0],
  ['one vCPU, far up', 0xfff0_0000],
])('a fault and a request to leave are unlikely in code for %s', (_, env) => {
  const unlikely = [[expect.any(Number), 1, 0]];
  expect(hintsOf((m) => m.loadEnv(4, false, I32, ENV_FAULT), 12, env)).toEqual(unlikely);
  const left = (m: WasmModule): Expr => m.get(0, I32);
  expect(hintsOf((m) => m.binary(Wasm.leS[0], left(m), m.loadEnv(4, false, I32, ENV_EXIT_REQUEST)), 12, env)).toEqual(unlikely);
  expect(hintsOf((m) => m.loadEnv(4, false, I32, ENV_BUDGET), 12, env)).toEqual([]);
});
