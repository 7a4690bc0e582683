/** results.json: the document, and the text that a terminal gets. */
import { Comparison, PEER, type Ratio, type VsQemu } from './compare.js';
import { makeRows, withChecksumErrors, type Contestant, type Row, type RunRecord } from './results.js';
import type { Spread } from './statistics.js';
import type { WorkloadName } from './workloads.js';

/** The machine that measured. */
export interface HostInfo {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** The engine below wemu: Node and its V8, or a browser. */
  readonly runtime: string;
  /** Runnable processes over the last minute when it began: above 0.5 or so, somebody else was at work. */
  readonly load: number | null;
}

export interface Measured {
  readonly date: string;
  readonly wemu: string;
  readonly host: HostInfo;
  /** Rounds asked for; fewer were run if it was interrupted. */
  readonly rounds: number;
  /** Part of the usual work that was given. */
  readonly share: number;
  readonly interrupted: boolean;
  readonly contestants: readonly Contestant[];
  readonly workloads: readonly WorkloadName[];
  readonly runs: readonly RunRecord[];
  /** Workloads that could not be run here at all, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The strategy with a filled code cache. */
  readonly warm?: string;
}

export interface Results extends Omit<Measured, 'warm'> {
  readonly vsQemu: VsQemu;
  readonly format: 'wemu-lab-1';
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  /** Runs that crashed, took too long, or gave a wrong checksum: a line each. */
  readonly failures: readonly string[];
  /** Whose results these are, where they are of several (acrossEngines). */
  readonly engines?: readonly string[];
}

export function makeResults({ warm, ...measured }: Measured): Results {
  const runs = withChecksumErrors(measured.runs);
  const rows = makeRows(measured.contestants, measured.workloads, runs);
  const comparison = new Comparison(measured.contestants, rows);
  const failures = rows.flatMap((row) => row.errors.map((error) => `${row.workload}, ${row.contestant}: ${error}`));
  return { vsQemu: comparison.vsQemu(warm), format: 'wemu-lab-1', ...measured, runs, rows, ratios: comparison.ratios(), failures };
}

/** Three significant digits are more than these numbers have. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
const range = (s: Spread | null): string => (s ? `${digits(s.median)} (${digits(s.min)}..${digits(s.max)})` : '-');
const middle = (s: Spread | null): string => digits(s?.median);

export function headLines({ host, date, rounds, share, contestants, wemu, interrupted }: Results): string[] {
  return [
    `${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB, ${host.system}${host.load === null ? '' : `; load ${host.load} at the start`}`,
    `wemu ${wemu}, ${host.runtime}`,
    ...contestants.map(({ name, kind, how, version }) => `${name}: ${kind === 'wemu' ? `-accel ${how}` : `${version} (${how})`}`),
    `${date}; ${rounds} rounds, interleaved${share === 1 ? '' : `, ${digits(share)} of the usual work`}${interrupted ? '; INTERRUPTED' : ''}`,
  ];
}

/** wemu's speed beside the peers': what was measured, and why something was not that belongs to it. None where engines are compared. */
export function vsQemuLines({ vsQemu: { compute, system, boot, real, ppc, subject, peers, reasons }, engines }: Results): string[] {
  if (engines) return [];
  if (subject === null || peers.length === 0)
    return [`${subject === null ? 'No strategy of wemu' : 'No peer'} took part: nothing to compare with.`];
  type Figure = readonly [name: string, value: number | null, reason?: string];
  const figure = ([name, value, reason]: Figure): string[] =>
    value !== null
      ? [`${name}${digits(value)}`]
      : reason !== undefined && reasons[reason] !== undefined
        ? [`${name}- (${reasons[reason]})`]
        : [];
  const least = ({ min, minWorkload }: { min: number | null; minWorkload: string | null }): string =>
    min === null ? '' : `; least ${digits(min)} ${minWorkload}`;
  const { cold, warm } = real;
  const rows: readonly (readonly [what: string, figures: readonly Figure[], least?: string])[] = [
    [
      'kernels, speed',
      [
        ['', compute.geomean],
        ['integer ', compute.integer],
        ['memory ', compute.memory],
        ['float ', compute.float],
        ['bare metal ', compute.bareMetal],
        ['under Linux ', compute.programs],
      ],
      least(compute),
    ],
    ['system, speed', [['', system.geomean]], least(system)],
    ['boot, time', [['cold ', boot.cold, 'boot.cold'], ['warm ', boot.warm, 'boot.warm']]], // prettier-ignore
    ['real, cold, speed', [['', cold.geomean], ['all threads ', cold.allThreads]], least(cold)], // prettier-ignore
    ['real, warm, speed', [['', warm.geomean], ['all threads ', warm.allThreads]], least(warm)], // prettier-ignore
    ['PowerPC, speed', (['integer', 'memory', 'float'] as const).map((kind) => [`${kind} `, ppc[kind].geomean]), least(ppc)],
  ];
  const measured = rows.filter(([, figures]) => figures.some(([, value]) => value !== null));
  return [
    `${subject} against ${peers.length > 1 ? `the better of ${peers.join(' and ')}` : peers[0]}:`,
    ...measured.map(([what, figures, rest = '']) => `  ${what.padEnd(20)}  ${figures.flatMap(figure).join(', ')}${rest}`),
    ...(measured.length > 0 ? [] : ['  nothing was measured on both sides']),
  ];
}

