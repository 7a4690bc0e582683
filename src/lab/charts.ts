/** The report's charts as Vega-Lite specifications: plain data, for whoever draws them. */
import { speeds } from './steady.js';
import type { Results } from './report.js';
import type { Row } from './results.js';
import { architectureOf, KERNEL_KINDS, workload, type WorkloadName } from './workloads.js';

export interface Chart {
  readonly title: string;
  /** What to look for. */
  readonly text: string;
  readonly spec: object;
}

const WIDTH = 640;
const CONFIG = { font: 'system-ui, sans-serif', view: { stroke: null } };
const base = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config: CONFIG };
const color = (sort: readonly string[]): object => ({ field: 'who', type: 'nominal', sort, title: null, scale: { scheme: 'tableau10' } });

/** Bars by workload and contestant, from the lowest power of ten on, the range over the rounds as a rule on each. */
function bars(rows: readonly Row[], names: readonly string[], title: string, value: (row: Row) => Row['mips']): object {
  const values = rows.flatMap((row) => {
    const s = value(row);
    return s && s.min > 0 ? [{ row: row.workload, who: row.contestant, value: s.median, min: s.min, max: s.max }] : [];
  });
  const floor = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ min }) => min))));
  const sort = [...new Set(values.map(({ row }) => row))];
  const x = { type: 'quantitative', title, scale: { type: 'log', nice: true } };
  return {
    ...base,
    data: { values: values.map((each) => ({ ...each, floor })) },
    width: WIDTH,
    height: { step: 9 },
    encoding: {
      y: { field: 'row', type: 'nominal', sort, title: null },
      yOffset: { field: 'who', type: 'nominal', sort: names },
    },
    layer: [
      { mark: 'bar', encoding: { x: { field: 'floor', ...x }, x2: { field: 'value' }, color: color(names) } },
      { mark: { type: 'rule', color: '#333' }, encoding: { x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } } },
    ],
  };
}

/** A point a ratio, with a line at 1. */
function ratios(results: Results): object {
  const values = results.ratios.flatMap(({ a, b, workloads }) =>
    Object.entries(workloads).map(([row, value]) => ({ row, who: `${a}/${b}`, value })),
  );
  return {
    ...base,
    width: WIDTH,
    height: { step: 14 },
    layer: [
      { data: { values: [{ one: 1 }] }, mark: { type: 'rule', color: '#333' }, encoding: { x: { field: 'one', type: 'quantitative' } } },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 60 },
        encoding: {
          x: { field: 'value', type: 'quantitative', scale: { type: 'log', nice: true }, title: 'times as fast' },
          y: { field: 'row', type: 'nominal', sort: results.workloads, title: null, axis: { grid: true } },
          color: color([...new Set(values.map(({ who }) => who))]),
        },
      },
    ],
  };
}

/** Speed over time, a panel a workload, the first round of each contestant. */
function warmUp(results: Results, names: readonly string[]): object | undefined {
  const values = results.runs
    .filter((run) => run.round === 1 && run.samples && !run.error)
    .flatMap((run) => speeds(run.samples!).map((point) => ({ ...point, row: run.workload, who: run.contestant })));
  if (values.length === 0) return undefined;
  return {
    ...base,
    data: { values },
    facet: { field: 'row', type: 'nominal', sort: results.workloads, title: null },
    columns: 3,
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 180,
      height: 110,
      mark: { type: 'line', interpolate: 'step-before', strokeWidth: 1.2 },
      encoding: {
        x: { field: 'seconds', type: 'quantitative', title: 'seconds since the start' },
        y: { field: 'mips', type: 'quantitative', title: 'guest MIPS' },
        color: color(names),
      },
    },
  };
}

