/** `npm run bench`: compute kernels and Linux boot in wemu's strategies and in QEMU, interleaved. See docs/benchmarks.md. */
import { writeFileSync } from 'node:fs';
import { Presets, SingleBar } from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { benchBoot } from './boot.js';
import { contestants as makeContestants } from './contestants.js';
import { BenchError } from './errors.js';
import { hostInfo, qemuVersion } from './host-info.js';
import { benchKernels } from './kernels.js';
import { buildReport, formatReport } from './report.js';
import { DEFAULT_STRATEGIES, STRATEGIES, strategyNames } from './strategies.js';

interface Options {
  readonly runs: number;
  readonly strategy: string[];
  readonly qemu: string | false;
  readonly only?: 'kernels' | 'boot';
  readonly kernels?: string[];
  readonly seconds: number;
  readonly json?: string;
  readonly html?: string;
}

const HELP = `
Strategies:
${Object.entries(STRATEGIES)
  .map(([name, { description, accel }]) => `  ${name.padEnd(10)} ${description}: -accel ${accel}`)
  .join('\n')}

Examples:
  npm run bench -- --runs 3 --only kernels --kernels sha256,nbody
  npm run bench -- --json result.json --html result.html

Another benchmark, of code generation alone (ns a guest instruction, cost of making code):
  npm run build && node dist/bench/codegen.js [V8 flags]
`;

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 999.');
  return Number(text);
}

function parseSeconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 60)) throw new InvalidArgumentError('It must be a number from 0.01 to 60.');
  return value;
}

const words = (text: string): string[] => text.split(',').filter((word) => word !== '');

/** A bar where somebody looks, a line a step where not. */
function progressLine(): { update(done: number, step: string): void; stop(): void } {
  if (!process.stderr.isTTY) {
    return {
      update: (done, step) => void process.stderr.write(`${String(Math.floor(done * 100)).padStart(3)}% ${step}\n`),
      stop: () => {},
    };
  }
  const bar = new SingleBar(
    { format: '{bar} {percentage}%  {step}', stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(100, 0, { step: '' });
  return { update: (done, step) => bar.update(Math.floor(done * 100), { step }), stop: () => bar.stop() };
}

function write(path: string | undefined, text: string): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new BenchError(`cannot write '${path}': ${(error as Error).message}`);
  }
}

async function bench(options: Options): Promise<void> {
  const strategies = strategyNames(options.strategy);
  const version = options.qemu === false ? undefined : qemuVersion(options.qemu);
  if (options.qemu !== false && version === undefined) process.stderr.write(`bench: no ${options.qemu}: measured without it\n`);
  // Reports that cannot be written should say so before an hour of work.
  write(options.json, '');
  write(options.html, '');
  const contestants = makeContestants(strategies, version === undefined ? undefined : (options.qemu as string));
  const host = hostInfo(version);
  const rounds = options.runs;
  const line = progressLine();
  const progress = line.update;
  try {
    const targetMs = options.seconds * 1000;
    const kernels =
      options.only === 'boot'
        ? []
        : await benchKernels({ contestants, rounds, kernels: options.kernels, targetMs, slowTargetMs: targetMs / 2, progress });
    const boot =
      options.only === 'kernels'
        ? undefined
        : await benchBoot({ contestants, rounds, progress }, (why) => process.stderr.write(`bench: no Linux boot: ${why}\n`));
    line.stop();
    const names = contestants.map(({ name }) => name);
    const report = buildReport({ date: new Date().toISOString(), host, rounds, contestants: names, kernels, boot });
    process.stdout.write(`${formatReport(report)}\n`);
    write(options.json, `${JSON.stringify(report, null, 2)}\n`);
    if (options.html !== undefined) write(options.html, await (await import('./html.js')).htmlReport(report));
  } finally {
    line.stop();
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('bench')
    .description("wemu's benchmarks: compute kernels and a Linux boot, in wemu's strategies and in QEMU")
    .option('--runs <n>', 'rounds; every round runs everything once', parseCount, 5)
    .option('--strategy <names>', "wemu's configurations, separated by commas", words, [...DEFAULT_STRATEGIES])
    .option('--qemu <program>', 'the peer, if it is installed', 'qemu-system-riscv64')
    .option('--no-qemu', 'without the peer')
    .addOption(new Option('--only <part>', 'measure one part').choices(['kernels', 'boot']))
    .option('--kernels <names>', 'only these kernels, separated by commas', words)
    .option('--seconds <s>', 'how long a kernel is to take with generated code; half of it in an interpreter', parseSeconds, 1)
    .option('--json <file>', 'write the numbers')
    .option('--html <file>', 'write a report with charts, in one file')
    .allowExcessArguments(false)
    .exitOverride()
    .addHelpText('after', HELP)
    .action(bench);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1; // commander has said it
    if (!(error instanceof BenchError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
