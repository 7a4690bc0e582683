/** Runs a machine on this terminal: its consoles, its monitor, its log, and how it ends. */
import { openSync } from 'node:fs';
import { NullChardev, type Chardev } from '../chardev/chardev.js';
import { Monitor } from '../monitor/monitor.js';
import { FileChardev, StdioChardev } from '../node/chardev.js';
import { StandardInput, StandardOutput } from '../node/standard-streams.js';
import type { FlashFile } from '../node/flash-file.js';
import type { NodeHost } from '../node/host.js';
import { packageInfo } from '../node/modules.js';
import { Output } from '../node/output.js';
import { systemReason } from '../node/write.js';
import { Machine, type MachineOptions, type SemihostingOptions } from '../system/facade.js';
import { OptionError } from '../util/errors.js';
import type { LogSink } from '../util/log.js';
import { Ending } from './ending.js';
import type { StatsWriter } from './stats.js';

/** `shared`: on the terminal of a serial port, if one is there. */
export type MonitorKind = 'shared' | 'stdio' | 'none';

export interface Console {
  readonly monitor?: MonitorKind;
  /** `-serial` texts. */
  readonly serials: readonly string[];
  readonly stats?: StatsWriter;
  readonly log?: LogOutput;
  /** Banks that are kept in files. */
  readonly flash?: readonly { readonly unit: number; readonly file: FlashFile }[];
}

const { version } = packageInfo();
const STDERR = 2;

/** Where log lines go: `-D`, or standard error. Lines that cannot be written are lost, which is told; they come from anywhere, and nothing must break by them. */
export class LogOutput {
  private readonly output: Output;
  /** Set by whoever runs the machine that writes them. */
  hold: (on: boolean) => void = () => {};

  constructor(path?: string) {
    let fd = STDERR;
    if (path !== undefined) {
      try {
        fd = openSync(path, 'w');
      } catch (error) {
        throw new OptionError(`cannot write '${path}': ${systemReason(error)}`, '-D');
      }
    }
    this.output = new Output(fd, `-D '${path}'`, {
      failed: (error) => void (fd !== STDERR && process.stderr.write(`wemu: ${error.message}\n`)),
      congested: (on) => this.hold(on),
    });
  }
  readonly sink: LogSink = (text) => this.output.text(text);

  drained(): Promise<void> {
    return this.output.drained();
  }
  close(): void {
    this.output.close();
  }
}

/** A machine that tells what goes wrong inside of wemu itself, whatever `-d` says, and ends by it. */
export function createMachine(options: MachineOptions, host: NodeHost): Machine {
  const machine = Machine.create({ ...options, log: options.log ?? { items: [], sink: (text) => void process.stderr.write(text) } }, host);
  machine.endOnInternalError();
  return machine;
}

/** What the process can say of a machine's exit code: the system keeps 8 bits of a status, and 256 must not become success. */
export function exitStatus(code: number): number {
  return code >= 0 && code <= 255 ? code : 255;
}

/** Makes the machine, gives it the terminal, runs it to its end, and puts the terminal back. */
export async function runMachine(
  options: MachineOptions,
  host: NodeHost,
  { serials, stats, log, monitor = 'shared', flash = [] }: Console,
): Promise<number> {
  let machine: Machine | undefined;
  const ending = new Ending(() => machine?.quit());
  const chardevs: Chardev[] = [];
  try {
    for (const [i, serial] of serials.entries()) chardevs.push(openSerial(`serial${i}`, serial, ending));
    for (const { file } of flash) file.failed = ending.fail;
    const backends = flash.map(({ unit, file }) => ['pflash', String(unit), file] as const);
    const serial = [...chardevs];
    const semihosting = typeof options.semihosting === 'object' && { ...options.semihosting, ...standardStreams(chardevs, ending) };
    machine = createMachine({ ...options, serial, backends, semihosting }, host);
    const { state } = machine;
    if (log) log.hold = (on) => state.hold(log, on);
    joinMonitor(monitor, machine, chardevs, ending);
    for (const chardev of chardevs) if (chardev instanceof StdioChardev) chardev.open();
    const { exitCode, reason } = await machine.run();
    if (reason === 'host-qmp-quit') ending.quit();
    const status = await ending.wait();
    stats?.(state.accelerator);
    return status ?? exitCode;
  } finally {
    for (const chardev of chardevs) chardev.close();
    for (const { file } of flash) file.close();
    machine?.state.close();
    host.close();
    ending.close();
  }
}

function openSerial(id: string, text: string, ending: Ending): Chardev {
  if (text === 'stdio' || text === 'mon:stdio') return new StdioChardev(id, ending);
  if (text === 'null' || text === 'none') return new NullChardev(id);
  if (text.startsWith('file:')) return new FileChardev(id, text.slice('file:'.length), ending.openOutput);
  throw new OptionError(`unknown serial device '${text}'`, '-serial', 'stdio, file:PATH, null or none');
}

/** What `:tt` of semihosting is; adds what is made for it to `chardevs`. */
function standardStreams(chardevs: Chardev[], ending: Ending): SemihostingOptions {
  const terminal = chardevs.find((chardev) => chardev instanceof StdioChardev)?.guestPort();
  const stdin = terminal ?? new StandardInput();
  const stdout = terminal ?? new StandardOutput(1, ending.openOutput);
  const stderr = new StandardOutput(2, ending.openOutput);
  chardevs.push(...new Set([stdin, stdout, stderr]));
  return { stdin, stdout, stderr };
}

function joinMonitor(kind: MonitorKind, machine: Machine, chardevs: Chardev[], ending: Ending): void {
  const terminal = chardevs.find((chardev) => chardev instanceof StdioChardev);
  if (kind === 'shared' && terminal) new Monitor(machine.control, terminal.share(), version, true);
  if (kind !== 'stdio') return;
  if (terminal) {
    throw new OptionError('standard input and output are a serial port already', '-monitor stdio', "'none', or another -serial");
  }
  const own = new StdioChardev('monitor', ending);
  chardevs.push(own);
  machine.state.joinChardev(own);
  new Monitor(machine.control, own, version);
}
