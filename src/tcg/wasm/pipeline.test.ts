import { expect, it } from 'vitest';
import type { Fact } from './facts.js';
import { REGION_PASSES } from './pipeline.js';

it('each pass has what it needs from those before it', () => {
  const known = new Set<Fact>(['region']);
  for (const { name, needs, gives } of REGION_PASSES) {
    for (const fact of needs) expect([...known], name).toContain(fact);
    known.add(gives);
  }
});

it('nobody reads a fact before a later pass changes it', () => {
  REGION_PASSES.forEach(({ name, gives }, at) => {
    const earlier = REGION_PASSES.slice(0, at).filter((pass) => pass.needs.includes(gives) && pass.gives !== gives);
    expect(earlier, name).toEqual([]);
  });
});
