/** A child process with what a benchmark wants to know of it: output, wall time, and peak memory. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { BenchError } from './errors.js';

export interface ChildRun {
  readonly output: string;
  readonly status: number | null;
  /** From spawn to `until` in the output, or to the end. */
  readonly seconds: number;
  /** Peak resident set in MiB; undefined where the host does not tell (/proc). */
  readonly peakMiB: number | undefined;
}

export interface RunOptions {
  /** Text in standard output at which the time is taken. */
  readonly until?: string;
  readonly timeoutMs?: number;
}

/** How often the peak is read. It only grows, so no more than the last moment of a process goes unseen. */
const SAMPLE_MS = 50;
const DEFAULT_TIMEOUT_MS = 5 * 60_000;

/** Runs a program without input to its end. @throws BenchError if it cannot be started, or takes too long */
export function runChild(
  command: string,
  args: readonly string[],
  { until, timeoutMs = DEFAULT_TIMEOUT_MS }: RunOptions = {},
): Promise<ChildRun> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    let seconds: number | undefined;
    let peakMiB: number | undefined;
    let late = false;
    const sampler = setInterval(() => (peakMiB = peakOf(child.pid) ?? peakMiB), SAMPLE_MS);
    const timeout = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const settle = (): void => {
      clearInterval(sampler);
      clearTimeout(timeout);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      if (seconds === undefined && until !== undefined && output.includes(until)) seconds = elapsed();
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
    child.on('error', (error) => {
      settle();
      reject(new BenchError(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (status) => {
      settle();
      const said = lastLine(errors) || lastLine(output);
      if (late) reject(new BenchError(`${command} ${args.join(' ')}: no end after ${timeoutMs / 1000} s: ${said}`));
      else if (status !== 0) reject(new BenchError(`${command} ${args.join(' ')}: status ${status}: ${said}`));
      else resolve({ output, status, seconds: seconds ?? elapsed(), peakMiB });
    });
  });
}

/** VmHWM of proc(5): the peak resident set. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kib = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined; // gone, or a host without /proc
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
