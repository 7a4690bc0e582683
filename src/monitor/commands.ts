/** The monitor's commands, as a table. Names, arguments and help texts are QEMU's (hmp-commands.hx, hmp-commands-info.hx). */
import { mtreeText, flatViewText } from '../memory/mtree.js';
import { formatJitInfo } from '../accel/jit-info.js';
import type { MachineState } from '../hw/core/machine.js';
import { ControlError, type MachineControl } from '../system/control.js';
import { isUserError } from '../util/errors.js';
import { cpuList, registers, selectCpu } from './cpu-commands.js';
import { MonitorError } from './expression.js';
import { memoryDump } from './memory-dump.js';
import { qomGet, qomList, qomSet, qomTree } from './qom-commands.js';

export interface MonitorContext {
  readonly control: MachineControl;
  readonly machine: MachineState;
  /** What `info version` says. */
  readonly version: string;
  /** The CPU that commands are about (`cpu`). */
  cpuIndex: number;
}

export interface Command {
  /** With aliases behind bars: `quit|q`. */
  readonly name: string;
  readonly args?: string;
  readonly help: string;
  /** Gets what follows the name, trimmed; the text to print comes back. Throws MonitorError. */
  readonly run: (context: MonitorContext, args: string) => string;
}

const info = (name: string, help: string, run: Command['run'], args?: string): Command => ({ name, help, run, args });

export const INFO_COMMANDS: readonly Command[] = [
  info('cpus', 'show infos for each CPU', cpuList),
  info('jit', 'show dynamic compiler info', ({ machine }) => {
    const record = machine.accelerator?.info?.();
    return record ? formatJitInfo(record) : 'no accelerator tells\n';
  }),
  info(
    'mtree',
    'show memory tree (-f: dump flat view for address spaces)',
    ({ machine }, args) => (args === '-f' ? flatViewText([machine.addressSpace]) : mtreeText([machine.addressSpace])),
    '[-f]',
  ),
  info(
    'registers',
    "show the cpu registers (-a: show register info for all cpus; vcpu: specific vCPU to query; show the current CPU's registers if no argument is specified)",
    registers,
    '[-a|vcpu]',
  ),
  info('qom-tree', 'show QOM composition tree', qomTree, '[path]'),
  info('roms', 'show roms', ({ machine }) => machine.roms.text()),
  info('status', 'show the current VM status (running|paused)', ({ control }) => {
    const { state, running } = control.status;
    return `VM status: ${running ? 'running' : 'paused'}${running || state === 'paused' ? '' : ` (${state})`}\n`;
  }),
  info('version', 'show the version of wemu', ({ version }) => `${version}\n`),
];

export const COMMANDS: readonly Command[] = [
  { name: 'help|?', args: '[cmd]', help: 'show the help', run: (_, args) => helpText(args) },
  { name: 'info', args: '[subcommand]', help: 'show various information about the system state', run: runInfo },
  {
    name: 'stop|s',
    help: 'stop emulation',
    run: ({ control }) => (void control.stop(), ''),
  },
  { name: 'cpu', args: 'index', help: 'set the default CPU', run: selectCpu },
  { name: 'cont|c', help: 'resume emulation', run: ({ control }) => (control.cont(), '') },
  { name: 'qom-list', args: '[path]', help: 'list QOM properties', run: qomList },
  { name: 'qom-get', args: 'path property', help: 'print QOM property', run: qomGet },
  { name: 'qom-set', args: 'path property value', help: 'set QOM property', run: qomSet },
  { name: 'system_reset', help: 'reset the system', run: ({ control }) => (control.reset(), '') },
  {
    name: 'system_powerdown',
    help: 'send system power down event',
    run: ({ control }) => (control.powerdown(), ''),
  },
  {
    name: 'x',
    args: '/fmt addr',
    help: "virtual memory dump starting at 'addr'",
    run: (context, args) => memoryDump(context, args, true),
  },
  {
    name: 'xp',
    args: '/fmt addr',
    help: "physical memory dump starting at 'addr'",
    run: (context, args) => memoryDump(context, args, false),
  },
  { name: 'quit|q', help: 'quit the emulator', run: ({ control }) => (control.quit(), '') },
];

/** QEMU's that wemu does not have. */
const NOT_BUILT = new Set(
  (
    'balloon block_resize boot_set change chardev-add chardev-remove closefds commit delvm device_add device_del drive_add drive_del ' +
    'dump-guest-memory eject exit_preconfig gdbserver getfd gpa2hva gpa2hpa gva2gpa hostfwd_add hostfwd_remove i log logfile loadvm memsave ' +
    'migrate mouse_button mouse_move nbd_server_start netdev_add netdev_del nmi o object_add object_del p|print pmemsave qemu-io ' +
    'replay_break ringbuf_read ringbuf_write savevm screendump sendkey set_link singlestep snapshot_blkdev stopcapture ' +
    'sum sync-profile system_wakeup trace-event wavcapture watchdog_action'
  ).split(/[ |]/),
);

/** The row of a name. */
export function findCommand(table: readonly Command[], name: string): Command | undefined {
  return table.find((row) => row.name.split('|').includes(name));
}

/** Runs a line; what to print. */
export function runLine(context: MonitorContext, line: string): string {
  const [, name, args] = /^\s*([^\s/]*)\s*(.*?)\s*$/s.exec(line)!;
  if (name === '') return '';
  const command = findCommand(COMMANDS, name);
  if (!command) return NOT_BUILT.has(name) ? `${name}: not built yet\n` : `unknown command: '${name}'\n`;
  return run(command, context, args);
}

function run(command: Command, context: MonitorContext, args: string): string {
  if (command.args === undefined && args !== '') return `${command.name.split('|')[0]}: extraneous characters at the end of line\n`;
  try {
    return command.run(context, args);
  } catch (error) {
    if (!(error instanceof MonitorError || error instanceof ControlError || isUserError(error))) throw error;
    return `${error.message}\n`;
  }
}

function runInfo(context: MonitorContext, args: string): string {
  const [, name, rest] = /^(\S*)\s*(.*)$/s.exec(args)!;
  if (name === '') return tableText(INFO_COMMANDS, 'info ');
  const command = findCommand(INFO_COMMANDS, name);
  return command ? run(command, context, rest) : `unknown command: 'info ${name}'\n`;
}

function helpText(args: string): string {
  const [name, sub] = args.split(/\s+/);
  if (name === '') return tableText(COMMANDS, '');
  if (name === 'info')
    return sub === undefined ? tableText(INFO_COMMANDS, 'info ') : rows(findCommand(INFO_COMMANDS, sub), `info ${sub}`, 'info ');
  return rows(findCommand(COMMANDS, name), name, '');
}

const rows = (command: Command | undefined, name: string, prefix: string): string =>
  command ? tableText([command], prefix) : `unknown command: '${name}'\n`;

const tableText = (table: readonly Command[], prefix: string): string =>
  table.map(({ name, args, help }) => `${prefix}${name} ${args === undefined ? '' : `${args} `}-- ${help}\n`).join('');
