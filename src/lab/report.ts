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

/** None where engines are compared. */
export function vsQemuLines({ vsQemu: { compute, system, boot, real, ppc, subject, peers, reasons }, engines }: Results): string[] {
  if (engines) return [];
  const why = (what: string): string => (reasons[what] === undefined ? '' : ` (${reasons[what]})`);
  const who = peers.length > 1 ? `the better of ${peers.join(' and ')}` : (peers[0] ?? 'no peer');
  const kinds = `integer ${digits(compute.integer)}, memory ${digits(compute.memory)}, float ${digits(compute.float)}`;
  const guests = `bare metal ${digits(compute.bareMetal)}, under Linux ${digits(compute.programs)}`;
  const program = (what: 'cold' | 'warm'): string => {
    const { geomean, min, minWorkload, allThreads } = real[what];
    return `${what} ${digits(geomean)}${why(`real.${what}`)}${geomean === null ? '' : `, all threads ${digits(allThreads)}, least ${digits(min)} ${minWorkload}`}`;
  };
  const onPpc = (['integer', 'memory', 'float'] as const)
    .map((kind) => `${kind} ${digits(ppc[kind].geomean)}${why(`ppc.${kind}`)}`)
    .join(', ');
  return [
    `${subject ?? 'nobody'} against ${who}:`,
    `  kernels, speed        ${digits(compute.geomean)}${why('compute')}: ${kinds}; ${guests}; least ${digits(compute.min)} ${compute.minWorkload ?? ''}`,
    `  system, speed         ${digits(system.geomean)}${why('system')}; least ${digits(system.min)} ${system.minWorkload ?? ''}`,
    `  boot, time            cold ${digits(boot.cold)}${why('boot.cold')}, warm ${digits(boot.warm)}${why('boot.warm')}`,
    `  real programs, speed  ${program('cold')}; ${program('warm')}`,
    `  PowerPC, speed        ${onPpc}; least ${digits(ppc.min)} ${ppc.minWorkload ?? ''}`,
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
