/** What Linux tells of a running process (proc(5)): CPU time by thread, peak memory. All undefined where it is gone, or on a host without /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import type { CpuTime } from '../../lab/outcome.js';

/** Seconds, by thread (those that have ended are not there) and of all that there ever were. */
export interface ProcessTimes {
  readonly threads: ReadonlyMap<string, number>;
  readonly all: number;
}

/** USER_HZ: of what the kernel tells a user, whatever its own ticks are; 100 on all that Node runs on. */
const TICKS = 100;

function proc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return undefined; // as said at the top
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** utime and stime. They stand behind the program's name, which may have anything in it but is the only one in parentheses. */
function cpuOf(pid: number): number | undefined {
  const stat = proc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The process, or one below it, that took the most CPU: a peer's command may be a wrapper that starts another program. */
export function busiest(pid: number): number {
  let most = { pid, cpu: cpuOf(pid) ?? 0 };
  const below = threadsOf(pid).flatMap((thread) => proc(`${pid}/task/${thread}/children`)?.trim().split(' ') ?? []);
  for (const child of below.filter((each) => each !== '').map((each) => busiest(Number(each)))) {
    const cpu = cpuOf(child) ?? 0;
    if (cpu > most.cpu) most = { pid: child, cpu };
  }
  return most.pid;
}

export function timesOf(pid: number): ProcessTimes | undefined {
  const all = cpuOf(pid);
  if (all === undefined) return undefined;
  const threads = new Map<string, number>();
  for (const thread of threadsOf(pid)) {
    const nanoseconds = Number(proc(`${pid}/task/${thread}/schedstat`)?.split(' ')[0]);
    if (nanoseconds >= 0) threads.set(thread, nanoseconds / 1e9);
  }
  return threads.size > 0 ? { threads, all } : undefined;
}

/** VmHWM: the peak resident set. */
export function peakOf(pid: number): number | undefined {
  const kib = /^VmHWM:\s*(\d+) kB/m.exec(proc(`${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** Of readings one after the other: the machine's thread is the one that had most in the last. */
export function cpuTimes(readings: readonly (ProcessTimes | undefined)[]): (CpuTime | undefined)[] {
  const last = [...(readings.filter((each) => each !== undefined).at(-1)?.threads ?? [])];
  const [machine] = last.sort(([, x], [, y]) => y - x)[0] ?? [];
  return readings.map((each) => each && { machine: (machine !== undefined && each.threads.get(machine)) || 0, all: each.all });
}
