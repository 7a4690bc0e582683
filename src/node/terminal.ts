/** The user's terminal as the guest's console: raw while a machine runs, and put back whatever happens. */
import { ReadStream } from 'node:tty';

const ESCAPE = 0x01; // Ctrl-A

const HELP = `\r
C-a h    print this help\r
C-a x    exit emulator\r
C-a s    save disk data back to file (no disks yet)\r
C-a b    send break (magic sysrq)\r
C-a c    switch between console and monitor\r
C-a C-a  sends C-a\r
`;

export interface TerminalHandlers {
  input(bytes: Uint8Array): void;
  print(text: string): void;
  sendBreak(): void;
  quit(): void;
  /** Ctrl-A c. */
  switchFocus(): void;
  /** A pipe has ended. */
  end(): void;
  /** The terminal is gone. */
  hangUp(): void;
}

/** Raw mode, undone by `restore` and by any way that the process ends. */
export class Terminal {
  private raw = false;
  private escaped = false;
  private paused = false;
  private readonly restoreAtExit = (): void => this.restore();
  private readonly onData = (chunk: Buffer): void => this.receive(chunk);
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

  open(): void {
    const { stdin } = this;
    // A standard input that cannot be read (a folder, a terminal that is gone) is one that has ended.
    stdin.on('data', this.onData).on('end', this.onEnd).on('error', this.onEnd);
    if (stdin.isTTY && stdin instanceof ReadStream) {
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

  /** Takes Ctrl-A commands out of what was typed, as QEMU's mux does. Input that comes from a pipe goes through as it is. */
  private receive(chunk: Buffer): void {
    if (!this.raw) return this.handlers.input(chunk);
    const typed: number[] = [];
    const flush = (): void => {
      if (typed.length > 0) this.handlers.input(Uint8Array.from(typed.splice(0)));
    };
    for (const byte of chunk) {
      if (!this.escaped) {
        if (byte === ESCAPE) this.escaped = true;
        else typed.push(byte);
        continue;
      }
      this.escaped = false;
      switch (String.fromCharCode(byte).toLowerCase()) {
        case 'x':
          return this.handlers.quit();
        case 'h':
        case '?':
          this.handlers.print(HELP);
          break;
        case 'b':
          this.handlers.sendBreak();
          break;
        case 's':
          break;
        case 'c':
          flush();
          this.handlers.switchFocus();
          break;
        case '\x01':
          typed.push(ESCAPE);
          break;
      }
    }
    flush();
  }
}
