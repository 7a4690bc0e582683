/** What happens to a machine, told as it happens: QMP's events (QAPI run-state.json, char.json), and whoever else listens. */
import type { HostClock } from './clock.js';
import type { GuestPanicAction, WatchdogAction } from './actions.js';
import type { ShutdownCause } from './runstate.js';

/** QAPI JobStatus. */
// prettier-ignore
export const JOB_STATES = [
  'undefined', 'created', 'running', 'paused', 'ready', 'standby', 'waiting', 'pending', 'aborting', 'concluded', 'null',
] as const;
export type JobState = (typeof JOB_STATES)[number];

type Nothing = Record<string, never>;

/** What an event says, by its name. */
export interface MachineEventData {
  STOP: Nothing;
  RESUME: Nothing;
  RESET: { guest: boolean; reason: ShutdownCause };
  SHUTDOWN: { guest: boolean; reason: ShutdownCause };
  /** The host's user has pressed the power button. */
  POWERDOWN: Nothing;
  GUEST_PANICKED: { action: GuestPanicAction };
  WATCHDOG: { action: WatchdogAction };
  /** The guest has opened or closed a port. */
  VSERPORT_CHANGE: { id: string; open: boolean };
  /** `device`: its id, if it had one. */
  DEVICE_DELETED: { device?: string; path: string };
  /** Bytes. */
  DUMP_COMPLETED: { result: { status: 'none' | 'active' | 'completed' | 'failed'; completed: number; total: number }; error?: string };
  JOB_STATUS_CHANGE: { id: string; status: JobState };
}
export type MachineEventName = keyof MachineEventData;

export type MachineEvent = {
  [Name in MachineEventName]: { readonly event: Name; readonly data: Readonly<MachineEventData[Name]>; readonly timestamp: Timestamp };
}[MachineEventName];

/** Since 1970 UTC, by the host's clock. */
export interface Timestamp {
  readonly seconds: number;
  readonly microseconds: number;
}

export type EventListener = (event: MachineEvent) => void;

export class MachineEvents {
  private readonly listeners = new Set<EventListener>();
  /** Hears what a listener has thrown: it must not become the guest's fault. */
  failed: (error: unknown) => void = (error) => {
    throw error;
  };

  constructor(private readonly clock: HostClock) {}

  /** Returns its remover. */
  listen(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell<Name extends MachineEventName>(event: Name, data: MachineEventData[Name]): void {
    const us = Math.floor(this.clock.epochMs() * 1000);
    const timestamp = { seconds: Math.floor(us / 1e6), microseconds: us % 1e6 };
    for (const listener of [...this.listeners]) {
      try {
        listener({ event, data, timestamp } as MachineEvent);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}
