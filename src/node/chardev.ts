/** Character devices of a Node host: standard input and output, and files. Sockets and pipes are in files of their own. */
import { closeSync, constants, createReadStream, fstatSync, openSync, type ReadStream } from 'node:fs';
import { isatty } from 'node:tty';
import { Chardev, FLOW_LIMIT } from '../chardev/chardev.js';
import { OptionError } from '../util/errors.js';
import { refuseInput } from './input-files.js';
import { Output, type OutputHandlers } from './output.js';
import { Terminal } from './terminal.js';
import { systemReason } from './disk/write.js';

const STDOUT = 1;
const CTRL_C = 0x03;

/** Makes an output of a descriptor, and hears of what goes wrong with it. */
export type OpenOutput = (fd: number, name: string, congested: OutputHandlers['congested']) => Output;

/** Whose character devices they are: the run of a machine. */
export interface ChardevUser {
  readonly openOutput: OpenOutput;
  /** What gives the commands of a mux, instead of Ctrl-A. */
  readonly escape?: number;
  /** Ctrl-A x. */
  quit(): void;
  /** Ctrl-A s. What went wrong. */
  readonly commit?: () => Promise<string | undefined>;
  /** The terminal is gone. */
  hangUp(): void;
}

export interface StdioOptions {
  /** Ctrl-C ends the run, and does not go to the guest. */
  readonly signal?: boolean;
}

/** The terminal (raw), or pipes. Ctrl-A commands are a MuxChardev's. */
export class StdioChardev extends Chardev {
  private readonly terminal: Terminal;
  private readonly output: Output;

  constructor(
    id: string,
    { openOutput, hangUp }: Pick<ChardevUser, 'openOutput' | 'hangUp'>,
    stdin = process.stdin,
    private readonly options: StdioOptions = {},
  ) {
    super(id, 'stdio');
    this.output = openOutput(STDOUT, 'standard output', (on) => this.congested(on));
    this.terminal = new Terminal({ input: (bytes) => this.typed(bytes), end: () => this.closed(), hangUp }, stdin);
  }

  /** From now on input goes to the guest. */
  open(): void {
    this.terminal.open();
  }
  override get isTerminal(): boolean {
    return isatty(STDOUT);
  }
  /** Standard input is a terminal. */
  get isTyped(): boolean {
    return this.terminal.isTerminal;
  }
  private typed(bytes: Uint8Array): void {
    if (this.options.signal && this.isTyped && bytes.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.terminal.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.terminal.resume();
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override flushed(): Promise<void> | undefined {
    return this.output.flushed();
  }
  override close(): void {
    this.terminal.restore();
  }
}

export interface FileOptions {
  /** Output goes behind what is there. */
  readonly append?: boolean;
  /** A file of which all becomes input. */
  readonly inputPath?: string;
}

/** Output to a file, from its start; input only with `inputPath`. */
export class FileChardev extends Chardev {
  private readonly output: Output;
  private readonly source: ReadStream | undefined;

  constructor(id: string, path: string, openOutput: OpenOutput, { append = false, inputPath }: FileOptions = {}, where = '-serial') {
    super(id, 'file');
    const fd = openFile(path, append ? 'a' : 'w', where);
    this.output = openOutput(fd, `'${path}'`, (on) => this.congested(on));
    if (inputPath === undefined) return;
    this.source = createReadStream('', { fd: openFile(inputPath, constants.O_RDONLY | constants.O_NONBLOCK, where) });
    this.source.on('data', (bytes) => this.read(bytes as Buffer)).on('end', () => this.closed());
    this.source.on('error', () => this.closed()); // what cannot be read (any more) has ended
  }
  private read(bytes: Uint8Array): void {
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.source!.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.source?.resume();
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override flushed(): Promise<void> | undefined {
    return this.output.flushed();
  }
  override close(): void {
    this.source?.destroy();
    this.output.close();
  }
}

/** @throws OptionError about `where` */
export function openFile(path: string, flags: string | number, where: string): number {
  if (flags === 'w' || flags === 'a') refuseInput(path, where);
  try {
    const fd = openSync(path, flags);
    if (!fstatSync(fd).isDirectory()) return fd;
    closeSync(fd);
    throw new Error('is a directory');
  } catch (error) {
    throw new OptionError(`Could not open '${path}': ${systemReason(error)}`, where);
  }
}
