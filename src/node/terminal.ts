/** The user's terminal, raw while a machine runs, and put back whatever happens. */
import { ReadStream } from 'node:tty';

export interface TerminalHandlers {
  input(bytes: Uint8Array): void;
  /** A pipe has ended. */
  end(): void;
  /** The terminal is gone. */
  hangUp(): void;
}

/** Raw mode, undone by `restore` and by any way that the process ends. */
export class Terminal {
  private raw = false;
  private paused = false;
  private readonly restoreAtExit = (): void => this.restore();
  private readonly onData = (chunk: Buffer): void => this.handlers.input(chunk);
  private readonly onEnd = (): void => (this.raw ? this.handlers.hangUp() : this.handlers.end());
  private readonly suspend = (): void => {
    this.setRaw(false);
    process.off('SIGTSTP', this.suspend);
    process.kill(process.pid, 'SIGTSTP'); // we stop here, unless nobody could continue us
    setImmediate(this.proceed);
  };
  /** After SIGSTOP too: the shell has set its own modes meanwhile. */
  private readonly proceed = (): void => {
    if (!this.raw) return;
    process.off('SIGTSTP', this.suspend).on('SIGTSTP', this.suspend);
    this.setRaw(false);
    this.setRaw(true);
  };

  constructor(
    private readonly handlers: TerminalHandlers,
    private readonly stdin: NodeJS.ReadStream = process.stdin,
  ) {}

  /** Somebody types there: it will be raw. */
  get isTerminal(): boolean {
    return this.stdin.isTTY && this.stdin instanceof ReadStream;
  }

  open(): void {
    const { stdin } = this;
    // A standard input that cannot be read (a folder, a terminal that is gone) is one that has ended.
    stdin.on('data', this.onData).on('end', this.onEnd).on('error', this.onEnd);
    if (this.isTerminal) {
      this.raw = true;
      this.setRaw(true);
      // 'exit' runs for process.exit and for uncaught errors.
      process.on('exit', this.restoreAtExit).on('SIGTSTP', this.suspend).on('SIGCONT', this.proceed);
    }
    stdin.resume();
  }

  restore(): void {
    const { stdin } = this;
    stdin.off('data', this.onData).off('end', this.onEnd);
    stdin.pause();
    this.paused = false;
    if (!this.raw) return;
    this.raw = false;
    this.setRaw(false);
    process.off('exit', this.restoreAtExit).off('SIGTSTP', this.suspend).off('SIGCONT', this.proceed);
  }

  private setRaw(on: boolean): void {
    (this.stdin as ReadStream).setRawMode(on);
  }

  /** Leaves a pipe unread for a while. A terminal is read on: Ctrl-A must be heard. */
  pause(): void {
    if (this.raw || this.paused) return;
    this.paused = true;
    this.stdin.pause();
  }
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.stdin.resume();
  }
}
