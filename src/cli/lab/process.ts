/** A child process with what the laboratory wants to know of it: lines and when they came, wall time, CPU time, peak memory. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { LineReader } from '../../lab/guest-output.js';
import type { TimedLine } from '../../lab/outcome.js';
import { busiest, cpuTimes, peakOf, timesOf, type ProcessTimes } from './process-times.js';

export interface ChildRun {
  readonly lines: readonly TimedLine[];
  readonly seconds: number;
  readonly peakMiB: number | undefined;
  /** What it wrote to file descriptor 3. */
  readonly report: string;
  readonly error: string | undefined;
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
  /** Is told each line when it comes. */
  readonly heard?: (line: string) => void;
}

/** How often the peak is read. It only grows, so no more than the last moment of a process goes unseen. */
const SAMPLE_MS = 50;

/** Runs a program without input to its end. Never rejects: `error` says in a line what went wrong. */
export function runChild(command: string, args: readonly string[], { timeoutMs, signal, heard }: RunOptions): Promise<ChildRun> {
  return new Promise((resolve) => {
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const lines: TimedLine[] = [];
    const times: (ProcessTimes | undefined)[] = [];
    let pid = child.pid;
    let errors = '';
    let report = '';
    let peakMiB: number | undefined;
    let error: string | undefined;
    const measure = (): number | undefined => (peakMiB = (pid && peakOf(pid)) ?? peakMiB);
    const reader = new LineReader((text) => {
      const seconds = elapsed();
      if (child.pid !== undefined) pid = busiest(child.pid);
      times.push(pid === undefined ? undefined : timesOf(pid));
      lines.push({ text, seconds, peakMiB: measure() });
      heard?.(text);
    });
    const kill = (why: string): void => {
      error ??= why;
      child.kill('SIGKILL');
    };
    const sampler = setInterval(measure, SAMPLE_MS);
    const timeout = setTimeout(() => kill(`no end after ${timeoutMs / 1000} s`), timeoutMs);
    const aborted = (): void => kill('interrupted');
    signal?.addEventListener('abort', aborted, { once: true });
    const settle = (): void => {
      clearInterval(sampler);
      clearTimeout(timeout);
      signal?.removeEventListener('abort', aborted);
      const cpu = cpuTimes(times);
      resolve({ lines: lines.map((line, i) => ({ ...line, cpu: cpu[i] })), seconds: elapsed(), peakMiB, report, error });
    };
    child.stdout!.on('data', (chunk: Buffer) => reader.push(chunk.toString('latin1')));
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => (report += chunk.toString('utf8')));
    child.on('error', (cause) => {
      error ??= `cannot run ${command}: ${cause.message}`;
      settle();
    });
    child.on('close', (status, killedBy) => {
      const said = lastLine(errors) || lines.at(-1)?.text || 'it said nothing';
      if (killedBy !== null) error ??= `ended by ${killedBy}: ${said}`;
      else if (status !== 0) error ??= `status ${status}: ${said}`;
      settle();
    });
  });
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
