/** The monitor's commands, as a table, and how a line finds its row. Source: QEMU hmp-commands.hx, monitor/hmp.c. */
import { ControlError } from '../system/control.js';
import { BLOCK_COMMANDS } from './block-commands.js';
import { logHelp } from '../system/log-options.js';
import { isUserError } from '../util/errors.js';
import { optional, readArguments, restOfLine, text } from './arguments.js';
import { ArgumentError, MonitorError } from './errors.js';
import { LineReader } from './line-reader.js';
import { command, findCommand, type Answer, type Command, type MonitorContext } from './command.js';
import { CHARDEV_COMMANDS } from './chardev-commands.js';
import { currentCpu } from './cpu-commands.js';
import { INFO_COMMANDS } from './info-commands.js';
import { LOG_COMMANDS } from './log-commands.js';
import { MEMORY_COMMANDS } from './memory-commands.js';
import { OBJECT_COMMANDS } from './object-commands.js';
import { REPLAY_COMMANDS } from './replay-commands.js';
import { RUN_COMMANDS } from './run-commands.js';

export { INFO_COMMANDS } from './info-commands.js';
export type { Command, MonitorContext } from './command.js';

const HELP = 'help|?';
const INFO = 'info';

// prettier-ignore
export const COMMANDS: readonly Command[] = [
  command(HELP, { name: optional(text({ complete: () => names(COMMANDS) })), sub: optional(restOfLine()) }, '[cmd]', 'show the help', helpText),
  command(INFO, { item: optional(text({ complete: () => names(INFO_COMMANDS) })) }, '[subcommand]', 'show various information about the system state', () =>
    tableText(INFO_COMMANDS, 'info '),
  ),
  ...RUN_COMMANDS, ...REPLAY_COMMANDS, ...MEMORY_COMMANDS, ...LOG_COMMANDS, ...OBJECT_COMMANDS, ...CHARDEV_COMMANDS, ...BLOCK_COMMANDS,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** QEMU's that wemu does not have. */
export const NOT_BUILT: ReadonlySet<string> = new Set(
  (
    'announce_self balloon block_job_cancel block_job_complete block_job_pause block_job_resume block_job_set_speed block_resize ' +
    'block_set_io_throttle block_stream boot_set calc_dirty_rate cancel_vcpu_dirty_limit change chardev-change client_migrate_info closefd ' +
    'drive_add drive_backup drive_del drive_mirror dumpdtb eject exit_preconfig expire_password getfd gpa2hpa gpa2hva hostfwd_add hostfwd_remove ' +
    'migrate migrate_cancel migrate_continue migrate_incoming migrate_pause migrate_recover migrate_set_capability migrate_set_parameter ' +
    'migrate_start_postcopy mouse_button mouse_move mouse_set nbd_server_add nbd_server_remove nbd_server_start nbd_server_stop netdev_add ' +
    'netdev_del pcie_aer_inject_error qemu-io screendump set_link set_password set_vcpu_dirty_limit snapshot_blkdev snapshot_blkdev_internal ' +
    'snapshot_delete_blkdev_internal stopcapture sync-profile wavcapture x_colo_lost_heartbeat'
  ).split(' '),
);
export const INFO_NOT_BUILT: ReadonlySet<string> = new Set(
  (
    'blockstats cryptodev dirty_rate migrate migrate_capabilities migrate_parameters qdm ramblock rocker rocker-of-dpa-flows rocker-of-dpa-groups rocker-ports ' +
    'spice stats sync-profile usbhost vcpu_dirty_limit virtio virtio-queue-element virtio-queue-status virtio-status virtio-vhost-queue-status vm-generation-id'
  ).split(' '),
);

/** The row that a line means, and what follows its name; undefined: an empty line. @throws MonitorError */
function parseLine(context: MonitorContext, line: LineReader): { row: Command; name: string; shown: string } | undefined {
  const word = commandWord(line);
  if (word === undefined) return undefined;
  const row = findCommand(COMMANDS, word);
  if (!row) throw new MonitorError(NOT_BUILT.has(word) ? `${word}: not built yet` : `unknown command: '${word}'`);
  if (row.name !== INFO) return { row, name: word, shown: word };
  const item = commandWord(line);
  if (item === undefined) return { row, name: word, shown: word };
  const sub = findCommand(INFO_COMMANDS, item);
  if (!sub) throw new MonitorError(INFO_NOT_BUILT.has(item) ? `info ${item}: not built yet` : `unknown command: 'info ${item}'`);
  return { row: sub, name: item, shown: `info ${item}` };
}

/** A format may follow without a space: `x/4xw`. */
function commandWord(line: LineReader): string | undefined {
  line.skipSpace();
  return line.match(/[^\s/]+/y) ?? (line.next === '/' ? '' : undefined);
}

/** Runs a line; what to print, later if the command takes its time. */
export function runLine(context: MonitorContext, text: string): string | Promise<string> {
  const line = new LineReader(text, currentCpu(context));
  let shown = '';
  try {
    const found = parseLine(context, line);
    if (!found) return '';
    shown = found.shown;
    const answer = found.row.run(context, readArguments(found.row.args, line, found.row.name));
    return answer instanceof Promise ? answer.then(plain, (error: unknown) => describe(error, shown)) : plain(answer);
  } catch (error) {
    return describe(error, shown);
  }
}

const plain = (answer: Answer): string => answer ?? '';

/** What a line says that could not be done. @throws whatever is no user's fault */
function describe(error: unknown, shown: string): string {
  if (error instanceof ArgumentError) return `${error.message}\nTry "help ${shown}" for more information\n`;
  if (error instanceof MonitorError) return `${error.message}\n`;
  if (error instanceof ControlError || isUserError(error)) return `Error: ${error.message}\n`;
  throw error;
}

/** Words that the last one of a line may become. */
export function completions(context: MonitorContext, text: string): readonly string[] {
  const words = text.trimStart().split(/\s+/);
  const [name] = words;
  if (words.length === 1) return names(COMMANDS);
  const outer = findCommand(COMMANDS, name.split('/')[0]);
  const isInfo = outer?.name === INFO && words.length > 2;
  const row = isInfo ? findCommand(INFO_COMMANDS, words[1]) : outer;
  const given = words.slice(isInfo ? 2 : 1);
  const places = Object.values(row?.args ?? {}).filter((arg) => !('letter' in arg));
  const at = given.filter((word, i) => i === given.length - 1 || !/^[-/]/.test(word)).length - 1;
  return [...(places[at]?.complete?.(context) ?? [])];
}

const names = (table: readonly Command[]): string[] => table.flatMap((row) => row.name.split('|')).sort();

function helpText(_: MonitorContext, { name, sub }: { name?: string; sub?: string }): string {
  if (name === undefined) return tableText(COMMANDS, '');
  if (name === 'log') return logHelp();
  if (name === INFO && sub === undefined) return tableText(INFO_COMMANDS, 'info ');
  const row = name === INFO ? findCommand(INFO_COMMANDS, sub!) : findCommand(COMMANDS, name);
  const prefix = name === INFO ? 'info ' : '';
  return row ? tableText([row], prefix) : `unknown command: '${name === INFO ? `info ${sub}` : name}'\n`;
}

const tableText = (table: readonly Command[], prefix: string): string =>
  table.map(({ name, params, help }) => `${prefix}${name} ${params} -- ${help}\n`).join('');
