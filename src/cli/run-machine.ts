/** Runs a machine on this terminal: its consoles, its monitor, its log, and how it ends. */
import { openSync } from 'node:fs';
import { NullChardev, type Chardev } from '../chardev/chardev.js';
import { StandardInput, StandardOutput } from '../node/standard-streams.js';
import type { FlashFile } from '../node/flash-file.js';
import type { NodeHost } from '../node/host.js';
import { Output } from '../node/output.js';
import { refuseInput } from '../node/input-files.js';
import { tell } from '../node/messages.js';
import { logged } from '../util/messages.js';
import { systemReason } from '../node/disk/write.js';
import { Machine, type MachineOptions, type SemihostingOptions } from '../system/facade.js';
import type { ChardevOptions } from '../system/chardev-options.js';
import { ControlError } from '../system/control.js';
import { OptionError } from '../util/errors.js';
import type { LogSink } from '../util/log.js';
import { Chardevs } from './chardevs.js';
import { daemonReady, writePidFile } from './daemon.js';
import { Ending } from './ending.js';
import { FilteredChardev } from './filtered-chardev.js';
import { Debugger, openGdb } from './gdb.js';
import { consoleMonitors, joinMonitors, openMonitors, type MonitorChoice, type Port } from './monitors.js';
import type { StatsWriter } from './stats.js';

export interface Console {
  /** `-echr`. */
  readonly escape?: number;
  /** `-chardev`. */
  readonly chardevs?: readonly ChardevOptions[];
  /** `-serial` texts. */
  readonly serials: readonly string[];
  /** `-parallel` texts. */
  readonly parallels?: readonly string[];
  /** Those that were asked for. Undefined: one on the terminal of a serial port, if one is there. */
  readonly monitors?: readonly MonitorChoice[];
  /** `-gdb`'s device. */
  readonly gdb?: string;
  readonly stats?: StatsWriter;
  readonly log?: LogOutput;
  /** Banks that are kept in files, by the ids of their backends. */
  readonly flash?: readonly { readonly id: string; readonly file: FlashFile }[];
  /** Where the process's number is written while it runs. */
  readonly pidFile?: string;
  /** Makes the machine that is to be run. Default: a new one. */
  readonly start?: (create: CreateMachine) => Promise<Machine>;
  /** What is done with the machine instead of running it; the process's exit status. */
  readonly work?: (machine: Machine, ending: Ending) => Promise<number>;
  /** What is to be shown of what the first serial port says. */
  readonly filter?: (bytes: Uint8Array) => Uint8Array;
}

/** The machine of the options, with some more. Only the last one that was made is run. */
export type CreateMachine = (more?: Partial<MachineOptions>) => Machine;

const STDERR = 2;

/** Where log lines go: `-D`, or standard error. Lines that cannot be written are lost, which is told; they come from anywhere, and nothing must break by them. */
export class LogOutput {
  private readonly output: Output;
  /** Set by whoever runs the machine that writes them. */
  hold: (on: boolean) => void = () => {};

  /** `option`: that named the file. */
  constructor(path?: string, option = '-D') {
    let fd = STDERR;
    if (path !== undefined) {
      refuseInput(path, option);
      try {
        fd = openSync(path, 'w');
      } catch (error) {
        throw new OptionError(`cannot write '${path}': ${systemReason(error)}`, option);
      }
    }
    this.output = new Output(fd, `${option} '${path}'`, {
      failed: (error) => void (fd !== STDERR && tell(error.message)),
      congested: (on) => this.hold(on),
    });
  }
  readonly sink: LogSink = (text) => this.output.text(logged(text));

  drained(): Promise<void> {
    return this.output.drained();
  }
  close(): void {
    this.output.close();
  }
}

/** A machine that tells what goes wrong inside of wemu itself, whatever `-d` says, and ends by it. */
export function createMachine(options: MachineOptions, host: NodeHost): Machine {
  const machine = Machine.create(
    { ...options, log: options.log ?? { items: [], sink: (text) => void process.stderr.write(logged(text)) } },
    host,
  );
  machine.endOnInternalError();
  return machine;
}

/** Ctrl-A s. */
async function commit({ control }: Machine): Promise<string | undefined> {
  try {
    await control.commitDrives();
  } catch (error) {
    if (error instanceof ControlError) return error.message;
    throw error;
  }
  return undefined;
}

