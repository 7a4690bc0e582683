/** Of what an engine tells of itself, what the laboratory compares. */
import type { JitInfo } from '../accel/jit-info.js';

/** Since the machine was made. Milliseconds of the thread that did it; bytes of wasm. */
export interface EngineCounters {
  /** Guest instructions executed, by all CPUs. */
  readonly instructions: number;
  /** Frontend and tci code, on the machine thread. */
  readonly translateMs: number;
  /** Guest code to wasm, and wasm to machine code: in the codegen worker, or the machine thread in the synchronous mode. */
  readonly generateMs: number;
  readonly compileMs: number;
  readonly modules: number;
  readonly regions: number;
  readonly codeBytes: number;
  readonly evictions: number;
}

/** All zero for an engine that tells nothing. */
export function countersOf(info: JitInfo | undefined): EngineCounters {
  const wasm = info?.wasm;
  return {
    instructions: info?.insns ?? 0,
    translateMs: info?.tci.translateMs ?? 0,
    generateMs: wasm ? wasm.translateMs + wasm.lowerMs + wasm.emitMs : 0,
    compileMs: wasm?.compileMs ?? 0,
    modules: wasm?.modules ?? 0,
    regions: wasm?.regions ?? 0,
    codeBytes: wasm?.bytes ?? 0,
    evictions: wasm?.cache.evictions ?? 0,
  };
}
