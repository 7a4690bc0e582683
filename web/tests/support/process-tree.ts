/** What a process and all that it has started hold (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

/** A file of /proc; '' where the process has ended meanwhile. */
function proc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Proportional set size, so that what processes share counts once; MiB, of those below `root`. */
export function treeMiB(root: number): number {
  const parents = new Map<string, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // proc(5): the name, in parentheses, may hold anything
    const [, parent] = proc(pid, 'stat').split(') ').at(-1)!.split(' ');
    if (parent !== undefined) parents.set(pid, parent);
  }
  const isBelow = (pid: string | undefined): boolean => pid !== undefined && (pid === `${root}` || isBelow(parents.get(pid)));
  let kiB = 0;
  for (const [pid, parent] of parents) if (isBelow(parent)) kiB += Number(/^Pss:\s+(\d+)/m.exec(proc(pid, 'smaps_rollup'))?.[1] ?? 0);
  return Math.round(kiB / 1024);
}
