/** From what a process said and did to records of its workloads. */
import type { EngineCounters } from './counters.js';
import { KERNELS_DONE, LINUX_READY, parseFailure, parseResult } from './guest-output.js';
import type { RunRecord } from './results.js';
import type { WatchedRun } from './run.js';
import type { Job } from './schedule.js';
import { steadyState } from './steady.js';
import { isFreestanding, type WorkloadName } from './workloads.js';

/** Seconds of CPU that a process has taken. */
export interface CpuTime {
  /** The thread that is the guest's CPU: of all, the one that took most by the end. */
  readonly machine: number;
  readonly all: number;
}

/** A line of the guest's output, when it came, and what the process had taken by then: the peak of its resident set, and CPU. */
export interface TimedLine {
  readonly text: string;
  readonly seconds: number;
  readonly peakMiB?: number;
  readonly cpu?: CpuTime;
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

/** Which lines the engine's state is wanted at: what a program took is of the time since the line before. */
export const isMark = (line: string): boolean =>
  line === LINUX_READY || parseResult(line) !== undefined || parseFailure(line) !== undefined;

export function recordsOf(job: Job, work: (name: WorkloadName) => number, outcome: Outcome): RunRecord[] {
  const head = (name: WorkloadName) => ({ round: job.round, contestant: job.contestant, workload: name, work: work(name) });
  const ended = !isFreestanding(job.guest) || outcome.lines.some(({ text }) => text === KERNELS_DONE);
  const error =
    outcome.error ?? (ended ? undefined : `the guest did not come to its end: ${outcome.lines.at(-1)?.text ?? 'it said nothing'}`);
  const results = new Map(outcome.lines.flatMap((line) => {
    const result = parseResult(line.text);
    return result ? [[result.name, { line, ...result }] as const] : [];
  })); // prettier-ignore
  const marks = outcome.lines.filter(({ text }) => isMark(text));
  const ready = marks.find(({ text }) => text === LINUX_READY);

  return job.workloads.map((name): RunRecord => {
    if (name === 'boot') {
      if (!ready) return { ...head(name), error: error ?? 'Linux did not come to its first command' };
      const mark = outcome.watched?.marks.find(({ line }) => line === LINUX_READY);
      return {
        ...head(name),
        seconds: ready.seconds,
        peakMiB: ready.peakMiB,
        ...cpuBetween(undefined, ready),
        ...(mark && costOf(mark.counters)),
      };
    }
    const result = results.get(name);
    if (!result) return { ...head(name), error: error ?? failureOf(name, outcome.lines) ?? 'the guest printed no result' };
    const { checksum } = result;
    if (!isFreestanding(job.guest)) {
      // What was measured stays so, whatever became of the process later.
      const { line } = result;
      const before = marks[marks.indexOf(line) - 1];
      const times =
        job.guest === 'real'
          ? { seconds: line.seconds - (before?.seconds ?? 0), guestSeconds: result.seconds }
          : { seconds: result.seconds };
      return { ...head(name), checksum, ...times, peakMiB: line.peakMiB, ...cpuBetween(before, line), ...costBetween(outcome, line.text) };
    }
    if (error !== undefined) return { ...head(name), checksum, error };
    if (job.round === 0) return { ...head(name), checksum };
    const { watched, seconds, peakMiB } = outcome;
    const measured = { seconds, guestSeconds: result.seconds, peakMiB, ...cpuBetween(undefined, outcome.lines.at(-1)!) };
    if (!watched) return { ...head(name), checksum, ...measured };
    const { samples, counters } = watched;
    return { ...head(name), checksum, ...measured, ...costOf(counters), steady: steadyState(samples), samples };
  });
}

/** What the program said last is the reason, as a rule. */
function failureOf(name: WorkloadName, lines: readonly TimedLine[]): string | undefined {
  const at = lines.findIndex(({ text }) => parseFailure(text)?.name === name);
  if (at < 0) return undefined;
  const said = lines[at - 1]?.text;
  return `${parseFailure(lines[at].text)!.why}: ${said === undefined || isMark(said) ? 'it said nothing' : said}`;
}

/** `before` undefined: since the process began. */
function cpuBetween(before: TimedLine | undefined, { cpu }: TimedLine): Pick<RunRecord, 'cpuSeconds' | 'allCpuSeconds'> {
  if (!cpu || (before && !before.cpu)) return {};
  const { machine, all } = before?.cpu ?? { machine: 0, all: 0 };
  return { cpuSeconds: cpu.machine - machine, allCpuSeconds: cpu.all - all };
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
