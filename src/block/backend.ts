/** What a disk of the guest stands on: an image, and how it is used (QEMU's BlockBackend). */
import { BufferPool } from './buffers.js';
import { BlockError, type BlockNode } from './node.js';
import { BlockStats, type RequestKind } from './stats.js';

/** What becomes of a request that failed: the guest is told, it is told that all is well, or it is stopped until somebody has mended the host. */
export const ERROR_POLICIES = ['report', 'ignore', 'stop', 'enospc', 'auto'] as const;
export type ErrorPolicy = (typeof ERROR_POLICIES)[number];
export type ErrorAction = 'report' | 'ignore' | 'stop';

export interface BackendOptions {
  /** Writes survive once they have been flushed; else as soon as they are done. */
  readonly writeCache: boolean;
  /** What the guest flushes may stay in the host's memory. */
  readonly noFlush: boolean;
  /** The image hears of discards. */
  readonly unmap: boolean;
  readonly readError: ErrorPolicy;
  readonly writeError: ErrorPolicy;
}

/** Requests of a device that are under way at most, each with one piece. */
const MOST_REQUESTS = 16;
/** Bytes that a request moves at a time, so that none takes much memory, or the host's event loop long. */
export const PIECE = 1024 * 1024;

export const DEFAULT_BACKEND: BackendOptions = { writeCache: true, noFlush: false, unmap: false, readError: 'auto', writeError: 'auto' };

export class BlockBackend {
  /** Whoever uses it; nobody else may. */
  user: string | undefined;
  readonly buffers = new BufferPool();
  /** Of pieces: what is larger than one counts as several. */
  readonly stats = new BlockStats();

  // ---- of the machine, which sets them
  /** ns of the host's clock, for `stats`. */
  now: () => number = () => 0;
  /** The guest may have something to do. */
  wake: () => void = () => {};
  /** No CPU is to run for now. */
  hold: (on: boolean) => void = () => {};
  /** What the guest sees must not depend on how fast the host is: it is held while a request is under way, and there is one at a time. */
  inOrder = false;
  /** The guest is to be stopped, until it is started again. */
  stopped: (error: BlockError) => void = () => {};
  /** A fault of ours. */
  failed: (error: unknown) => void = (error) => {
    throw error;
  };
  // ---- of the device
  /** The guest was started again: what has failed may be tried again. */
  resumed: () => void = () => {};

  /** Requests of the device's that are not finished. */
  private count = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly node: BlockNode,
    readonly options: BackendOptions = DEFAULT_BACKEND,
  ) {}

  get mostRequests(): number {
    return this.inOrder ? 1 : MOST_REQUESTS;
  }
  /** The device has taken up a request of the guest's: one or more calls of those below. */
  begin(): void {
    if (this.count++ === 0 && this.inOrder) this.hold(true);
  }
  /** It is finished, whatever came of it. */
  end(): void {
    this.count--;
    this.wake();
    if (this.count > 0) return;
    if (this.inOrder) this.hold(false);
    for (const resolve of this.waiting.splice(0)) resolve();
  }
  get isBusy(): boolean {
    return this.count > 0;
  }
  /** Resolves when no request is under way. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.count === 0) resolve();
      else this.waiting.push(resolve);
    });
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.account('read', into.length, this.node.read(offset, into));
  }
  write(offset: number, from: Uint8Array): Promise<void> {
    return this.written(offset, from.length, this.node.write(offset, from));
  }
  writeZeroes(offset: number, length: number, unmap: boolean): Promise<void> {
    return this.written(offset, length, this.node.writeZeroes(offset, length, unmap && this.options.unmap));
  }
  async discard(offset: number, length: number): Promise<void> {
    if (this.options.unmap) await this.account('unmap', length, this.node.discard(offset, length));
  }
  async flush(): Promise<void> {
    if (!this.options.noFlush) await this.account('flush', 0, this.node.flush());
  }
  private async written(offset: number, length: number, request: Promise<void>): Promise<void> {
    await this.account('write', length, request);
    this.stats.highestWrite = Math.max(this.stats.highestWrite, offset + length);
  }
  private account(kind: RequestKind, bytes: number, request: Promise<void>): Promise<void> {
    return this.stats.account(kind, bytes, this.now, request);
  }

  /** What was written to a `snapshot` goes to its image. @throws BlockError, OptionError if it cannot be opened for writing */
  async commit(): Promise<void> {
    if (!this.node.commit) throw new BlockError('ENOTSUP');
    this.begin();
    try {
      await this.node.commit();
    } finally {
      this.end();
    }
  }

  close(): void {
    this.node.close();
  }

  /** QEMU's defaults: a full disk can be mended, so the guest waits for that. */
  action({ code }: BlockError, isRead: boolean, device: { readonly rerror: ErrorPolicy; readonly werror: ErrorPolicy }): ErrorAction {
    const asked = isRead ? device.rerror : device.werror;
    const own = isRead ? this.options.readError : this.options.writeError;
    const policy = asked !== 'auto' ? asked : own !== 'auto' ? own : isRead ? 'report' : 'enospc';
    if (policy === 'enospc') return code === 'ENOSPC' ? 'stop' : 'report';
    return policy;
  }
}
