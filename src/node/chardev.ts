/** Character devices of a Node host: standard input and output, and files. */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { Chardev } from '../chardev/chardev.js';
import { HostError, OptionError } from '../util/errors.js';
import { Terminal } from './terminal.js';

/** Writes all, also to a pipe or terminal that is not ready (EAGAIN); false when nobody reads any more. */
export function writeFully(fd: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      else if (code === 'EPIPE') return false;
      else throw error;
    }
  }
  return true;
}

/**
 * Where a guest's output goes: a file descriptor. It cannot be the guest's fault when the host fails to write (its disk is full): `failed` hears
 * of it, once, and what comes after is dropped.
 */
export class Output {
  private over = false;

  constructor(
    private readonly fd: number,
    private readonly name: string,
    private readonly failed: (error: HostError) => void,
  ) {}

  /** False when nobody reads any more. */
  write(bytes: Uint8Array): boolean {
    if (this.over) return true;
    try {
      return writeFully(this.fd, bytes);
    } catch (error) {
      this.over = true;
      this.failed(new HostError(`cannot write to ${this.name}: ${(error as Error).message}`));
      return true;
    }
  }
}

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

/** `-serial stdio`: the terminal (raw, with Ctrl-A commands) or pipes. */
export class StdioChardev extends Chardev {
  private readonly terminal: Terminal;
  private readonly output: Output;
  private shared: Chardev | undefined;
  private isShared = false;

  constructor(
    id: string,
    private readonly quit: () => void,
    failed: (error: HostError) => void,
    stdin = process.stdin,
  ) {
    super(id, 'stdio');
    this.output = new Output(1, 'standard output', failed);
    const handlers = {
      input: (bytes: Uint8Array) => this.typed(bytes),
      sendBreak: () => this.sendEvent('break'),
      quit,
      switchFocus: () => this.switchFocus(),
      end: () => this.sendEvent('closed'),
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
  private switchFocus(): void {
    if (!this.shared) return this.write(new TextEncoder().encode('\r\nwemu: there is no monitor (-monitor none)\r\n'));
    this.isShared = !this.isShared;
    if (this.isShared) this.shared.sendEvent('opened');
  }
  private typed(bytes: Uint8Array): void {
    if (this.isShared) return this.shared!.input(bytes);
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.terminal.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.terminal.resume();
  }
  override write(bytes: Uint8Array): void {
    if (!this.output.write(bytes)) this.quit();
  }
  override close(): void {
    this.terminal.restore();
  }
}

/** `-serial file:PATH`: output only, from the start of the file. */
export class FileChardev extends Chardev {
  private readonly fd: number;
  private readonly output: Output;

  constructor(id: string, path: string, failed: (error: HostError) => void) {
    super(id, 'file');
    try {
      this.fd = openSync(path, 'w');
      if (fstatSync(this.fd).isDirectory()) throw new Error('is a directory');
    } catch (error) {
      throw new OptionError(`cannot open '${path}': ${(error as Error).message}`, '-serial');
    }
    this.output = new Output(this.fd, `'${path}'`, failed);
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override close(): void {
    closeSync(this.fd);
  }
}
