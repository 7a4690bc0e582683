/** The user's terminal as the guest's console: raw while a machine runs, and put back whatever happens. */
import { ReadStream } from 'node:tty';
import { writeSync } from 'node:fs';

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
  sendBreak(): void;
  quit(): void;
  /** Ctrl-A c. */
  switchFocus(): void;
  /** stdin has ended (a pipe, or a terminal that is gone). */
  end(): void;
}

/** Raw mode, undone by `restore` and by any way that the process ends. */
export class Terminal {
  private raw = false;
  private escaped = false;
  private paused = false;
  private readonly restoreAtExit = (): void => this.restore();
  private readonly onData = (chunk: Buffer): void => this.receive(chunk);
  private readonly onEnd = (): void => this.handlers.end();

  constructor(
    private readonly handlers: TerminalHandlers,
    private readonly stdin: NodeJS.ReadStream = process.stdin,
  ) {}

  open(): void {
    const { stdin } = this;
    if (stdin.isTTY && stdin instanceof ReadStream) {
      stdin.setRawMode(true);
      this.raw = true;
      // 'exit' runs for process.exit and for uncaught errors; the signals would end the process without it.
      process.on('exit', this.restoreAtExit);
      for (const signal of SIGNALS) process.on(signal, endBySignal);
    }
    stdin.on('data', this.onData);
    stdin.on('end', this.onEnd);
    stdin.resume();
  }

  restore(): void {
    const { stdin } = this;
    stdin.off('data', this.onData);
    stdin.off('end', this.onEnd);
    stdin.pause();
    this.paused = false;
    if (!this.raw) return;
    this.raw = false;
    stdin.setRawMode(false);
    process.off('exit', this.restoreAtExit);
    for (const signal of SIGNALS) process.off(signal, endBySignal);
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
          writeSync(1, HELP);
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

/** The signals that end wemu. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

function endBySignal(signal: NodeJS.Signals): void {
  process.exit(128 + (NUMBERS[signal as (typeof SIGNALS)[number]] ?? 0));
}