/** What the process can say of a machine's exit code: the lowest 8 bits of it, as the system has it of QEMU. */
export function exitStatus(code: number): number {
  return code & 0xff;
}

/** Makes the machine, gives it the terminal, runs it to its end, and puts the terminal back. */
export async function runMachine(
  options: MachineOptions,
  host: NodeHost,
  { escape, chardevs: wanted = [], serials, parallels = [], monitors, gdb, stats, log, flash = [], pidFile, start, work, filter }: Console,
): Promise<number> {
  let machine: Machine | undefined;
  const make = start ?? ((create: CreateMachine) => Promise.resolve(create()));
  const ending = new Ending(() => (machine ? machine.quit() : chardevs.close()));
  const { openOutput, quit, hangUp } = ending;
  const chardevs = new Chardevs({ openOutput, quit, hangUp, escape, commit: async () => machine && commit(machine) });
  let removePidFile: (() => void) | undefined;
  try {
    removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    for (const chardev of wanted) await chardevs.add(chardev);
    const openPorts = async (kind: 'serial' | 'parallel', texts: readonly string[]): Promise<Port[]> => {
      const ports: Port[] = [];
      for (const [i, text] of texts.entries()) {
        const option = `-${kind}`;
        ports.push({ option, text, chardev: await chardevs.openPort(option, text, `${kind}${i}`) });
      }
      return ports;
    };
    const consoles = await openPorts('serial', serials);
    const printers = await openPorts('parallel', parallels);
    const open = [
      ...consoleMonitors([...consoles, ...printers], monitors === undefined),
      ...(await openMonitors(monitors ?? [], chardevs)),
    ];
    const debuggers = await openGdb(gdb, chardevs);
    if (ending.isOver) return (await ending.wait()) ?? 0;
    for (const { file } of flash) file.failed = ending.fail;
    const backends = [
      ...flash.map(({ id, file }) => ['pflash', id, file] as const),
      ...[...chardevs.withId].map(([id, chardev]) => ['chardev', id, chardev] as const),
    ];
    const filtered = filter && consoles[0] && new FilteredChardev(consoles[0].chardev, filter);
    const serial = consoles.map(({ chardev }, i) => (filtered && i === 0 ? filtered : chardev));
    const parallel = printers.map(({ chardev }) => chardev);
    const semihosting = typeof options.semihosting === 'object' && { ...options.semihosting, ...standardStreams(serial, chardevs, ending) };
    machine = await make((more) => (machine = createMachine({ ...options, ...more, serial, parallel, backends, semihosting }, host)));
    const { state, control } = machine;
    control.openChardev = chardevs.openMore;
    if (filtered) state.onReset(() => filtered.holdInput());
    if (log) log.hold = (on) => state.hold(log, on);
    const answered = joinMonitors(open, machine, host);
    const debug = new Debugger(machine, debuggers);
    if (work && chardevs.terminal)
      throw new OptionError("standard input and output are the harness's", '-gustave', '-serial null, or another device');
    chardevs.openTerminal();
    daemonReady();
    const { exitCode, reason } = work ? { exitCode: await work(machine, ending), reason: undefined } : await machine.run();
    machine.endPlugins();
    await answered();
    await control.finish();
    debug.exited(exitCode);
    if (reason === 'host-qmp-quit') ending.quit();
    const status = await ending.wait();
    stats?.(state.accelerator);
    return status ?? exitCode;
  } finally {
    chardevs.close();
    for (const { file } of flash) file.close();
    machine?.state.close();
    host.close();
    removePidFile?.();
    ending.close();
  }
}

/** What `:tt` of semihosting is: of the terminal what a serial port has of it, or what nobody else has. */
function standardStreams(serials: readonly Chardev[], chardevs: Chardevs, ending: Ending): SemihostingOptions {
  const { terminal } = chardevs;
  const where = '-semihosting';
  const port = terminal && serials.includes(terminal) ? terminal.guestPort() : undefined;
  const stdin = port ?? chardevs.keep(terminal ? new NullChardev('stdin') : new StandardInput(where));
  const stdout = port ?? chardevs.keep(new StandardOutput(1, ending.openOutput, where));
  const stderr = chardevs.keep(new StandardOutput(2, ending.openOutput, where));
  return { stdin, stdout, stderr };
}
