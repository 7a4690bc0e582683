/** `wemu -M virt ...`: from QEMU's options to a machine that runs. */
import type { CodegenThread } from '../accel/tcg/codegen/protocol.js';
import { loadPlugins } from '../node/plugin-loader.js';
import { createNodeHost, DEFAULT_BOARD, type NodeHost } from '../node/host.js';
import { noteInput, noteRunInputs } from '../node/input-files.js';
import { readFirmware } from '../node/firmware.js';
import { readImage } from '../node/image-file.js';
import { tell } from '../node/messages.js';
import { setMessagePrefix } from '../util/messages.js';
import { FolderFiles } from '../node/semihosting-files.js';
import {
  parseActions,
  parseGlobal,
  parseIcount,
  parseMessages,
  parseName,
  parseUuid,
  parseRtc,
  parseSemihosting,
  parseWatchdogAction,
  type SemihostingChoice,
} from '../system/options.js';
import { logFileName, parseLogItems, parseTrace, parseTraceEvents } from '../system/log-options.js';
import type { Machine, MachineOptions, SemihostingOptions } from '../system/facade.js';
import { parseChardev, type ChardevOptions } from '../system/chardev-options.js';
import { parseDrives, type DriveChoices } from '../system/drive-options.js';
import { OptionError } from '../util/errors.js';
import { parseRanges, type AddressRange } from '../util/address-range.js';
import { tracePattern, type LogItem } from '../util/log.js';
import { traceEventNames } from '../util/trace.js';
import { MiB } from '../util/size.js';
import type { SystemArguments } from './arguments.js';
import { chooseAccel, commandLineAccel } from './common/accel.js';
import { isDaemon, startDaemon } from './daemon.js';
import { readBoot, readFwCfg } from './firmware-config.js';
import { openFlash, strayFlash } from './flash.js';
import { withMachines } from './foreign-cpu.js';
import { gdbDevice } from './gdb.js';
import { helpRequest, type HelpRequest } from './help-request.js';
import { parseMachine, type MachineArguments } from './machine-option.js';
import { parseMon, type MonitorChoice } from './monitors.js';
import { LogOutput, runMachine, type CreateMachine } from './run-machine.js';
import { statsWriter } from './stats.js';

/** Of `-gustave`, if `-icount` does not say it. */
const HARNESS_ICOUNT = 'shift=3';
/** A device tree is at most so large. Source: QEMU's FDT_MAX_SIZE. */
const DTB_LIMIT = MiB;

