/** Character devices of a Node host: standard input and output, and files. */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { Chardev } from '../chardev/chardev.js';
import { OptionError } from '../util/errors.js';
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

/** Bytes that may wait for the guest before a pipe is left unread for a while. */
const FLOW_LIMIT = Chardev.INPUT_LIMIT / 4;

/** `-serial stdio`: the terminal (raw, with Ctrl-A commands) or pipes. */
export class StdioChardev extends Chardev {
  private readonly terminal: Terminal;

  constructor(
    id: string,
    private readonly quit: () => void,
    stdin = process.stdin,
  ) {
    super(id, 'stdio');
    const handlers = {
      input: (bytes: Uint8Array) => this.typed(bytes),
      sendBreak: () => this.sendEvent('break'),
      quit,
      end: () => this.sendEvent('closed'),
    };
    this.terminal = new Terminal(handlers, stdin);
  }

  /** From now on input goes to the guest. */
  open(): void {
    this.terminal.open();
  }
  private typed(bytes: Uint8Array): void {
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.terminal.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.terminal.resume();
  }
  override write(bytes: Uint8Array): void {
    if (!writeFully(1, bytes)) this.quit();
  }
  override close(): void {
    this.terminal.restore();
  }
}

/** `-serial file:PATH`: output only, from the start of the file. */
export class FileChardev extends Chardev {
  private readonly fd: number;

  constructor(id: string, path: string) {
    super(id, 'file');
    try {
      this.fd = openSync(path, 'w');
      if (fstatSync(this.fd).isDirectory()) throw new Error('is a directory');
    } catch (error) {
      throw new OptionError(`cannot open '${path}': ${(error as Error).message}`, '-serial');
    }
  }
  override write(bytes: Uint8Array): void {
    writeFully(this.fd, bytes);
  }
  override close(): void {
    closeSync(this.fd);
  }
}
