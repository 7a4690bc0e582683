/** The order of things: rounds are interleaved, so that a disturbance hits everybody, and each round begins with somebody else. */
import { strategy } from './strategies.js';
import { guestOf, type Guest, type WorkloadName } from './workloads.js';

/** One process to run: a contestant with a bare-metal kernel, or with all that is to run in one boot of a Linux guest. */
export interface Job {
  /** 0: the trial. */
  readonly round: number;
  readonly contestant: string;
  readonly guest: Guest;
  readonly workloads: readonly WorkloadName[];
}

export function schedule(contestants: readonly string[], workloads: readonly WorkloadName[], rounds: number): Job[] {
  const of = (guest: Guest): WorkloadName[] => workloads.filter((name) => guestOf(name) === guest);
  const bareMetal = of('bare-metal');
  const booted = (['linux', 'real'] as const).map((guest) => ({ guest, workloads: of(guest) })).filter((each) => each.workloads.length > 0);
  const jobs: Job[] = [];
  if (bareMetal.length > 0)
    for (const contestant of contestants) jobs.push({ round: 0, contestant, guest: 'bare-metal', workloads: bareMetal });
  // Who keeps code is to have that of a whole run.
  for (const each of booted.filter(({ guest }) => guest === 'real'))
    for (const contestant of contestants) if (strategy(contestant)?.keepsCode) jobs.push({ round: 0, contestant, ...each });
  for (let round = 1; round <= rounds; round++) {
    const first = (round - 1) % Math.max(1, contestants.length);
    const order = [...contestants.slice(first), ...contestants.slice(0, first)];
    for (const name of bareMetal) for (const contestant of order) jobs.push({ round, contestant, guest: 'bare-metal', workloads: [name] });
    for (const each of booted) for (const contestant of order) jobs.push({ round, contestant, ...each });
  }
  return jobs;
}