/** Runs what the options say; the process's exit status. */
export async function runSystem(args: SystemArguments, worker?: CodegenThread): Promise<number> {
  if (args.daemonize && !isDaemon()) return startDaemon();
  setMessagePrefix(parseMessages(args.msg ?? [], args.name ?? []));
  const machine = parseMachine(args.machine);
  const accel = chooseAccel(args.accel, machine.accel);
  const help = helpRequest(args, machine, accel);
  const host = await createNodeHost({
    ...commandLineAccel(oneInsn(accel, args.oneInsnPerTb), args.d !== undefined),
    board: boardOf(machine, args, help),
    seed: parseSeed(args.seed),
    profile: args.profile,
    firmwareFolders: args.L,
    worker,
    disassemble: args.d?.split(',').includes('out_asm'),
  });
  const plugins = await loadPlugins(args.plugin ?? []);
  if (typeof plugins === 'string' || help) {
    process.stdout.write(typeof plugins === 'string' ? plugins : help!(host));
    return 0;
  }
  if (args.display !== undefined && args.display !== 'none')
    throw new OptionError(`'${args.display}' is not built yet`, '-display', "'none'");
  const chardevs = (args.chardev ?? []).map(parseChardev);
  const monitors = parseMonitors(args);
  if (args.daemonize) refuseTerminal(args, chardevs, monitors);
  const actions = actionsOf(args);
  const rtc = args.rtc === undefined ? {} : parseRtc(args.rtc);
  if (rtc.driftfix === 'slew') warn("driftfix 'slew' is not available with this machine");
  const gustave = args.gustave === undefined ? undefined : (await import('./gustave.js')).openGustave(args.gustave);
  const bios = args.bios ?? machine.firmware;
  const kernel = args.kernel ?? machine.kernel;
  const append = args.append ?? machine.append;
  const choices = parseDrives(args);
  noteInputs(args, machine, choices, chardevs);
  const board = machine.type === undefined ? host.machines.default : host.machines.get(machine.type);
  const { drives, flash } = openFlash(choices, board?.type.ext.flashDrives);
  strayFlash(choices, board?.type.ext.flashDrives, args.device).forEach(warn);
  const semihosting = parseSemihosting(args.semihosting ?? false, args.semihostingConfig ?? []);
  warnOfGlobals(args.global ?? [], host);
  const logged = logChoice(args);
  const log = logged && new LogOutput(logged.file, logged.option);
  const name = parseName(args.name ?? []);
  if (name.process !== undefined) process.title = name.process;
  return runMachine(
    {
      machine: machine.text,
      cpu: args.cpu,
      memPath: args.memPath,
      memory: args.m ?? machine.memory,
      smp: args.smp ?? machine.smp,
      bios: bios === undefined || bios === 'default' || bios === 'none' ? bios : readFirmware('-bios', bios, host),
      kernel: readImage('-kernel', kernel),
      initrd: readImage('-initrd', args.initrd ?? machine.initrd),
      append,
      semihosting: semihosting && semihostingOptions(semihosting, kernel, append),
      dtb: readImage('-dtb', args.dtb ?? machine.dtb, DTB_LIMIT),
      symbols: readImage('-symbols', args.symbols),
      fwCfg: readFwCfg(args.fwCfg ?? [], warn),
      boot: args.boot && readBoot(args.boot, warn),
      smbios: args.smbios,
      drives,
      objects: args.object,
      devices: args.device,
      snapshots: args.snapshotDir,
      incremental: args.incremental,
      incoming: args.loadvm !== undefined,
      globals: args.global,
      icount: args.icount ?? (gustave && HARNESS_ICOUNT),
      rtcBaseMs: rtc.baseMs ?? (gustave && 0), // runs repeat
      rtcClock: rtc.clock,
      name: name.guest,
      uuid: args.uuid && parseUuid(args.uuid),
      startPaused: args.S,
      actions,
      noReboot: !args.reboot,
      noShutdown: !args.shutdown,
      plugins: gustave ? [...plugins, { plugin: gustave.plugin }] : plugins,
      log: log && { items: logged.items, ranges: logged.ranges, sink: log.sink },
    },
    host,
    {
      log,
      escape: parseEscape(args.echr),
      chardevs,
      serials: args.serial ?? [gustave ? 'none' : defaultSerial(args, chardevs, monitors)],
      parallels: args.parallel,
      monitors,
      gdb: gdbDevice(args),
      stats: statsWriter(args.stats, args.profile),
      start: args.loadvm === undefined ? undefined : (create) => loadedMachine(create, args.loadvm!),
      work: gustave?.run,
      flash,
      pidFile: args.pidfile,
    },
  ).catch(async (error: unknown) => {
    throw await withMachines(error, machine.type);
  });
}

/** What the run reads must not become what it writes. */
function noteInputs(
  args: SystemArguments,
  machine: MachineArguments,
  { drives, flash }: DriveChoices,
  chardevs: readonly ChardevOptions[],
): void {
  const images = {
    bios: args.bios ?? machine.firmware,
    kernel: args.kernel ?? machine.kernel,
    initrd: args.initrd ?? machine.initrd,
    dtb: args.dtb ?? machine.dtb,
    symbols: args.symbols,
  };
  for (const [option, path] of Object.entries(images)) noteInput(`-${option}`, path);
  noteRunInputs(drives, args.icount === undefined ? undefined : parseIcount(args.icount));
  for (const { file } of flash) noteInput('-pflash', file);
  for (const chardev of chardevs) if (chardev.backend === 'file') noteInput('-chardev', chardev.inputPath);
}

function warnOfGlobals(texts: readonly string[], host: NodeHost): void {
  for (const { driver, property } of texts.map(parseGlobal))
    if (!host.types.find(driver)) warn(`global ${driver}.${property} has invalid class name`);
}

const actionsOf = ({ action = [], watchdogAction }: SystemArguments): MachineOptions['actions'] => ({
  ...parseActions(action),
  ...(watchdogAction !== undefined && { watchdog: parseWatchdogAction(watchdogAction) }),
});

const warn = (text: string): void => tell(`warning: ${text}`);

/** `-loadvm` */
async function loadedMachine(create: CreateMachine, name: string): Promise<Machine> {
  const machine = create();
  await machine.control.loadSnapshot(name);
  return machine;
}

/** A file of `-trace events=` is at most so large. */
const TRACE_LIMIT = MiB;

interface LogChoice {
  readonly items: readonly LogItem[];
  readonly ranges: readonly AddressRange[] | undefined;
  /** Undefined: standard error. */
  readonly file: string | undefined;
  /** That named it. */
  readonly option: string;
}

