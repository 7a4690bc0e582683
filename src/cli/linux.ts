/** `wemu linux`: Debian's riscv64 kernel with busybox, to a shell on this terminal, or for one command. */
import { randomBytes } from 'node:crypto';
import type { CodegenWorker } from '../accel/tcg/codegen/protocol.js';
import { StreamChardev } from '../chardev/chardev.js';
import { Output } from '../node/chardev.js';
import { cachedGuestFile, fetchGuestFiles, GuestUnavailable } from '../node/guest/debian.js';
import { buildInitramfs } from '../node/guest/initramfs.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { readImage } from '../node/image-file.js';
import type { MachineOptions } from '../system/facade.js';
import { OptionError, type HostError } from '../util/errors.js';
import { commandLineAccel } from './accel.js';
import type { GuestArguments } from './arguments.js';
import { CommandInput } from './command-input.js';
import { CommandOutput } from './command-output.js';
import { runEmbedded } from './embedded.js';
import { terminalProgress } from './progress.js';
import { SIGNALS } from '../node/terminal.js';
import { statsWriter, type StatsWriter } from './stats.js';
import { createMachine, runMachine } from './system.js';

export interface LinuxArguments extends GuestArguments {
  readonly share?: string;
  readonly net?: boolean;
}

/** Exit status of a command that the guest could not run to its end. */
const NOT_FINISHED = 125;
const FILES = ['kernel', 'busybox', 'firmware'] as const;

export async function runLinux(command: readonly string[], args: LinuxArguments, worker?: CodegenWorker): Promise<number> {
  if (args.share !== undefined) throw new OptionError('sharing a folder with the guest is not built yet', '--share');
  if (args.net) throw new OptionError('networking is not built yet', '--net');
  const accel = commandLineAccel(args.accel);
  const stats = statsWriter(args.stats, args.profile);
  if (FILES.some((name) => cachedGuestFile(name) === undefined)) await tryOptions(args);
  let files;
  try {
    files = await fetchGuestFiles(FILES, await terminalProgress());
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    if (command.length > 0) throw new OptionError(`no Linux guest: ${error.message}`);
    process.stderr.write(`wemu: no Linux guest (${error.message}): running the embedded guest instead\n`);
    return runEmbedded({ ...args, append: undefined }, worker);
  }
  const nonce = randomBytes(8).toString('hex');
  const quiet = command.length > 0 ? ['quiet', 'loglevel=1'] : [];
  const options: MachineOptions = {
    machine: 'virt',
    cpu: args.cpu,
    memory: args.m ?? '512M',
    bios: readImage('-bios', files.firmware),
    kernel: readImage('-kernel', files.kernel),
    initrd: buildInitramfs({ busybox: readImage('-initrd', files.busybox), nonce, command: command.length > 0 ? command : undefined }),
    append: ['console=ttyS0', ...quiet, ...(args.append ? [args.append] : [])].join(' '),
    icount: args.icount,
  };
  const host = await createNodeHost({ ...accel, profile: args.profile, worker });
  return command.length > 0 ? runCommand(options, host, nonce, stats) : runMachine(options, host, { serials: ['stdio'], stats });
}

/** Makes a machine without images: a mistake in the options must not cost a download first. */
async function tryOptions({ cpu, m, icount }: LinuxArguments): Promise<void> {
  const host = await createNodeHost({ backend: 'tci' });
  createMachine({ machine: 'virt', cpu, memory: m, bios: 'none', icount }, host);
  host.close();
}

/** Only what the command writes reaches standard output; what came before it is shown if it never got to run. */
async function runCommand(options: MachineOptions, host: NodeHost, nonce: string, stats: StatsWriter): Promise<number> {
  const input = new CommandInput(process.stdin, (line) => serial.input(line));
  let failure: HostError | undefined;
  const stdout = new Output(1, 'standard output', (error) => {
    failure = error;
    machine.quit();
  });
  const output = new CommandOutput(
    nonce,
    (bytes) => {
      if (!stdout.write(bytes)) machine.quit();
    },
    () => input.request(),
  );
  const serial = new StreamChardev('serial0', (bytes) => output.write(bytes));
  const machine = createMachine({ ...options, serial }, host);
  const interrupted = (): void => machine.quit();
  for (const signal of SIGNALS) process.on(signal, interrupted);
  try {
    await machine.run();
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    input.close();
    host.close();
  }
  stats(machine.state.accelerator);
  if (failure) throw failure;
  if (output.status !== undefined) return output.status;
  process.stderr.write(`${output.unframed()}\nwemu: the guest ended before the command did\n`);
  return NOT_FINISHED;
}
