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

/** The processes below `root`, and itself. */
function tree(root: number): string[] {
  const parents = new Map<string, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // proc(5): the name, in parentheses, may hold anything
    const [, parent] = proc(pid, 'stat').split(') ').at(-1)!.split(' ');
    if (parent !== undefined) parents.set(pid, parent);
  }
  const isBelow = (pid: string | undefined): boolean => pid !== undefined && (pid === `${root}` || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

/** Proportional set size, so that what processes share counts once; MiB, of those below `root`. */
export function treeMiB(root: number): number {
  const kiB = tree(root).map((pid) => Number(/^Pss:\s+(\d+)/m.exec(proc(pid, 'smaps_rollup'))?.[1] ?? 0));
  return Math.round(kiB.reduce((sum, each) => sum + each, 0) / 1024);
}

/**
 * Writable mappings of at least so many bytes, by their size: how many there are in all processes below `root`. Engines reserve more than a WebAssembly memory has,
 * and make its own bytes accessible: a memory is one of these, as long as it lives.
 */
export function writableMappings(root: number, least: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const pid of tree(root))
    for (const [, from, to] of proc(pid, 'maps').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const size = Number.parseInt(to, 16) - Number.parseInt(from, 16);
      if (size >= least) counts.set(size, (counts.get(size) ?? 0) + 1);
    }
  return counts;
}

/** Threads of web workers, of all processes below `root`: Chromium's and Firefox's names for them. */
export function workerThreads(root: number): number {
  const names = tree(root).flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => proc(pid, `task/${thread}/comm`));
    } catch {
      return []; // it has ended meanwhile
    }
  });
  return names.filter((name) => /^(DedicatedWorker|DOM Worker)/.test(name)).length;
}
