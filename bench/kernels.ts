/** The compute kernels of the embedded guest: a process a kernel, contestant and round, timed by the guest's own clock. */
import type { Contestant } from './contestants.js';
import { BenchError } from './errors.js';
import { parseKernelTable, scaleFor, USUAL_SCALE, type KernelResult } from './guest-table.js';
import { runChild } from './process.js';
import { spread, type Spread } from './statistics.js';
import { QEMU } from './strategies.js';

export interface KernelMeasurement {
  /** Work given, in tenths of the guest's usual work. */
  readonly scale: number;
  readonly ms: Spread;
  /** Guest instructions a microsecond. QEMU's own count is not one of instructions: its rate is wemu's count over QEMU's time. */
  readonly mips: Spread;
}

export interface KernelRow {
  readonly name: string;
  readonly what: string;
  readonly measurements: Readonly<Record<string, KernelMeasurement>>;
}

export interface KernelOptions {
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  /** Only these; all if undefined. */
  readonly kernels?: readonly string[];
  /** How long a kernel should take with generated code, and in an interpreter. */
  readonly targetMs: number;
  readonly slowTargetMs: number;
  /** Told before each step; `done` of 1. */
  readonly progress: (done: number, step: string) => void;
}

/** Small enough for an interpreter, the same for everybody: here the checksums of all are compared, and the interpreter's speed is found. */
const PROBE_SCALE = 1;

const names = (rows: readonly KernelResult[]): string => rows.map((row) => row.name).join(', ');

async function run(contestant: Contestant, kernels: readonly string[] | undefined, scale: number): Promise<KernelResult[]> {
  const append = ['quiet=1', ...(kernels ? [`run=${kernels.join(',')}`] : []), `scale=${scale}`].join(' ');
  const { output } = await runChild(contestant.command, contestant.embedded(append));
  return parseKernelTable(output);
}

/** Throws if two results of the same work differ. */
export function compareChecksums(runs: readonly { readonly who: string; readonly rows: readonly KernelResult[] }[]): void {
  const [first, ...others] = runs;
  for (const { who, rows } of others) {
    if (names(rows) !== names(first.rows)) throw new BenchError(`${who} ran ${names(rows)}; ${first.who} ran ${names(first.rows)}`);
    for (const [i, row] of rows.entries()) {
      const { name, checksum } = first.rows[i];
      if (row.checksum !== checksum)
        throw new BenchError(`kernel ${name}: checksum ${row.checksum} with ${who}, ${checksum} with ${first.who}`);
    }
  }
}

export async function benchKernels(options: KernelOptions): Promise<KernelRow[]> {
  const { contestants, progress, rounds, targetMs, slowTargetMs } = options;
  const fast = contestants.filter((c) => !c.slow);
  const slow = contestants.filter((c) => c.slow);
  // QEMU's work is that of a wemu strategy, so that there is an instruction count for it.
  const measured = fast.some((c) => c.name !== QEMU) ? fast : [];

  const probes: { who: string; rows: KernelResult[] }[] = [];
  for (const contestant of contestants) {
    progress(0, `checksums: ${contestant.name}`);
    probes.push({ who: contestant.name, rows: await run(contestant, options.kernels, PROBE_SCALE) });
  }
  compareChecksums(probes);
  const { rows } = probes[0];
  const unknown = options.kernels?.find((wanted) => !rows.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new BenchError(`the guest has no kernel '${unknown}' ('wemu embedded' runs and names them all)`);

  const usual = measured.length > 0 ? await run(measured[0], options.kernels, USUAL_SCALE) : [];
  const slowProbe = probes.find(({ who }) => slow.some((c) => c.name === who))?.rows;

  const table: KernelRow[] = [];
  const total = rows.length * rounds * contestants.length;
  const results = rows.map(() => new Map(contestants.map((c) => [c.name, [] as KernelResult[]])));
  const scales = rows.map((_, k) => ({
    slow: slowProbe ? scaleFor(slowTargetMs, slowProbe[k].ms, PROBE_SCALE) : 0,
    fast: usual.length > 0 ? scaleFor(targetMs, usual[k].ms, USUAL_SCALE) : 0,
  }));
  const scaleOf = (k: number, contestant: Contestant): number => (contestant.slow || usual.length === 0 ? scales[k].slow : scales[k].fast);

  let done = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const [k, { name }] of rows.entries()) {
      for (const contestant of contestants) {
        progress(done++ / total, `round ${round}/${rounds}: ${name}, ${contestant.name}`);
        const [result] = await run(contestant, [name], scaleOf(k, contestant));
        results[k].get(contestant.name)!.push(result);
      }
    }
  }
  progress(1, 'kernels done');

  for (const [k, { name, what }] of rows.entries()) {
    const byScale = new Map<number, { who: string; rows: KernelResult[] }[]>();
    for (const contestant of contestants) {
      const scale = scaleOf(k, contestant);
      const all = results[k].get(contestant.name)!.map((row) => ({ who: contestant.name, rows: [row] }));
      byScale.set(scale, [...(byScale.get(scale) ?? []), ...all]);
    }
    for (const group of byScale.values()) compareChecksums(group);
    table.push({ name, what, measurements: measure(contestants, results[k], (c) => scaleOf(k, c)) });
  }
  return table;
}

/** From the runs of one kernel. */
export function measure(
  contestants: readonly Pick<Contestant, 'name'>[],
  results: ReadonlyMap<string, readonly KernelResult[]>,
  scaleOf: (contestant: Contestant) => number,
): Record<string, KernelMeasurement> {
  const measurements: Record<string, KernelMeasurement> = {};
  for (const contestant of contestants as readonly Contestant[]) {
    const runs = results.get(contestant.name)!;
    const scale = scaleOf(contestant);
    const counted = contestants.find((c) => c.name !== QEMU && scaleOf(c as Contestant) === scale);
    const instructions = counted && spread(results.get(counted.name)!.map((run) => run.mips * run.ms)).median;
    const rate = (run: KernelResult): number => (contestant.name === QEMU ? (instructions ?? NaN) / run.ms : run.mips);
    measurements[contestant.name] = { scale, ms: spread(runs.map((run) => run.ms)), mips: spread(runs.map(rate)) };
  }
  return measurements;
}
