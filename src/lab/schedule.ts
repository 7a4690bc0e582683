/** The order of things: rounds are interleaved, so that a disturbance hits everybody, and each round begins with somebody else. */
import { strategy } from './strategies.js';
import { FREESTANDING, guestOf, type Guest, type WorkloadName } from './workloads.js';

/** One process to run: a contestant with a kernel of a guest without an operating system, or with all that is to run in one boot of a Linux guest. */
export interface Job {
  /** 0: the trial. */
  readonly round: number;
  readonly contestant: string;
  readonly guest: Guest;
  readonly workloads: readonly WorkloadName[];
}

/** `takesPart`: not everybody has a processor for every workload. */
export function schedule(
  contestants: readonly string[],
  workloads: readonly WorkloadName[],
  rounds: number,
  takesPart: (contestant: string, name: WorkloadName) => boolean = () => true,
): Job[] {
  const jobs: Job[] = [];
  const add = (round: number, who: readonly string[], guest: Guest, names: readonly WorkloadName[]): void => {
    for (const contestant of who) {
      const own = names.filter((name) => takesPart(contestant, name));
      if (own.length > 0) jobs.push({ round, contestant, guest, workloads: own });
    }
  };
  const of = (guest: Guest): WorkloadName[] => workloads.filter((name) => guestOf(name) === guest);
  const booted: readonly Guest[] = ['linux', 'real'];
  for (const guest of FREESTANDING) add(0, contestants, guest, of(guest));
  // Who keeps code is to have that of a whole run.
  add(0, contestants.filter((name) => strategy(name)?.keepsCode), 'real', of('real')); // prettier-ignore
  for (let round = 1; round <= rounds; round++) {
    const first = (round - 1) % Math.max(1, contestants.length);
    const order = [...contestants.slice(first), ...contestants.slice(0, first)];
    for (const guest of FREESTANDING) for (const name of of(guest)) add(round, order, guest, [name]);
    for (const guest of booted) add(round, order, guest, of(guest));
  }
  return jobs;
}
