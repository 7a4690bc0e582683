/** What runs guest code: injected into the machine, so that the machine knows neither TCG nor its tests' stand-ins. */
import type { JitInfo } from './jit-info.js';
import type { MachineState } from './machine.js';

/** What code cost so far. Milliseconds of the thread that did it; bytes of wasm. */
export interface EngineCounters {
  /** Guest instructions executed, by all CPUs. */
  readonly instructions: number;
  /** Frontend and tci code, on the machine thread. */
  readonly translateMs: number;
  /** IR to wasm, and wasm to machine code: in the codegen worker, or the machine thread in the synchronous mode. */
  readonly generateMs: number;
  readonly compileMs: number;
  readonly modules: number;
  readonly regions: number;
  readonly codeBytes: number;
  readonly evictions: number;
}

export interface Accelerator {
  readonly name: string;
  /** Called once, when the machine has its memory and clocks but no CPU yet. */
  init(machine: MachineState): void;
  /** Makes the engine's side of a CPU for `target` (e.g. 'riscv'); `config` and `hooks` are the target's own. The CPU class knows what comes back. */
  createVcpu(target: string, config: unknown, hooks: unknown): unknown;
  /** Drops all translated code (loadvm, loaders). */
  flush?(): void;
  /** Figures for the laboratory: what the engine did so far. */
  counters?(): EngineCounters;
  /** `info jit`. */
  info?(): JitInfo;
}
