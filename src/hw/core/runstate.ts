/** Run states (QEMU's system/runstate): what the machine is doing, and who wants it to stop. */
export type RunState =
  'prelaunch' | 'running' | 'paused' | 'debug' | 'shutdown' | 'guest-panicked' | 'internal-error' | 'save-vm' | 'restore-vm' | 'io-error';

/** Who asked for the end (QAPI ShutdownCause). */
export type ShutdownCause =
  | 'host-error'
  | 'host-qmp-quit'
  | 'host-signal'
  | 'host-ui'
  | 'guest-shutdown'
  | 'guest-reset'
  | 'guest-panic'
  | 'subsystem-reset'
  | 'host-qmp-system-reset';

export type StateHandler = (running: boolean, state: RunState) => void;

export interface ShutdownRequest {
  cause: ShutdownCause;
  exitCode: number;
}

const TRANSITIONS: Record<RunState, readonly RunState[]> = {
  prelaunch: ['running', 'paused', 'shutdown', 'restore-vm', 'debug', 'internal-error', 'guest-panicked'],
  running: ['paused', 'debug', 'shutdown', 'guest-panicked', 'internal-error', 'save-vm', 'restore-vm', 'io-error'],
  paused: ['running', 'debug', 'shutdown', 'save-vm', 'restore-vm', 'prelaunch', 'internal-error', 'guest-panicked'],
  debug: ['running', 'paused', 'shutdown', 'save-vm', 'restore-vm', 'prelaunch', 'guest-panicked', 'internal-error'],
  shutdown: ['paused', 'prelaunch', 'restore-vm'],
  'guest-panicked': ['running', 'paused', 'shutdown', 'prelaunch', 'restore-vm'],
  'internal-error': ['paused', 'prelaunch', 'shutdown', 'restore-vm'],
  'save-vm': ['running', 'paused'],
  'restore-vm': ['running', 'paused', 'prelaunch'],
  'io-error': ['running', 'paused', 'shutdown', 'prelaunch'],
};

/** The machine's run state, its change-state handlers and the requests that the main loop has yet to serve. */
export class RunStateMachine {
  private current: RunState = 'prelaunch';
  private readonly handlers: { priority: number; handler: StateHandler }[] = [];
  shutdownRequest: ShutdownRequest | undefined;
  resetRequest: ShutdownCause | undefined;
  vmStopRequest: RunState | undefined;

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

  /** Enters `state`. A transition that makes no sense is a bug in the caller. */
  set(state: RunState): void {
    if (state === this.current) return;
    if (!TRANSITIONS[this.current].includes(state)) throw new Error(`invalid runstate transition: '${this.current}' -> '${state}'`);
    const was = this.running;
    this.current = state;
    if (was === this.running) return;
    const order = this.running ? [...this.handlers] : [...this.handlers].reverse();
    for (const { handler } of order) handler(this.running, state);
  }

  get hasRequest(): boolean {
    return this.shutdownRequest !== undefined || this.resetRequest !== undefined || this.vmStopRequest !== undefined;
  }
}
