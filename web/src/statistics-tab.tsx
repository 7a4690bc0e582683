import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatJitInfo } from '../../src/accel/jit-info.js';
import type { Sample, Session } from './session.js';

interface Line {
  readonly label: string;
  readonly of: (sample: Sample) => number;
}
interface ChartSpec {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The second line has an axis of its own, on the right: it counts something else. */
  readonly apart?: boolean;
}

const MiB = 1 << 20;
const CHARTS: readonly ChartSpec[] = [
  { title: 'Guest instructions, millions a second', lines: [{ label: 'MIPS', of: ({ mips }) => mips }] },
  {
    title: 'Tiers',
    apart: true,
    lines: [
      { label: 'blocks of the interpreter', of: ({ blocks }) => blocks },
      { label: 'generated functions (right)', of: ({ functions }) => functions },
    ],
  },
  {
    title: 'Memory for code, MiB',
    lines: [
      { label: 'generated wasm', of: ({ codeBytes }) => codeBytes / MiB },
      { label: 'interpreted blocks', of: ({ blockBytes }) => blockBytes / MiB },
    ],
  },
];
/** Told apart without colour, too: the second line is dashed. */
const STROKES = { light: ['#0b5cad', '#a3470a'], dark: ['#7cb8f7', '#f0a868'] } as const;
const HEIGHT = 160;

export function StatisticsTab({ session, dark }: { session: Session; dark: boolean }) {
  const { samples, status, firstOutputMs, firstCodeMs, log } = session;
  const now = samples.at(-1);
  const ms = (value: number | undefined): string => (value === undefined ? 'not yet' : `${Math.round(value)} ms`);
  const facts: readonly (readonly [string, string])[] = [
    ['instructions a second', now ? `${now.mips.toFixed(1)} million` : 'none yet'],
    ['instructions', status ? status.instructions.toLocaleString('en') : '0'],
    ['guest time', status ? `${(Number(status.clock) / 1e9).toFixed(1)} s` : '0 s'],
    ['guest memory', status ? `${status.ramSize / MiB} MiB` : ''],
    ['first output after', ms(firstOutputMs)],
    ['generated code seen after', ms(firstCodeMs)],
  ];
  return (
    <div class="statistics">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {CHARTS.map((chart) => (
        <Chart key={`${chart.title} ${dark}`} chart={chart} samples={samples} dark={dark} />
      ))}
      <details>
        <summary>All counters (info jit)</summary>
        <pre tabIndex={0}>{status?.jit ? formatJitInfo(status.jit) : 'no accelerator tells'}</pre>
      </details>
      {log.length > 0 && (
        <details open>
          <summary>Log</summary>
          <pre tabIndex={0}>{log.join('\n')}</pre>
        </details>
      )}
    </div>
  );
}

function Chart({ chart, samples, dark }: { chart: ChartSpec; samples: readonly Sample[]; dark: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const dataOf = (): uPlot.AlignedData => [samples.map(({ time }) => time), ...chart.lines.map(({ of }) => samples.map(of))];

  useEffect(() => {
    const ink = dark ? '#c9ccd3' : '#45484f';
    const scaleOf = (line: number): string => (chart.apart && line > 0 ? 'right' : 'y');
    const scale: uPlot.Scale = { range: (_, __, most) => [0, Math.max(1, most * 1.1)] };
    const axis = { stroke: ink, grid: { stroke: dark ? '#33363d' : '#e1e3e8', width: 1 } };
    const options: uPlot.Options = {
      width: box.current!.clientWidth,
      height: HEIGHT,
      legend: { show: chart.lines.length > 1, live: false },
      scales: { x: { time: false }, y: scale, right: scale },
      axes: [
        { ...axis, values: (_, splits) => splits.map((second) => `${second} s`) },
        { ...axis, size: 60 },
        ...(chart.apart ? [{ ...axis, scale: 'right', side: 1, size: 60, grid: { show: false } } as const] : []),
      ],
      series: [
        { label: 'time', value: (_, second) => (second === null ? '' : `${second.toFixed(1)} s`) },
        ...chart.lines.map(({ label }, i): uPlot.Series => ({
          label,
          scale: scaleOf(i),
          stroke: STROKES[dark ? 'dark' : 'light'][i],
          width: 2,
          dash: i === 0 ? undefined : [6, 4],
          value: (_, value) => (value === null ? '' : value.toFixed(1)),
        })),
      ],
    };
    plot.current = new uPlot(options, dataOf(), box.current!);
    const resized = new ResizeObserver(([{ contentRect }]) => plot.current?.setSize({ width: contentRect.width, height: HEIGHT }));
    resized.observe(box.current!);
    return () => {
      resized.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf()), [samples]);

  const last = samples.at(-1);
  const text = last ? chart.lines.map(({ label, of }) => `${label} ${of(last).toFixed(1)}`).join(', ') : 'nothing yet';
  return (
    <figure>
      <figcaption>{chart.title}</figcaption>
      <div ref={box} role="img" aria-label={`${chart.title}: ${text}`} />
    </figure>
  );
}
