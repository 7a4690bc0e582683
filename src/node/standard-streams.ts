/** Standard input, output and error as character devices of their own, for who has no terminal in common with a serial port. */
import { isatty } from 'node:tty';
import { Chardev } from '../chardev/chardev.js';
import type { OpenOutput } from './chardev.js';
import { takeStandard } from './descriptors.js';
import type { Output } from './output.js';

const NAMES = { 1: 'standard output', 2: 'standard error' } as const;

export class StandardOutput extends Chardev {
  private readonly output: Output;

  constructor(
    private readonly fd: keyof typeof NAMES,
    openOutput: OpenOutput,
    where: string,
  ) {
    super(NAMES[fd], 'fd');
    takeStandard(fd, where);
    this.output = openOutput(fd, NAMES[fd], (on) => this.congested(on));
  }
  override get isTerminal(): boolean {
    return isatty(this.fd);
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override flushed(): Promise<void> | undefined {
    return this.output.flushed();
  }
}

/** Read from the moment that somebody wants it; lines are as the terminal gives them. */
export class StandardInput extends Chardev {
  private readonly stdin: NodeJS.ReadStream;
  private isRead = false;
  private readonly onData = (bytes: Uint8Array): void => {
    this.input(bytes);
    if (this.queued > Chardev.INPUT_LIMIT / 4) this.stdin.pause();
  };
  private readonly onEnd = (): void => this.closed();

  /** `where`: who wants it, for messages. */
  constructor(where: string) {
    super('standard input', 'fd');
    takeStandard(0, where);
    this.stdin = process.stdin;
  }
  override get isTerminal(): boolean {
    return this.stdin.isTTY;
  }
  override acceptInput(): void {
    super.acceptInput();
    if (!this.isAttached || this.isRead) return;
    this.isRead = true;
    this.stdin.on('data', this.onData).on('end', this.onEnd).on('error', this.onEnd);
    this.stdin.resume();
  }
  protected override inputTaken(): void {
    if (this.isRead && this.queued <= Chardev.INPUT_LIMIT / 4) this.stdin.resume();
  }
  override write(): void {}
  override close(): void {
    if (!this.isRead) return;
    this.stdin.off('data', this.onData).off('end', this.onEnd);
    this.stdin.pause();
  }
}
