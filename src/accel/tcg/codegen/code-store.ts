/** Where generated code is kept between runs: what a host gives the engine (src/node/code-store.ts). */
import type { Part } from './persistent-format.js';

/** What was saved under a key. */
export interface StoredCode {
  /** In memory of its own. */
  readonly index: Uint8Array<ArrayBuffer>;
  /** A part, in memory of its own; undefined: it is damaged, or cannot be read. Never throws. */
  read(part: Part): Uint8Array<ArrayBuffer> | undefined;
  /** No part is wanted any more. */
  close(): void;
}

/** A part that is to be saved: its bytes are asked for once, when they are written. */
export interface NewPart {
  readonly length: number;
  bytes(): Uint8Array;
}

/** What a host's engine makes of modules, in a form that is of use to another process. */
export interface MachineCode {
  /** Which engine, with which settings, on which processor: that of another one is of no use. A u32. */
  readonly engine: number;
  /** Undefined: there is none, or not yet. */
  of(module: WebAssembly.Module): Uint8Array<ArrayBuffer> | undefined;
}

export interface CodeStore {
  /** What was last saved under the key; undefined: nothing, or nothing that can be trusted. `key` says in full what the code was made for and with. Never throws. */
  load(key: string): StoredCode | undefined;
  /** Replaces it; who loads meanwhile gets all of the old or all of the new. Parts lie one behind the other, the first at 0. Never throws. */
  save(key: string, index: Uint8Array, parts?: readonly NewPart[]): void;
  /** CRC-32. */
  checksum(bytes: Uint8Array): number;
  /** Tells the user of something that was ignored. */
  warn(message: string): void;
  /** Bytes that a key of generated code may have at most. */
  readonly maxBytes: number;
  /** Bytes that a key of TBs may have at most; absent: they are not kept. */
  readonly maxTbBytes?: number;
  /** Absent where machine code cannot be kept. */
  readonly machineCode?: MachineCode | undefined;
}
