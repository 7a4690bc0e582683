/** Runs a schedule, whoever runs a job: a process (src/cli/lab), or the page that this is in. */
import type { Outcome } from './outcome.js';
import { recordsOf } from './outcome.js';
import type { RunRecord } from './results.js';
import type { Job } from './schedule.js';
import { isFreestanding, type Guest, type WorkloadName } from './workloads.js';

export interface SessionOptions {
  readonly jobs: readonly Job[];
  readonly work: (name: WorkloadName, contestant: string) => number;
  /** Never rejects for what a contestant does: an outcome says what went wrong. */
  readonly run: (job: Job, work: (name: WorkloadName) => number) => Promise<Outcome>;
  /** Told before each job; `done` of 1. */
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
    const outcome = await run(job, workOf);
    const found = recordsOf(job, workOf, outcome);
    records.push(...(isCancelled() ? found.filter(({ error }) => error === undefined) : found));
  }
  progress?.(1, 'done');
  return records;
}

/** Small enough for an interpreter. */
const TRIAL_WORK = 1;

const SYSTEMS = { 'bare-metal': 'kernels', ppc: 'PowerPC', linux: 'Linux', real: 'Debian' } as const satisfies Record<Guest, string>;

function describe({ round, contestant, guest, workloads }: Job): string {
  if (isFreestanding(guest))
    return round === 0 ? `trial: ${SYSTEMS[guest]}, ${contestant}` : `round ${round}: ${workloads.join(', ')}, ${contestant}`;
  return `${round === 0 ? 'trial' : `round ${round}`}: ${SYSTEMS[guest]} (${workloads.join(', ')}), ${contestant}`;
}
