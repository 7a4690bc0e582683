/** The report as one HTML file without scripts: charts are drawn here, by Vega, and go in as SVG. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { digits, formatReport, hostLines, type Report } from './report.js';
import type { Spread } from './statistics.js';

interface Bar {
  readonly row: string;
  readonly who: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

const WIDTH = 640;
const BAND = 9;

/** Bars by row and contestant, the range over the rounds as a rule on each. */
function barSpec(bars: readonly Bar[], title: string, contestants: readonly string[], log: boolean): TopLevelSpec {
  const rows = [...new Set(bars.map(({ row }) => row))];
  const y = { field: 'row', type: 'nominal', sort: rows, title: null } as const;
  const yOffset = { field: 'who', type: 'nominal', sort: contestants } as const;
  const scale = log ? ({ type: 'log', nice: true } as const) : ({ zero: true } as const);
  // A bar on a logarithmic scale starts at the lowest power of ten, not at zero.
  const floor = log ? 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ min }) => min)))) : 0;
  return {
    data: { values: bars.map((bar) => ({ ...bar, floor })) },
    width: WIDTH,
    height: { step: BAND },
    config: { font: 'system-ui, sans-serif', view: { stroke: null } },
    encoding: { y, yOffset },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'floor', type: 'quantitative', title, scale },
          x2: { field: 'value' },
          color: { field: 'who', type: 'nominal', sort: contestants, title: null, scale: { scheme: 'tableau10' } },
        },
      },
      { mark: { type: 'rule', color: '#333' }, encoding: { x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } } },
    ],
  } as TopLevelSpec;
}

/** A bar a row: how many times as fast, with a line at 1. */
function ratioSpec(report: Report): TopLevelSpec {
  const values = report.ratios.flatMap(({ a, b, kernels, geometricMean, boot }) => [
    ...Object.entries(kernels).map(([row, value]) => ({ row, pair: `${a}/${b}`, value })),
    ...(geometricMean === undefined ? [] : [{ row: 'geometric mean', pair: `${a}/${b}`, value: geometricMean }]),
    ...(boot === undefined ? [] : [{ row: 'Linux boot', pair: `${a}/${b}`, value: boot }]),
  ]);
  const rows = [...new Set(values.map(({ row }) => row))];
  return {
    width: WIDTH,
    height: { step: 14 },
    config: { font: 'system-ui, sans-serif', view: { stroke: null } },
    layer: [
      { data: { values: [{ one: 1 }] }, mark: { type: 'rule', color: '#333' }, encoding: { x: { field: 'one', type: 'quantitative' } } },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 60 },
        encoding: {
          x: { field: 'value', type: 'quantitative', scale: { type: 'log', nice: true }, title: 'times as fast' },
          y: { field: 'row', type: 'nominal', sort: rows, title: null, axis: { grid: true } },
          color: { field: 'pair', type: 'nominal', title: null, scale: { scheme: 'dark2' } },
        },
      },
    ],
  } as TopLevelSpec;
}

const bar = (row: string, who: string, { median, min, max }: Spread): Bar => ({ row, who, value: median, min, max });

async function svg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export async function htmlReport(report: Report): Promise<string> {
  const { kernels, boot, contestants, ratios } = report;
  const charts: [title: string, spec: TopLevelSpec][] = [];
  if (kernels.length > 0) {
    const bars = kernels.flatMap(({ name, measurements }) => contestants.map((who) => bar(name, who, measurements[who].mips)));
    charts.push(['Kernels', barSpec(bars, 'guest MIPS (logarithmic)', contestants, true)]);
  }
  if (ratios.length > 0) charts.push(['Ratios of speed', ratioSpec(report)]);
  if (boot) {
    const bars = contestants.map((who) => bar('', who, boot[who].seconds));
    charts.push(['Linux boot', barSpec(bars, 'seconds', contestants, false)]);
    const peaks = contestants.flatMap((who) => (boot[who].peakMiB ? [bar('', who, boot[who].peakMiB)] : []));
    if (peaks.length > 0) charts.push(['Linux boot, peak memory', barSpec(peaks, 'peak RSS, MiB', contestants, false)]);
  }
  const sections = await Promise.all(charts.map(async ([title, spec]) => `<section><h2>${escape(title)}</h2>${await svg(spec)}</section>`));
  const means = ratios.filter((r) => r.geometricMean !== undefined).map((r) => `${r.a}/${r.b} ${digits(r.geometricMean)}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>wemu benchmarks</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
  svg { max-width: 100%; height: auto; } pre { overflow-x: auto; font-size: 12px; } h2 { font-size: 1.1rem; margin-top: 2rem; }
</style>
<h1>wemu benchmarks</h1>
<p>${hostLines(report).map(escape).join('<br>')}</p>
${means.length > 0 ? `<p>Geometric means of the kernels' speed: ${escape(means.join(', '))}</p>` : ''}
${sections.join('\n')}
<section><h2>Numbers</h2><pre>${escape(formatReport(report))}</pre></section>
</html>
`;
}
