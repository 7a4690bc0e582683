/** The command line of `wemu bench`; what it does is in lab/, loaded only then. */
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_STRATEGIES, STRATEGIES } from '../lab/strategies.js';
import { GROUPS, WORKLOADS } from '../lab/workloads.js';
import type { BenchArguments } from './lab/bench.js';

const row = (name: string, text: string): string => `  ${name.padEnd(15)} ${text}`;
const HELP = `
Strategies (wemu's -accel):
${Object.entries(STRATEGIES)
  .map(([name, { description, accel }]) => `${row(name, description)}\n${row('', `-accel ${accel}`)}`)
  .join('\n')}

Workloads:
${Object.entries(WORKLOADS)
  .map(([name, { kind, description }]) => row(name, `${kind}: ${description}`))
  .join('\n')}
Groups of them: ${Object.keys(GROUPS).join(', ')}

Examples:
  wemu bench --runs 3 --workload int,sha256 --against none
  wemu bench --strategy tb,chain,region,region-opt --workload kernels --out results
  wemu bench --against qemu --against 'qemu10=./qemu10.sh qemu-system-{arch}' --out results
  wemu bench report node20/results.json node26/results.json chromium.json --out engines
Exit status: 1 if a run failed or a checksum was wrong, 130 after Ctrl-C (what was measured is written).
`;

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
    return value;
  };
}

function count(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 999.');
  return Number(text);
}

/** Words separated by commas, the option being given as often as one likes. */
function words(): (text: string) => string[] {
  let all: string[] = [];
  return (text) => (all = [...all, ...text.split(',').filter((word) => word !== '')]);
}

export interface BenchCommands {
  run(args: BenchArguments): Promise<void>;
  report(files: readonly string[], args: { readonly out?: string }): Promise<void>;
}

export function addBench(program: Command, commands: BenchCommands): void {
  const bench = program
    .command('bench')
    .description('the laboratory: translation strategies, and other emulators, on the same workloads')
    .option('--strategy <names>', "wemu's configurations, separated by commas", words(), [...DEFAULT_STRATEGIES])
    .option('--workload <names>', 'what runs: workloads or groups, separated by commas', words(), ['all'])
    .option(
      '--against <peer>',
      "'qemu', NAME=COMMAND (takes QEMU's options; {arch} in it is riscv64 or ppc), or 'none'; may be given again (default: qemu where it is installed)",
      (text: string, previous: string[] | undefined) => [...(previous ?? []), text],
    )
    .option('--runs <n>', 'rounds; every round runs everything once', count, 5)
    .option('--seconds <s>', 'how long a kernel is to take native QEMU, about', number(0.01, 100), 3)
    .option('--timeout <s>', 'a workload that takes longer has failed', number(1, 100_000), 120)
    .option('--out <dir>', 'write results.json and report.html there')
    .allowExcessArguments(false)
    .addHelpText('after', HELP)
    .action((args: BenchArguments) => commands.run(args));
  bench
    .command('report')
    .description('one report of the results of several engines, compared with the first')
    .argument('<results.json...>', "what 'bench --out' wrote under several versions of Node, or what the page lab.html gave in a browser")
    .option('--out <dir>', 'write results.json and report.html there')
    .action((files: string[], args: { readonly out?: string }, command: Command) =>
      // bench has an --out, too, and whichever comes first takes it
      commands.report(files, { out: args.out ?? (command.parent!.opts() as { readonly out?: string }).out }),
    );
}
