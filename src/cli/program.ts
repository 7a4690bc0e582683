/** The command line. `wemu -M virt -kernel ...` is QEMU's; `wemu linux` and `wemu embedded` bring their own guest. */
import { Command, CommanderError } from 'commander';
import type { CodegenThread } from '../accel/tcg/codegen/protocol.js';
import { GUEST_ARCHITECTURE } from '../node/guest/architecture.js';
import { tell, tellLines } from '../node/messages.js';
import { packageInfo } from '../node/modules.js';
import { isUserError, OptionError, ReportError } from '../util/errors.js';
import { addBench } from './bench.js';
import { addSystemOptions, commandLineWords, STATS_HELP, type GuestArguments, type SystemArguments } from './arguments.js';
import { completionScript, SHELLS } from './completion.js';
import { runEmbedded } from './embedded.js';
import type { LinuxArguments } from './linux.js';
import { addSnapshotCommands } from './snapshot.js';
import { runSystem } from './system.js';
import { tellUsage } from './usage.js';

export { isOutputStuck } from '../node/output.js';
export { exitStatus } from './run-machine.js';

const { version, description } = packageInfo();

const EXAMPLES = `
Options may be written as QEMU's, with a single dash. Ctrl-A x quits, Ctrl-A h helps.

Examples:
  wemu linux                               Debian's Linux (${GUEST_ARCHITECTURE}), a shell on this terminal
  wemu linux -- uname -a                   run a command in it, end with its exit status
  wemu linux --drive file=disk.img,format=raw   the same with a disk, /dev/vda
  wemu embedded                            a small guest that needs nothing fetched
  wemu bench --workload int                measure strategies, and QEMU where it is installed
  wemu -M virt -m 512 -bios fw_dynamic.bin -kernel Image -initrd x.cpio.gz -append console=ttyS0 -nographic
`;

const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value];

/** The process's exit status. `worker`: one that runs already. */
export async function main(argv: readonly string[], worker?: CodegenThread): Promise<number> {
  let status = 0;
  const program = new Command('wemu')
    .description(description)
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addSystemOptions(program).action(async (options: SystemArguments) => {
    // The default machine would wait for ever: whoever types the program's name alone wants to know what it does.
    if (argv.length === 0) throw new OptionError("nothing to run; 'wemu --help' lists the options, 'wemu linux' boots a Linux");
    status = await runSystem(options, worker);
  });

  const guest = (name: string, text: string): Command =>
    program
      .command(name)
      .description(text)
      .option('-m <size>', 'guest RAM in MiB, or with a suffix')
      .option('--cpu <model>', 'CPU model and features')
      .option('--accel <name>', 'tcg[,backend=tci|wasm]')
      .option('--icount <opts>', 'shift=N: deterministic; shift=N,rr=record|replay,rrfile=F: recorded, replayed')
      .option('--profile', 'sample where time goes, and tell it with --stats')
      .option('--stats [how]', `at exit, say what the engine did: ${STATS_HELP}`);

  guest('linux', `boot Debian's Linux (${GUEST_ARCHITECTURE}) to a shell, or run a command in it`)
    .argument('[command...]', 'after --: run this in the guest and end with its exit status')
    .option('--smp <n>', 'how many CPUs')
    .option('--append <text>', 'more for the kernel command line')
    .option('--drive <opts>', 'a disk: file=F,format=raw (/dev/vda, ...); may be given again', collect)
    .option('--hda <file>', 'a disk: as --drive file=F')
    .option('--snapshot', 'files of disks are left as they are')
    .option('--gdb <dev>', 'let gdb connect: tcp:HOST:PORT, unix:PATH')
    .option('-s', 'as --gdb tcp::1234')
    .option('-S', 'do not start: gdb does')
    .option('--fresh', 'boot, in place of going on where an earlier run had booted to; nothing is kept')
    .option('--share <dir>', 'not built yet')
    .option('--net', 'not built yet')
    .action(async (command: string[], options: LinuxArguments) => {
      const { runLinux } = await import('./linux.js');
      status = await runLinux(command, options, worker);
    });
  guest('embedded', 'run the bare-metal guest that comes with wemu: checks and compute kernels')
    .option('--append <text>', 'its options: run=NAME,... scale=TENTHS quiet=1')
    .action(async (options: GuestArguments) => {
      status = await runEmbedded(options, worker);
    });

  addSnapshotCommands(program);
  program
    .command('completion')
    .description('a script that completes options in a shell: source <(wemu completion bash), or zsh')
    .argument('<shell>', SHELLS.join(' or '))
    .action(async (shell: string) => void process.stdout.write(await completionScript(shell, program)));

  addBench(program, {
    async run(options) {
      const { runBench } = await import('./lab/bench.js');
      status = await runBench(options, version);
    },
    async report(files, { out }) {
      const { runReport } = await import('./lab/engines.js');
      status = await runReport(files, out);
    },
  });

  tellUsage(program);
  try {
    await program.parseAsync(commandLineWords(program, argv), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1; // commander has said it
    if (!isUserError(error)) throw error;
    if (error instanceof ReportError) tellLines(error.message);
    else tell(error.message);
    return 1;
  }
  return status;
}
