/** `wemu -M virt ...`: from QEMU's options to a machine that runs. */
import { openSync, readFileSync } from 'node:fs';
import type { CodegenWorker } from '../accel/tcg/codegen/protocol.js';
import { type Chardev, NullChardev } from '../chardev/chardev.js';
import { FileChardev, Output, StdioChardev } from '../node/chardev.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { packageInfo } from '../node/modules.js';
import { isHelp, parseOptions } from '../qom/option-list.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { logHelp, parseLogItems, parseSmp } from '../system/options.js';
import { deviceHelp, devicePropertiesHelp, machineHelp } from '../system/registry.js';
import { DeviceState } from '../hw/core/device.js';
import { cpuHelp } from '../target/riscv/config.js';
import { Monitor } from '../monitor/monitor.js';
import { HostError, OptionError } from '../util/errors.js';
import { missingPart, type SystemArguments } from './arguments.js';
import { ACCEL_HELP, commandLineAccel } from './accel.js';
import { closeOnSignals } from './signals.js';
import { statsWriter, type StatsWriter } from './stats.js';

const { version } = packageInfo();

/** Runs what the options say; the process's exit status. */
export async function runSystem(args: SystemArguments, worker?: CodegenWorker): Promise<number> {
  const missing = missingPart(args as unknown as Record<string, unknown>);
  if (missing) throw new OptionError(missing);
  const host = await createNodeHost({
    ...commandLineAccel(args.accel, args.d !== undefined),
    seed: parseSeed(args.seed),
    profile: args.profile,
    worker,
    disassemble: args.d?.split(',').includes('out_asm'),
  });
  const help = helpText(args, host);
  if (help !== undefined) {
    process.stdout.write(help);
    return 0;
  }
  if (args.machine === undefined) {
    throw new OptionError("no machine specified, and there is no default; 'wemu -M help' lists them, 'wemu linux' boots a Linux");
  }
  if (args.display !== undefined && args.display !== 'none')
    throw new OptionError(`'${args.display}' is not built yet`, '-display', "'none'");
  const monitor = parseMonitor(args.monitor ?? (args.nodefaults ? 'none' : undefined));
  return runMachine(
    {
      machine: args.machine,
      cpu: args.cpu,
      memory: args.m,
      smp: args.smp === undefined ? undefined : parseSmp(args.smp),
      bios: args.bios === undefined || args.bios === 'default' || args.bios === 'none' ? args.bios : readImage('-bios', args.bios),
      kernel: readImage('-kernel', args.kernel),
      initrd: readImage('-initrd', args.initrd),
      append: args.append,
      dtb: readImage('-dtb', args.dtb),
      symbols: readImage('-symbols', args.symbols),
      devices: args.device,
      globals: args.global,
      icount: args.icount,
      rtcBaseMs: parseRtcBase(args.rtc),
      noReboot: !args.reboot,
      noShutdown: !args.shutdown,
      log: args.d === undefined ? undefined : { items: parseLogItems(args.d), sink: logSink(args.D) },
    },
    host,
    {
      serials: args.serial ?? [args.nodefaults || monitor === 'stdio' ? 'none' : 'stdio'],
      monitor,
      stats: statsWriter(args.stats, args.profile),
    },
  );
}

/** The listing that some option asks for with `help` or `?`. */
function helpText(args: SystemArguments, host: NodeHost): string | undefined {
  if (args.machine !== undefined) {
    if (isHelp(args.machine)) return host.machines.help();
    const list = parseOptions('-machine', args.machine, 'type');
    if (list.wantsHelp) return machineHelp(host.machines.get(list.required('type')).type);
  }
  if (args.cpu !== undefined && isHelp(args.cpu)) return cpuHelp();
  if (args.accel !== undefined && isHelp(args.accel)) return ACCEL_HELP;
  if (args.d !== undefined && isHelp(args.d)) return logHelp();
  for (const device of args.device ?? []) {
    if (isHelp(device)) return deviceHelp(host.types, DeviceState.type);
    const [driver, second] = device.split(',');
    const type = host.types.find(driver);
    if (type && second !== undefined && isHelp(second)) return devicePropertiesHelp(type);
  }
  return undefined;
}

/** `shared`: on the terminal of a serial port, if one is there. */
export type MonitorKind = 'shared' | 'stdio' | 'none';

export interface Console {
  readonly monitor?: MonitorKind;
  /** `-serial` texts, or backends. */
  readonly serials: readonly (string | Chardev)[];
  readonly stats?: StatsWriter;
}

