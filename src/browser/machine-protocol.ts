/** What crosses between a page and a machine's worker, beside the rings. */
import type { MachineEvent } from '../hw/core/events.js';
import type { SnapshotInfo } from '../system/snapshots.js';
import type { RunResult } from '../system/main-loop.js';
import type { EngineSource } from './engine.js';
import type { ImageSource } from './images.js';
import type { CallName, FunctionListing } from './machine-calls.js';
import type { MachineSpec } from './machine-spec.js';
import type { RingPair } from './ring-chardev.js';

/** First message to a worker. */
export interface WorkerInit {
  readonly kind: 'init';
  /** By Target.runtime. */
  readonly engines: Readonly<Record<string, Exclude<EngineSource, URL>>>;
  readonly spec: MachineSpec;
  readonly bell: SharedArrayBuffer;
  /** Serial ports, and last the monitor. */
  readonly ports: readonly RingPair[];
  /** To the codegen worker: for the machine, and for who looks at its code. */
  readonly codegen: readonly MessagePort[];
  /** Which build of wemu this is; undefined: generated code is not kept. */
  readonly build?: string;
  /** Of wemu. */
  readonly version: string;
}

/** Calls that are no more than a machine's (CALLS). */
export interface LifeCalls {
  /** Goes on until the machine ends; `ended` tells. */
  run(): void;
  /** All of it: nothing is left but the worker, which may be ended. */
  close(): void;
  /** Writes a snapshot; its bytes come as `piece`s. */
  save(): number;
  load(source: ImageSource): void;
  /** Undefined: it has none any more. */
  listing(id: number): FunctionListing | undefined;
  /** Keeps the generated code that there is. */
  keepCode(): void;
}

export interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly name: CallName | keyof LifeCalls;
  readonly args: readonly unknown[];
}
/** There is something to read in a port, or room. */
export interface PortNotice {
  readonly kind: 'port';
  readonly port: number;
}
export type ToWorker = WorkerInit | Call | PortNotice;

/** An error as it crosses: `user`: its message is a line for the user. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly user: boolean;
  readonly stack?: string;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly id: number; readonly value?: unknown; readonly error?: PlainError }
  | { readonly kind: 'progress'; readonly what: string; readonly loaded: number; readonly total: number }
  | { readonly kind: 'event'; readonly event: MachineEvent }
  | { readonly kind: 'ended'; readonly result?: RunResult; readonly error?: PlainError }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array<ArrayBuffer> }
  | PortNotice;

export type { SnapshotInfo };
