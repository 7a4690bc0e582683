/** What a guest has open. Numbers are small and from 1 on, the first free one first. */
import type { Chardev, CharBackend } from '../chardev/chardev.js';
import { Refusal } from './errno.js';
import type { HostFile, OpenMode } from './services.js';
import { put, type Input, type Waiting } from './streams.js';

/** What is the same on any host, so that a snapshot can have it. */
export const StreamKind = { Stdin: 1, Stdout: 2, Stderr: 3, Features: 4 } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

/** An open file of any kind. What a kind cannot do is refused. */
export interface Handle {
  /** Undefined: a file of the host. */
  readonly stream?: StreamKind;
  /** Where the next byte is read, of what is as long as it is. */
  readonly position?: number;
  /** At most `size` bytes, fewer at the end, or where no more has come yet. */
  read(size: number): Waiting<Uint8Array>;
  write(bytes: Uint8Array): Waiting<void>;
  /** From the beginning, bytes. */
  seek(position: number): void;
  size(): number;
  isTerminal(): boolean;
  close(): void;
}

const refused = (): never => {
  throw new Refusal('EBADF');
};

/** `:tt` for reading. */
export class InputHandle implements Handle {
  readonly stream = StreamKind.Stdin;
  constructor(
    private readonly input: Input,
    private readonly chardev: Chardev | undefined,
  ) {}
  read(size: number): Waiting<Uint8Array> {
    return this.input.read(size);
  }
  write = refused;
  seek(): void {
    throw new Refusal('ESPIPE');
  }
  size(): number {
    return 0;
  }
  isTerminal(): boolean {
    return this.chardev?.isTerminal ?? false;
  }
  close(): void {}
}

/** `:tt` for writing or appending. */
export class OutputHandle implements Handle {
  constructor(
    private readonly output: CharBackend,
    readonly stream: StreamKind,
  ) {}
  read = refused;
  write(bytes: Uint8Array): Waiting<void> {
    return put(this.output, bytes);
  }
  seek(): void {
    throw new Refusal('ESPIPE');
  }
  size(): number {
    return 0;
  }
  isTerminal(): boolean {
    return this.output.chardev?.isTerminal ?? false;
  }
  close(): void {}
}

/** Bytes that do not change. */
export class ConstantHandle implements Handle {
  readonly stream = StreamKind.Features;
  position = 0;
  constructor(private readonly bytes: Uint8Array) {}
  // eslint-disable-next-line require-yield -- never waits
  *read(size: number): Waiting<Uint8Array> {
    const part = this.bytes.subarray(this.position, this.position + size);
    this.position += part.length;
    return part;
  }
  write = refused;
  seek(position: number): void {
    if (position > this.bytes.length) throw new Refusal('EINVAL');
    this.position = position;
  }
  size(): number {
    return this.bytes.length;
  }
  isTerminal(): boolean {
    return false;
  }
  close(): void {}
}

export class FileHandle implements Handle {
  position = 0;
  constructor(
    private readonly file: HostFile,
    private readonly mode: OpenMode,
  ) {}
  // eslint-disable-next-line require-yield -- never waits
  *read(size: number): Waiting<Uint8Array> {
    if (!this.mode.read) refused();
    const bytes = new Uint8Array(size);
    const count = this.file.read(bytes, this.position);
    this.position += count;
    return bytes.subarray(0, count);
  }
  // eslint-disable-next-line require-yield -- never waits
  *write(bytes: Uint8Array): Waiting<void> {
    if (!this.mode.write) refused();
    if (this.mode.append) this.position = this.file.size();
    this.file.write(bytes, this.position);
    this.position += bytes.length;
  }
  seek(position: number): void {
    this.position = position;
  }
  size(): number {
    return this.file.size();
  }
  isTerminal(): boolean {
    return false;
  }
  close(): void {
    this.file.close();
  }
}

export class HandleTable {
  /** A guest has no more open at a time. */
  static readonly LIMIT = 64;
  private readonly handles = new Map<number, Handle>();

  /** `make` is asked only if there is room. */
  open(make: () => Handle): number {
    let number = 1;
    while (this.handles.has(number)) number++;
    if (number > HandleTable.LIMIT) throw new Refusal('EMFILE');
    this.handles.set(number, make());
    return number;
  }
  /** What is open, by number. */
  get all(): ReadonlyMap<number, Handle> {
    return this.handles;
  }
  /** Opens it under a number that nobody has. */
  restore(number: number, handle: Handle): void {
    this.handles.set(number, handle);
  }
  get(number: number): Handle {
    return this.handles.get(number) ?? refused();
  }
  close(number: number): void {
    const handle = this.get(number);
    this.handles.delete(number);
    handle.close();
  }
  closeAll(): void {
    for (const number of [...this.handles.keys()]) {
      try {
        this.close(number);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error; // what the host could not write, nobody hears any more
      }
    }
  }
}
