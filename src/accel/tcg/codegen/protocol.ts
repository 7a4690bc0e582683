/**
 * What crosses between the machine thread and code generation: plain data, so that the same requests serve a worker and a call in the
 * same thread.
 */
import type { Injection } from '../../../tcg/instrument.js';
import type { IndirectLink } from '../../../tcg/wasm/region.js';
import type { TcgTuning } from './tuning.js';

/** A TB to translate again: the same bytes, flags and length give the same IR. */
export interface TbRequest {
  /** Pointer of the TB record. */
  readonly tb: number;
  readonly pcLo: number;
  readonly pcHi: number;
  readonly flags: number;
  readonly csBase: number;
  readonly cflags: number;
  /** Linear-memory address of the first guest byte, and of the second page's start (0: none). */
  readonly host0: number;
  readonly host1: number;
  readonly icount: number;
  readonly size: number;
  /** Index in the region of the TB that goto_tb 0 and 1 lead to, or -1. */
  readonly links: readonly [number, number];
  /** TBs of the region that goto_ptr was seen to lead to. */
  readonly indirect: readonly IndirectLink[];
  // See TbIr.
  readonly sideExitOnMiss: boolean;
  readonly tripCount: number;
  /** What plugins have added to it. */
  readonly injections?: readonly Injection[] | undefined;
}

export interface RegionRequest {
  readonly id: number;
  readonly tbs: readonly TbRequest[];
  /** Indexes of the TBs that the function can be entered at. */
  readonly entries: readonly number[];
  /** Guest instructions that tci has run in them. */
  readonly tciInsns: number;
}

/** What all of a machine's code is made for and with. */
export interface CodeOptions {
  /** Of the frontend: plain data. */
  readonly config: unknown;
  readonly icount: boolean;
  /** TargetInfo.env */
  readonly env?: number | undefined;
  readonly tuning?: TcgTuning | undefined;
}

/** First message of a machine to a worker. */
export interface CodegenInit extends CodeOptions {
  readonly kind: 'init';
  readonly memory: WebAssembly.Memory;
  /** Which instruction set. */
  readonly target: string;
}

export interface GenerateRequest {
  readonly kind: 'generate';
  readonly batch: number;
  readonly regions: readonly RegionRequest[];
  /** Also send the module's binary (`-d out_asm`, code kept for later runs). */
  readonly wantBinary?: boolean;
}

/** Where the time went, in milliseconds. */
export interface CodegenTimes {
  /** Frontend and optimiser. */
  readonly translateMs: number;
  /** IR to binaryen's. */
  readonly lowerMs: number;
  /** binaryen's passes, and its binary. */
  readonly emitMs: number;
  /** The engine's compiler. */
  readonly compileMs: number;
}

export interface GenerateReply {
  readonly kind: 'generated';
  readonly batch: number;
  /** Function `k` of the module is region functions[k]; regions that could not be translated again are missing. */
  readonly functions: readonly number[];
  /** Absent if no region was left, or if the module could not be made (`error`). */
  readonly module?: WebAssembly.Module;
  /** Only if it was wanted. */
  readonly binary?: Uint8Array<ArrayBuffer>;
  /** Size of the module's binary. */
  readonly bytes: number;
  /** Guest instructions lowered. */
  readonly insns: number;
  readonly times: CodegenTimes;
  readonly error?: string;
}

/** Persistent code, to become a module. */
export interface CompileRequest {
  readonly kind: 'compile';
  readonly id: number;
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** What the engine had made of it; undefined: it is to be compiled. */
  readonly machineCode?: Uint8Array<ArrayBuffer> | undefined;
}

export interface CompileReply {
  readonly kind: 'compiled';
  readonly id: number;
  /** Absent: it is no module. */
  readonly module?: WebAssembly.Module;
  /** Its machine code was taken, and nothing was compiled. */
  readonly isLoaded: boolean;
  readonly compileMs: number;
}

export type WorkerMessage = CodegenInit | GenerateRequest | CompileRequest;
export type WorkerReply = GenerateReply | CompileReply;

/** One machine's way to a code generator somewhere else. The machine thread polls: nothing arrives while guest code runs. */
export interface CodegenWorker {
  /** How its modules become machine code: by the engine's best compiler at once, or as the engine does it by itself, beginning with a quick one. */
  readonly compiler: 'optimising' | 'tiered';
  post(message: WorkerMessage): void;
  /** Replies that have arrived, without waiting. */
  receive(): WorkerReply[];
  /** Nothing more is asked; what is still being made is let go. */
  close(): void;
}

/** Where code is made for the machines of a host, each by requests of its own. */
export interface CodegenThread {
  /** It is gone (out of memory, or it could not be loaded): what is asked of it will never come. */
  readonly isDead: boolean;
  connect(): CodegenWorker;
  terminate(): void;
}
