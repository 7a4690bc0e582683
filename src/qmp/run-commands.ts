/** QMP's commands about running (QAPI run-state.json, misc.json, machine.json, migration.json, job.json). */
import { PANIC_ACTIONS, REBOOT_ACTIONS, SHUTDOWN_ACTIONS } from '../hw/core/actions.js';
import { KEY_NAMES, keyOfNumber, type Key } from '../hw/core/keys.js';
import { RUN_STATES } from '../hw/core/runstate.js';
import { runLine } from '../monitor/commands.js';
import { monitorContext } from '../monitor/command.js';
import { ControlError } from '../system/control.js';
import type { JobVerb } from '../system/jobs.js';
import { command, NOTHING, type QmpCommand, type QmpContext } from './command.js';
import { JobStatus, WatchdogAction } from './events.js';
import { bool, EMPTY, enumeration, int, list, optional, QmpError, str, struct, union } from './schema.js';

const done = async (work: void | Promise<unknown>): Promise<typeof NOTHING> => {
  await work;
  return NOTHING;
};

const RunState = enumeration('RunState', RUN_STATES);
const StatusInfo = struct('StatusInfo', { running: bool, status: RunState });

const RebootAction = enumeration('RebootAction', REBOOT_ACTIONS);
const ShutdownAction = enumeration('ShutdownAction', SHUTDOWN_ACTIONS);
const PanicAction = enumeration('PanicAction', PANIC_ACTIONS);

const KeyValue = union('KeyValue', { type: enumeration('KeyValueKind', ['number', 'qcode']) }, 'type', {
  number: struct('IntWrapper', { data: int }),
  qcode: struct('QKeyCodeWrapper', { data: enumeration('QKeyCode', KEY_NAMES) }),
});
type KeyValue = { readonly type: 'number'; readonly data: number } | { readonly type: 'qcode'; readonly data: Key };
const keyOf = (value: KeyValue): Key => (value.type === 'number' ? keyOfNumber(value.data) : value.data);
/** Keys are all that there is to move. */
const InputEvent = union('InputEvent', { type: enumeration('InputEventKind', ['key']) }, 'type', {
  key: struct('InputKeyEventWrapper', { data: struct('InputKeyEvent', { key: KeyValue, down: bool }) }),
});

const JobType = enumeration('JobType', ['snapshot-load', 'snapshot-save', 'snapshot-delete']);
const JobInfo = struct('JobInfo', {
  id: str,
  type: JobType,
  status: JobStatus,
  'current-progress': int,
  'total-progress': int,
  error: optional(str),
});

const verb = (name: JobVerb): QmpCommand =>
  command(`job-${name}`, { id: str }, EMPTY, ({ control }, { id }) => done(control.jobs.apply(name, id)));

/** The disks that a snapshot is to be of. Snapshots are of the machine: what is on disks is not in them. */
function checkDevices({ control }: QmpContext, names: readonly string[]): void {
  const known = new Set(control.drives().map(({ device }) => device));
  const missing = names.find((name) => name !== '' && !known.has(name));
  if (missing !== undefined) throw new ControlError(`No block device node '${missing}'`);
}

function snapshotJob(
  type: 'snapshot-save' | 'snapshot-load' | 'snapshot-delete',
  work: (context: QmpContext, tag: string, incremental: boolean | undefined) => Promise<unknown>,
): QmpCommand {
  const common = { 'job-id': str, tag: str, devices: list(str) };
  interface Args {
    readonly 'job-id': string;
    readonly tag: string;
    readonly devices: readonly string[];
    readonly vmstate?: string;
    readonly 'x-incremental'?: boolean;
  }
  const start = (context: QmpContext, args: Args) =>
    done(
      context.control.jobs.start(args['job-id'], type, async () => {
        checkDevices(context, [...(args.vmstate === undefined ? [] : [args.vmstate]), ...args.devices]);
        await work(context, args.tag, args['x-incremental']);
      }),
    );
  if (type === 'snapshot-delete') return command(type, common, EMPTY, start);
  const vmstate = { ...common, vmstate: str };
  return type === 'snapshot-load'
    ? command(type, vmstate, EMPTY, start)
    : command(type, { ...vmstate, 'x-incremental': optional(bool) }, EMPTY, start);
}