/** Everything, for a terminal. */
export function formatResults(results: Results): string {
  const { rows, ratios, workloads, contestants, failures, skipped } = results;
  const lines = [...headLines(results), ''];
  const header = [
    'workload',
    'contestant',
    'seconds (min..max)',
    'CPU s',
    'all threads',
    'MIPS',
    'steady MIPS',
    'after s',
    'translate ms',
    'compile ms',
    'code KiB',
    'modules',
    'peak MiB',
  ];
  const body = workloads.flatMap((name) =>
    rows
      .filter((row) => row.workload === name)
      .map((row, i) => [
        i === 0 ? name : '',
        row.contestant,
        row.errors.length > 0 ? `${range(row.seconds)} ERROR` : range(row.seconds),
        ...[row.cpuSeconds, row.allCpuSeconds, row.mips, row.steadyMips, row.steadySeconds, row.translateMs, row.compileMs].map(middle),
        digits(row.codeBytes ? row.codeBytes.median / 1024 : null),
        middle(row.modules),
        middle(row.peakMiB),
      ]),
  );
  lines.push(...table([header, ...body], 2), '');
  if (ratios.length > 0) {
    const name = ({ a, b }: Ratio): string => `${a}/${b === PEER ? 'best peer' : b}`;
    const means: [string, (ratio: Ratio) => number | null][] = [
      ['geomean compute', (r) => r.compute],
      ['geomean memory', (r) => r.memory],
      ['geomean kernels', (r) => r.kernels],
      ['  bare metal', (r) => r.bareMetal],
      ['  under Linux', (r) => r.programs],
      ['  on PowerPC', (r) => r.ppc],
      ['geomean system', (r) => r.system],
      ['geomean real', (r) => r.real],
      ['  all threads', (r) => r.realAllThreads],
    ];
    lines.push('Times as fast:', '');
    lines.push(
      ...table(
        [
          ['workload', ...ratios.map(name)],
          ...workloads.map((each) => [each, ...ratios.map((ratio) => digits(ratio.workloads[each]))]),
          ...means
            .filter(([, of]) => ratios.some((ratio) => of(ratio) !== null))
            .map(([title, of]) => [title, ...ratios.map((r) => digits(of(r)))]),
        ],
        1,
      ),
      '',
    );
  }
  if (contestants.length > 0) lines.push(...vsQemuLines(results), '');
  for (const [what, why] of Object.entries(skipped)) lines.push(`not measured: ${what}: ${why}`);
  for (const failure of failures) lines.push(`ERROR ${failure}`);
  return lines.join('\n');
}

/** The first `left` columns to the left, the others to the right. */
function table(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
