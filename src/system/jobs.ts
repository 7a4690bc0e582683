/** Jobs: what takes its time, and is looked after by its id (QEMU's job API, QAPI job.json). */
import type { JobState, MachineEvents } from '../hw/core/events.js';
import { isIdentifier } from '../qom/option-list.js';
import { errorMessage, isUserError } from '../util/errors.js';
import { ControlError } from './errors.js';

/** What may be asked of a job, and the states in which it can be. */
const VERBS = {
  cancel: ['created', 'running', 'paused', 'ready', 'standby', 'waiting', 'pending'],
  pause: ['created', 'running', 'paused', 'ready', 'standby'],
  resume: ['created', 'running', 'paused', 'ready', 'standby'],
  complete: ['ready'],
  finalize: ['pending'],
  dismiss: ['concluded'],
} as const satisfies Record<string, readonly JobState[]>;
export type JobVerb = keyof typeof VERBS;

export interface JobInfo {
  readonly id: string;
  readonly type: string;
  readonly status: JobState;
  readonly currentProgress: number;
  readonly totalProgress: number;
  readonly error?: string;
}

/** Jobs that wait to be dismissed. */
const JOB_LIMIT = 256;

export class Jobs {
  private readonly jobs = new Map<string, JobInfo>();

  constructor(
    private readonly events: MachineEvents,
    /** Hears of what is no fault of the user's, nor of the guest's. */
    private readonly failed: (error: unknown) => void,
  ) {}

  list(): JobInfo[] {
    return [...this.jobs.values()];
  }

  /** Starts `work`. It stays in the list when it is over, until it is dismissed. @throws ControlError */
  start(id: string, type: string, work: () => Promise<unknown>): void {
    if (!isIdentifier(id)) throw new ControlError(`Invalid job ID '${id}'`);
    if (this.jobs.has(id)) throw new ControlError(`Job ID '${id}' already in use`);
    if (this.jobs.size === JOB_LIMIT) throw new ControlError(`there are ${JOB_LIMIT} jobs: dismiss some`);
    this.jobs.set(id, { id, type, status: 'undefined', currentProgress: 0, totalProgress: 1 });
    this.enter(id, 'created');
    this.enter(id, 'running');
    void work().then(
      () => {
        for (const status of ['waiting', 'pending', 'concluded'] as const) this.enter(id, status, { currentProgress: 1 });
      },
      (error: unknown) => {
        if (!isUserError(error) && !(error instanceof ControlError)) this.failed(error);
        for (const status of ['aborting', 'concluded'] as const) this.enter(id, status, { currentProgress: 1, error: errorMessage(error) });
      },
    );
  }

  /** @throws ControlError: no job is one that can be paused, or completed by hand */
  apply(verb: JobVerb, id: string): void {
    const job = this.jobs.get(id);
    if (!job) throw new ControlError('Job not found');
    if (!(VERBS[verb] as readonly JobState[]).includes(job.status))
      throw new ControlError(`Job '${id}' in state '${job.status}' cannot accept command verb '${verb}'`);
    if (verb !== 'dismiss') throw new ControlError(`Job '${id}' of type '${job.type}' cannot be ${PAST[verb]}`);
    this.enter(id, 'null');
    this.jobs.delete(id);
  }

  private enter(id: string, status: JobState, more: Partial<JobInfo> = {}): void {
    this.jobs.set(id, { ...this.jobs.get(id)!, ...more, status });
    this.events.tell('JOB_STATUS_CHANGE', { id, status });
  }
}

const PAST: Readonly<Record<JobVerb, string>> = {
  cancel: 'cancelled',
  pause: 'paused',
  resume: 'resumed',
  complete: 'completed',
  finalize: 'finalized',
  dismiss: 'dismissed',
};
