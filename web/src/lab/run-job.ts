/** A job of the laboratory on this page: a machine of its own, from its making to its end. */
import type { WorkerHost } from '../../../src/browser/worker-host.js';
import { countersOf } from '../../../src/lab/counters.js';
import { LineReader } from '../../../src/lab/guest-output.js';
import type { Outcome, TimedLine } from '../../../src/lab/outcome.js';
import type { Job } from '../../../src/lab/schedule.js';
import type { Sample } from '../../../src/lab/steady.js';
import type { WorkloadName } from '../../../src/lab/workloads.js';
import type { MachineSpec } from '../../../src/browser/machine-spec.js';
import { errorMessage } from '../../../src/util/errors.js';

const SAMPLE_MS = 50;

export interface JobOptions {
  readonly host: WorkerHost;
  readonly engine: MachineSpec['engine'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** As `wemu bench` runs them. */
export const specOf = ({ workloads }: Job, work: (name: WorkloadName) => number, engine: MachineSpec['engine']): MachineSpec => ({
  machine: 'virt',
  memory: '128M',
  bios: { builtin: 'none' },
  kernel: new URL('guests/embedded.elf', document.baseURI).href,
  append: `quiet=1 run=${workloads.join(',')} scale=${work(workloads[0])}`,
  engine,
});

export async function runJob(job: Job, work: (name: WorkloadName) => number, options: JobOptions): Promise<Outcome> {
  const { host, engine, timeoutMs, signal } = options;
  const start = performance.now();
  const ms = (): number => performance.now() - start;
  const lines: TimedLine[] = [];
  const samples: Sample[] = [[0, 0]];
  try {
    await using machine = await host.create(specOf(job, work, engine));
    const decoder = new TextDecoder();
    const reader = new LineReader((text) => void lines.push({ text, seconds: ms() / 1000 }));
    machine.onOutput((bytes) => reader.push(decoder.decode(bytes, { stream: true })));
    const sample = async () => {
      const { instructions, jit } = await machine.status();
      samples.push([ms(), instructions]);
      return countersOf(jit);
    };
    // it may have ended meanwhile
    const sampler = setInterval(() => void sample().catch(() => {}), SAMPLE_MS);
    let error: string | undefined;
    const end = (why: string) => (): void => {
      error ??= why;
      void machine.quit().catch(() => {});
    };
    const timer = setTimeout(end(`took longer than ${timeoutMs / 1000} s`), timeoutMs);
    const stop = end('stopped');
    signal.addEventListener('abort', stop);
    try {
      const { exitCode } = await machine.run();
      const seconds = ms() / 1000;
      if (exitCode !== 0) error ??= `exit code ${exitCode}`;
      const counters = await sample();
      return { lines, seconds, error, watched: { samples, marks: [], counters } };
    } finally {
      clearInterval(sampler);
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  } catch (error) {
    return { lines, seconds: ms() / 1000, error: errorMessage(error) };
  }
}
