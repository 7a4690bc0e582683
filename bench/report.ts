/** From measurements to what is said about them: ratios, geometric means, and the text of it. */
import type { BootMeasurement, BootResults } from './boot.js';
import type { HostInfo } from './host-info.js';
import type { KernelRow } from './kernels.js';
import { geometricMean, type Spread } from './statistics.js';
import { QEMU, STRATEGIES } from './strategies.js';

export interface Measured {
  readonly date: string;
  readonly host: HostInfo;
  readonly rounds: number;
  /** Everybody who took part, in order. */
  readonly contestants: readonly string[];
  readonly kernels: readonly KernelRow[];
  readonly boot: BootResults | undefined;
}

/** How many times as fast `a` is as `b`: above 1, `a` is the faster one. */
export interface Ratio {
  readonly a: string;
  readonly b: string;
  readonly kernels: Readonly<Record<string, number>>;
  /** Of the kernels; undefined without any. */
  readonly geometricMean: number | undefined;
  readonly boot: number | undefined;
}

/** What `--json` writes. */
export interface Report extends Measured {
  readonly format: 'wemu-bench-1';
  readonly ratios: readonly Ratio[];
}

export function buildReport(measured: Measured): Report {
  const { contestants } = measured;
  const isSlow = (name: string): boolean => STRATEGIES[name]?.slow ?? false;
  const wemu = contestants.filter((name) => name !== QEMU);
  const pairs = [
    ...wemu.filter((a) => !isSlow(a)).flatMap((a) => wemu.filter(isSlow).map((b) => [a, b])),
    ...(contestants.includes(QEMU) ? wemu.map((a) => [a, QEMU]) : []),
  ];
  return { format: 'wemu-bench-1', ...measured, ratios: pairs.map(([a, b]) => ratio(measured, a, b)) };
}

function ratio({ kernels, boot }: Measured, a: string, b: string): Ratio {
  const rates = Object.fromEntries(kernels.map(({ name, measurements: m }) => [name, m[a].mips.median / m[b].mips.median]));
  const values = Object.values(rates).filter((value) => value > 0 && Number.isFinite(value));
  return {
    a,
    b,
    kernels: rates,
    geometricMean: values.length > 0 ? geometricMean(values) : undefined,
    boot: boot && boot[b].seconds.median / boot[a].seconds.median,
  };
}

/** Three significant digits are more than these numbers have. */
export function digits(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
const range = ({ median, min, max }: Spread): string => `${digits(median)} (${digits(min)}..${digits(max)})`;

export function hostLines({ host, date, rounds }: Measured): string[] {
  return [
    `${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB, ${host.system}; load ${host.load} at the start`,
    `Node ${host.node} (V8 ${host.v8}); ${host.qemu ?? 'no QEMU'}`,
    `${date}; ${rounds} rounds, interleaved; medians (min..max)`,
  ];
}

export function formatReport(report: Report): string {
  const { contestants, kernels, boot, ratios } = report;
  const lines = [...hostLines(report), ''];
  const ratioNames = ratios.map(({ a, b }) => `${a}/${b}`);
  if (kernels.length > 0) {
    lines.push('Kernels: guest MIPS; ratios of speed', '');
    lines.push(
      ...table([
        ['kernel', ...contestants, ...ratioNames],
        ...kernels.map(({ name, measurements }) => [
          name,
          ...contestants.map((c) => range(measurements[c].mips)),
          ...ratios.map((r) => digits(r.kernels[name])),
        ]),
        ['geometric mean', ...contestants.map(() => ''), ...ratios.map((r) => digits(r.geometricMean))],
      ]),
      '',
    );
  }
  if (boot) {
    lines.push("Linux: power-on to the end of the command 'true'; ratios of speed", '');
    const peak = (m: BootMeasurement): string => (m.peakMiB ? range(m.peakMiB) : '-');
    lines.push(
      ...table([
        ['', ...contestants, ...ratioNames],
        ['seconds', ...contestants.map((c) => range(boot[c].seconds)), ...ratios.map((r) => digits(r.boot))],
        ['peak RSS, MiB', ...contestants.map((c) => peak(boot[c])), ...ratios.map(() => '')],
      ]),
      '',
    );
  }
  return lines.join('\n');
}

/** First column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
