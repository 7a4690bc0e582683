/** How a run ends: by its guest, by the user (Ctrl-A x, a signal), or by output that cannot be written or that nobody reads. */
import { constants } from 'node:os';
import { Output, type OutputHandlers } from '../node/output.js';
import type { HostError } from '../util/errors.js';

/** The signals that end a run. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What is still to be written when the user ends the run has this long, ms; what a guest wrote before its own end has all the time that its reader takes. */
const PATIENCE_MS = 500;

/** As a shell tells the end by a signal. */
const signalStatus = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

export class Ending {
  private readonly outputs: Output[] = [];
  private failure: HostError | undefined;
  private signal: NodeJS.Signals | undefined;
  private isBroken = false;
  private patience: NodeJS.Timeout | undefined;
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    // The second one does not wait; what has to be put back hears 'exit'. Without its terminal, Node fails an assertion when it exits.
    if (this.signal && signal !== 'SIGHUP') process.exit(signalStatus(signal));
    this.endBy(signal);
  };

  constructor(
    /** Ends the machine, if there is one; called more than once. */
    private readonly stop: () => void,
  ) {
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  /** The user has enough. */
  readonly quit = (): void => {
    this.stop();
    this.patience ??= setTimeout(() => this.giveUp(), PATIENCE_MS);
  };

  /** Something has ended the run, before or after the machine was made. */
  get isOver(): boolean {
    return this.patience !== undefined || this.failure !== undefined || this.isBroken;
  }

  /** The terminal is gone, whether the system has said so or not. */
  readonly hangUp = (): void => this.endBy('SIGHUP');

  private endBy(signal: NodeJS.Signals): void {
    this.signal ??= signal;
    this.quit();
  }

  /** The host cannot do what the run needs of it. */
  readonly fail = (error: HostError): void => {
    this.failure ??= error;
    this.stop();
  };

  /** An output without which the run has no sense. */
  readonly openOutput = (fd: number, name: string, congested: OutputHandlers['congested']): Output => {
    const output = new Output(fd, name, {
      congested,
      hungUp: this.hangUp,
      failed: this.fail,
      closed: () => {
        this.isBroken = true;
        this.stop();
      },
    });
    this.outputs.push(output);
    return output;
  };

  /**
   * Waits until the output has left. The exit status, if it is not the guest's.
   * @throws HostError if it could not be written
   */
  async wait(): Promise<number | undefined> {
    await Promise.all(this.outputs.map((output) => output.drained()));
    if (this.signal) return signalStatus(this.signal);
    if (this.failure) throw this.failure;
    return this.isBroken ? signalStatus('SIGPIPE') : undefined;
  }

  /** After everything else: a signal now does what it would have done without us. */
  close(): void {
    clearTimeout(this.patience);
    this.giveUp();
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    if (this.signal) process.kill(process.pid, this.signal);
  }

  private giveUp(): void {
    for (const output of this.outputs) output.close();
  }
}
