/** What runs guest code: injected into the machine, so that the machine knows neither TCG nor its tests' stand-ins. */
import type { JitInfo } from '../../accel/jit-info.js';
import type { LogItem } from '../../util/log.js';
import type { MachineState } from './machine.js';

/** A debugger's break- and watchpoints, for all CPUs. They change only while no CPU runs. */
export interface DebugPoints {
  /** `first` .. `last`: virtual addresses; a breakpoint's is the first. False: there are too many. */
  insert(kind: PointKind, first: bigint, last: bigint): boolean;
  /** False: there is none that was inserted just so. */
  remove(kind: PointKind, first: bigint, last: bigint): boolean;
  removeAll(): void;
}
/** A watchpoint stops at loads, at stores, or at both. */
export type PointKind = 'breakpoint' | WatchKind;
export type WatchKind = 'read' | 'write' | 'access';
/** From the first `watch` on the engine notes each page that guest or devices write. */
export interface DirtyPages {
  /** All are clean from now on. @throws VmStateError if there is no room for the notes */
  watch(): void;
  /** Linear-memory addresses of those that were written since, in the order of the first stores: in pieces of 4 KiB. */
  written(): number[];
  /** Code was made from that linear memory, whose stores are watched for it. */
  holdsCode(host: number, size: number): boolean;
  /** Linear memory as it was put back at `host`: code that was made from it is stale, or may be. */
  restored(host: number, size: number): void;
}

/** Translated code, for another process that goes on from the same guest memory. */
export interface PersistentTranslations {
  /** What it depends on beside that memory, the build and the way the machine was made. */
  readonly key: string;
  /** Takes what an earlier run kept, as far as the guest has that code; at the end `save` gets what is worth it. The machine stands still, and has its memory. */
  restore(image: Uint8Array | undefined, save: (image: Uint8Array) => void): void;
}

export interface Accelerator {
  readonly name: string;
  /** Of the target's data. */
  readonly endianness?: 'little' | 'big';
  /** Called once, when the machine has its memory and clocks but no CPU yet. */
  init(machine: MachineState): void;
  /** Makes the engine's side of a CPU for a target, by its name; `config` and `hooks` are the target's own. The CPU class knows what comes back. */
  createVcpu(target: string, config: unknown, hooks: unknown): unknown;
  /** Drops all translated code (loadvm, loaders). */
  flush?(): void;
  /** Undefined: it cannot be debugged. */
  readonly debugPoints?: DebugPoints;
  /** Blocks of one instruction from now on, or of the usual length. */
  setOneInsnPerTb?(on: boolean): void;
  /** Items of the log were turned on or off. */
  logChanged?(): void;
  /** It can only be logged from the start on. */
  isLogFixed?(item: LogItem): boolean;
  /** Which pages of guest memory are written, for who asks; undefined: it cannot tell. */
  readonly dirtyPages?: DirtyPages;
  /** `fetch` is called before a CPU looks at guest memory at a linear-memory address, until there is none: it brings the bytes, or throws a HostError. */
  fetchAbsent?(fetch: ((host: number, size: number) => void) | undefined): void;
  /** What plugins count in a CPU, by its number. */
  scoresOf?(cpu: number): BigUint64Array;
  /** Guest-physical address of a CPU's access (`kind`: 0 load, 1 store; with the rights of an mmu index), right after it; undefined: it goes nowhere. */
  physicalOf?(cpu: number, address: bigint, kind: number, mmuIdx: number): number | undefined;
  /** Undefined: nothing is kept. */
  readonly persistentTbs?: PersistentTranslations;
  /** `info jit`. */
  info?(): JitInfo;
}
