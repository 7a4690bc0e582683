/** Run states (QEMU's system/runstate): what the machine is doing, and who wants it to stop. */

/** Who asked for the end (QAPI ShutdownCause). */
// prettier-ignore
export const SHUTDOWN_CAUSES = [
  'none', 'host-error', 'host-qmp-quit', 'host-qmp-system-reset', 'host-signal', 'host-ui',
  'guest-shutdown', 'guest-reset', 'guest-panic', 'subsystem-reset', 'snapshot-load',
] as const;
export type ShutdownCause = (typeof SHUTDOWN_CAUSES)[number];

export const isCausedByGuest = (cause: ShutdownCause): boolean => cause.startsWith('guest-');

/**
 * QAPI's RunState, and the states that each may be followed by. Source: system/runstate.c of QEMU 10.0. Of `inmigrate`, `postmigrate`, `finish-migrate`
 * and `colo` nothing here makes use yet.
 */
const TRANSITIONS = {
  debug: ['running', 'finish-migrate', 'prelaunch', 'suspended'],
  inmigrate: [
    ...['internal-error', 'io-error', 'paused', 'running', 'shutdown', 'suspended', 'watchdog', 'guest-panicked', 'finish-migrate'],
    ...['prelaunch', 'postmigrate', 'colo'],
  ],
  'internal-error': ['paused', 'finish-migrate', 'prelaunch'],
  'io-error': ['running', 'finish-migrate', 'prelaunch'],
  paused: ['running', 'finish-migrate', 'postmigrate', 'prelaunch', 'colo', 'suspended'],
  postmigrate: ['running', 'finish-migrate', 'prelaunch', 'suspended'],
  prelaunch: ['running', 'finish-migrate', 'inmigrate', 'suspended'],
  'finish-migrate': [
    ...['running', 'paused', 'postmigrate', 'prelaunch', 'colo', 'internal-error', 'io-error', 'shutdown', 'suspended', 'watchdog'],
    'guest-panicked',
  ],
  'restore-vm': ['running', 'prelaunch', 'suspended'],
  running: [
    ...['debug', 'internal-error', 'io-error', 'paused', 'finish-migrate', 'restore-vm', 'save-vm', 'shutdown', 'watchdog'],
    ...['guest-panicked', 'colo', 'suspended'],
  ],
  'save-vm': ['running', 'suspended'],
  shutdown: ['paused', 'finish-migrate', 'prelaunch', 'colo'],
  suspended: ['running', 'finish-migrate', 'prelaunch', 'colo', 'paused', 'save-vm', 'restore-vm', 'shutdown'],
  watchdog: ['running', 'finish-migrate', 'prelaunch', 'colo'],
  'guest-panicked': ['running', 'finish-migrate', 'prelaunch'],
  colo: ['running', 'prelaunch', 'shutdown'],
} as const satisfies Record<string, readonly string[]>;

export type RunState = keyof typeof TRANSITIONS;
export const RUN_STATES = Object.keys(TRANSITIONS) as readonly RunState[];

/** From these a machine cannot go on; a reset leads back. */
export const NEEDS_RESET: readonly RunState[] = ['internal-error', 'shutdown'];

export const mayFollow = (from: RunState, to: RunState): boolean => (TRANSITIONS[from] as readonly string[]).includes(to);

export type StateHandler = (running: boolean, state: RunState) => void;

export interface ShutdownRequest {
  cause: ShutdownCause;
  exitCode: number;
}

/** The machine's run state, its change-state handlers and the requests that the main loop has yet to serve. */
export class RunStateMachine {
  private current: RunState = 'prelaunch';
  private readonly handlers: { priority: number; handler: StateHandler }[] = [];
  shutdownRequest: ShutdownRequest | undefined;
  /** Of an end at which the machine only stopped (`-no-shutdown`): who quits then ends with that. */
  exitCode = 0;
  resetRequest: ShutdownCause | undefined;
  vmStopRequest: RunState | undefined;
  /** Made after that for a stop, which comes first. */
  vmStartRequest = false;
  /** The state is one of those in which nothing runs, but something is still in flight. */
  isStopping = false;

  /** For who traces it. */
  traced: (from: RunState, to: RunState) => void = () => {};

  get state(): RunState {
    return this.current;
  }
  get running(): boolean {
    return this.current === 'running';
  }

  /** `handler` hears every start and stop: in ascending priority on start, descending on stop. Returns its remover. */
  addHandler(handler: StateHandler, priority = 0): () => void {
    const entry = { priority, handler };
    this.handlers.push(entry);
    this.handlers.sort((a, b) => a.priority - b.priority);
    return () => void this.handlers.splice(this.handlers.indexOf(entry), 1);
  }

  /** Enters `state`. @throws Error if it cannot follow the present one: a fault of ours */
  set(state: RunState): void {
    if (state === this.current) return;
    if (!mayFollow(this.current, state)) throw new Error(`invalid runstate transition: '${this.current}' -> '${state}'`);
    const was = this.running;
    this.traced(this.current, state);
    this.current = state;
    if (was === this.running) return;
    const order = this.running ? [...this.handlers] : [...this.handlers].reverse();
    for (const { handler } of order) handler(this.running, state);
  }

  /** There is something to be served now. */
  get hasRequest(): boolean {
    const { shutdownRequest, resetRequest, vmStopRequest } = this;
    if (shutdownRequest !== undefined || resetRequest !== undefined || vmStopRequest !== undefined) return true;
    return this.vmStartRequest && !this.isStopping;
  }
}
