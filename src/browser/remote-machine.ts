/** A machine in a worker, as its page sees it. What it is asked resolves between two of the guest's slices, some ms later. */
import type { MachineEvent } from '../hw/core/events.js';
import type { RunResult } from '../system/main-loop.js';
import { HostError, LoaderError, OptionError, SnapshotError, VmStateError } from '../util/errors.js';
import type { Bell } from './bell.js';
import type { ImageSource } from './images.js';
import type { CallArguments, CallName, CallResult } from './machine-calls.js';
import type { FromWorker, LifeCalls, PlainError, ToWorker } from './machine-protocol.js';
import type { RingPort } from './ring-chardev.js';

/** What was downloaded for it up to now, bytes; `total` 0: nobody knows how much it will be. */
export type ProgressListener = (what: string, loaded: number, total: number) => void;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A worker that does not end by itself within this is ended. */
const CLOSE_MS = 3000;

const USER_ERRORS = { OptionError, LoaderError, HostError, VmStateError, SnapshotError } as const;

/** As it was thrown, as far as errors cross: those for the user are of their own class again, with the whole message. */
function thrownAgain({ name, message, user, stack }: PlainError): Error {
  const kind = user ? USER_ERRORS[name as keyof typeof USER_ERRORS] : undefined;
  const error = kind ? new kind(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

type Life<Name extends keyof LifeCalls> = (...args: Parameters<LifeCalls[Name]>) => Promise<ReturnType<LifeCalls[Name]>>;

export class RemoteMachine implements AsyncDisposable {
  private readonly waiting = new Map<number, Waiting>();
  private nextCall = 1;
  private readonly eventListeners = new Set<(event: MachineEvent) => void>();
  private readonly logListeners = new Set<(text: string) => void>();
  private pieces: Uint8Array<ArrayBuffer>[] = [];
  private running: { readonly promise: Promise<RunResult>; resolve(result: RunResult): void; reject(error: Error): void } | undefined;
  private closing: Promise<void> | undefined;
  private isGone = false;
  private readonly whenReady: Promise<void>;
  private ready!: Waiting;

  /** Of WorkerHost, which has told the worker what to make. */
  constructor(
    private readonly worker: Worker,
    private readonly bell: Bell,
    private readonly ports: readonly RingPort[],
    private readonly progress: ProgressListener,
    private readonly closed: () => void,
  ) {
    this.whenReady = new Promise((resolve, reject) => (this.ready = { resolve: () => resolve(), reject }));
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.heard(data);
    worker.onerror = (event) => this.lost(new Error(`the machine's worker has failed: ${event.message ?? 'it cannot be loaded'}`));
    for (const [i, port] of ports.entries()) port.tell = () => this.post({ kind: 'port', port: i });
  }

  /** Resolves when it can be run. @throws OptionError, LoaderError, VmStateError if it cannot be what was asked for: then it is closed */
  async created(): Promise<this> {
    try {
      await this.whenReady;
      return this;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  // ---- the guest's consoles

  /** Hears what the guest says on a serial port from now on. Returns what ends that. @throws RangeError if there is no such port */
  onOutput(listener: (bytes: Uint8Array) => void, port = 0): () => void {
    return this.serial(port).onOutput(listener);
  }
  /** Types into a serial port. @throws RangeError if there is no such port */
  type(input: string | Uint8Array, port = 0): void {
    this.serial(port).type(typeof input === 'string' ? new TextEncoder().encode(input) : input);
  }
  private serial(port: number): RingPort {
    const found = port < this.ports.length - 1 ? this.ports[port] : undefined;
    if (!found) throw new RangeError(`there is no serial port ${port}`);
    return found;
  }
  /** QEMU's human monitor, on a line of its own. */
  get monitor(): RingPort {
    return this.ports[this.ports.length - 1];
  }

  // ---- what happens

  /** What happens to it, as QMP's events tell. Returns what ends the listening. */
  onEvent(listener: (event: MachineEvent) => void): () => void {
    this.eventListeners.add(listener);
    return () => void this.eventListeners.delete(listener);
  }
  /** Lines of the log, and warnings. */
  onLog(listener: (text: string) => void): () => void {
    this.logListeners.add(listener);
    return () => void this.logListeners.delete(listener);
  }

  // ---- its life

  /** Starts it; resolves when it has ended. */
  run(): Promise<RunResult> {
    if (this.running) return this.running.promise;
    let settle!: { resolve(result: RunResult): void; reject(error: Error): void };
    const promise = new Promise<RunResult>((resolve, reject) => (settle = { resolve, reject }));
    this.running = { promise, ...settle };
    void this.send('run').catch((error: Error) => this.ended(error));
    return promise;
  }

  /** Any of CALLS. */
  call<Name extends CallName>(name: Name, ...args: CallArguments<Name>): Promise<CallResult<Name>> {
    return this.send(name, ...args) as Promise<CallResult<Name>>;
  }
  pause = (): Promise<void> => this.call('pause');
  resume = (): Promise<void> => this.call('resume');
  reset = (): Promise<void> => this.call('reset');
  quit = (): Promise<void> => this.call('quit');
  status = (): Promise<CallResult<'status'>> => this.call('status');
  registers = (cpu = 0): Promise<Record<string, bigint>> => this.call('registers', cpu);
  readMemory = (address: bigint | number, size: number, cpu = 0): Promise<Uint8Array> =>
    this.call('readMemory', BigInt(address), size, cpu);
  listing: Life<'listing'> = (id) => this.send('listing', id) as Promise<ReturnType<LifeCalls['listing']>>;
  /** Keeps the generated code that there is for the next visit; so does `close`. */
  keepCode: Life<'keepCode'> = () => this.send('keepCode') as Promise<void>;

  /** A snapshot as a file, in the format that Node's wemu reads, too. @throws VmStateError if it cannot be saved now */
  async save(): Promise<Blob> {
    this.pieces = [];
    await this.send('save');
    const blob = new Blob(this.pieces, { type: 'application/octet-stream' });
    this.pieces = [];
    return blob;
  }
  /** Makes it what it was when the snapshot was made, here or on Node. @throws VmStateError: then it is as it was */
  load(source: ImageSource): Promise<void> {
    return this.send('load', source) as Promise<void>;
  }

  /** The end of it: `run` ends by `stopped`, and its thread and memory are given back. */
  close(): Promise<void> {
    return (this.closing ??= this.leave());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
  private async leave(): Promise<void> {
    if (this.isGone) return;
    const tooLong = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS));
    await Promise.race([this.send('close').catch(() => {}), tooLong]);
    this.end();
  }

  private end(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.worker.terminate();
    this.running?.resolve({ reason: 'stopped', exitCode: 0 });
    for (const { reject } of this.waiting.values()) reject(new Error('the machine is closed'));
    this.waiting.clear();
    this.closed();
  }

  private lost(error: Error): void {
    this.ready.reject(error);
    this.ended(error);
    this.end();
  }

  private ended(error: Error): void {
    this.running?.reject(error);
    this.running = undefined;
  }

  // ---- messages

  private post(message: ToWorker): void {
    if (this.isGone) return;
    this.worker.postMessage(message);
    this.bell.ring(); // it may sleep
  }

  private send(name: CallName | keyof LifeCalls, ...args: readonly unknown[]): Promise<unknown> {
    if (this.isGone) return Promise.reject(new Error('the machine is closed'));
    return new Promise((resolve, reject) => {
      const id = this.nextCall++;
      this.waiting.set(id, { resolve, reject });
      this.post({ kind: 'call', id, name, args });
    });
  }

  private heard(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        return this.ready.resolve(undefined);
      case 'failed':
        return this.ready.reject(thrownAgain(message.error));
      case 'result': {
        const { id, value, error } = message;
        const waiting = this.waiting.get(id);
        this.waiting.delete(id);
        return error ? waiting?.reject(thrownAgain(error)) : waiting?.resolve(value);
      }
      case 'progress':
        return this.progress(message.what, message.loaded, message.total);
      case 'event':
        for (const listener of this.eventListeners) listener(message.event);
        return;
      case 'log':
        for (const listener of this.logListeners) listener(message.text);
        return;
      case 'piece':
        this.pieces.push(message.bytes);
        return;
      case 'port':
        return this.ports[message.port].turned();
      case 'ended':
        for (const port of this.ports) port.turned();
        if (message.error) return this.ended(thrownAgain(message.error));
        this.running?.resolve(message.result!);
        this.running = undefined;
    }
  }
}