/** What the monitor prints, with its line ends. */
async function humanMonitorCommand({ control, version }: QmpContext, line: string, cpuIndex: number): Promise<string> {
  if (cpuIndex !== 0 && !control.cpus[cpuIndex]) throw new QmpError("Parameter 'cpu-index' expects a CPU number");
  const context = monitorContext(control, version);
  context.cpuIndex = cpuIndex;
  return (await runLine(context, line)).replaceAll('\n', '\r\n');
}

export const RUN_COMMANDS: readonly QmpCommand[] = [
  command('query-status', {}, StatusInfo, ({ control }) => ({ status: control.status.state, running: control.status.running })),
  command('stop', {}, EMPTY, ({ control }) => done(control.stop())),
  command('cont', {}, EMPTY, ({ control }) => done(control.cont())),
  command('system_reset', {}, EMPTY, ({ control }) => done(control.reset())),
  command('system_powerdown', {}, EMPTY, ({ control }) => {
    control.powerdown();
    return NOTHING;
  }),
  command('system_wakeup', {}, EMPTY, ({ control }) => done(control.wakeup())),
  command('quit', {}, EMPTY, ({ control }) => done(control.quit())),
  command('inject-nmi', {}, EMPTY, ({ control }) => done(control.injectNmi())),
  command('send-key', { keys: list(KeyValue), 'hold-time': optional(int) }, EMPTY, ({ control }, { keys, 'hold-time': holdMs }) =>
    done(control.sendKeys(keys.map(keyOf), holdMs)),
  ),
  command('input-send-event', { device: optional(str), head: optional(int), events: list(InputEvent) }, EMPTY, ({ control }, { events }) =>
    done(control.moveKeys(events.map(({ data: { key, down } }) => ({ key: keyOf(key), isDown: down })))),
  ),
  command(
    'set-action',
    {
      reboot: optional(RebootAction),
      shutdown: optional(ShutdownAction),
      panic: optional(PanicAction),
      watchdog: optional(WatchdogAction),
    },
    EMPTY,
    ({ control }, actions) => done(control.setActions(actions)),
  ),
  command('watchdog-set-action', { action: WatchdogAction }, EMPTY, ({ control }, { action }) =>
    done(control.setActions({ watchdog: action })),
  ),
  command('human-monitor-command', { 'command-line': str, 'cpu-index': optional(int) }, str, (context, args) =>
    humanMonitorCommand(context, args['command-line'], args['cpu-index'] ?? 0),
  ),
  snapshotJob('snapshot-save', ({ control }, tag, incremental) => control.saveSnapshot(tag, { incremental })),
  snapshotJob('snapshot-load', ({ control }, tag) => control.loadSnapshot(tag)),
  snapshotJob('snapshot-delete', async ({ control }, tag) => control.deleteSnapshot(tag)),
  command('replay-break', { icount: int }, EMPTY, ({ control }, { icount }) => done(control.replayBreak(icount))),
  command('replay-delete-break', {}, EMPTY, ({ control }) => done(control.replayDeleteBreak())),
  command('replay-seek', { icount: int }, EMPTY, ({ control }, { icount }) => done(control.replaySeek(icount))),
  command('query-jobs', {}, list(JobInfo), ({ control }) =>
    control.jobs.list().map(({ id, type, status, currentProgress, totalProgress, error }) => ({
      ...{ id, type: type as 'snapshot-save', status, error },
      ...{ 'current-progress': currentProgress, 'total-progress': totalProgress },
    })),
  ),
  ...(['cancel', 'pause', 'resume', 'complete', 'finalize', 'dismiss'] as const).map(verb),
];
