/** One instruction set as a host's machines know it; src/architectures.ts lists all. What runs its code is a Target (src/targets.ts) of the same name. */
import type { TypedClass } from '../../qom/object.js';
import type { MachineClass } from './machine.js';

export interface Architecture {
  readonly name: string;
  readonly machines: readonly MachineClass[];
  /** What may be on them. */
  readonly devices: readonly TypedClass[];
  readonly cpus: readonly TypedClass[];
  /** The text of `-cpu help`. */
  cpuHelp(): string;
}
