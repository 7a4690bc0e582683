/** `wemu -M virt ...`: from QEMU's options to a machine that runs. */
import { openSync } from 'node:fs';
import type { CodegenWorker } from '../accel/tcg/codegen/protocol.js';
import { type Chardev, NullChardev } from '../chardev/chardev.js';
import { FileChardev, Output, StdioChardev } from '../node/chardev.js';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { readImage, reason } from '../node/image-file.js';
import { packageInfo } from '../node/modules.js';
import { isHelp } from '../qom/option-list.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { logHelp, parseActions, parseLogItems, parseRtc, parseSmp } from '../system/options.js';
import { deviceHelp, devicePropertiesHelp, machineHelp } from '../system/registry.js';
import { DeviceState } from '../hw/core/device.js';
import { cpuHelp } from '../target/riscv/config.js';
import { Monitor } from '../monitor/monitor.js';
import { HostError, OptionError } from '../util/errors.js';
import { MiB } from '../util/size.js';
import type { SystemArguments } from './arguments.js';
import { ACCEL_HELP, chooseAccel, commandLineAccel } from './accel.js';
import { parseMachine, type MachineArguments } from './machine-option.js';
import { closeOnSignals } from './signals.js';
import { statsWriter, type StatsWriter } from './stats.js';

const { version } = packageInfo();

/** A device tree is at most so large. Source: QEMU's FDT_MAX_SIZE. */
const DTB_LIMIT = MiB;

/** Runs what the options say; the process's exit status. */
export async function runSystem(args: SystemArguments, worker?: CodegenWorker): Promise<number> {
  const machine = parseMachine(args.machine);
  const accel = chooseAccel(args.accel, machine.accel);
  const host = await createNodeHost({
    ...commandLineAccel(oneInsn(accel, args.oneInsnPerTb), args.d !== undefined),
    seed: parseSeed(args.seed),
    profile: args.profile,
    worker,
    disassemble: args.d?.split(',').includes('out_asm'),
  });
  const help = helpText(args, machine, accel, host);
  if (help !== undefined) {
    process.stdout.write(help);
    return 0;
  }
  if (machine.text === undefined) {
    throw new OptionError("no machine specified, and there is no default; 'wemu -M help' lists them, 'wemu linux' boots a Linux");
  }
  if (args.display !== undefined && args.display !== 'none')
    throw new OptionError(`'${args.display}' is not built yet`, '-display', "'none'");
  const monitor = parseMonitor(args.monitor ?? (args.nodefaults ? 'none' : undefined));
  const actions = parseActions(args.action ?? []);
  const rtc = args.rtc === undefined ? {} : parseRtc(args.rtc);
  const bios = args.bios ?? machine.firmware;
  return runMachine(
    {
      machine: machine.text,
      cpu: args.cpu,
      memory: args.m,
      smp: args.smp === undefined ? undefined : parseSmp(args.smp),
      bios: bios === undefined || bios === 'default' || bios === 'none' ? bios : readImage('-bios', bios),
      kernel: readImage('-kernel', args.kernel ?? machine.kernel),
      initrd: readImage('-initrd', args.initrd ?? machine.initrd),
      append: args.append ?? machine.append,
      dtb: readImage('-dtb', args.dtb ?? machine.dtb, DTB_LIMIT),
      symbols: readImage('-symbols', args.symbols),
      devices: args.device,
      globals: args.global,
      icount: args.icount,
      rtcBaseMs: rtc.baseMs,
      rtcClock: rtc.clock,
      noReboot: actions.reboot === 'shutdown' || !args.reboot,
      noShutdown: actions.shutdown === 'pause' || !args.shutdown,
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

/** `-one-insn-per-tb` is a property of the accelerator. */
const oneInsn = (accel: string | undefined, wanted = false): string | undefined =>
  wanted ? `${accel ?? 'tcg'},one-insn-per-tb=on` : accel;

/** The listing that some option asks for with `help` or `?`. */
function helpText(args: SystemArguments, machine: MachineArguments, accel: string | undefined, host: NodeHost): string | undefined {
  if (machine.help === 'machines') return host.machines.help();
  if (machine.help === 'properties') return machineHelp(host.machines.get(machine.type ?? '').type);
  if (args.cpu !== undefined && isHelp(args.cpu)) return cpuHelp();
  if (accel !== undefined && isHelp(accel)) return ACCEL_HELP;
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
