/** What a command in the guest reads and writes: through ports of its own (COMMAND_PORTS), where the machine has them, or through the serial port. */
import type { Readable } from 'node:stream';
import { StreamChardev } from '../chardev/chardev.js';
import type { BootedGuest } from '../node/booted-guest.js';
import { COMMAND_PORTS } from '../node/guest/initramfs.js';
import type { MachineOptions } from '../system/facade.js';
import { CommandInput, CommandInputPort } from './command-input.js';
import { CommandOutput } from './command-output.js';
import { BlockOutput } from './common/block-output.js';

interface CommandStreamsOptions {
  /** The command's standard input; undefined: it is given none. */
  readonly source?: Readable;
  /** The command runs: it has written, or asked for input. Called more than once. */
  readonly begun?: () => void;
  /** Takes what the command writes. */
  readonly emit: (bytes: Uint8Array) => void;
  /** The command has ended. */
  readonly ended: () => void;
  /** A guest whose machine has the ports. */
  readonly guest?: BootedGuest;
}

export class CommandStreams {
  private readonly serial: StreamChardev;
  private readonly port: StreamChardev;
  private readonly input: CommandInput | CommandInputPort | undefined;
  private readonly onConsole: CommandOutput;
  private readonly onPort: CommandOutput;
  private readonly blocks: BlockOutput;

  constructor(
    nonce: string,
    private readonly options: CommandStreamsOptions,
  ) {
    const { source, emit, guest } = options;
    const newOutput = (): CommandOutput => new CommandOutput(nonce, emit, () => this.input?.request());
    [this.onConsole, this.onPort] = [newOutput(), newOutput()];
    this.blocks = new BlockOutput((bytes) => this.take(this.onConsole, guest ? guest.filter(bytes) : bytes));
    this.serial = new StreamChardev('serial0', (bytes) => this.blocks.write(bytes));
    this.port = new StreamChardev(COMMAND_PORTS.output, (bytes) => this.takeFromPort(bytes));
    if (source) this.input = guest ? new CommandInputPort(source) : new CommandInput(source, (line) => this.serial.input(line));
  }

  /** For the machine. */
  get backends(): Pick<MachineOptions, 'serial' | 'backends'> {
    const { serial, port, input } = this;
    if (!(input instanceof CommandInputPort)) return { serial };
    return {
      serial,
      backends: [
        ['chardev', COMMAND_PORTS.output, port],
        ['chardev', COMMAND_PORTS.input, input],
      ],
    };
  }

  /** The command's exit status, once the guest has told it. */
  get status(): number | undefined {
    return this.onPort.status ?? this.onConsole.status;
  }

  /** The kernel's own word on why it ended. */
  get panic(): string | undefined {
    return this.onConsole.panic();
  }

  /** What the console said, where that is the reason that the command did not end. */
  get log(): string {
    return this.panic !== undefined || !this.onPort.hasBegun ? this.onConsole.unframed() : '';
  }

  /** The reader of what the command writes is slow, or no longer. */
  congested(on: boolean): void {
    for (const each of [this.serial, this.port]) each.congested(on);
  }

  /** The guest has ended. */
  finish(): void {
    this.blocks.flush();
    for (const output of [this.onConsole, this.onPort]) output.finish();
  }

  /** Lets go of the input. */
  close(): void {
    this.input?.close();
  }

  private take(output: CommandOutput, bytes: Uint8Array): void {
    output.write(bytes);
    if (output.hasBegun) this.options.begun?.();
    if (this.status !== undefined) this.options.ended();
  }

  private takeFromPort(bytes: Uint8Array): void {
    const { hasBegun } = this.onPort;
    this.take(this.onPort, bytes);
    if (hasBegun || !this.onPort.hasBegun) return;
    this.blocks.flush();
    this.onConsole.commandBegan();
  }
}