/** What `-d`, `-dfilter`, `-D` and `-trace` ask for; undefined: nothing. As QEMU, an event that is not there is told, and no more. */
function logChoice({ d, D, dfilter, trace = [] }: SystemArguments): LogChoice | undefined {
  const ranges = dfilter === undefined ? undefined : parseRanges(dfilter);
  const choices = trace.map(parseTrace);
  const events = choices.flatMap(({ items, events }) =>
    events === undefined
      ? items
      : [
          ...items,
          ...parseTraceEvents(new TextDecoder().decode(readImage('-trace events', events, TRACE_LIMIT)), `-trace events=${events}`),
        ],
  );
  const items = [...(d === undefined ? [] : parseLogItems(d)), ...events];
  const traceFile = choices.flatMap((choice) => choice.file ?? []).at(-1);
  const option = traceFile === undefined ? '-D' : '-trace file';
  const file = logFileName(traceFile ?? D, process.pid, items.includes('tid'), option);
  if (d === undefined && trace.length === 0) return undefined;
  for (const item of items) {
    const { pattern } = tracePattern(item) ?? {};
    if (pattern && !traceEventNames().some((event) => pattern.test(event)))
      warn(`trace event '${item.slice('trace:'.length)}' does not exist`);
  }
  return { items, ranges, file, option };
}

/** Without arguments of its own the guest's command line is the kernel's. */
function semihostingOptions({ args, chardev, root, userspace }: SemihostingChoice, kernel = '', append?: string): SemihostingOptions {
  return {
    userspace,
    commandLine: args.length > 0 ? args.join(' ') : append === undefined ? kernel : `${kernel} ${append}`,
    console: chardev,
    files: root === undefined ? undefined : new FolderFiles(root),
  };
}

/** `-one-insn-per-tb` is a property of the accelerator. */
const oneInsn = (accel: string | undefined, wanted = false): string | undefined =>
  wanted ? `${accel ?? 'tcg'},one-insn-per-tb=on` : accel;

/** Undefined: any. Trace events are those of all targets, and so is what is listed where no board is named. */
function boardOf({ type }: MachineArguments, { d = '', trace = [] }: SystemArguments, help: HelpRequest | undefined): string | undefined {
  if (trace.length > 0 || d.includes('trace:')) return undefined;
  return type ?? (help ? undefined : DEFAULT_BOARD);
}

/** Undefined: nobody says where a monitor is to be, or that there is to be none. */
function parseMonitors({ monitor, mon, qmp, qmpPretty, nodefaults }: SystemArguments): MonitorChoice[] | undefined {
  const hmp = monitor?.map((text): MonitorChoice => ({ option: '-monitor', text, mode: 'readline' }));
  const control = [
    ...(qmp ?? []).map((text): MonitorChoice => ({ option: '-qmp', text, mode: 'control' })),
    ...(qmpPretty ?? []).map((text): MonitorChoice => ({ option: '-qmp-pretty', text, mode: 'control', pretty: true })),
    ...(mon ?? []).map(parseMon),
  ];
  const isSilent = hmp === undefined && !nodefaults && !control.some(({ mode }) => mode === 'readline');
  return isSilent && control.length === 0 ? undefined : [...(hmp ?? []), ...control];
}

/** What runs in the background has none. @throws OptionError */
function refuseTerminal(
  { nographic, nodefaults, serial, monitor, gdb }: SystemArguments,
  chardevs: readonly ChardevOptions[],
  monitors: readonly MonitorChoice[] = [],
): void {
  if (nographic && !nodefaults && !(serial && monitor)) throw new OptionError('-nographic cannot be used with -daemonize');
  const texts = [...(serial ?? []), ...monitors.map(({ text }) => text), ...(gdb === undefined ? [] : [gdb])];
  if (chardevs.some(({ backend }) => backend === 'stdio') || texts.some((text) => STDIO.test(text)))
    throw new OptionError('cannot use stdio with -daemonize');
}
const STDIO = /^(mon:)?stdio\b/;

/** Where the first serial port leads if nobody says: to the terminal, if that is not taken. As QEMU, `-nographic` insists on it. */
function defaultSerial(
  { daemonize, nodefaults, nographic, monitor }: SystemArguments,
  chardevs: readonly ChardevOptions[],
  monitors: readonly MonitorChoice[] = [],
): string {
  if (nodefaults || daemonize) return 'none';
  if (nographic) return monitor ? 'stdio' : 'mon:stdio';
  const isTaken = chardevs.some(hasStdio) || monitors.some(({ text }) => STDIO.test(text));
  return isTaken ? 'none' : 'stdio';
}

const hasStdio = (options: ChardevOptions): boolean =>
  options.backend === 'stdio' || (options.backend === 'socket' && 'fd' in options.address && options.address.fd <= 1);

/** `-echr`: decimal, or hexadecimal with 0x. */
function parseEscape(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const code = /^(\d{1,3}|0x[\da-f]{1,2})$/i.test(text) ? Number(text) : 256;
  if (code > 255) throw new OptionError(`invalid character '${text}'`, '-echr', 'its code, from 0 to 255');
  return code;
}

function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff)
    throw new OptionError(`invalid seed '${text}'`, '-seed', 'a number from 0 to 4294967295');
  return Number(text);
}