/** What code cost against what it gained over the interpreter, or over the slowest strategy if none took part. */
function costAgainstGain(results: Results): object | undefined {
  const { contestants, rows } = results;
  const wemu = contestants.filter(({ kind }) => kind === 'wemu');
  const values = results.workloads.flatMap((name) => {
    const of = (who: string): Row | undefined => rows.find((row) => row.workload === name && row.contestant === who);
    const mips = (row: Row | undefined): number => row?.mips?.median ?? NaN;
    const interpreter = wemu.find((each) => each.interpreter);
    const floor = interpreter
      ? mips(of(interpreter.name))
      : Math.min(...wemu.map((each) => mips(of(each.name))).filter((each) => each > 0));
    return wemu
      .filter((each) => !each.interpreter)
      .flatMap((each) => {
        const row = of(each.name);
        const gain = mips(row) / floor;
        return row?.compileMs && row.compileMs.median > 0 && gain > 0
          ? [{ row: name, who: each.name, cost: row.compileMs.median, gain }]
          : [];
      });
  });
  if (values.length === 0) return undefined;
  return {
    ...base,
    data: { values },
    width: WIDTH,
    height: 360,
    layer: [
      { mark: { type: 'point', filled: true, size: 50, opacity: 0.8 }, encoding: { color: color(wemu.map(({ name }) => name)) } },
      { mark: { type: 'text', align: 'left', dx: 6, fontSize: 9, color: '#555' }, encoding: { text: { field: 'row' } } },
    ],
    encoding: {
      x: { field: 'cost', type: 'quantitative', scale: { type: 'log', nice: true }, title: 'ms to make code' },
      y: { field: 'gain', type: 'quantitative', scale: { type: 'log', nice: true }, title: 'times as fast as without' },
    },
  };
}

export function charts(results: Results): Chart[] {
  const { rows, contestants } = results;
  const names = contestants.map(({ name }) => name);
  const list: Chart[] = [];
  const add = (title: string, text: string, spec: object | undefined): void => {
    if (spec) list.push({ title, text, spec });
  };
  for (const [title, architecture] of [
    ['Kernels', 'riscv64'],
    ['Kernels on PowerPC', 'ppc'],
  ]) {
    const kernels = rows.filter(({ workload: name, mips }) => isOf(name, KERNEL_KINDS) && architectureOf(name) === architecture && mips);
    if (kernels.length > 0)
      add(
        title,
        'Guest MIPS of whole runs, logarithmic; rules show the range over the rounds.',
        bars(kernels, names, 'guest MIPS', (row) => row.mips),
      );
  }
  const linux = rows.filter((row) => isOf(row.workload, ['system', 'boot']) && row.seconds);
  if (linux.length > 0)
    add(
      'Linux',
      'Seconds, logarithmic: less is better. System workloads by the guest’s clock.',
      bars(linux, names, 'seconds', (row) => row.seconds),
    );
  const real = rows.filter((row) => isOf(row.workload, ['real']));
  const realBars = (title: string, text: string, value: (row: Row) => Row['cpuSeconds']): void => {
    const told = real.filter(value);
    if (told.length > 0) add(title, `${text}, logarithmic: less is better.`, bars(told, names, 'seconds of CPU', value));
  };
  realBars('Real programs', 'CPU seconds of the thread that is the guest’s CPU', (row) => row.cpuSeconds);
  realBars('Real programs, all threads', 'CPU seconds of the whole process, makers of code included', (row) => row.allCpuSeconds);
  if (results.ratios.some(({ workloads }) => Object.keys(workloads).length > 0))
    add('Ratios', 'How many times as fast; the line is at 1.', ratios(results));
  add('Warm-up', 'Guest MIPS over time, first round. A strategy that makes code early rises early.', warmUp(results, names));
  add(
    'What code costs and gains',
    'Time to make code against the speed that it brought: up and to the left is better.',
    costAgainstGain(results),
  );
  const memory = rows.filter((row) => row.peakMiB);
  if (memory.length > 0)
    add(
      'Memory',
      'Peak resident set of the process, MiB, logarithmic.',
      bars(memory, names, 'MiB', (row) => row.peakMiB),
    );
  return list;
}

const isOf = (name: WorkloadName, kinds: readonly string[]): boolean => kinds.includes(workload(name).kind);
