/** Character devices of a Node host: standard input and output, and files. */
import { fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Chardev } from '../chardev/chardev.js';
import { OptionError } from '../util/errors.js';
import { Output, type OutputHandlers } from './output.js';
import { Terminal } from './terminal.js';
import { systemReason } from './write.js';

const STDOUT = 1;

/** Bytes that may wait for the guest before a pipe is left unread for a while. */
const FLOW_LIMIT = Chardev.INPUT_LIMIT / 4;

/** The monitor's end of a terminal that it shares with the guest's console (QEMU's mux): it gets input while it has the focus. */
class SharedPort extends Chardev {
  constructor(private readonly stdio: StdioChardev) {
    super(`${stdio.id}-monitor`, 'mux');
  }
  override write(bytes: Uint8Array): void {
    this.stdio.write(bytes);
  }
}

/**
 * What a semihosting guest's own standard input and output have of a terminal that a serial port has: output goes to it too, and from the first time
 * that the guest reads here, input comes here.
 */
class GuestPort extends Chardev {
  private ended = false;

  constructor(private readonly stdio: StdioChardev) {
    super(`${stdio.id}-guest`, 'stdio');
  }
  override get isTerminal(): boolean {
    return this.stdio.isTerminal;
  }
  override write(bytes: Uint8Array): void {
    this.stdio.write(bytes);
  }
  end(): void {
    this.ended = true;
    this.sendEvent('closed');
  }
  override acceptInput(): void {
    super.acceptInput();
    if (this.ended && this.queued === 0) this.sendEvent('closed');
  }
  protected override inputTaken(): void {
    this.stdio.guestTook();
  }
}

/** Makes an output of a descriptor, and hears of what goes wrong with it. */
export type OpenOutput = (fd: number, name: string, congested: OutputHandlers['congested']) => Output;

/** Whose standard input and output it is. */
export interface StdioUser {
  readonly openOutput: OpenOutput;
  /** Ctrl-A x. */
  quit(): void;
  /** The terminal is gone. */
  hangUp(): void;
}

/** `-serial stdio`: the terminal (raw, with Ctrl-A commands) or pipes. */
export class StdioChardev extends Chardev {
  private readonly terminal: Terminal;
  private readonly output: Output;
  private shared: Chardev | undefined;
  private isShared = false;
  private guest: GuestPort | undefined;

  constructor(id: string, { openOutput, quit, hangUp }: StdioUser, stdin = process.stdin) {
    super(id, 'stdio');
    this.output = openOutput(STDOUT, 'standard output', (on) => {
      this.congested(on);
      this.guest?.congested(on);
    });
    const handlers = {
      input: (bytes: Uint8Array) => this.typed(bytes),
      print: (text: string) => this.output.text(text),
      sendBreak: () => this.sendEvent('break'),
      quit,
      switchFocus: () => this.switchFocus(),
      end: () => {
        this.sendEvent('closed');
        this.guest?.end();
      },
      hangUp,
    };
    this.terminal = new Terminal(handlers, stdin);
  }

  /** From now on input goes to the guest. */
  open(): void {
    this.terminal.open();
  }
  /** A second frontend on the same terminal; Ctrl-A c switches to it and back. It hears `opened` when it gets the focus. */
  share(): Chardev {
    return (this.shared ??= new SharedPort(this));
  }
  /** For `:tt` of semihosting. */
  guestPort(): Chardev {
    return (this.guest ??= new GuestPort(this));
  }
  override get isTerminal(): boolean {
    return isatty(STDOUT);
  }
  private switchFocus(): void {
    if (!this.shared) return this.output.text('\r\nwemu: there is no monitor (-monitor none)\r\n');
    this.isShared = !this.isShared;
    if (this.isShared) this.shared.sendEvent('opened');
  }
  private typed(bytes: Uint8Array): void {
    if (this.isShared) return this.shared!.input(bytes);
    const reader = this.guest?.isAttached ? this.guest : this;
    reader.input(bytes);
    if (reader.queued > FLOW_LIMIT) this.terminal.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.terminal.resume();
  }
  /** Only for the guest's port. */
  guestTook(): void {
    if (this.guest!.queued <= FLOW_LIMIT) this.terminal.resume();
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override close(): void {
    this.terminal.restore();
  }
}

/** `-serial file:PATH`: output only, from the start of the file. */
export class FileChardev extends Chardev {
  private readonly output: Output;

  constructor(id: string, path: string, openOutput: OpenOutput) {
    super(id, 'file');
    let fd: number;
    try {
      fd = openSync(path, 'w');
      if (fstatSync(fd).isDirectory()) throw new Error('is a directory');
    } catch (error) {
      throw new OptionError(`cannot open '${path}': ${systemReason(error)}`, '-serial');
    }
    this.output = openOutput(fd, `'${path}'`, (on) => this.congested(on));
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
}
