/** What a debugger is told when the machine stops. Source: GDB manual, "Stop Reply Packets"; the signals are QEMU's choice. */
import type { WatchpointHit } from '../hw/core/cpu.js';
import type { RunState } from '../hw/core/runstate.js';
import { hex2 } from './packet.js';

/** gdb's own numbers (include/gdb/signals.def of gdb). */
export const SIGNAL_TRAP = 5;
const SIGNAL_INT = 2;
const SIGNAL_QUIT = 3;
const SIGNAL_ABRT = 6;
const SIGNAL_STOP = 17;
const SIGNAL_UNKNOWN = 143;

const SIGNALS: Partial<Record<RunState, number>> = {
  debug: SIGNAL_TRAP,
  paused: SIGNAL_INT,
  shutdown: SIGNAL_QUIT,
  'internal-error': SIGNAL_ABRT,
  'io-error': SIGNAL_STOP,
};
/** The machine stands still for a moment only. */
const PASSING: readonly RunState[] = ['save-vm', 'restore-vm'];

/** Undefined: no debugger hears of this state. */
export const signalOf = (state: RunState): number | undefined => (PASSING.includes(state) ? undefined : (SIGNALS[state] ?? SIGNAL_UNKNOWN));

const PREFIXES = { write: '', read: 'r', access: 'a' } as const;

/** The end of what was recorded, on which side. */
export type LogEnd = 'begin' | 'end';

export function stopReply(signal: number, thread: string, hit?: WatchpointHit, logEnd?: LogEnd): string {
  const watch = hit ? `${PREFIXES[hit.kind]}watch:${hit.address.toString(16)};` : '';
  const log = logEnd ? `replaylog:${logEnd};` : '';
  return `T${hex2(signal)}thread:${thread};${watch}${log}`;
}

/** The machine has ended. */
export const exitReply = (status: number): string => `W${hex2(status & 0xff)}`;
