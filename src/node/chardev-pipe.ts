/** Named pipes as a character device: PATH.in and PATH.out, or PATH for both ways. */
import { closeSync, constants, existsSync, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Chardev, FLOW_LIMIT } from '../chardev/chardev.js';
import { OptionError } from '../util/errors.js';
import { openFile, type ChardevUser } from './chardev.js';
import type { Output } from './output.js';

export class PipeChardev extends Chardev {
  private readonly output: Output;
  private readonly source: Socket;

  constructor(id: string, path: string, { openOutput }: Pick<ChardevUser, 'openOutput'>, where: string) {
    super(id, 'pipe');
    // Read and write: the open does not wait for the other side, which may come and go.
    const open = (name: string): number => {
      const fd = openFile(name, constants.O_RDWR | constants.O_NONBLOCK, where);
      if (fstatSync(fd).isFIFO()) return fd;
      closeSync(fd);
      throw new OptionError(`Could not open '${name}': it is no pipe`, where);
    };
    const isPair = existsSync(`${path}.in`) && existsSync(`${path}.out`);
    const [input, output] = isPair ? [open(`${path}.in`), open(`${path}.out`)] : [open(path), open(path)];
    this.output = openOutput(output, `'${path}'`, (on) => this.congested(on));
    this.source = new Socket({ fd: input, readable: true, writable: false });
    this.source.on('data', (bytes) => this.read(bytes)).on('error', () => this.closed());
    this.source.resume();
  }
  private read(bytes: Uint8Array): void {
    this.input(bytes);
    if (this.queued > FLOW_LIMIT) this.source.pause();
  }
  protected override inputTaken(): void {
    if (this.queued <= FLOW_LIMIT) this.source.resume();
  }
  override write(bytes: Uint8Array): void {
    this.output.write(bytes);
  }
  override flushed(): Promise<void> | undefined {
    return this.output.flushed();
  }
  override close(): void {
    this.source.destroy();
    this.output.close();
  }
}
