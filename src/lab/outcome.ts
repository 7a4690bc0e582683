/** From what a process said and did to records of its workloads. */
import type { EngineCounters } from './counters.js';
import { KERNELS_DONE, LINUX_READY, parseResult } from './guest-output.js';
import type { RunRecord } from './results.js';
import type { WatchedRun } from './run.js';
import type { Job } from './schedule.js';
import { steadyState } from './steady.js';
import type { WorkloadName } from './workloads.js';

/** A line of the guest's output, when it came, and the peak resident set of the process by then. */
export interface TimedLine {
  readonly text: string;
  readonly seconds: number;
  readonly peakMiB?: number;
}

export interface Outcome {
  readonly lines: readonly TimedLine[];
  /** From the start of the process to its end. */
  readonly seconds: number;
  readonly peakMiB?: number;
  /** It crashed, took too long, or ended with a status. */
  readonly error?: string;
  /** What the engine knows of it; peers do not tell. */
  readonly watched?: Pick<WatchedRun, 'samples' | 'marks' | 'counters'>;
}

/** Which lines the engine's state is wanted at. */
export const isMark = (line: string): boolean => line === LINUX_READY || parseResult(line) !== undefined;

export function recordsOf(job: Job, work: (name: WorkloadName) => number, outcome: Outcome): RunRecord[] {
  const head = (name: WorkloadName) => ({ round: job.round, contestant: job.contestant, workload: name, work: work(name) });
  const ended = job.guest === 'linux' || outcome.lines.some(({ text }) => text === KERNELS_DONE);
  const error =
    outcome.error ?? (ended ? undefined : `the guest did not come to its end: ${outcome.lines.at(-1)?.text ?? 'it said nothing'}`);
  const results = new Map(outcome.lines.flatMap((line) => {
    const result = parseResult(line.text);
    return result ? [[result.name, { line, ...result }] as const] : [];
  })); // prettier-ignore
  const ready = outcome.lines.find(({ text }) => text === LINUX_READY);

  return job.workloads.map((name): RunRecord => {
    if (name === 'boot') {
      if (!ready) return { ...head(name), error: error ?? 'Linux did not come to its first command' };
      const mark = outcome.watched?.marks.find(({ line }) => line === LINUX_READY);
      return { ...head(name), seconds: ready.seconds, peakMiB: ready.peakMiB, ...(mark && costOf(mark.counters)) };
    }
    const result = results.get(name);
    if (!result) return { ...head(name), error: error ?? 'the guest printed no result' };
    const { checksum } = result;
    if (job.guest === 'linux') {
      // What was measured stays so, whatever became of the process later.
      return { ...head(name), checksum, seconds: result.seconds, peakMiB: result.line.peakMiB, ...costBetween(outcome, result.line.text) };
    }
    if (error !== undefined) return { ...head(name), checksum, error };
    if (job.round === 0) return { ...head(name), checksum };
    const { watched, seconds, peakMiB } = outcome;
    const measured = { seconds, guestSeconds: result.seconds, peakMiB };
    if (!watched) return { ...head(name), checksum, ...measured };
    const { samples, counters } = watched;
    return { ...head(name), checksum, ...measured, ...costOf(counters), steady: steadyState(samples), samples };
  });
}

function costOf({ instructions, ...cost }: EngineCounters): Pick<RunRecord, 'instructions' | 'cost'> {
  return { instructions, cost };
}

/** From the mark before a line to that line. */
function costBetween({ watched }: Outcome, line: string): Pick<RunRecord, 'instructions' | 'cost'> {
  const at = watched?.marks.findIndex((mark) => mark.line === line) ?? -1;
  if (!watched || at < 1) return {};
  const [before, after] = [watched.marks[at - 1].counters, watched.marks[at].counters];
  const keys = Object.keys(after) as (keyof EngineCounters)[];
  return costOf(Object.fromEntries(keys.map((key) => [key, after[key] - before[key]])) as unknown as EngineCounters);
}
