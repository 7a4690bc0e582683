import { describe, expect, it } from 'vitest';
import { I32, Wasm, WasmModule } from './binaryen.js';
import { structure, type FlowNode } from './structure.js';

/** Locals: 0 rounds left of every loop, 1 the entry, 2 the way so far (a decimal digit a node), then the dispatch labels. */
function run(succ: readonly (readonly number[])[], rounds: number, entry: number): { way: number; text: string } {
  const m = new WasmModule();
  const types = [I32];
  const nodes: FlowNode[] = succ.map((to, number) => ({
    succ: to.slice(),
    emit(list, go) {
      const next = m.binary(Wasm.add[0], m.binary(Wasm.mul[0], m.get(2, I32), m.i32(10)), m.i32(number));
      list.push(m.set(2, next));
      if (to.length === 0) return void list.push(m.return(m.get(2, I32)));
      if (to.length === 1) return void list.push(go(0));
      // the first way while rounds are left; node 0: by the entry
      if (number > 0) list.push(m.set(0, m.binary(Wasm.sub[0], m.get(0, I32), m.i32(1))));
      const first = number === 0 ? m.unary(Wasm.eqz[0], m.get(1, I32)) : m.binary(Wasm.geS[0], m.get(0, I32), m.i32(0));
      list.push(m.if(first, go(0)), go(1));
    },
  }));
  const body = structure(m, nodes, () => 2 + types.push(I32) - 1);
  m.addFunction('f', [I32, I32], I32, types, body);
  const text = m.emitText();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.emitBinary()));
  m.dispose();
  return { way: (exports.f as (rounds: number, entry: number) => number)(rounds, entry), text };
}

describe('control flow', () => {
  // 1 and 2 are both entries of the loop 1 -> 2 -> 1, and 1 is a loop of its own.
  const twoEntries = [[1, 2], [1, 2], [1, 3], []];

  it('goes the same ways when a loop with two entries gets a dispatch node', () => {
    expect(run(twoEntries, 0, 0).way).toBe(123);
    expect(run(twoEntries, 3, 0).way).toBe(111123);
    expect(run(twoEntries, 3, 1).way).toBe(211123);
  });

  it('keeps an inner loop at the main header out of the dispatch node', () => {
    // set on the ways 0 -> 1, 0 -> 2 and 2 -> 1
    const labels = run(twoEntries, 0, 0).text.match(/local\.set \$3/g);
    expect(labels).toHaveLength(3);
  });

  it('knows an inner loop of more than one node, and one that is none because it can be entered elsewhere', () => {
    // 1 -> 2 -> 1 below the loop 1, 2 -> 3 -> 1 with entries 1 and 3
    const nested = [[1, 3], [2], [1, 3], [1, 4], []];
    expect(run(nested, 2, 0).way).toBe(12121234);
    expect(run(nested, 2, 1).way).toBe(3121234);
    expect(run(nested, 0, 0).text.match(/local\.set \$3/g)).toHaveLength(3);
    // 1 -> 2 -> 1, where 2 is an entry: every way to 1 sets the label
    const crossed = [[1, 2], [2], [1, 3], []];
    expect(run(crossed, 1, 0).way).toBe(12123);
    expect(run(crossed, 1, 1).way).toBe(2123);
  });
});