/** A machine that tells what goes wrong inside of wemu itself, whatever `-d` says, and ends by it. */
export function createMachine(options: MachineOptions, host: NodeHost): Machine {
  const machine = Machine.create({ ...options, log: options.log ?? { items: [], sink: logSink(undefined) } }, host);
  machine.endOnInternalError();
  return machine;
}

/** Makes the machine, gives it the terminal, runs it to its end, and puts the terminal back. */
export async function runMachine(
  options: MachineOptions,
  host: NodeHost,
  { serials, stats, monitor = 'shared' }: Console,
): Promise<number> {
  let quit = (): void => {};
  let failure: HostError | undefined;
  const failed = (error: HostError): void => {
    failure ??= error;
    quit();
  };
  const chardevs = serials.map((serial, i) =>
    typeof serial === 'string' ? openSerial(`serial${i}`, serial, () => quit(), failed) : serial,
  );
  const undo = closeOnSignals(host);
  try {
    const machine = createMachine({ ...options, serial: chardevs }, host);
    quit = () => machine.quit();
    const terminal = chardevs.find((chardev) => chardev instanceof StdioChardev);
    if (monitor === 'stdio') {
      if (terminal)
        throw new OptionError('standard input and output are a serial port already', '-monitor stdio', "'none', or another -serial");
      const own = new StdioChardev('monitor', () => quit(), failed);
      chardevs.push(own);
      own.wake = () => machine.state.notify();
      new Monitor(machine.state, own, version);
    } else if (monitor === 'shared' && terminal) new Monitor(machine.state, terminal.share(), version, true);
    for (const chardev of chardevs) if (chardev instanceof StdioChardev) chardev.open();
    const { exitCode } = await machine.run();
    stats?.(machine.state.accelerator);
    if (failure) throw failure;
    return exitCode;
  } finally {
    for (const chardev of chardevs) chardev.close();
    undo();
    host.close();
  }
}

/** What the process can say of a machine's exit code: the system keeps 8 bits of a status, and 256 must not become success. */
export function exitStatus(code: number): number {
  return code >= 0 && code <= 255 ? code : 255;
}

function parseMonitor(text: string | undefined): MonitorKind {
  if (text === undefined || text === 'mon:stdio') return 'shared';
  if (text === 'stdio') return 'stdio';
  if (text === 'none' || text === 'null') return 'none';
  throw new OptionError(`'${text}' is not built yet`, '-monitor', 'stdio, null or none');
}

function openSerial(id: string, text: string, quit: () => void, failed: (error: HostError) => void): Chardev {
  if (text === 'stdio' || text === 'mon:stdio') return new StdioChardev(id, quit, failed);
  if (text === 'null' || text === 'none') return new NullChardev(id);
  if (text.startsWith('file:')) return new FileChardev(id, text.slice('file:'.length), failed);
  throw new OptionError(`unknown serial device '${text}'`, '-serial', 'stdio, file:PATH, null or none');
}

export function readImage(option: string, path: string): Uint8Array;
export function readImage(option: string, path: string | undefined): Uint8Array | undefined;
export function readImage(option: string, path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new OptionError(`cannot read '${path}': ${reason(error)}`, option);
  }
}

const REASONS: Record<string, string> = { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'is a directory' };
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

function logSink(path: string | undefined): (text: string) => void {
  let fd = 2;
  if (path !== undefined) {
    try {
      fd = openSync(path, 'w');
    } catch (error) {
      throw new OptionError(`cannot write '${path}': ${reason(error)}`, '-D');
    }
  }
  // Log lines that cannot be written are lost, which is told; they come from anywhere, and nothing must break by them.
  const tell = (error: HostError): void => void (fd !== 2 && process.stderr.write(`wemu: -D: ${error.message}\n`));
  const output = new Output(fd, `'${path}'`, tell);
  return (text) => void output.write(new TextEncoder().encode(text));
}

function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff)
    throw new OptionError(`invalid seed '${text}'`, '-seed', 'a number from 0 to 4294967295');
  return Number(text);
}

function parseRtcBase(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const list = parseOptions('-rtc', text, 'base');
  const base = list.string('base') ?? 'utc';
  list.finish();
  if (base === 'utc') return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.test(base) ? Date.parse(base.includes('T') ? `${base}Z` : base) : NaN;
  if (Number.isNaN(ms)) throw new OptionError(`invalid base '${base}'`, list.where, "'utc' or YYYY-MM-DDThh:mm:ss");
  return ms;
}
