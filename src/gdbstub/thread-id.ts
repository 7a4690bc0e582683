/**
 * Threads are CPUs: thread n + 1 is the CPU of index n. All belong to one process, as in QEMU without clusters. Source: GDB manual, "Packets", thread-id syntax.
 */

import { hex2 } from './packet.js';

/** The machine. */
export const PROCESS = 1;

/** `p1.1` from a debugger that knows of processes, else `1`; 0 is any, -1 all. Undefined: a process alone (`p1`) names all of its threads. */
export interface ThreadId {
  readonly process: number;
  readonly thread: number;
}

const ALL = -1;

/** Undefined: it is none. */
export function parseThreadId(text: string): ThreadId | undefined {
  const [, process, thread] = /^(?:p(-1|[0-9a-f]{1,8}))?(?:(?:^|\.)(-1|[0-9a-f]{1,8}))?$/i.exec(text) ?? [];
  if (process === undefined && thread === undefined) return undefined;
  const number = (digits: string): number => (digits === '-1' ? ALL : parseInt(digits, 16));
  return { process: process === undefined ? PROCESS : number(process), thread: thread === undefined ? ALL : number(thread) };
}

/** Whether the CPU of that index is one of those that are meant. */
export function matches({ process, thread }: ThreadId, cpuIndex: number): boolean {
  return (process === ALL || process === 0 || process === PROCESS) && (thread === ALL || thread === 0 || thread === cpuIndex + 1);
}

/** As QEMU writes it: two digits at least. */
export const formatThreadId = (cpuIndex: number, multiprocess: boolean): string =>
  multiprocess ? `p${hex2(PROCESS)}.${hex2(cpuIndex + 1)}` : hex2(cpuIndex + 1);
