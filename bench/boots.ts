/**
 * Boots Linux again and again, each in a process of its own, to find the one that hangs: `npm run boots -- [--count 500] [--harts 4]`.
 *
 * One that is not through after `--limit` seconds is left as it is, to be looked at (its process is named: SIGUSR1 opens Node's inspector), and the next
 * begins when it ends or is killed. `--accel` and `--node`, each of which may be given again, take turns. Status 1 if one failed or was late.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { more, positive } from './options.js';

const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
/** Between two, so that who waits for the machine gets it. */
const GAP_MS = 1000;
/** Boots from one line of progress to the next. */
const PROGRESS = 10;
/** A clock tick of proc_pid_stat(5), ms. */
const TICK_MS = 10;

interface BootOptions {
  readonly count: number;
  readonly harts: number;
  readonly limit: number;
  readonly together: number;
  readonly accel: readonly string[];
  readonly node: readonly string[];
  readonly lock?: string;
}

interface Boot {
  readonly seconds: number;
  /** Why it does not count; undefined: it was as it should be. */
  readonly fault?: string;
  readonly isLate: boolean;
}

const say = (text: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** Holds `file` shared, as flock(1) does: who measures on this machine takes it for itself. Returns what lets go of it. */
async function hold(file: string | undefined): Promise<() => void> {
  if (file === undefined) return () => {};
  const holder = spawn('flock', ['-s', file, 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'error').then(([error]) => Promise.reject(error as Error))]);
  return () => holder.stdin.end();
}

/** Of a process that runs: `S`, 21.3 s of CPU. */
function state(pid: number): string {
  const [name, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return `state ${name}, ${((Number(user) + Number(system)) * TICK_MS) / 1000} s of CPU`;
}

async function boot({ node, accel }: Variant, { harts, limit }: BootOptions, letGo: () => void): Promise<Boot> {
  const start = performance.now();
  const args = [CLI, 'linux', '--fresh', '--smp', String(harts), ...(accel === undefined ? [] : ['--accel', accel]), '--', 'nproc'];
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (output.stdout += bytes.toString('latin1')));
  child.stderr.on('data', (bytes: Buffer) => (output.stderr += bytes.toString('latin1')));
  let isLate = false;
  const alarm = setTimeout(() => {
    isLate = true;
    letGo();
    say(`process ${child.pid}: not through after ${limit} s (${state(child.pid!)}); left for you to look at, and to end`);
  }, limit * 1000);
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(alarm);
  const seconds = (performance.now() - start) / 1000;
  const isRight = status === 0 && output.stdout === `${harts}\n` && output.stderr === '';
  const fault = isRight ? undefined : `status ${status ?? signal}, ${JSON.stringify(output)}`;
  return { seconds, fault, isLate };
}

interface Variant {
  readonly node: string;
  readonly accel?: string;
}

async function boots(options: BootOptions): Promise<boolean> {
  const nodes = options.node.length > 0 ? options.node : [process.execPath];
  const accels = options.accel.length > 0 ? options.accel : [undefined];
  const variants = nodes.flatMap((node) => accels.map((accel) => ({ node, accel, seconds: [] as number[], late: 0, failed: 0 })));
  const summary = (): void => {
    for (const { node, accel, seconds, late, failed } of variants) {
      if (seconds.length === 0) continue;
      const sorted = [...seconds].sort((a, b) => a - b);
      const [least, median, most] = [0, sorted.length >> 1, sorted.length - 1].map((n) => sorted[n].toFixed(1));
      say(`${node} ${accel ?? ''}: ${seconds.length} boots, ${late} late, ${failed} failed; ${least} to ${most} s, median ${median} s`);
    }
  };
  const one = async (n: number, letGo: () => void): Promise<void> => {
    const variant = variants[(n - 1) % variants.length];
    const { seconds, fault, isLate } = await boot(variant, options, letGo);
    variant.seconds.push(seconds);
    if (isLate) variant.late++;
    if (fault !== undefined) variant.failed++;
    const trouble = isLate || fault !== undefined ? `, ${variant.node} ${variant.accel ?? ''}: ${fault ?? 'late'}` : '';
    say(`boot ${n}: ${seconds.toFixed(1)} s${trouble}`);
  };
  for (let begun = 0, told = 0; begun < options.count;) {
    const letGo = await hold(options.lock);
    const count = Math.min(options.together, options.count - begun);
    await Promise.all(Array.from({ length: count }, () => one(++begun, letGo)));
    letGo();
    if (begun - told >= PROGRESS || begun === options.count) summary();
    if (begun - told >= PROGRESS) told = begun;
    await pause(GAP_MS);
  }
  return variants.every(({ late, failed }) => late + failed === 0);
}

const program = new Command('boots')
  .option('--count <n>', 'how many boots', positive, 500)
  .option('--harts <n>', 'of each', positive, 4)
  .option('--limit <s>', 'seconds of the clock that a boot may take', positive, 180)
  .option('--together <n>', 'boots at the same time', positive, 1)
  .option('--accel <name>', "as wemu's; given again: in turns", more, [])
  .option('--node <file>', 'Node to run it with; given again: in turns', more, [])
  .option('--lock <file>', 'held shared (flock) while a boot runs')
  .action(async (options: BootOptions) => {
    process.exitCode = (await boots(options)) ? 0 : 1;
  });
await program.parseAsync();
