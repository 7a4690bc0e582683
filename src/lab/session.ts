/** Runs a schedule, whoever runs a job: a process (src/cli/lab), or the page that this is in. */
import type { Outcome } from './outcome.js';
import { recordsOf } from './outcome.js';
import { LINUX_READY, parseFailure, parseResult } from './guest-output.js';
import type { RunRecord } from './results.js';
import type { Job } from './schedule.js';
import { isFreestanding, type Guest, type WorkloadName } from './workloads.js';

export interface SessionOptions {
  readonly jobs: readonly Job[];
  readonly work: (name: WorkloadName, contestant: string) => number;
  /** Never rejects for what a contestant does: an outcome says what went wrong. `heard` is to be told each line when it comes, by who can. */
  readonly run: (job: Job, work: (name: WorkloadName) => number, heard: (line: string) => void) => Promise<Outcome>;
  /** Told before each job, and after each workload of a job that has several; `done` of 1. */
  readonly progress?: (done: number, step: string) => void;
  /** Asked before each job, and after it: of a job that was cut short, what it had measured counts. */
  readonly isCancelled?: () => boolean;
}

/** All records, or those up to the moment of cancellation. */
export async function runSession({ jobs, work, run, progress, isCancelled = () => false }: SessionOptions): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (const [done, job] of jobs.entries()) {
    if (isCancelled()) break;
    progress?.(done / jobs.length, describe(job));
    const workOf = (name: WorkloadName): number => (job.round === 0 && isFreestanding(job.guest) ? TRIAL_WORK : work(name, job.contestant));
    const heard = listener(job, (part, what) => progress?.((done + part) / jobs.length, what));
    const outcome = await run(job, workOf, heard);
    const found = recordsOf(job, workOf, outcome);
    records.push(...(isCancelled() ? found.filter(({ error }) => error === undefined) : found));
  }
  progress?.(1, 'done');
  return records;
}

/** Takes a job's lines, and tells which workload is over: a boot with all its programs takes minutes. */
function listener(job: Job, tell: (part: number, what: string) => void): (line: string) => void {
  let over = 0;
  return (line) => {
    const name = line === LINUX_READY ? 'boot' : (parseResult(line) ?? parseFailure(line))?.name;
    if (job.workloads.length < 2 || !job.workloads.some((each) => each === name)) return;
    over++;
    tell(over / (job.workloads.length + 1), `${roundOf(job)}: ${SYSTEMS[job.guest]}, ${job.contestant}: ${name} is over`);
  };
}

/** Small enough for an interpreter. */
const TRIAL_WORK = 1;

const SYSTEMS = { 'bare-metal': 'kernels', ppc: 'PowerPC', linux: 'Linux', real: 'Debian' } as const satisfies Record<Guest, string>;

const roundOf = ({ round }: Job): string => (round === 0 ? 'trial' : `round ${round}`);

function describe(job: Job): string {
  const { round, contestant, guest, workloads } = job;
  if (isFreestanding(guest))
    return round === 0 ? `trial: ${SYSTEMS[guest]}, ${contestant}` : `round ${round}: ${workloads.join(', ')}, ${contestant}`;
  return `${roundOf(job)}: ${SYSTEMS[guest]} (${workloads.join(', ')}), ${contestant}`;
}
