import { expect, it } from 'vitest';
import { loadAllTargets, loadTargets } from './load-targets.js';
import { loadIsa } from './load-isas.js';
import { BOARDS, RUNTIMES } from './runtimes.js';
import { TARGETS } from './targets.js';

it('are those of the targets, with their boards', () => {
  expect(TARGETS.map(({ runtime }) => runtime)).toEqual(RUNTIMES);
  const boards = TARGETS.map(({ runtime, machines }) => [
    runtime,
    machines.flatMap(({ type }) => [type.name, ...(type.ext.aliases ?? [])]),
  ]);
  expect(BOARDS).toEqual(Object.fromEntries(boards));
});

it.each(TARGETS)('$name is loaded for its boards alone', async (target) => {
  for (const { type } of target.machines) expect(await loadTargets(type.name)).toEqual([target]);
  expect((await loadIsa(target.name)).globals).toBe(target.globals);
});

it('a board that nobody knows is looked for in all of them, and the default one stands for none', async () => {
  expect(await loadTargets('cpoim')).toEqual(TARGETS);
  expect(await loadAllTargets()).toEqual(TARGETS);
  expect(await loadTargets(undefined)).toEqual([TARGETS[0]]);
  await expect(loadIsa('z80')).rejects.toThrow("no target 'z80'");
});
