/**
 * An instruction set: all that the rest of the house knows of one (docs/adding-a-target.md). Its runtime is compiled from assembly/target/<isa>; what depends
 * on a CPU's configuration (registers for gdb, core files, mappings) its CPUs say themselves (CpuState).
 */
import type { CpuModels } from '../hw/core/cpu-models.js';
import type { ListedInsn } from '../hw/core/cpu.js';
import type { MachineClass } from '../hw/core/machine-class.js';
import type { TypedClass } from '../qom/object.js';
import type { GlobalDef } from '../tcg/context.js';
import type { HelperDef } from '../tcg/opcodes.js';
import type { TargetTraits } from '../tcg/target-traits.js';
import type { TargetFrontend } from './translator.js';

/** How its code is translated and shown: all that a codegen worker loads of a target. */
export interface Isa {
  readonly name: string;
  /** What the engine and generated code are compiled for. */
  readonly traits: TargetTraits;
  /** Env fields that the IR names: global 0 is `pc`. */
  readonly globals: readonly GlobalDef[];
  /** `helper_<name>` of the runtime's exports. */
  readonly helpers: readonly HelperDef[];
  /** `config` is the target's own: plain data, so that a worker can make a frontend of its own. */
  createFrontend(config: unknown): TargetFrontend;
  createDisassembler(config: unknown): Disassembler;
}

/** The instruction that `bytes` begin with, at `pc`, in the mode that a TB's flags tell; undefined: there are too few bytes. */
export type Disassembler = (bytes: Uint8Array, pc: bigint, tbFlags: number) => ListedInsn | undefined;

export interface Target extends Isa {
  /** The engine linked with it is build/<runtime>.wasm. */
  readonly runtime: string;
  readonly machines: readonly MachineClass[];
  /** What may be on them. */
  readonly devices: readonly TypedClass[];
  readonly cpus: readonly TypedClass[];
  readonly cpuModels: CpuModels;
  /** The text of `-cpu help`: of all models, or of those that fit a board. */
  cpuHelp(fits?: (model: string) => boolean): string;
}
