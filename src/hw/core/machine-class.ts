/** Kinds of machines: what each says of itself, beside what all types do. */
import { defineType, type ObjectClass, type TypeInfo, type TypeOptions } from '../../qom/object.js';
import type { MachineConfig, MachineEnvironment } from './machine-config.js';
import type { MachineState } from './machine.js';

/** QEMU's MachineClass. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface MachineClassOptions<T = any> extends TypeOptions<T> {
  /** The line of `-M ?`. */
  desc: string;
  aliases?: readonly string[];
  isDefault?: boolean;
  defaultCpuType?: string;
  /** Which of its target's CPU models, by name or alias, it takes (QEMU's valid_cpu_types); default: all. */
  takesCpu?: (model: string) => boolean;
  /** Bytes; default 128 MiB. */
  defaultRamSize?: number;
  /** What its RAM is called; an object that is its memory may have that id. */
  defaultRamId?: string;
  maxCpus?: number;
  /** It has SMBIOS tables (`-smbios`). */
  hasSmbios?: boolean;
  /** Flash banks that a backend of kind `pflash` may keep: those with the ids 0, 1, ... */
  flashBanks?: number;
  /** Ids of drives without an interface in which the board keeps parts of its own; each is a backend of kind `pflash`. */
  flashDrives?: readonly string[];
}

/** Declares a machine type: `static readonly type = defineMachine('virt', MachineState, RiscvVirt, { desc: ... })`. */
export function defineMachine<T extends MachineState>(
  name: string,
  parent: { readonly type: TypeInfo },
  klass: ObjectClass<T>,
  options: MachineClassOptions<NoInfer<T>>,
): TypeInfo<MachineClassOptions> {
  return defineType(name, parent, klass, options, options);
}

export type MachineClass<T extends MachineState = MachineState> = (new (env: MachineEnvironment, config?: MachineConfig) => T) & {
  readonly type: TypeInfo<MachineClassOptions>;
};
