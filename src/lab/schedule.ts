/** The order of things: rounds are interleaved, so that a disturbance hits everybody, and each round begins with somebody else. */
import { isBareMetal, type WorkloadName } from './workloads.js';

/** One process to run: a contestant with a bare-metal kernel, or with all that is to run under one Linux. */
export interface Job {
  /** 0: the trial. */
  readonly round: number;
  readonly contestant: string;
  readonly guest: 'bare-metal' | 'linux';
  readonly workloads: readonly WorkloadName[];
}

export function schedule(contestants: readonly string[], workloads: readonly WorkloadName[], rounds: number): Job[] {
  const bareMetal = workloads.filter(isBareMetal);
  const linux = workloads.filter((name) => !isBareMetal(name));
  const jobs: Job[] = [];
  if (bareMetal.length > 0)
    for (const contestant of contestants) jobs.push({ round: 0, contestant, guest: 'bare-metal', workloads: bareMetal });
  for (let round = 1; round <= rounds; round++) {
    const first = (round - 1) % Math.max(1, contestants.length);
    const order = [...contestants.slice(first), ...contestants.slice(0, first)];
    for (const name of bareMetal) for (const contestant of order) jobs.push({ round, contestant, guest: 'bare-metal', workloads: [name] });
    if (linux.length > 0) for (const contestant of order) jobs.push({ round, contestant, guest: 'linux', workloads: linux });
  }
  return jobs;
}
