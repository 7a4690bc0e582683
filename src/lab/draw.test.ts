import { expect, it } from 'vitest';
import { charts } from './charts.js';
import { makeResults } from './report.js';
import { drawSvg } from './draw.js';

it('draws every chart of a report', async () => {
  const cost = { translateMs: 1, generateMs: 2, compileMs: 3, modules: 4, regions: 5, codeBytes: 6, evictions: 0 };
  const record = (contestant: string, workload: 'int' | 'syscall', seconds: number) => ({
    round: 1, contestant, workload, work: 1, seconds, instructions: 1e9, peakMiB: 99, cost, samples: [[0, 0], [500, 4e8], [1000, 1e9]] as const,
  }); // prettier-ignore
  const contestant = (name: string, interpreter: boolean) =>
    ({ name, kind: 'wemu', description: '', how: name, version: '', interpreter }) as const;
  const results = makeResults({
    date: '',
    wemu: '',
    host: { cpu: '', cores: 1, memoryGiB: 1, system: '', runtime: '', load: null },
    rounds: 1,
    share: 1,
    interrupted: false,
    contestants: [contestant('tci', true), contestant('region-opt', false)],
    workloads: ['int', 'syscall'],
    runs: [record('tci', 'int', 2), record('region-opt', 'int', 1), record('region-opt', 'syscall', 1)],
    skipped: {},
  });
  const list = charts(results);
  expect(list.map(({ title }) => title)).toEqual(['Kernels', 'Linux', 'Ratios', 'Warm-up', 'What code costs and gains', 'Memory']);
  for (const { title, spec } of list) {
    const svg = await drawSvg(spec);
    expect(svg, title).toMatch(/^<svg /);
    expect(svg, title).toContain('region-opt');
    expect(svg, title).not.toMatch(/NaN|undefined/);
  }
});
