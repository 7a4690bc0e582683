/** Output that nobody waits for: bytes are collected, written together when the event loop turns, and wait for a slow reader in bounded memory. */
import { closeSync, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { HostError } from '../util/errors.js';
import { systemReason, writeFully } from './disk/write.js';

const STDOUT = 1;
const STDERR = 2;

/** How long a machine that is to stand still waits for a slow reader, ms. */
const PATIENCE_MS = 100;

let stuck = false;
/** Something was given up that the system has not taken from a standard stream, which nobody can close: the process will not end by itself. */
export const isOutputStuck = (): boolean => stuck;

export interface OutputHandlers {
  /** The host cannot write (its disk is full): told once, and what comes after is dropped. It cannot be the guest's fault. */
  failed(error: HostError): void;
  /** Nobody reads any more: told once, and what comes after is dropped. */
  closed?(): void;
  /** It is a terminal, and gone: told once. */
  hungUp?(): void;
  /** More waits than should (true): who writes is to hold back, until there is room again (false). */
  congested?(on: boolean): void;
}

export class Output {
  /** Bytes that may wait: a pipe's worth. One write more is taken all the same. */
  static readonly LIMIT = 64 * 1024;

  private readonly stream: Writable;
  private waiting = Buffer.allocUnsafe(4096);
  private used = 0;
  /** Bytes that the system has not taken yet: one write at a time, so that what comes meanwhile goes together. */
  private writing = 0;
  private flushing: NodeJS.Immediate | undefined;
  private over = false;
  private isClosed = false;
  private isCongested = false;
  private readonly listeners: (() => void)[] = [];
  private readonly onError = (error: Error): void => this.fail(error);

  constructor(
    /** A descriptor, or a stream, that is closed with this, unless it is a standard one. */
    private readonly target: number | Writable,
    private readonly name: string,
    private readonly handlers: OutputHandlers,
  ) {
    this.stream = typeof target === 'number' ? openStream(target) : target;
    this.stream.on('error', this.onError);
  }

  write(bytes: Uint8Array): void {
    if (this.over || bytes.length === 0) return;
    this.reserve(this.used + bytes.length);
    this.waiting.set(bytes, this.used);
    this.used += bytes.length;
    this.flushing ??= setImmediate(() => this.flush());
    this.watchLevel();
  }
  text(text: string): void {
    this.write(new TextEncoder().encode(text));
  }

  /** Bytes that nobody has taken yet. */
  get backlog(): number {
    return this.used + this.writing;
  }

  /** When all is written, or never will be. */
  drained(): Promise<void> {
    if (this.over || this.backlog === 0) return Promise.resolve();
    return new Promise((resolve) => this.listeners.push(resolve));
  }

  /** As drained, for who does not wait long for a slow reader. Undefined: nothing waits. */
  flushed(): Promise<void> | undefined {
    if (this.over || this.backlog === 0) return undefined;
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, PATIENCE_MS);
      void this.drained().then(() => {
        clearTimeout(patience);
        resolve();
      });
    });
  }

  /** Gives up what waits, and the descriptor, if it is not a standard one. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const isWriting = this.writing > 0;
    this.end();
    if (typeof this.target !== 'number' || this.target > STDERR) this.stream.destroy();
    else if (isWriting) stuck = true;
    else this.stream.off('error', this.onError);
  }

  private flush(): void {
    this.flushing = undefined;
    if (this.writing > 0 || this.used === 0) return;
    const bytes = this.waiting.subarray(0, this.used);
    this.writing = this.used;
    this.used = 0;
    this.waiting = Buffer.allocUnsafe(4096);
    this.stream.write(bytes, (error) => {
      this.writing = 0;
      if (error || this.over) return; // 'error' comes, or came
      this.watchLevel();
      if (this.used > 0) this.flush();
      else this.tell();
    });
  }

  private reserve(size: number): void {
    if (size <= this.waiting.length) return;
    const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.waiting.length));
    larger.set(this.waiting.subarray(0, this.used));
    this.waiting = larger;
  }

  private watchLevel(): void {
    const on = !this.over && this.backlog > (this.isCongested ? Output.LIMIT / 2 : Output.LIMIT);
    if (on === this.isCongested) return;
    this.isCongested = on;
    this.handlers.congested?.(on);
  }

  private fail(error: NodeJS.ErrnoException): void {
    if (this.over) return;
    this.end();
    if (error.code === 'EPIPE') this.handlers.closed?.();
    else if (error.code === 'EIO' && this.stream instanceof WriteStream && this.handlers.hungUp) this.handlers.hungUp();
    else this.handlers.failed(new HostError(`${this.name}: ${systemReason(error)}`));
  }

  private end(): void {
    this.over = true;
    this.used = this.writing = 0;
    clearImmediate(this.flushing);
    this.watchLevel();
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }
}

/** Node's own stream: a descriptor that two streams write is watched for one of them only. */
function standard(fd: number): Writable | undefined {
  return fd === STDOUT ? process.stdout : fd === STDERR ? process.stderr : undefined;
}

/** Pipes, sockets and terminals are written without blocking; a file takes what it is given at once. */
function openStream(fd: number): Writable {
  if (isatty(fd)) {
    const stream = standard(fd) ?? new WriteStream(fd);
    // Node makes terminals block. Then a terminal that nobody reads (a stopped multiplexer, a dead connection) would stop everything.
    (stream as unknown as { _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(false);
    return stream;
  }
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isSocket()) return standard(fd) ?? new Socket({ fd, readable: false, writable: true });
  return new Writable({
    autoDestroy: false,
    write(bytes: Uint8Array, _encoding, done) {
      try {
        writeFully(fd, bytes);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    destroy(_error, done) {
      if (fd > STDERR) closeSync(fd);
      done();
    },
  });
}
