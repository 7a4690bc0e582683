/** QMP's events: what each says (QAPI run-state.json, job.json, qdev.json, char.json), and how it goes over the line. */
import { WATCHDOG_ACTIONS } from '../hw/core/actions.js';
import { JOB_STATES, type MachineEvent, type MachineEventName } from '../hw/core/events.js';
import { SHUTDOWN_CAUSES } from '../hw/core/runstate.js';
import type { JsonObject } from './json.js';
import { bool, enumeration, int, optional, str, struct, type Members, type QmpType } from './schema.js';

const ShutdownCause = enumeration('ShutdownCause', SHUTDOWN_CAUSES);
export const WatchdogAction = enumeration('WatchdogAction', WATCHDOG_ACTIONS);
export const JobStatus = enumeration('JobStatus', JOB_STATES);
export const DumpStatus = enumeration('DumpStatus', ['none', 'active', 'completed', 'failed']);
export const DumpQueryResult = struct('DumpQueryResult', { status: DumpStatus, completed: int, total: int });

const ended = { guest: bool, reason: ShutdownCause };

/** The data of each; none: it has none. */
const DATA: Readonly<Record<MachineEventName, Members | undefined>> = {
  STOP: undefined,
  RESUME: undefined,
  POWERDOWN: undefined,
  RESET: ended,
  SHUTDOWN: ended,
  GUEST_PANICKED: { action: enumeration('GuestPanicAction', ['pause', 'poweroff', 'run']) },
  WATCHDOG: { action: WatchdogAction },
  VSERPORT_CHANGE: { id: str, open: bool },
  DEVICE_DELETED: { device: optional(str), path: str },
  DUMP_COMPLETED: { result: DumpQueryResult, error: optional(str) },
  JOB_STATUS_CHANGE: { id: str, status: JobStatus },
};

/** A row of the schema. */
export const EVENTS: readonly { readonly name: MachineEventName; readonly data: QmpType<unknown> }[] = (
  Object.entries(DATA) as [MachineEventName, Members | undefined][]
).map(([name, members = {}]) => ({ name, data: struct(members === undefined ? 'q_empty' : `q_obj_${name}-arg`, members) }));

export function eventJson({ event, data, timestamp }: MachineEvent): JsonObject {
  const { seconds, microseconds } = timestamp;
  return {
    timestamp: { seconds, microseconds },
    event,
    data: DATA[event] === undefined ? undefined : (data as unknown as JsonObject),
  };
}
