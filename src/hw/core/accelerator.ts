/** What runs guest code: injected into the machine, so that the machine knows neither TCG nor its tests' stand-ins. */
import type { JitInfo } from '../../accel/jit-info.js';
import type { MachineState } from './machine.js';

export interface Accelerator {
  readonly name: string;
  /** Called once, when the machine has its memory and clocks but no CPU yet. */
  init(machine: MachineState): void;
  /** Makes the engine's side of a CPU for a target, by its name; `config` and `hooks` are the target's own. The CPU class knows what comes back. */
  createVcpu(target: string, config: unknown, hooks: unknown): unknown;
  /** Drops all translated code (loadvm, loaders). */
  flush?(): void;
  /** `info jit`. */
  info?(): JitInfo;
}
