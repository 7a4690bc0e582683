/** What the laboratory measured, as results.json holds it: every run's raw numbers, and the rows made of them. */
import type { EngineCounters } from './counters.js';
import { spread, type Spread } from './statistics.js';
import type { Sample, Steady } from './steady.js';
import { workload, type WorkloadName } from './workloads.js';

/** Who runs guests. */
export interface Contestant {
  readonly name: string;
  /** wemu with a strategy, or somebody else's emulator. */
  readonly kind: 'wemu' | 'peer';
  readonly description: string;
  /** What `-accel` got; peers: the command. */
  readonly how: string;
  readonly version: string;
  readonly interpreter: boolean;
}

/** One workload, once. Round 0 is a trial of little work, where checksums of all contestants are compared; it is not timed. */
export interface RunRecord {
  readonly round: number;
  readonly contestant: string;
  readonly workload: WorkloadName;
  readonly work: number;
  /** Why there is no result; the other fields hold what is known all the same. */
  readonly error?: string;
  readonly checksum?: string;
  /** Kernels: the whole process, start-up included. Linux programs: by the guest's clock. Real ones: by the host's. Boot: from the start of the process to the first command. */
  readonly seconds?: number;
  /** CPU of the machine's thread, in the same time; undefined where the host does not tell it. */
  readonly cpuSeconds?: number;
  /** CPU of all threads of the process. */
  readonly allCpuSeconds?: number;
  /** Kernels and real programs by the guest's clock. */
  readonly guestSeconds?: number;
  readonly instructions?: number;
  /** Peak resident set of the process so far. */
  readonly peakMiB?: number;
  /** Of this workload alone. */
  readonly cost?: Omit<EngineCounters, 'instructions'>;
  readonly steady?: Steady;
  readonly samples?: readonly Sample[];
}

/** A workload with a contestant: medians over the rounds. What was not measured is null. */
export interface Row {
  readonly workload: WorkloadName;
  readonly contestant: string;
  readonly work: number;
  /** Runs that count. */
  readonly runs: number;
  readonly errors: readonly string[];
  readonly checksum: string | null;
  readonly seconds: Spread | null;
  readonly cpuSeconds: Spread | null;
  readonly allCpuSeconds: Spread | null;
  readonly guestSeconds: Spread | null;
  /** Guest instructions a microsecond of the time that is compared (timeOf). A peer's are counted by wemu, for the same work. */
  readonly mips: Spread | null;
  readonly steadyMips: Spread | null;
  readonly steadySeconds: Spread | null;
  readonly peakMiB: Spread | null;
  /** Frontend and tci code; then IR to wasm and wasm to machine code. */
  readonly translateMs: Spread | null;
  readonly compileMs: Spread | null;
  readonly codeBytes: Spread | null;
  readonly modules: Spread | null;
  readonly evictions: Spread | null;
}

/** By what a workload is compared: real programs by the CPU time of the machine's thread, all others by wall time. */
export function timeOf<Time>(measured: {
  readonly workload: WorkloadName;
  readonly seconds?: Time;
  readonly cpuSeconds?: Time;
}): Time | undefined {
  return workload(measured.workload).kind === 'real' ? measured.cpuSeconds : measured.seconds;
}

/** Marks runs whose checksum is not everybody's: with two opinions nobody can tell who is right, so all of that work are told. */
export function withChecksumErrors(runs: readonly RunRecord[]): RunRecord[] {
  const key = ({ workload: name, work }: RunRecord): string => `${name} ${work}`;
  const opinions = new Map<string, Map<string, Set<string>>>();
  for (const run of runs) {
    if (run.checksum === undefined) continue;
    let sums = opinions.get(key(run));
    if (!sums) opinions.set(key(run), (sums = new Map()));
    const who = sums.get(run.checksum) ?? new Set();
    sums.set(run.checksum, who.add(run.contestant));
  }
  return runs.map((run) => {
    const sums = opinions.get(key(run));
    if (run.checksum === undefined || !sums || sums.size < 2) return run;
    const told = [...sums].map(([sum, who]) => `${sum} (${[...who].join(', ')})`).join(', ');
    return { ...run, error: `checksums differ: ${told}` };
  });
}

export function makeRows(contestants: readonly Contestant[], workloads: readonly WorkloadName[], checked: readonly RunRecord[]): Row[] {
  return workloads.flatMap((name) => contestants.map((contestant) => makeRow(contestant, name, checked)));
}

function makeRow(contestant: Contestant, name: WorkloadName, all: readonly RunRecord[]): Row {
  const mine = all.filter((run) => run.workload === name && run.contestant === contestant.name);
  const timed = mine.filter((run) => run.round > 0);
  const good = timed.filter((run) => run.error === undefined);
  const work = timed[0]?.work ?? 0;
  const of = (value: (run: RunRecord) => number | undefined): Spread | null => {
    const values = good.flatMap((run) => value(run) ?? []);
    return values.length > 0 ? spread(values) : null;
  };
  const instructions = contestant.kind === 'wemu' ? undefined : countedByOthers(name, work, all);
  const count = (run: RunRecord): number | undefined => instructions ?? run.instructions;
  return {
    workload: name,
    contestant: contestant.name,
    work,
    runs: good.length,
    errors: [...new Set(mine.flatMap((run) => run.error ?? []))],
    checksum: good[0]?.checksum ?? null,
    seconds: of((run) => run.seconds),
    cpuSeconds: of((run) => run.cpuSeconds),
    allCpuSeconds: of((run) => run.allCpuSeconds),
    guestSeconds: of((run) => run.guestSeconds),
    mips: of((run) => (timeOf(run) && count(run) ? count(run)! / timeOf(run)! / 1e6 : undefined)),
    steadyMips: of((run) => run.steady?.mips),
    steadySeconds: of((run) => run.steady?.seconds),
    peakMiB: of((run) => run.peakMiB),
    translateMs: of((run) => run.cost?.translateMs),
    compileMs: of((run) => run.cost && run.cost.generateMs + run.cost.compileMs),
    codeBytes: of((run) => run.cost?.codeBytes),
    modules: of((run) => run.cost?.modules),
    evictions: of((run) => run.cost?.evictions),
  };
}

/** The same work takes the same guest instructions, give or take interrupts. Not so a boot, which waits for devices. */
function countedByOthers(name: WorkloadName, work: number, all: readonly RunRecord[]): number | undefined {
  if (workload(name).kind === 'boot') return undefined;
  const counts = all.flatMap((run) =>
    run.round > 0 && run.workload === name && run.work === work && run.error === undefined ? (run.instructions ?? []) : [],
  );
  return counts.length > 0 ? spread(counts).median : undefined;
}
